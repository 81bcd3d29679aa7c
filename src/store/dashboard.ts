import type { Database } from './database.ts';
import { FRESH, FRESHNESS, freshRows } from './fresh-rollups.ts';

export interface DashboardRequest {
  readonly entity_types: readonly string[];
  /** The first and the last local day, as 2026-07-01. */
  readonly from: string;
  readonly to: string;
  /** Whether measures come with a point a day. */
  readonly with_points: boolean;
}

/** Eight charts of one answer. Days are local, minutes are of intervals (running timers up to now), months are named by their first day. */
export interface Dashboard {
  readonly time_zone: string;
  readonly as_of: string;
  readonly rolled_up_at: string | null;
  readonly lag_ms: number | null;
  /** When streaks, months and durations were computed; null: not yet. */
  readonly views_as_of: Record<'habit_streaks' | 'monthly_summary' | 'duration_profile', string | null>;
  readonly days: { day: string; records: number; minutes: number }[];
  readonly types: { entity_type: string; records: number; minutes: number; active_days: number }[];
  /** What the records are about, most minutes and records first. */
  readonly related: {
    id: string;
    entity_type: string;
    label: string | null;
    records: number;
    minutes: number;
    active_days: number;
    last_day: string;
  }[];
  readonly measures: {
    entity_type: string;
    field: string;
    unit: string;
    of_id: string | null;
    of_label: string | null;
    count: number;
    sum: number;
    min: number;
    max: number;
    last: number;
    points: { day: string; count: number; sum: number; min: number; max: number; last: number }[] | null;
  }[];
  /** Weekday 1 is Monday. */
  readonly hours: { weekday: number; hour: number; records: number }[];
  readonly task_flow: { day: string; created: number; done: number; snoozed: number }[];
  readonly streaks: {
    habit_id: string;
    label: string | null;
    days: number;
    last_day: string;
    current_streak_days: number;
    longest_streak_days: number;
    longest_streak_from: string;
    longest_gap_days: number;
    longest_gap_from: string | null;
  }[];
  readonly months: {
    entity_type: string;
    month: string;
    records: number;
    minutes: number;
    active_days: number;
    busiest_day: string;
  }[];
  readonly durations: {
    entity_type: string;
    month: string;
    records: number;
    median_minutes: number;
    p90_minutes: number;
    p99_minutes: number;
    longest_minutes: number;
  }[];
}

/** All charts in one statement, from rollups and views: in proportion to the days asked for, not to what is stored. */
export async function dashboard(database: Database, userId: string, request: DashboardRequest): Promise<Dashboard> {
  const [row] = await database.read<{ dashboard: string }>('dashboard', userId, DASHBOARD, [
    userId,
    request.entity_types,
    request.from,
    request.to,
    request.with_points,
  ]);
  return JSON.parse(row?.dashboard ?? '{}');
}

/** How many related entities, and measures, are listed at most. */
const TOP = 50;
const NOTHING = '00000000-0000-0000-0000-000000000000';

const DASHBOARD = `
with ${FRESH}, activity_rows as materialized (
  select entity_type, day, records, minutes from ${freshRows('daily_activity')} r
  union all
  select entity_type, day, 0, minutes from running
), related_rows as (
  select related_id, day, records, minutes from ${freshRows('daily_related')} r
  union all
  select distinct_related.id, r.day, 0, r.minutes
  from running r cross join lateral (select distinct u as id from unnest(r.related) u) distinct_related
), related as (
  select r.related_id, sum(r.records) as records, sum(r.minutes) as minutes, count(distinct r.day) as active_days, max(r.day) as last_day
  from related_rows r group by r.related_id
), measure_rows as materialized (
  select * from ${freshRows('daily_measures')} r
), measures as (
  select m.entity_type, m.field, m.unit, m.of_id, sum(m.count) as count, sum(m.sum) as sum, min(m.min) as min, max(m.max) as max,
    (array_agg(m.last order by m.day desc))[1] as last,
    case when $5::boolean then jsonb_agg(
      jsonb_build_object('day', m.day, 'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last) order by m.day
    ) end as points
  from measure_rows m group by 1, 2, 3, 4
  order by sum(m.count) desc, 1, 2, 3, 4 limit ${TOP}
), hours as (
  select extract(isodow from r.day)::integer as weekday, h.hour, sum(h.records) as records
  from ${freshRows('daily_hours')} r cross join lateral unnest(r.hours, r.records) as h(hour, records)
  group by 1, 2
), flow as (
  select day, created, done, snoozed from ${freshRows('task_flow')} r
), shown as (
  select p.entity_id, p.entity_type, p.label from live_entities p
  where p.user_id = $1::uuid and p.deleted_at is null and not p.sensitive and not p.archived
    and (p.entity_id in (select related_id from related) or p.entity_id in (select of_id from measures)
      or p.entity_id in (select habit_id from own_habit_streaks))
)
select jsonb_build_object(
  'time_zone', (select name from zone), ${FRESHNESS},
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
      order by r.minutes desc, r.records desc, s.entity_id limit ${TOP}
    ) r
  ),
  'measures', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'entity_type', m.entity_type, 'field', m.field, 'unit', m.unit, 'of_id', nullif(m.of_id, '${NOTHING}'), 'of_label', s.label,
      'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last, 'points', m.points
    ) order by m.entity_type, m.field, m.unit, m.of_id), '[]')
    from measures m left join shown s on s.entity_id = m.of_id
    where m.of_id = '${NOTHING}' or s.entity_id is not null
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
    where 'habit_log' = any ($2::text[])
  ),
  'months', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'entity_type', m.entity_type, 'month', m.month, 'records', m.records, 'minutes', round(m.minutes::numeric, 2),
      'active_days', m.active_days, 'busiest_day', m.busiest_day
    ) order by m.month, m.entity_type), '[]')
    from own_monthly_summary m
    where m.entity_type = any ($2::text[]) and m.month between date_trunc('month', $3::date)::date and $4::date
  ),
  'durations', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'entity_type', d.entity_type, 'month', d.month, 'records', d.records, 'median_minutes', round(d.median_minutes::numeric, 2),
      'p90_minutes', round(d.p90_minutes::numeric, 2), 'p99_minutes', round(d.p99_minutes::numeric, 2),
      'longest_minutes', round(d.longest_minutes::numeric, 2)
    ) order by d.month, d.entity_type), '[]')
    from own_duration_profile d
    where d.entity_type = any ($2::text[]) and d.month between date_trunc('month', $3::date)::date and $4::date
  )
)::text as dashboard`;
