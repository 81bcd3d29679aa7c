-- Reads that are never behind: a rollup where it is clean, and live rows where the log went on since (or, after an import and before
-- the rebuild, everywhere). Stable, so that all of a function's statements see the one snapshot of the query that calls it: no record
-- is missed or counted twice. In the database for the sake of their plans: one as large as these takes longer to make than to run, and
-- a pooled session keeps what it has made.

create function buckets_within(
  p_whole boolean, p_buckets activity_bucket[], p_user_id uuid, p_entity_types text[], p_from date, p_to date
) returns activity_bucket[]
language plpgsql stable as $$
begin
  if p_whole then
    return array(
      select row(p_user_id, t.name, d.day::date)::activity_bucket
      from unnest(p_entity_types) as t(name) cross join generate_series(p_from, p_to, interval '1 day') as d(day)
    );
  end if;
  return array(select b from unnest(p_buckets) b where b.entity_type = any (p_entity_types) and b.day between p_from and p_to);
end
$$;
comment on function buckets_within(boolean, activity_bucket[], uuid, text[], date, date) is
  'Of what is behind, the buckets of these types and days; all of them when everything may be';

create function heatmap(p_user_id uuid, p_entity_types text[], p_from date, p_to date) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
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
      select as_zone(u.doc ->> 'time_zone', 'UTC') as name
      from (select) as always left join live_entities u on u.entity_id = p_user_id and u.entity_type = 'user'
    ), running as materialized (
    -- A timer that runs has no minutes in any rollup yet: up to this moment, it has.
    select e.entity_type, e.related, a.day, a.minutes
    from live_entities e
    join entity_types t on t.name = e.entity_type and t.timer_parent is not null
    cross join zone z
    cross join lateral activity_days(e.occurred_at, now(), as_zone(e.doc ->> t.time_zone_field, z.name)) a
    where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.occurred_until is null and e.deleted_at is null
      and isfinite(e.occurred_at) and e.occurred_at < now() and a.day between p_from and p_to
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
    ) r
      union all
      select day, 0, minutes from running
    ) d
    group by d.day
  ), years as (
    select extract(year from d.day)::integer as year from daily_activity d
    where d.user_id = p_user_id and d.entity_type = any (p_entity_types)
    union
    select extract(year from b.day)::integer from unnest(v_pending.buckets) b where b.entity_type = any (p_entity_types)
    union
    select generate_series(extract(year from min(e.occurred_at))::integer, extract(year from max(e.occurred_at))::integer)
    from entities e
    where v_pending.whole and e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.deleted_at is null
      and isfinite(e.occurred_at)
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from years y where y.year is not null),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
      from days d
    )
  ) into v_answer;
  return v_answer;
end
$$;
comment on function heatmap(uuid, text[], date, date) is
  'Records and minutes per local day, running timers up to now: {time_zone, as_of, rolled_up_at, lag_ms, years, days}';

create function dashboard(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_with_points boolean) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
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
      select as_zone(u.doc ->> 'time_zone', 'UTC') as name
      from (select) as always left join live_entities u on u.entity_id = p_user_id and u.entity_type = 'user'
    ), running as materialized (
    -- A timer that runs has no minutes in any rollup yet: up to this moment, it has.
    select e.entity_type, e.related, a.day, a.minutes
    from live_entities e
    join entity_types t on t.name = e.entity_type and t.timer_parent is not null
    cross join zone z
    cross join lateral activity_days(e.occurred_at, now(), as_zone(e.doc ->> t.time_zone_field, z.name)) a
    where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.occurred_until is null and e.deleted_at is null
      and isfinite(e.occurred_at) and e.occurred_at < now() and a.day between p_from and p_to
    ), activity_rows as materialized (
    select entity_type, day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r
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
    ) r
    union all
    select distinct_related.id, r.day, 0, r.minutes
    from running r cross join lateral (select distinct u as id from unnest(r.related) u) distinct_related
  ), related as (
    select r.related_id, sum(r.records) as records, sum(r.minutes) as minutes, count(distinct r.day) as active_days, max(r.day) as last_day
    from related_rows r group by r.related_id
  ), measure_rows as materialized (
    select * from (
      select r.* from daily_measures r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_measures_of(v_buckets, v_rows) x
    ) r
  ), measures as (
    select m.entity_type, m.field, m.unit, m.of_id, sum(m.count) as count, sum(m.sum) as sum, min(m.min) as min, max(m.max) as max,
      (array_agg(m.last order by m.day desc))[1] as last,
      case when p_with_points then jsonb_agg(
        jsonb_build_object('day', m.day, 'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last) order by m.day
      ) end as points
    from measure_rows m group by 1, 2, 3, 4
    order by sum(m.count) desc, 1, 2, 3, 4 limit 50
  ), hours as (
    select extract(isodow from r.day)::integer as weekday, h.hour, sum(h.records) as records
    from (
      select r.* from daily_hours r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from daily_hours_of(v_buckets, v_rows) x
    ) r cross join lateral unnest(r.hours, r.records) as h(hour, records)
    group by 1, 2
  ), flow as (
    select day, created, done, snoozed from (
      select r.* from task_flow r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and not exists (select from unnest(v_buckets) b where b.entity_type = r.entity_type and b.day = r.day)
      union all
      select x.* from task_flow_of(v_buckets, v_rows) x
    ) r
  ), shown as materialized (
    -- By id, one by one: a condition over all of a user's entities would read them all.
    select p.entity_id, p.entity_type, p.label
    from (
      select r.related_id as id from related r union select m.of_id from measures m union select h.habit_id from own_habit_streaks h
    ) w
    cross join lateral (
      select l.* from live_entities l
      where l.entity_id = w.id and l.user_id = p_user_id and l.deleted_at is null and not l.sensitive and not l.archived
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
      where 'habit_log' = any (p_entity_types)
    ),
    'months', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', m.entity_type, 'month', m.month, 'records', m.records, 'minutes', round(m.minutes::numeric, 2),
        'active_days', m.active_days, 'busiest_day', m.busiest_day
      ) order by m.month, m.entity_type), '[]')
      from own_monthly_summary m
      where m.entity_type = any (p_entity_types) and m.month between date_trunc('month', p_from)::date and p_to
    ),
    'durations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', d.entity_type, 'month', d.month, 'records', d.records, 'median_minutes', round(d.median_minutes::numeric, 2),
        'p90_minutes', round(d.p90_minutes::numeric, 2), 'p99_minutes', round(d.p99_minutes::numeric, 2),
        'longest_minutes', round(d.longest_minutes::numeric, 2)
      ) order by d.month, d.entity_type), '[]')
      from own_duration_profile d
      where d.entity_type = any (p_entity_types) and d.month between date_trunc('month', p_from)::date and p_to
    )
  ) into v_answer;
  return v_answer;
end
$$;
comment on function dashboard(uuid, text[], date, date, boolean) is
  'Eight charts and how fresh they are; see src/store/dashboard.ts. p_with_points: measures with a point a day';
