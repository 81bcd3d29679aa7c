import type pg from 'pg';
import type { HistoryEviction, HistoryTransaction } from '../domain/codec/history-line.ts';
import type { StoredEvent } from '../domain/codec/stored-event.ts';

/** What a history file has a line for, as the store holds it. */
export type StoredPiece =
  | { readonly kind: 'row'; readonly event: StoredEvent }
  | { readonly kind: 'evicted'; readonly eviction: HistoryEviction }
  | { readonly kind: 'transaction'; readonly transaction: HistoryTransaction };

const PAGE_ROWS = 500;

export type StoredPart =
  /** Everything, native transactions among it. */
  | 'all'
  /** What imports brought, and native writes up to this moment (ISO 8601), transactions among them or not; null leaves those out. */
  | { readonly native_until: string | null; readonly with_transactions: boolean }
  /** Of what imports brought, the entities and evictions that NamedEntities has put into this session. */
  | 'named';

/**
 * The history in the store, as of one moment however long it takes to read: first the evictions and transactions, then the
 * rows, by entity, valid time and transaction. Times are to the microsecond. Memory is flat.
 */
export async function* storedHistory(client: pg.Client, part: StoredPart): AsyncGenerator<StoredPiece[]> {
  const { evictions, transactions, rows, parameters } = conditionsOf(part);
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
    if (transactions !== null) {
      yield* pages<HistoryTransaction, StoredPiece>(
        client,
        `select tx::text, iso(tx_time) as tx_time, user_id::text, events, client, meta::text
         from transactions where ${transactions} order by transactions.tx`,
        parameters,
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

/** What part of each of three tables is wanted, as conditions with the same parameters. */
interface Conditions {
  readonly evictions: string;
  readonly transactions: string | null;
  readonly rows: string;
  readonly parameters: readonly unknown[];
}

function conditionsOf(part: StoredPart): Conditions {
  if (part === 'all') return { evictions: 'true', transactions: 'true', rows: 'true', parameters: [] };
  if (part === 'named') {
    return {
      transactions: null,
      // A part may begin after its entity was evicted for the first time, and put again.
      evictions:
        'import_id is not null and exists (select from named_evictions n where n.hash = xtdb_id_hash and n.tx <= evictions.tx)',
      // What is left of an evicted entity is compared too: nothing must be.
      rows: `import_id is not null and entity_id in (select n.entity_id from named_entities n
        union select v.entity_id from evictions v join named_evictions h on h.hash = v.xtdb_id_hash)`,
      parameters: [],
    };
  }
  const wanted = 'import_id is not null or tx_time <= $1::timestamptz';
  return {
    evictions: wanted,
    transactions: part.with_transactions ? 'tx_time <= $1::timestamptz' : null,
    rows: wanted,
    parameters: [part.native_until],
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
