-- Reads of rollups that cost what they answer. A bucket that is behind the log is found by a hash: an array's rows were gone through for each
-- row of a rollup, since the planner thinks that row-level security leaves nearly none. (No bucket has a null in it, of which "not in" would
-- leave nothing.) Years are found by one look into the index each, in place of every day that a person has.

create or replace function running_activity(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint)
returns table (entity_type text, related uuid[], day date, minutes double precision)
language sql stable
begin atomic
  with zone as materialized (
    select user_zone(p_user_id) as name
  )
  select e.entity_type, e.related, a.day, a.minutes
  from own_entities e
  join entity_types t on t.name = e.entity_type and t.timer_parent is not null
  cross join zone z
  cross join lateral activity_days(e.occurred_at, now(), as_zone(e.doc ->> t.time_zone_field, z.name)) a
  where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.occurred_until is null and e.deleted_at is null
    and isfinite(e.occurred_at) and e.occurred_at < now() and a.day between p_from and p_to
    and is_shown(p_shown, e.sensitive, e.archived, e.related, (select hidden_parents(p_user_id, p_shown, null)));
end;
comment on function running_activity(uuid, text[], date, date, smallint) is
  'Timers that run have no minutes in any rollup yet: those up to this moment, by local day';

create or replace function heatmap(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
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
  with recursive zone as materialized (
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
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
      union all
      select day, 0, minutes from running
    ) d
    group by d.day
  ), first_days as (
    -- The first day of each year, found from the one before. Compared as dates: row-level security lets no other comparison into the index.
    select t.name as entity_type, '-infinity'::date as day from unnest(p_entity_types) t(name) where not v_pending.whole
    union all
    select f.entity_type, n.day
    from first_days f
    cross join lateral (
      select d.day from daily_activity d
      where d.user_id = p_user_id and d.entity_type = f.entity_type and d.day >= (date_trunc('year', f.day::timestamp) + interval '1 year')::date
        -- Of "hidden & ~p_shown = 0" the planner thinks that it leaves nearly nothing, and then it sorts all later days.
        and d.hidden in (0, p_shown & 1, p_shown & 2, p_shown)
        and (d.entity_type, d.day) not in (select b.entity_type, b.day from unnest(v_pending.buckets) b)
      order by d.day limit 1
    ) n
  ), years as (
    select extract(year from f.day)::integer as year from first_days f where isfinite(f.day)
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
      select from own_entities e
      where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.deleted_at is null
        and is_shown(p_shown, e.sensitive, e.archived, e.related, v_hidden)
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

create or replace function dashboard(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint, p_with_points boolean) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
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
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
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
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_related_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    union all
    select distinct_related.id, r.day, 0, r.minutes
    from running r cross join lateral (select distinct u as id from unnest(r.related) u) distinct_related
  ), related as (
    select r.related_id, sum(r.records) as records, sum(r.minutes) as minutes, count(distinct r.day) as active_days, max(r.day) as last_day
    from related_rows r group by r.related_id
  ), measure_rows as (
    select r.* from (
      select r.* from daily_measures r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_measures_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
  ), measures as (
    -- The last of all is that of the last day, where a day has a row for each kind of hiddenness.
    select r.entity_type, r.field, r.unit, r.of_id, sum(r.count) as count, sum(r.sum) as sum, min(r.min) as min, max(r.max) as max,
      (max(array[r.day - '2000-01-01'::date, -r.hidden, r.last]))[3] as last
    from measure_rows r group by 1, 2, 3, 4
    -- Of one type all that a person has: adherence counts the days of every medication, in every unit.
    order by sum(r.count) desc, 1, 2, 3, 4 limit case when p_with_points then 1000 else 50 end
  ), points as (
    select d.entity_type, d.field, d.unit, d.of_id, jsonb_agg(
        jsonb_build_object('day', d.day, 'count', d.count, 'sum', d.sum, 'min', d.min, 'max', d.max, 'last', d.last) order by d.day
      ) as points
    from (
      select r.entity_type, r.field, r.unit, r.of_id, r.day, sum(r.count) as count, sum(r.sum) as sum, min(r.min) as min, max(r.max) as max,
        (max(array[-r.hidden, r.last]))[2] as last
      from measure_rows r where p_with_points group by 1, 2, 3, 4, 5
    ) d
    group by 1, 2, 3, 4
  ), hours as (
    select h.weekday, h.hour, sum(h.records) as records
    from (
      -- The first of January 1 was a Monday; in numbers, since this is worked out for each hour. So "unnest" does not make a table of each day.
      select 1 + (r.day - '0001-01-01'::date) % 7 as weekday, unnest(r.hours) as hour, unnest(r.records) as records
      from (
        select r.* from daily_hours r
        where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
          and not v_pending.whole
          and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
        union all
        select x.* from daily_hours_of(v_buckets, v_rows) x
      ) r where r.hidden & ~p_shown = 0
    ) h
    group by 1, 2
  ), flow as (
    select day, sum(created) as created, sum(done) as done, sum(snoozed) as snoozed from (
      select r.* from task_flow r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
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
      select l.* from own_entities l
      where l.entity_id = w.id and l.deleted_at is null and is_shown(p_shown, l.sensitive, l.archived, l.related, v_hidden)
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
        'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last, 'points', p.points
      ) order by m.entity_type, m.field, m.unit, m.of_id), '[]')
      from measures m left join points p using (entity_type, field, unit, of_id) left join shown s on s.entity_id = m.of_id
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
