import { encodeCursor } from '../api/cursor.ts';
import { LineDigests, lineValue } from '../domain/codec/history-digest.ts';
import { encodeEvicted, encodeHistoryRow } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import type { Database } from '../store/database.ts';
import type { DigestPlace } from './request-shapes.ts';

/** Of one request to the database; encoding and hashing them takes a Worker some tenths of a second. */
const PAGE_ROWS = 2_000;

/** Lines of one entity, or evictions of one hash: how many, and the sum of their digests in hex. Pages add up. */
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
  if (after === null) {
    const evictions = await database.call<{ hash: string | null; entity_id: string; tx: string; tx_time: string }>(
      'verify_evictions',
      `select xtdb_id_hash as hash, entity_id::text, tx::text, iso(tx_time) as tx_time from evictions where import_id is not null`,
      [],
    );
    for (const eviction of evictions) add(encodeEvicted(eviction));
  }
  const rows = await database.call<StoredEvent>(
    'verify_rows',
    `select entity_id::text, entity_type, user_id::text, iso(valid_time) as valid_time, iso(tx_time) as tx_time,
      tx::text, doc::text, hints::text
     from event_log
     where import_id is not null
       and ($1::uuid is null or (entity_id, valid_time, tx_time, tx) > ($1::uuid, $2::timestamptz, $3::timestamptz, $4::bigint))
     order by event_log.entity_id, event_log.valid_time, event_log.tx_time, event_log.tx limit ${PAGE_ROWS}`,
    after === null ? [null, null, null, null] : [after.entity_id, after.valid_time, after.tx_time, after.tx],
  );
  for (const row of rows) add(encodeHistoryRow(row));
  const last = rows.length === PAGE_ROWS ? rows.at(-1) : undefined;
  return {
    entries: digests.entries(),
    next:
      last === undefined
        ? null
        : encodeCursor({
            entity_id: last.entity_id,
            valid_time: last.valid_time,
            tx_time: last.tx_time,
            tx: last.tx,
          }),
  };
}
