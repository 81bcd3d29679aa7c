import type pg from 'pg';
import { xtdbIdHash } from '../domain/codec/entity-id.ts';
import { encodeEvicted, encodeHistoryRow } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';
import { Tagged } from '../domain/edn/value.ts';

/** One line of a history file, made of what the store holds. */
export interface StoredLine {
  readonly kind: 'row' | 'evicted';
  /** Of a row. */
  readonly entity_id: string | null;
  readonly text: string;
}

const PAGE_ROWS = 1_000;
const ISO_MS = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const isoMs = (column: string) => `to_char(${column} at time zone 'UTC', ${ISO_MS})`;

export type StoredPart =
  /** Everything. */
  | 'all'
  /** What imports brought: native writes left out. */
  | 'imported'
  /** Of that, these entities, and evictions of these hashes. */
  | { readonly entity_ids: ReadonlySet<string>; readonly evicted: ReadonlySet<string> };

/**
 * The history in the store, as of one moment however long it takes to read: first the evictions, then the rows, by entity,
 * valid time and transaction. Memory is flat.
 *
 * The store's own writes have microseconds, the file format milliseconds: their last three digits are not in the lines.
 */
export async function* storedHistory(client: pg.Client, part: StoredPart): AsyncGenerator<StoredLine[]> {
  const where = part === 'all' ? '' : 'where import_id is not null';
  const named = typeof part === 'string' ? null : [[...part.entity_ids], [...part.evicted]];
  // What is left of an evicted entity is compared too: nothing must be.
  const rowsNamed =
    named &&
    'and entity_id in (select unnest($1::uuid[]) union select v.entity_id from evictions v where v.xtdb_id_hash = any ($2::text[]))';
  await client.query('begin transaction isolation level repeatable read, read only');
  try {
    const evictions = await client.query<{ hash: string | null; entity_id: string; tx: string; tx_time: string }>(
      `select xtdb_id_hash as hash, entity_id::text, tx::text, ${isoMs('tx_time')} as tx_time from evictions ${where} ${named ? 'and xtdb_id_hash = any ($1::text[])' : ''}
       order by tx`,
      named ? [named[1]] : [],
    );
    yield evictions.rows.map(({ hash, entity_id, tx, tx_time }) => ({
      kind: 'evicted',
      entity_id: null,
      text: encodeEvicted({ hash: hash ?? xtdbIdHash(new Tagged('uuid', entity_id)) ?? '', tx, tx_time }),
    }));
    await client.query(
      `declare history no scroll cursor for
       select entity_id::text, entity_type, user_id::text, ${isoMs('valid_time')} as valid_time, ${isoMs('tx_time')} as tx_time,
         tx::text, doc::text, hints::text
       from event_log ${where} ${rowsNamed ?? ''} order by event_log.entity_id, event_log.valid_time, event_log.tx_time, event_log.tx`,
      named ?? [],
    );
    for (;;) {
      const { rows } = await client.query<StoredEvent>(`fetch ${PAGE_ROWS} from history`);
      if (rows.length === 0) return;
      yield rows.map((event) => ({ kind: 'row', entity_id: event.entity_id, text: encodeHistoryRow(event) }));
    }
  } finally {
    await client.query('rollback');
  }
}
