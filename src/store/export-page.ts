import type { HistoryEviction } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import { postgresInstant } from '../domain/time/postgres-instant.ts';
import type { Database } from './database.ts';
import { MAX_PAGE_BYTES, storedBytes } from './page-bytes.ts';

/**
 * Where an export stands. Its snapshot is that of its first page, so that pages fetched hours later still add up to the
 * store as of one moment: the log is append-only, and says of every event which transaction wrote it.
 */
export type ExportPlace = EventPlace | EvictionPlace;

export interface EventPlace {
  readonly snapshot: string;
  readonly as_of: string;
  readonly entity_id: string;
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
}

/** Behind all events of a full history. */
export interface EvictionPlace {
  readonly snapshot: string;
  readonly xid: string;
  readonly seq: string;
}

export interface ExportRequest {
  /** Every version, or the one that holds of each entity that has one. */
  readonly history: 'current' | 'full';
  readonly limit: number;
  readonly after: ExportPlace | null;
}

/** Of events or, after the last of them in a full history, of evictions. */
export interface ExportPage {
  readonly events: readonly (StoredEvent & { readonly version: string })[];
  readonly evictions: readonly HistoryEviction[];
  /** Null after the last page. */
  readonly next: ExportPlace | null;
}

/**
 * One page of a user's export: events by entity, valid time and transaction, then evictions in the order of the log. Times
 * are to the microsecond.
 */
export function exportPage(database: Database, userId: string, request: ExportRequest): Promise<ExportPage> {
  const { after, history, limit } = request;
  return after !== null && 'xid' in after
    ? evictionsPage(database, userId, after, limit)
    : eventsPage(database, userId, history, after, limit);
}

type EventRow = StoredEvent & {
  version: string;
  snapshot: string;
  as_of: string;
  is_more: boolean;
  has_evictions: boolean;
};

async function eventsPage(
  database: Database,
  userId: string,
  history: ExportRequest['history'],
  after: EventPlace | null,
  limit: number,
): Promise<ExportPage> {
  const rows = await database.read<EventRow>(`export_${history}`, userId, EVENTS[history], [
    userId,
    after?.snapshot ?? null,
    after?.as_of ?? null,
    after?.entity_id ?? null,
    after === null ? null : postgresInstant(after.valid_time),
    after === null ? null : postgresInstant(after.tx_time),
    after?.tx ?? null,
    limit,
    MAX_PAGE_BYTES,
  ]);
  const [mark] = rows;
  if (mark === undefined) throw new Error('the statement always answers a row');
  const { snapshot, as_of, is_more, has_evictions } = mark;
  const events = rows.filter((row) => row.entity_id !== null);
  const last = events.at(-1);
  if (!is_more || last === undefined)
    return { events, evictions: [], next: has_evictions ? { snapshot, xid: '0', seq: '0' } : null };
  const { entity_id, valid_time, tx_time, tx } = last;
  return { events, evictions: [], next: { snapshot, as_of, entity_id, valid_time, tx_time, tx } };
}

async function evictionsPage(
  database: Database,
  userId: string,
  { snapshot, xid, seq }: EvictionPlace,
  limit: number,
): Promise<ExportPage> {
  const evictions = await database.read<HistoryEviction & { xid: string; seq: string; is_more: boolean }>(
    'export_evictions',
    userId,
    EVICTIONS,
    [userId, snapshot, xid, seq, limit, MAX_PAGE_BYTES],
  );
  const last = evictions.at(-1);
  return {
    events: [],
    evictions,
    next: last?.is_more === true ? { snapshot, xid: last.xid, seq: last.seq } : null,
  };
}

const eventsSql = (versions: string, hasEvictions: string) => `
with mark as materialized (
  select coalesce($2::text::pg_snapshot, pg_current_snapshot()) as snapshot, coalesce($3::timestamptz, now()) as as_of
), candidates as (
  select v.* from entities e cross join mark m cross join lateral (${versions}) v
  where e.user_id = $1::uuid and ($4::uuid is null or e.entity_id >= $4::uuid)
  order by e.entity_id, v.valid_time, v.tx_time, v.tx
  limit $8::integer + 1
), counted as (
  select c.*, row_number() over w as n, sum(${storedBytes('c')}) over w as bytes
  from candidates c window w as (order by c.entity_id, c.valid_time, c.tx_time, c.tx)
), shown as (
  select * from counted where n = 1 or (n <= $8::integer and bytes <= $9::integer)
)
select s.entity_id, s.entity_type, s.user_id, iso(s.valid_time) as valid_time, iso(s.tx_time) as tx_time, s.tx::text as tx, s.seq::text as version,
  s.doc::text as doc, s.hints::text as hints, m.snapshot::text as snapshot, iso(m.as_of) as as_of,
  (select count(*) from counted) > (select count(*) from shown) as is_more,
  (select count(*) from counted) = (select count(*) from shown) and ${hasEvictions} as has_evictions
from mark m left join shown s on true
order by s.entity_id, s.valid_time, s.tx_time, s.tx`;

const EVENTS = {
  full: eventsSql(
    `select l.* from event_log l
     where l.entity_id = e.entity_id and pg_visible_in_snapshot(l.xid, m.snapshot)
       and (l.entity_id is distinct from $4::uuid or (l.valid_time, l.tx_time, l.tx) > ($5::timestamptz, $6::timestamptz, $7::bigint))`,
    `exists (select from evictions x
      where x.user_id = $1::uuid and pg_visible_in_snapshot(x.xid, (select snapshot from mark)))`,
  ),
  current: eventsSql(
    `select l.* from (
       select l.* from event_log l
       where l.entity_id = e.entity_id and l.valid_time <= m.as_of and pg_visible_in_snapshot(l.xid, m.snapshot)
       order by l.valid_time desc, l.tx_time desc, l.tx desc limit 1
     ) l
     where l.doc is not null and l.entity_id is distinct from $4::uuid
       and $5::timestamptz is not distinct from $5::timestamptz and $6::timestamptz is not distinct from $6::timestamptz
       and $7::bigint is not distinct from $7::bigint`,
    'false',
  ),
} as const;

// By (xid, seq), as their index is. The names in them are text of a backup's, up to a line long.
const EVICTIONS = `
select xtdb_id_hash as hash, entity_id::text, tx::text, iso(tx_time) as tx_time,
  json_build_object('user_id', user_id, 'entity_type', entity_type, 'evicted_by', evicted_by) as record,
  xid::text, seq::text, is_more
from (
  select r.*, row_number() over w as n, lead(r.seq) over w is not null as is_more, sum(octet_length(to_json(r)::text)) over w as bytes
  from (
    select x.* from evictions x
    where x.user_id = $1::uuid and pg_visible_in_snapshot(x.xid, $2::text::pg_snapshot)
      and (x.xid, x.seq) > ($3::text::xid8, $4::bigint)
    order by x.xid, x.seq limit $5::integer + 1
  ) r window w as (order by r.xid, r.seq)
) counted
where n = 1 or (n <= $5::integer and bytes <= $6::integer)
order by n`;
