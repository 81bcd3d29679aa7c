/**
 * What a good engineer would write by hand, straight from `entities`: days in the record's zone, each record on the day it began.
 * Less than ours does (no splitting at midnight, no user's zone, no future versions), and so the quicker baseline.
 */
const DAY = "(e.occurred_at at time zone coalesce(e.doc ->> 'time_zone', 'UTC'))::date";
const MINUTES = 'extract(epoch from e.occurred_until - e.occurred_at) / 60';

export const MATERIALIZED = `
create materialized view bench_simpler as
select e.user_id, e.entity_type, ${DAY} as day, count(*) as records, sum(${MINUTES}) as minutes
from entities e where e.deleted_at is null group by 1, 2, 3`;

/** $1 entity type, $2 user, $3 and $4 first and last day. */
export const HEATMAP_LIVE = `
select ${DAY} as day, count(*) as records, sum(${MINUTES}) as minutes
from entities e
where e.user_id = $2::uuid and e.entity_type = $1::text and e.deleted_at is null
  and e.occurred_at >= $3::date - 1 and e.occurred_at < $4::date + 2
group by 1 having ${DAY} between $3::date and $4::date order by 1`;

/** $1 user, $2 and $3 first and last day. */
export const DASHBOARD_LIVE = `
with rows as materialized (
  select e.entity_type, e.occurred_at, e.occurred_until, e.created_at, e.related, e.doc, ${DAY} as day, ${MINUTES} as minutes
  from entities e
  where e.user_id = $1::uuid and e.deleted_at is null and e.occurred_at >= $2::date - 1 and e.occurred_at < $3::date + 2
), habit_days as (
  select distinct h as habit_id, ${DAY} as day
  from entities e cross join lateral unnest(e.related) h
  where e.user_id = $1::uuid and e.entity_type = 'habit_log' and e.deleted_at is null
), runs as (
  select habit_id, day, day - (row_number() over (partition by habit_id order by day))::integer as run,
    day - lag(day) over (partition by habit_id order by day) as gap
  from habit_days
)
select jsonb_build_object(
  'days', (select jsonb_agg(to_jsonb(d)) from (select day, count(*), sum(minutes) from rows group by 1) d),
  'types', (select jsonb_agg(to_jsonb(t)) from (select entity_type, count(*), sum(minutes), count(distinct day) from rows group by 1) t),
  'related', (
    select jsonb_agg(to_jsonb(r)) from (
      select u as id, count(*), sum(minutes), count(distinct day), max(day) from rows cross join lateral unnest(related) u group by 1
    ) r
  ),
  'measures', (
    select jsonb_agg(to_jsonb(m)) from (
      select doc ->> 'medication_id' as id, doc ->> 'unit' as unit, count(*), sum((doc ->> 'dosage')::numeric), min((doc ->> 'dosage')::numeric),
        max((doc ->> 'dosage')::numeric), (array_agg((doc ->> 'dosage')::numeric order by occurred_at desc))[1]
      from rows where entity_type = 'medication_log' group by 1, 2
    ) m
  ),
  'hours', (
    select jsonb_agg(to_jsonb(h)) from (
      select extract(isodow from day), extract(hour from occurred_at at time zone coalesce(doc ->> 'time_zone', 'UTC')), count(*) from rows group by 1, 2
    ) h
  ),
  'task_flow', (
    select jsonb_agg(to_jsonb(f)) from (
      select day, count(*) filter (where doc ? 'done_at'), count(*) filter (where doc ? 'snooze_until') from rows where entity_type = 'task' group by 1
    ) f
  ),
  'streaks', (
    select jsonb_agg(to_jsonb(s)) from (
      select habit_id, max(n) as longest, max(gap) as gap from (
        select habit_id, run, count(*) as n, max(gap) as gap from runs group by 1, 2
      ) r group by 1
    ) s
  ),
  'months', (
    select jsonb_agg(to_jsonb(m)) from (
      select entity_type, date_trunc('month', day), count(*), sum(minutes), count(distinct day) from rows group by 1, 2
    ) m
  ),
  'durations', (
    select jsonb_agg(to_jsonb(d)) from (
      select entity_type, date_trunc('month', day), percentile_cont(0.5) within group (order by minutes),
        percentile_cont(0.9) within group (order by minutes), max(minutes)
      from rows where minutes > 0 group by 1, 2
    ) d
  )
)::text as dashboard`;
