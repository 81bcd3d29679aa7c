import type { Database } from './database.ts';
import type { Basis } from './get-entity.ts';

export interface HeatmapRequest {
  readonly entity_type: string;
  readonly year: number;
  readonly basis: Basis;
}

/** `days` holds local days with anything on them, ascending; minutes are of intervals. `years` are those with any record. */
export interface Heatmap {
  readonly time_zone: string;
  readonly as_of: string | null;
  readonly lag_ms: number | null;
  readonly years: number[];
  readonly days: { day: string; records: number; minutes: number }[];
}

/** A year of one type by local day: from the rollup at most 366 rows whatever the history's size, or as of a moment from the log. */
export async function heatmap(
  database: Database,
  userId: string,
  { entity_type, year, basis }: HeatmapRequest,
): Promise<Heatmap> {
  const isNow = basis.valid_time === null && basis.tx_time === null;
  const parameters = [userId, entity_type, year];
  const [row] = isNow
    ? await database.read<{ heatmap: string }>('heatmap', userId, HEATMAP, parameters)
    : await database.read<{ heatmap: string }>('heatmap_as_of', userId, HEATMAP_AS_OF, [
        ...parameters,
        basis.valid_time,
        basis.tx_time,
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

const HEATMAP_AS_OF = `
with moment as materialized (
  select coalesce($4::timestamptz, now()) as valid_time, coalesce($5::timestamptz, 'infinity') as tx_time
), me as materialized (
  select m.*, as_zone(u.doc ->> 'time_zone', 'UTC') as zone
  from moment m left join lateral state_at($1::uuid, m.valid_time, m.tx_time) u on u.entity_type = 'user'
), activity as materialized (
  select d.day, d.records, d.minutes
  from me m
  cross join lateral entities_at($1::uuid, $2::text, m.valid_time, m.tx_time) s
  left join entity_types t on t.name = s.entity_type
  cross join lateral activity_days(
    s.occurred_at, s.occurred_until,
    -- As the view activity has it.
    case when s.doc ->> t.axis_from[1] ~ '^\\d{4}-\\d\\d-\\d\\d$' then 'UTC' else as_zone(s.doc ->> t.time_zone_field, m.zone) end
  ) d
  where s.deleted_at is null and isfinite(s.occurred_at)
)
select jsonb_build_object(
  'time_zone', m.zone,
  'as_of', iso(m.valid_time),
  'lag_ms', 0,
  'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from (select distinct extract(year from a.day)::integer as year from activity a) y),
  'days', (
    select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
    from (
      select a.day, sum(a.records) as records, sum(a.minutes) as minutes from activity a
      where a.day >= make_date($3::integer, 1, 1) and a.day <= make_date($3::integer, 12, 31)
      group by a.day
    ) d
  )
)::text as heatmap
from me m`;
