import { encodeCursor } from '../api/cursor.ts';
import { LineDigests, lineValue } from '../domain/codec/history-digest.ts';
import { encodeEvicted, encodeHistoryRow, type HistoryEviction } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import type { Database } from '../store/database.ts';
import { MAX_PAGE_BYTES, storedBytes } from '../store/page-bytes.ts';
import type { DigestPlace, RowPlace } from './request-shapes.ts';

/** Of one page; encoding and hashing them takes a Worker some tenths of a second. */
const PAGE_ROWS = 2_000;

/** Lines of one entity, or of one eviction, by hash and transaction: how many, and the sum of their digests in hex. Pages add up. */
export type DigestEntry = readonly [key: string, lines: number, digest: string];

export interface StoredDigests {
  readonly entries: readonly DigestEntry[];
  /** For the next page's `after`; null on the last. */
  readonly next: string | null;
}

/** What imports brought, entity by entity, as digests of the lines that a history file would have of it; evictions come first. */
export async function digestStored(database: Database, after: DigestPlace | null): Promise<StoredDigests> {
  const digests = new LineDigests();
  const add = (text: string): void => {
    const line = lineValue(text);
    if (typeof line === 'string') throw new Error(`the store's line cannot be read back: ${line}`);
    digests.add(line);
  };
  const isAmongEvictions = after === null || 'eviction_id' in after;
  if (isAmongEvictions) {
    const evictions = await evictionsAfter(database, after?.eviction_id ?? '0');
    for (const eviction of evictions) add(encodeEvicted(eviction));
    const last = evictions.at(-1);
    if (last?.is_more === true)
      return { entries: digests.entries(), next: encodeCursor({ eviction_id: last.eviction_id }) };
  }
  const rows = await rowsAfter(database, isAmongEvictions ? null : after);
  for (const row of rows) add(encodeHistoryRow(row));
  const last = rows.at(-1);
  if (last?.is_more !== true) return { entries: digests.entries(), next: null };
  const { entity_id, valid_time, tx_time, tx } = last;
  return { entries: digests.entries(), next: encodeCursor({ entity_id, valid_time, tx_time, tx }) };
}

type Paged<Row> = Row & { is_more: boolean };

function evictionsAfter(
  database: Database,
  evictionId: string,
): Promise<Paged<HistoryEviction & { eviction_id: string }>[]> {
  return database.call(
    'verify_evictions',
    `select eviction_id::text, xtdb_id_hash as hash, entity_id::text, tx::text, iso(tx_time) as tx_time,
       lead(eviction_id) over (order by evictions.eviction_id) is not null as is_more
     from evictions where import_id is not null and evictions.eviction_id > $1::bigint
     order by evictions.eviction_id limit ${PAGE_ROWS}`,
    [evictionId],
  );
}

function rowsAfter(database: Database, after: RowPlace | null): Promise<Paged<StoredEvent>[]> {
  return database.call(
    'verify_rows',
    `select entity_id::text, entity_type, user_id::text, iso(valid_time) as valid_time, iso(tx_time) as tx_time,
       tx::text, doc::text, hints::text, is_more
     from (
       select r.*, row_number() over w as n, lead(r.entity_id) over w is not null as is_more,
         sum(${storedBytes('r')}) over w as bytes
       from (
         select * from event_log
         where import_id is not null
           and ($1::uuid is null or (entity_id, valid_time, tx_time, tx) > ($1::uuid, $2::timestamptz, $3::timestamptz, $4::bigint))
         order by entity_id, valid_time, tx_time, tx limit ${PAGE_ROWS} + 1
       ) r window w as (order by r.entity_id, r.valid_time, r.tx_time, r.tx)
     ) counted
     where n = 1 or (n <= ${PAGE_ROWS} and bytes <= $5::integer)
     order by n`,
    after === null
      ? [null, null, null, null, MAX_PAGE_BYTES]
      : [after.entity_id, after.valid_time, after.tx_time, after.tx, MAX_PAGE_BYTES],
  );
}
