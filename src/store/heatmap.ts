import type { Database } from './database.ts';

export interface HeatmapRequest {
  readonly entity_type: string;
  readonly year: number;
}

/** `days` holds local days with anything on them, ascending; minutes are of intervals. `years` are those with any record. */
export interface Heatmap {
  readonly time_zone: string;
  readonly as_of: string | null;
  readonly lag_ms: number | null;
  readonly years: number[];
  readonly days: { day: string; records: number; minutes: number }[];
}

/** A year of one type by local day, from the rollup: at most 366 rows whatever the history's size. */
export async function heatmap(database: Database, userId: string, request: HeatmapRequest): Promise<Heatmap> {
  const [row] = await database.read<{ heatmap: string }>('heatmap', userId, HEATMAP, [
    userId,
    request.entity_type,
    request.year,
  ]);
  return JSON.parse(row?.heatmap ?? '{}');
}

const HEATMAP = `
select jsonb_build_object(
  'time_zone', (
    select as_zone(u.doc ->> 'time_zone', 'UTC')
    from (select) as always left join live_entities u on u.entity_id = $1::uuid and u.entity_type = 'user'
  ),
  'as_of', case when isfinite(a.as_of) then iso(a.as_of) end,
  'lag_ms', case when isfinite(a.as_of) then round(extract(epoch from now() - a.as_of) * 1000) end,
  'years', (
    select coalesce(jsonb_agg(y.year order by y.year), '[]')
    from (
      select distinct extract(year from d.day)::integer as year from daily_activity d
      where d.user_id = $1::uuid and d.entity_type = $2::text
    ) y
  ),
  'days', (
    select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
    from daily_activity d
    where d.user_id = $1::uuid and d.entity_type = $2::text
      and d.day >= make_date($3::integer, 1, 1) and d.day <= make_date($3::integer, 12, 31)
  )
)::text as heatmap
from analytics a where a.name = 'daily_activity'`;
