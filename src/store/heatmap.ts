import type { Database } from './database.ts';
import { FRESH, FRESHNESS, freshRows } from './fresh-rollups.ts';

export interface HeatmapRequest {
  readonly entity_type: string;
  readonly year: number;
}

/**
 * `days` holds local days with anything on them, ascending; minutes are of intervals, running timers up to now. `years` are those
 * with any record. Right as of `as_of`; `lag_ms` is how far the rollup alone was behind (0: not at all; null: never refreshed yet).
 */
export interface Heatmap {
  readonly time_zone: string;
  readonly as_of: string;
  readonly rolled_up_at: string | null;
  readonly lag_ms: number | null;
  readonly years: number[];
  readonly days: { day: string; records: number; minutes: number }[];
}

/** A year of one type by local day: at most 366 rows of the rollup whatever the history's size, and live rows where it is behind. */
export async function heatmap(database: Database, userId: string, request: HeatmapRequest): Promise<Heatmap> {
  const year = String(request.year).padStart(4, '0');
  const [row] = await database.read<{ heatmap: string }>('heatmap', userId, HEATMAP, [
    userId,
    [request.entity_type],
    `${year}-01-01`,
    `${year}-12-31`,
  ]);
  return JSON.parse(row?.heatmap ?? '{}');
}

const HEATMAP = `
with ${FRESH}, days as (
  select d.day, sum(d.records)::integer as records, sum(d.minutes) as minutes
  from (
    select day, records, minutes from ${freshRows('daily_activity')} r
    union all
    select day, 0, minutes from running
  ) d
  group by d.day
), years as (
  select extract(year from d.day)::integer as year from daily_activity d
  where d.user_id = $1::uuid and d.entity_type = any ($2::text[])
  union
  select extract(year from b.day)::integer from pending p cross join lateral unnest(p.buckets) b where b.entity_type = any ($2::text[])
  union
  select generate_series(extract(year from min(e.occurred_at))::integer, extract(year from max(e.occurred_at))::integer)
  from entities e
  where (select p.whole from pending p) and e.user_id = $1::uuid and e.entity_type = any ($2::text[]) and e.deleted_at is null
    and isfinite(e.occurred_at)
)
select jsonb_build_object(
  'time_zone', (select name from zone), ${FRESHNESS},
  'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from years y where y.year is not null),
  'days', (
    select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
    from days d
  )
)::text as heatmap`;
