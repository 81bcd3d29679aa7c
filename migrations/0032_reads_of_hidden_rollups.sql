-- Reads, the drift check and evictions over rollups that know what is hidden. As in 0014: stable, so that all of a function's statements
-- see the one snapshot of the query that calls it; in the database for the sake of their plans. A generic plan
-- is thought to be costly, and is not: compiling it each time, as a Postgres with JIT would, takes longer than running it.

create function user_zone(p_user_id uuid) returns text
language sql stable
return as_zone((select u.doc ->> 'time_zone' from live_entities u where u.entity_id = p_user_id and u.entity_type = 'user'), 'UTC');
comment on function user_zone(uuid) is 'The zone that a user lives in, else UTC';

create function running_activity(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint)
returns table (entity_type text, related uuid[], day date, minutes double precision)
language sql stable
begin atomic
  with zone as materialized (
    select user_zone(p_user_id) as name
  )
  select e.entity_type, e.related, a.day, a.minutes
  from live_entities e
  join entity_types t on t.name = e.entity_type and t.timer_parent is not null
  cross join zone z
  cross join lateral hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h
  cross join lateral activity_days(e.occurred_at, now(), as_zone(e.doc ->> t.time_zone_field, z.name)) a
  where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.occurred_until is null and e.deleted_at is null
    and isfinite(e.occurred_at) and e.occurred_at < now() and a.day between p_from and p_to and h & ~p_shown = 0;
end;
comment on function running_activity(uuid, text[], date, date, smallint) is
  'Timers that run have no minutes in any rollup yet: those up to this moment, by local day';

create function heatmap(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_pending record;
  v_buckets activity_bucket[];
  v_rows activity[] := '{}';
  v_answer jsonb;
begin
  select * into v_pending from pending_activity(p_user_id);
  v_buckets := buckets_within(v_pending.whole, v_pending.buckets, p_user_id, p_entity_types, p_from, p_to);
  if cardinality(v_buckets) > 0 then
    v_rows := array(select a from activity_of(v_buckets) a);
  end if;
  with zone as materialized (
    select user_zone(p_user_id) as name
  ), running as materialized (
    select * from running_activity(p_user_id, p_entity_types, p_from, p_to, p_shown)
  ), days as (
    select d.day, sum(d.records)::integer as records, sum(d.minutes) as minutes
    from (
      select day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
      union all
      select day, 0, minutes from running
    ) d
    group by d.day
  ), years as (
    select extract(year from d.day)::integer as year from daily_activity d
    where d.user_id = p_user_id and d.entity_type = any (p_entity_types) and d.hidden & ~p_shown = 0
      and not v_pending.whole
      and not exists (select from unnest(v_pending.buckets) b where b.entity_type = d.entity_type and b.day = d.day)
    union
    -- Where the rollup does not know: any record of the year that is shown will do.
    select y.year
    from (
      select extract(year from b.day)::integer from unnest(v_pending.buckets) b where b.entity_type = any (p_entity_types)
      union
      select generate_series(extract(year from min(e.occurred_at))::integer - 1, extract(year from max(e.occurred_at))::integer + 1)
      from entities e
      where v_pending.whole and e.user_id = p_user_id and e.entity_type = any (p_entity_types) and isfinite(e.occurred_at)
    ) y(year)
    cross join zone z
    where exists (
      select from live_entities e cross join lateral hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h
      where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.deleted_at is null and h & ~p_shown = 0
        and e.occurred_at >= make_date(y.year, 1, 1)::timestamp at time zone z.name
        and e.occurred_at < make_date(y.year + 1, 1, 1)::timestamp at time zone z.name
    )
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from years y),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
      from days d
    )
  ) into v_answer;
  return v_answer;
end
$$;
comment on function heatmap(uuid, text[], date, date, smallint) is
  'Records and minutes per local day, running timers up to now: {time_zone, as_of, rolled_up_at, lag_ms, years, days}. p_shown: 1 also sensitive records, 2 archived ones, 3 both';

create function dashboard(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint, p_with_points boolean) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_pending record;
  v_buckets activity_bucket[];
  v_rows activity[] := '{}';
  v_answer jsonb;
begin
  select * into v_pending from pending_activity(p_user_id);
  v_buckets := buckets_within(v_pending.whole, v_pending.buckets, p_user_id, p_entity_types, p_from, p_to);
  if cardinality(v_buckets) > 0 then
    v_rows := array(select a from activity_of(v_buckets) a);
  end if;
  with zone as materialized (
    select user_zone(p_user_id) as name
  ), running as materialized (
    select * from running_activity(p_user_id, p_entity_types, p_from, p_to, p_shown)
  ), activity_rows as materialized (
    select entity_type, day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    union all
    select entity_type, day, 0, minutes from running
  ), related_rows as (
    select related_id, day, records, minutes from (
      select r.* from daily_related r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_related_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    union all
    select distinct_related.id, r.day, 0, r.minutes
    from running r cross join lateral (select distinct u as id from unnest(r.related) u) distinct_related
  ), related as (
    select r.related_id, sum(r.records) as records, sum(r.minutes) as minutes, count(distinct r.day) as active_days, max(r.day) as last_day
    from related_rows r group by r.related_id
  ), measure_rows as materialized (
    -- A day has a row for each kind of hiddenness.
    select r.entity_type, r.field, r.unit, r.of_id, r.day, sum(r.count) as count, sum(r.sum) as sum, min(r.min) as min, max(r.max) as max,
      (array_agg(r.last order by r.hidden))[1] as last
    from (
      select r.* from daily_measures r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_measures_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    group by 1, 2, 3, 4, 5
  ), measures as (
    select m.entity_type, m.field, m.unit, m.of_id, sum(m.count) as count, sum(m.sum) as sum, min(m.min) as min, max(m.max) as max,
      (array_agg(m.last order by m.day desc))[1] as last,
      case when p_with_points then jsonb_agg(
        jsonb_build_object('day', m.day, 'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last) order by m.day
      ) end as points
    from measure_rows m group by 1, 2, 3, 4
    -- Of one type all that a person has: adherence counts the days of every medication, in every unit.
    order by sum(m.count) desc, 1, 2, 3, 4 limit case when p_with_points then 1000 else 50 end
  ), hours as (
    select extract(isodow from r.day)::integer as weekday, h.hour, sum(h.records) as records
    from (
      select r.* from daily_hours r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_hours_of(v_buckets, v_rows) x
    ) r cross join lateral unnest(r.hours, r.records) as h(hour, records) where r.hidden & ~p_shown = 0
    group by 1, 2
  ), flow as (
    select day, sum(created) as created, sum(done) as done, sum(snoozed) as snoozed from (
      select r.* from task_flow r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from task_flow_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    group by day
  ), shown as materialized (
    -- By id, one by one: a condition over all of a user's entities would read them all.
    select p.entity_id, p.entity_type, p.label
    from (
      select r.related_id as id from related r union select m.of_id from measures m union select h.habit_id from own_habit_streaks h
    ) w
    cross join lateral (
      select l.* from live_entities l cross join lateral hidden_bits(l.user_id, l.sensitive, l.archived, l.related) h
      where l.entity_id = w.id and l.user_id = p_user_id and l.deleted_at is null and h & ~p_shown = 0
      offset 0
    ) p
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'views_as_of', (
      select jsonb_object_agg(a.name, case when isfinite(a.as_of) then iso(a.as_of) end) from analytics a where a.kind = 'materialized_view'
    ),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', d.minutes) order by d.day), '[]')
      from (select day, sum(records) as records, round(sum(minutes)::numeric, 2) as minutes from activity_rows group by day) d
    ),
    'types', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', t.entity_type, 'records', t.records, 'minutes', t.minutes, 'active_days', t.active_days
      ) order by t.records desc, t.entity_type), '[]')
      from (
        select entity_type, sum(records) as records, round(sum(minutes)::numeric, 2) as minutes, count(distinct day) as active_days
        from activity_rows group by entity_type
      ) t
    ),
    'related', (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.minutes desc, r.records desc, r.id), '[]')
      from (
        select s.entity_id as id, s.entity_type, s.label, r.records, round(r.minutes::numeric, 2) as minutes, r.active_days, r.last_day
        from related r join shown s on s.entity_id = r.related_id
        order by r.minutes desc, r.records desc, s.entity_id limit 50
      ) r
    ),
    'measures', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', m.entity_type, 'field', m.field, 'unit', m.unit, 'of_id', nullif(m.of_id, '00000000-0000-0000-0000-000000000000'), 'of_label', s.label,
        'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last, 'points', m.points
      ) order by m.entity_type, m.field, m.unit, m.of_id), '[]')
      from measures m left join shown s on s.entity_id = m.of_id
      where m.of_id = '00000000-0000-0000-0000-000000000000' or s.entity_id is not null
    ),
    'hours', (
      select coalesce(jsonb_agg(jsonb_build_object('weekday', h.weekday, 'hour', h.hour, 'records', h.records) order by h.weekday, h.hour), '[]')
      from hours h
    ),
    'task_flow', (select coalesce(jsonb_agg(to_jsonb(f) order by f.day), '[]') from flow f),
    'streaks', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'habit_id', h.habit_id, 'label', s.label, 'days', h.days, 'last_day', h.last_day,
        'current_streak_days', case when h.last_day >= (now() at time zone (select name from zone))::date - 1 then h.last_streak_days else 0 end,
        'longest_streak_days', h.longest_streak_days, 'longest_streak_from', h.longest_streak_from,
        'longest_gap_days', h.longest_gap_days, 'longest_gap_from', h.longest_gap_from
      ) order by h.last_day desc, h.habit_id), '[]')
      from own_habit_streaks h join shown s on s.entity_id = h.habit_id
      where 'habit_log' = any (p_entity_types) and h.shown = p_shown & (select max(b.shown) from own_habit_streaks b)
    ),
    'months', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', m.entity_type, 'month', m.month, 'records', m.records, 'minutes', round(m.minutes::numeric, 2),
        'active_days', m.active_days, 'busiest_day', m.busiest_day
      ) order by m.month, m.entity_type), '[]')
      from own_monthly_summary m
      where m.shown = p_shown & (select max(b.shown) from own_monthly_summary b)
        and m.entity_type = any (p_entity_types) and m.month between date_trunc('month', p_from)::date and p_to
    ),
    'durations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', d.entity_type, 'month', d.month, 'records', d.records, 'median_minutes', round(d.median_minutes::numeric, 2),
        'p90_minutes', round(d.p90_minutes::numeric, 2), 'p99_minutes', round(d.p99_minutes::numeric, 2),
        'longest_minutes', round(d.longest_minutes::numeric, 2)
      ) order by d.month, d.entity_type), '[]')
      from own_duration_profile d
      where d.shown = p_shown & (select max(b.shown) from own_duration_profile b)
        and d.entity_type = any (p_entity_types) and d.month between date_trunc('month', p_from)::date and p_to
    )
  ) into v_answer;
  return v_answer;
end
$$;
comment on function dashboard(uuid, text[], date, date, smallint, boolean) is
  'Eight charts and how fresh they are; see src/store/dashboard.ts. p_shown as for heatmap(); p_with_points: measures with a point a day';

create or replace function drift_check(p_lease uuid, p_refresh_id uuid, p_sample integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
  c_last_xid constant xid8 := '18446744073709551615';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_rollup text;
  v_checked bigint := 0;
  v_count bigint;
  v_drift bigint := 0;
  v_bad activity_bucket[];
  v_error text;
begin
  begin
    for v_rollup in select name from analytics where kind = 'rollup' and not stale and not rebuilding order by name loop
      -- One statement, one snapshot: what is behind the log anyway is left out, then table and definition must agree.
      execute format($sql$
        with pending as materialized (
          select array(select v from changed_versions($1, $2, 0, now(), null) v) as versions
        ), sample as materialized (
          (select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket from %1$I r order by random() limit $3)
          union
          -- Records, too: a bucket that is missing altogether would not be drawn from the table.
          (select b from unnest(dirty_buckets($1, array(
            select row(e.entity_id, e.user_id, e.entity_type, e.doc)::changed_version
            from live_entities e where e.deleted_at is null order by random() limit $3
          ))) b)
        ), buckets as materialized (
          select array_agg(s.bucket) as list from sample s
          where not s.bucket = any (coalesce((select dirty_buckets($1, versions) from pending), '{}'))
            and not (s.bucket).user_id = any (coalesce((select zone_changed_users(versions) from pending), '{}'))
        ), stored as (
          select row(b.user_id, b.entity_type, b.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from buckets cross join lateral unnest(buckets.list) b join %1$I r using (user_id, entity_type, day) group by 1
        ), expected as (
          select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from %2$I((select list from buckets), (select array(select a from activity_of(list) a) from buckets)) r group by 1
        ), found as (
          insert into drift_log (refresh_id, name, bucket, stored, expected)
          select $4, %1$L, coalesce(s.bucket, x.bucket), coalesce(s.rows, '[]'), coalesce(x.rows, '[]')
          from stored s full join expected x on s.bucket = x.bucket
          where s.rows is distinct from x.rows
          returning bucket
        )
        select (select coalesce(cardinality(list), 0) from buckets), (select array_agg(bucket) from found)
      $sql$, v_rollup, v_rollup || '_of') using v_state, c_last_xid, p_sample, p_refresh_id into v_count, v_bad;
      v_checked := v_checked + v_count;
      if v_bad is not null then
        v_drift := v_drift + cardinality(v_bad);
        perform recompute_rollup(v_rollup, v_rollup, v_bad, array(select a from activity_of(v_bad) a));
        update refresh_state set changed_at = clock_timestamp();
      end if;
    end loop;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for, stale = v_error is not null,
    as_of = case when v_error is null then v_began else as_of end where name = 'drift_check';
  return refresh_done(p_refresh_id, 'done', ms_since(v_began), null, v_checked, v_drift, v_error);
end
$$;

create or replace function evict_entity(p_entity_id uuid, p_tx bigint, p_tx_time timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_type text;
begin
  select entity_type into v_type from entities where entity_id = p_entity_id and user_id = caller();
  if not found then
    raise exception 'no such entity' using errcode = 'AN404', detail = p_entity_id::text;
  end if;
  insert into evictions (entity_id, entity_type, tx, tx_time, user_id, evicted_by)
    values (p_entity_id, v_type, p_tx, p_tx_time, caller(), caller()::text);
  delete from event_log where entity_id = p_entity_id;
  delete from entities where entity_id = p_entity_id;
  -- The log no longer tells which days the entity counted in: the next pass, which reads evictions too, computes its user anew.
end
$$;
