/**
 * SQL of reads that are never behind: the rollup where it is clean, and live rows where the log went on since (or, after an import
 * and before the rebuild, everywhere). One statement sees one snapshot, so no record is missed or counted twice.
 * The parameters are $1 the user, $2 the entity types (text[]), $3 and $4 the first and last local day.
 */
export const FRESH = `
pending as materialized (
  select * from pending_activity($1::uuid)
), dirty as materialized (
  select b.user_id, b.entity_type, b.day
  from pending p cross join lateral unnest(p.buckets) b
  where b.entity_type = any ($2::text[]) and b.day between $3::date and $4::date
  union all
  select $1::uuid, t.name, d.day::date
  from pending p cross join unnest($2::text[]) as t(name) cross join generate_series($3::date, $4::date, interval '1 day') as d(day)
  where p.whole
), dirty_list as materialized (
  select coalesce(array_agg(row(d.user_id, d.entity_type, d.day)::activity_bucket), '{}') as buckets from dirty d
), dirty_rows as materialized (
  select array(select a from activity_of(l.buckets) a) as rows from dirty_list l
), zone as materialized (
  select as_zone(u.doc ->> 'time_zone', 'UTC') as name
  from (select) as always left join live_entities u on u.entity_id = $1::uuid and u.entity_type = 'user'
), running as materialized (
  -- A timer that runs has no minutes in any rollup yet: up to this moment, it has.
  select e.entity_type, e.related, a.day, a.minutes
  from live_entities e
  join entity_types t on t.name = e.entity_type and t.timer_parent is not null
  cross join zone z
  cross join lateral activity_days(e.occurred_at, now(), as_zone(e.doc ->> t.time_zone_field, z.name)) a
  where e.user_id = $1::uuid and e.entity_type = any ($2::text[]) and e.occurred_until is null and e.deleted_at is null
    and isfinite(e.occurred_at) and e.occurred_at < now() and a.day between $3::date and $4::date
)`;

/** The rows of a rollup, as of this very moment; to be used after {@link FRESH}. @param rollup its name, one of ours */
export const freshRows = (rollup: string): string => `(
  select r.* from ${rollup} r
  where r.user_id = $1::uuid and r.entity_type = any ($2::text[]) and r.day between $3::date and $4::date
    and not (select p.whole from pending p)
    and not exists (select from dirty d where d.entity_type = r.entity_type and d.day = r.day)
  union all
  select x.* from ${rollup}_of((select l.buckets from dirty_list l), (select r.rows from dirty_rows r)) x
)`;

/** JSON members that say how fresh an answer is: right as of now, and how far the rollups alone were behind. */
export const FRESHNESS = `
  'as_of', iso(now()),
  'rolled_up_at', (select case when isfinite(p.as_of) then iso(p.as_of) end from pending p),
  'lag_ms', (
    select case
      when not p.whole and p.buckets = '{}' then 0
      when isfinite(p.as_of) then greatest(round(extract(epoch from now() - p.as_of) * 1000), 0)
    end
    from pending p
  )`;
