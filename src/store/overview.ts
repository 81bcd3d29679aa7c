import type { Database } from './database.ts';
import type { Moment } from './get-entity.ts';
import type { StoredRecord } from './stored-record.ts';
import { hiddenParentsSql, type MomentSql, type Shown, shownBits, visibleSql } from './visibility.ts';

/** How many of the newest records the timeline shows, and of running timers at most. */
const TIMELINE_RECORDS = 18;
const RUNNING_RECORDS = 20;

interface OverviewRow extends StoredRecord {
  readonly section: 'user' | 'timeline' | 'running' | 'count';
  /** Section `count`: what is counted, and how often, today and over the last seven days including today. */
  readonly entity_type: string | null;
  readonly today: number | null;
  readonly last_7_days: number | null;
}

/**
 * All that the first screen shows, in one statement: the user (one row, its record holding `as_of`, `time_zone`, `id`,
 * `email`, `label`), the newest records over all types, running timers, and counts by type in the user's zone.
 * What visibility.ts hides is left out unless it is asked for, and so is `bm_log`, unless the user's own `show_bm_logs` is true.
 * As of a moment: as it was then shown.
 */
export function overview(
  database: Database,
  userId: string,
  shown: Shown,
  { valid_time, tx_time }: Moment,
): Promise<OverviewRow[]> {
  const limits = [userId, TIMELINE_RECORDS, RUNNING_RECORDS];
  return valid_time === null && tx_time === null
    ? database.read<OverviewRow>('overview', userId, OVERVIEW, [...limits, shownBits(shown)])
    : database.read<OverviewRow>('overview_as_of', userId, overviewAsOf(shown), [...limits, valid_time, tx_time]);
}

const OVERVIEW = 'select * from overview($1::uuid, $4::smallint, $2::integer, $3::integer)';

const MOMENT: MomentSql = {
  valid_time: 'coalesce($4::timestamptz, now())',
  tx_time: "coalesce($5::timestamptz, 'infinity')",
};
const stateAt = (id: string) => `state_at(${id}, ${MOMENT.valid_time}, ${MOMENT.tx_time})`;

/** As overview() in the database has it, but from the log, which is read a type at a time. */
function overviewAsOf(shown: Shown): string {
  const visible = visibleSql({ ...shown, deleted: false }, 's', { hidden: 'hidden', fields: null }, MOMENT);
  const records = (types: string, condition: string, limit: string) => `
  select s.* from entity_types t
  cross join lateral (
    select s.* from entities_at($1::uuid, t.name, ${MOMENT.valid_time}, ${MOMENT.tx_time}) s where ${visible} and ${condition} ${limit}
  ) s
  where ${types} ${limit}`;
  const newest = (limit: string) => `order by s.occurred_at desc, s.entity_id limit ${limit}::integer`;
  const timelineTypes = "t.timeline and (t.name <> 'bm_log' or (select me.shows_bm_logs from me))";
  return `
with me as materialized (
  select u.doc ->> 'email' as email, u.label, as_zone(u.doc ->> 'time_zone', 'UTC') as zone, u.doc -> 'show_bm_logs' = 'true' as shows_bm_logs
  from (select) as always left join ${stateAt('$1::uuid')} u on u.entity_type = 'user'
), hidden as materialized ${hiddenParentsSql(shown, '$1::uuid', null, MOMENT)}, days as materialized (
  select zone, (${MOMENT.valid_time} at time zone zone)::date as today from me
), timeline as (${records(timelineTypes, `s.occurred_at <= ${MOMENT.valid_time}`, newest('$2'))}
), running as (${records('t.timer_parent is not null', 's.occurred_until is null', newest('$3'))}
), shown as (
  select 'timeline' as section, t.* from timeline t
  union all
  select 'running', r.* from running r
), recent as (${records(
    timelineTypes,
    `s.occurred_at >= (select (d.today - 6)::timestamp at time zone d.zone from days d)
      and s.occurred_at < (select (d.today + 1)::timestamp at time zone d.zone from days d)`,
    '',
  )}
)
select 'user' as section, jsonb_build_object(
    'as_of', iso(${MOMENT.valid_time}), 'time_zone', me.zone, 'id', $1::uuid, 'email', me.email, 'label', me.label
  )::text as record, null as hints, null as entity_type, null::integer as today, null::integer as last_7_days,
  null::timestamptz as occurred_at, null::uuid as id
from me
union all
select s.section, (
    entity_record(row(
      s.entity_id, s.entity_type, s.user_id, s.version, s.occurred_at, s.occurred_until, s.created_at, s.updated_at,
      s.deleted_at, s.sensitive, s.archived, s.label, s.related, s.doc, s.hints
    )::entity_state) || jsonb_build_object('label', s.label, 'related', coalesce(r.related, '[]'))
  )::text, s.hints::text, null, null, null, s.occurred_at, s.entity_id
from shown s
left join lateral (
  select jsonb_agg(jsonb_build_object('id', p.entity_id, 'entity_type', p.entity_type, 'label', p.label) order by p.label, p.entity_id) as related
  from unnest(s.related) i cross join lateral ${stateAt('i')} p
  where p.user_id = $1::uuid
) r on true
union all
select 'count', null, null, s.entity_type,
  (count(*) filter (where s.occurred_at >= d.today::timestamp at time zone d.zone))::integer, count(*)::integer, null, null
from days d cross join recent s
group by s.entity_type
order by section, occurred_at desc, id, entity_type`;
}
