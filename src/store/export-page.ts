import type { HistoryEviction } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import { postgresInstant } from '../domain/time/postgres-instant.ts';
import type { Database } from './database.ts';
import { MAX_PAGE_BYTES, storedBytes } from './page-bytes.ts';

/**
 * Where an export stands. Its snapshot is that of its first page, so that pages fetched hours later still add up to the
 * store as of one moment: the log is append-only, and says of every event which transaction wrote it.
 */
export interface ExportPlace {
  readonly snapshot: string;
  readonly as_of: string;
  readonly entity_id: string;
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: string;
}

export interface ExportRequest {
  /** Every version, or the one that holds of each entity that has one. */
  readonly history: 'current' | 'full';
  readonly limit: number;
  readonly after: ExportPlace | null;
}

export interface ExportPage {
  readonly events: readonly (StoredEvent & { readonly version: string })[];
  /** Null after the last page. */
  readonly next: ExportPlace | null;
  /** With the last page of a full history: what was evicted. */
  readonly evictions: readonly HistoryEviction[];
}

type Row = StoredEvent & {
  version: string;
  snapshot: string;
  as_of: string;
  is_more: boolean;
  evictions: ExportPage['evictions'] | null;
};

/** One page of a user's export: by entity, valid time and transaction. Times are to the microsecond. */
export async function exportPage(database: Database, userId: string, request: ExportRequest): Promise<ExportPage> {
  const { after, history, limit } = request;
  const rows = await database.read<Row>(`export_${history}`, userId, EXPORT[history], [
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
  const events = rows.filter((row) => row.entity_id !== null);
  const [mark, last] = [rows[0], events.at(-1)];
  const isLast = mark === undefined || last === undefined || !mark.is_more;
  return {
    events,
    next: isLast
      ? null
      : {
          snapshot: mark.snapshot,
          as_of: mark.as_of,
          entity_id: last.entity_id,
          valid_time: last.valid_time,
          tx_time: last.tx_time,
          tx: last.tx,
        },
    evictions: isLast ? (mark?.evictions ?? []) : [],
  };
}

const page = (versions: string, evictions: string) => `
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
  case when coalesce(s.n, 1) = 1 and (select count(*) from counted) = (select count(*) from shown) then ${evictions} end as evictions
from mark m left join shown s on true
order by s.entity_id, s.valid_time, s.tx_time, s.tx`;

const EXPORT = {
  full: page(
    `select l.* from event_log l
     where l.entity_id = e.entity_id and pg_visible_in_snapshot(l.xid, m.snapshot)
       and (l.entity_id is distinct from $4::uuid or (l.valid_time, l.tx_time, l.tx) > ($5::timestamptz, $6::timestamptz, $7::bigint))`,
    `(select coalesce(jsonb_agg(jsonb_build_object(
        'hash', x.xtdb_id_hash, 'entity_id', x.entity_id, 'tx', x.tx::text, 'tx_time', iso(x.tx_time),
        'record', jsonb_build_object('user_id', x.user_id, 'entity_type', x.entity_type, 'evicted_by', x.evicted_by)) order by x.tx, x.seq), '[]')
      from evictions x where x.user_id = $1::uuid and pg_visible_in_snapshot(x.xid, m.snapshot))`,
  ),
  current: page(
    `select l.* from (
       select l.* from event_log l
       where l.entity_id = e.entity_id and l.valid_time <= m.as_of and pg_visible_in_snapshot(l.xid, m.snapshot)
       order by l.valid_time desc, l.tx_time desc, l.tx desc limit 1
     ) l
     where l.doc is not null and l.entity_id is distinct from $4::uuid
       and $5::timestamptz is not distinct from $5::timestamptz and $6::timestamptz is not distinct from $6::timestamptz
       and $7::bigint is not distinct from $7::bigint`,
    "'[]'::jsonb",
  ),
} as const;
