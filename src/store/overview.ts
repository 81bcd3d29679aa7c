import type { Database } from './database.ts';
import type { StoredRecord } from './stored-record.ts';
import { hiddenParentsSql, SHOW_NOTHING_HIDDEN, visibleSql } from './visibility.ts';

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
 * What visibility.ts hides is left out, and so is `bm_log`, unless the user's own `show_bm_logs` is true.
 */
export function overview(database: Database, userId: string): Promise<OverviewRow[]> {
  return database.read<OverviewRow>('overview', userId, OVERVIEW, [userId, TIMELINE_RECORDS, RUNNING_RECORDS]);
}

const VISIBLE = `${visibleSql(SHOW_NOTHING_HIDDEN, 's', { hidden: 'hidden', fields: null }, null)}
    and (s.entity_type <> 'bm_log' or (select me.shows_bm_logs from me))`;

const OVERVIEW = `
with me as materialized (
  select u.doc ->> 'email' as email, u.label, as_zone(u.doc ->> 'time_zone', 'UTC') as zone,
    coalesce(u.doc -> 'show_bm_logs' = 'true', false) as shows_bm_logs
  from (select) as always left join live_entities u on u.entity_id = $1::uuid and u.entity_type = 'user'
), hidden as materialized ${hiddenParentsSql(SHOW_NOTHING_HIDDEN, '$1::uuid', null, null)}, days as (
  select zone, (now() at time zone zone)::date as today from me
), timeline as (
  select s.* from live_entities s
  where s.user_id = $1::uuid and s.occurred_at <= now()
    and ${VISIBLE}
    and s.entity_type in (select t.name from entity_types t where t.timeline)
  order by s.occurred_at desc, s.entity_id limit $2::integer
), running as (
  select s.* from live_entities s
  where s.user_id = $1::uuid and s.occurred_until is null
    and ${VISIBLE}
    and s.entity_type in (select t.name from entity_types t where t.timer_parent is not null)
  order by s.occurred_at desc, s.entity_id limit $3::integer
), shown as (
  select 'timeline' as section, t.* from timeline t
  union all
  select 'running', r.* from running r
)
select 'user' as section, jsonb_build_object(
    'as_of', iso(now()), 'time_zone', me.zone, 'id', $1::uuid, 'email', me.email, 'label', me.label
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
  from live_entities p where p.entity_id = any (s.related) and p.user_id = $1::uuid
) r on true
union all
select 'count', null, null, s.entity_type,
  (count(*) filter (where s.occurred_at >= d.today::timestamp at time zone d.zone))::integer, count(*)::integer, null, null
from days d
join live_entities s on s.user_id = $1::uuid
  and s.occurred_at >= (d.today - 6)::timestamp at time zone d.zone
  and s.occurred_at < (d.today + 1)::timestamp at time zone d.zone
  and ${VISIBLE}
where s.entity_type in (select t.name from entity_types t where t.timeline)
group by s.entity_type
order by section, occurred_at desc, id, entity_type`;
