import type { Database } from './database.ts';

/** What a write is, for the SQL function of the same name. `operations` and `operation` are JSON texts. */
export interface RestWrite {
  readonly user_id: string;
  readonly action: 'insert' | 'update' | 'delete';
  /** Of an insert: operations of transact, each a put, and in `unset` what it takes away where it is merged. */
  readonly operations?: string;
  readonly on_conflict?: 'merge' | 'ignore' | null;
  /** Of an update or delete: the operation on each row, without its id. */
  readonly operation?: string;
  readonly choose?: string;
  readonly choose_again?: string;
  /** Versions that If-Match allows. */
  readonly expected?: readonly string[];
  readonly max_affected: number | null;
  readonly singular: boolean;
  /** The statement that answers the written rows; null: nobody wants them. */
  readonly answer: string | null;
  /** As a transaction's. */
  readonly idempotency_key: string | null;
  readonly request_hash: string;
  readonly client: string | null;
}

export interface WrittenRow {
  readonly id: string;
  readonly version: string;
  readonly body: string | null;
  readonly hints: string | null;
}

export interface RestWritten {
  /** Why nothing was written. */
  readonly refusal: 'duplicate' | 'precondition' | 'max_affected' | 'singular' | null;
  readonly affected: number;
  readonly created: number;
  readonly rows: readonly WrittenRow[];
}

type Answered = { refusal: RestWritten['refusal']; affected: string; created: string } & (WrittenRow | { id: null });

/** Writes in one request and one transaction (I1). @param parameters of the compiled statements, the value of `$1` */
export async function restWrite(database: Database, request: RestWrite, parameters: string): Promise<RestWritten> {
  const rows = await database.write<Answered>(
    'rest_write',
    `select refusal, affected::text as affected, created::text as created, id, version::text as version, body, hints
    from rest_write($1::jsonb, $2::text[])`,
    [requestText(request), parameters],
  );
  const [first] = rows;
  return {
    refusal: first?.refusal ?? null,
    affected: Number(first?.affected ?? 0),
    created: Number(first?.created ?? 0),
    rows: rows.filter((row) => row.id !== null),
  };
}

/** The operations are spliced in as text: a number beyond a double's would not survive JSON.parse and JSON.stringify. */
function requestText({ operations, operation, ...rest }: RestWrite): string {
  const texts = [
    operations === undefined ? '' : `,"operations":${operations}`,
    operation === undefined ? '' : `,"operation":${operation}`,
  ];
  return `${JSON.stringify(rest).slice(0, -1)}${texts.join('')}}`;
}
