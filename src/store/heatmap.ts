import type { Database } from './database.ts';
import type { Moment } from './get-entity.ts';
import { hiddenParentsSql, type MomentSql, type Shown, shownBits, visibleSql } from './visibility.ts';

export interface HeatmapRequest {
  readonly entity_type: string;
  readonly year: number;
  /** Sensitive and archived records, if asked for; deleted ones never. */
  readonly shown: Shown;
  readonly moment: Moment;
}

/**
 * `days` holds local days with anything on them, ascending; minutes are of intervals, running timers up to the moment. `years` are those
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

/**
 * A year of one type by local day: at most 366 rows of the rollup whatever the history's size, and live rows where it is behind; or,
 * as of a moment, from the log.
 */
export async function heatmap(database: Database, userId: string, request: HeatmapRequest): Promise<Heatmap> {
  const { valid_time, tx_time } = request.moment;
  const year = String(request.year).padStart(4, '0');
  const [row] =
    valid_time === null && tx_time === null
      ? await database.read<{ heatmap: string }>('heatmap', userId, HEATMAP, [
          userId,
          [request.entity_type],
          `${year}-01-01`,
          `${year}-12-31`,
          shownBits(request.shown),
        ])
      : await database.read<{ heatmap: string }>('heatmap_as_of', userId, heatmapAsOf(request.shown), [
          userId,
          request.entity_type,
          request.year,
          valid_time,
          tx_time,
        ]);
  return JSON.parse(row?.heatmap ?? '{}');
}

const MOMENT: MomentSql = { valid_time: '(select valid_time from moment)', tx_time: '(select tx_time from moment)' };

const heatmapAsOf = (shown: Shown) => `
with moment as materialized (
  select coalesce($4::timestamptz, now()) as valid_time, coalesce($5::timestamptz, 'infinity') as tx_time
), me as materialized (
  select m.*, as_zone(u.doc ->> 'time_zone', 'UTC') as zone
  from moment m left join lateral state_at($1::uuid, m.valid_time, m.tx_time) u on u.entity_type = 'user'
), hidden as materialized ${hiddenParentsSql(shown, '$1::uuid', null, MOMENT)}, activity as materialized (
  select d.day, d.records, d.minutes, s.occurred_until is not null as is_over
  from me m
  cross join lateral entities_at($1::uuid, $2::text, m.valid_time, m.tx_time) s
  left join entity_types t on t.name = s.entity_type
  cross join lateral activity_days(
    s.occurred_at,
    case when t.timer_parent is not null then coalesce(s.occurred_until, m.valid_time) else s.occurred_until end,
    -- As the view activity has it.
    case when s.doc ->> t.axis_from[1] ~ '^\\d{4}-\\d\\d-\\d\\d$' then 'UTC' else as_zone(s.doc ->> t.time_zone_field, m.zone) end
  ) d
  where isfinite(s.occurred_at) and ${visibleSql({ ...shown, deleted: false }, 's', { hidden: 'hidden', fields: null }, MOMENT)}
)
select jsonb_build_object(
  'time_zone', m.zone,
  'as_of', iso(m.valid_time),
  'rolled_up_at', null,
  'lag_ms', 0,
  'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from (
      -- Where a running timer has come to since is no year with a record, as the present has it.
      select distinct extract(year from a.day)::integer as year from activity a
      where (a.records > 0 or a.is_over) and a.day between '0001-01-01' and '9999-12-31'
    ) y),
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

const HEATMAP = 'select heatmap($1::uuid, $2::text[], $3::date, $4::date, $5::smallint)::text as heatmap';
