import type { Database } from './database.ts';

/** A write after validation and encoding: `doc`, `set` and `hints` are JSON text. See the SQL function of the same name. */
export interface StoredOperation {
  readonly op: 'put' | 'patch' | 'delete' | 'match';
  readonly entity_id: string;
  readonly entity_type?: string;
  readonly doc?: string;
  readonly set?: string;
  readonly unset?: readonly string[];
  readonly hints?: string | null;
  readonly valid_from?: string;
  readonly valid_to?: string;
  /** The version the entity must be at; null: it must be absent. */
  readonly expected_version?: string | null;
}

export interface TransactionRequest {
  readonly user_id: string;
  readonly operations: readonly StoredOperation[];
  /** With the key, the same key and hash get the first answer again (I5). */
  readonly idempotency_key: string | null;
  readonly request_hash: string;
}

/** Applies all operations or none, in one call (I1); answers the JSON text of {tx, tx_time, entities}. Raises as the SQL function does. */
export async function transact(database: Database, request: TransactionRequest): Promise<string> {
  const [row] = await database.call<{ answer: string }>('transact', 'select transact($1::jsonb)::text as answer', [
    requestText(request),
  ]);
  return row?.answer ?? '{}';
}

/** Docs are spliced in as text: a number beyond a double's would not survive JSON.parse and JSON.stringify. */
function requestText({ user_id, operations, idempotency_key, request_hash }: TransactionRequest): string {
  const head = JSON.stringify({ user_id, request_hash, ...(idempotency_key === null ? {} : { idempotency_key }) });
  return `${head.slice(0, -1)},"operations":[${operations.map(operationText).join(',')}]}`;
}

function operationText({ doc, set, hints, ...rest }: StoredOperation): string {
  const texts = [
    doc === undefined ? '' : `,"doc":${doc}`,
    set === undefined ? '' : `,"set":${set}`,
    hints === undefined || hints === null ? '' : `,"hints":${hints}`,
  ];
  return `${JSON.stringify(rest).slice(0, -1)}${texts.join('')}}`;
}
