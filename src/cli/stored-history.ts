import type pg from 'pg';
import type { HistoryEviction, HistoryTransaction } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';

/** What a history file has a line for, as the store holds it. */
export type StoredPiece =
  | { readonly kind: 'row'; readonly event: StoredEvent }
  | { readonly kind: 'evicted'; readonly eviction: HistoryEviction }
  | { readonly kind: 'transaction'; readonly transaction: HistoryTransaction };

const PAGE_ROWS = 1_000;

export type StoredPart =
  /** Everything, native transactions among it. */
  | 'all'
  /** What imports brought, and native writes up to this moment (ISO 8601); null leaves those out. */
  | { readonly native_until: string | null }
  /** Of what imports brought, these entities, and evictions of these hashes. */
  | { readonly entity_ids: ReadonlySet<string>; readonly evicted: ReadonlySet<string> };

/**
 * The history in the store, as of one moment however long it takes to read: first the evictions and transactions, then the
 * rows, by entity, valid time and transaction. Times are to the microsecond. Memory is flat.
 */
export async function* storedHistory(client: pg.Client, part: StoredPart): AsyncGenerator<StoredPiece[]> {
  const { evictions, rows, parameters } = conditionsOf(part);
  await client.query('begin transaction isolation level repeatable read, read only');
  try {
    yield* pages<HistoryEviction, StoredPiece>(
      client,
      `select xtdb_id_hash as hash, entity_id::text, tx::text, iso(tx_time) as tx_time,
         json_build_object('user_id', user_id, 'entity_type', entity_type, 'evicted_by', evicted_by) as record
       from evictions where ${evictions} order by tx, seq`,
      parameters,
      (eviction) => ({ kind: 'evicted', eviction }),
    );
    if (part === 'all') {
      yield* pages<HistoryTransaction, StoredPiece>(
        client,
        'select tx::text, iso(tx_time) as tx_time, user_id::text, events, client, meta::text from transactions order by transactions.tx',
        [],
        (transaction) => ({ kind: 'transaction', transaction }),
      );
    }
    yield* pages<StoredEvent, StoredPiece>(
      client,
      `select entity_id::text, entity_type, user_id::text, iso(valid_time) as valid_time, iso(tx_time) as tx_time,
         tx::text, doc::text, hints::text
       from event_log where ${rows} order by event_log.entity_id, event_log.valid_time, event_log.tx_time, event_log.tx`,
      parameters,
      (event) => ({ kind: 'row', event }),
    );
  } finally {
    await client.query('rollback');
  }
}

/** Conditions on evictions and on rows of the log, and the parameters of both. */
function conditionsOf(part: StoredPart): { evictions: string; rows: string; parameters: unknown[] } {
  if (part === 'all') return { evictions: 'true', rows: 'true', parameters: [] };
  if ('native_until' in part) {
    const wanted = 'import_id is not null or tx_time <= $1::timestamptz';
    return { evictions: wanted, rows: wanted, parameters: [part.native_until] };
  }
  return {
    evictions: 'import_id is not null and $1::uuid[] is not null and xtdb_id_hash = any ($2::text[])',
    // What is left of an evicted entity is compared too: nothing must be.
    rows: `import_id is not null and entity_id in (
      select unnest($1::uuid[]) union select v.entity_id from evictions v where v.xtdb_id_hash = any ($2::text[]))`,
    parameters: [[...part.entity_ids], [...part.evicted]],
  };
}

/** The answer to a query, page by page. */
async function* pages<Row extends object, Piece>(
  client: pg.Client,
  query: string,
  parameters: readonly unknown[],
  pieceOf: (row: Row) => Piece,
): AsyncGenerator<Piece[]> {
  await client.query(`declare history no scroll cursor for ${query}`, [...parameters]);
  for (;;) {
    const { rows } = await client.query<Row>(`fetch ${PAGE_ROWS} from history`);
    if (rows.length === 0) break;
    yield rows.map(pieceOf);
  }
  await client.query('close history');
}
