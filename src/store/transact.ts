import type { StoredEdit } from '../domain/codec/native-edits.ts';
import type { Database } from './database.ts';

/** A write after validation and encoding: `doc`, `set` and `hints` are JSON text. See the SQL function of the same name. */
export interface StoredOperation {
  readonly op: 'put' | 'patch' | 'delete' | 'match' | 'restore' | 'evict';
  readonly entity_id: string;
  readonly entity_type?: string;
  readonly doc?: string;
  readonly set?: string;
  readonly unset?: readonly string[];
  readonly hints?: string | null;
  readonly valid_from?: string;
  readonly valid_to?: string;
  readonly edits?: readonly StoredEdit[];
  /** Of a restore: which version comes back, or the moment it held at. */
  readonly version?: string;
  readonly valid_time?: string;
  readonly tx_time?: string;
  /** The version the entity must be at, or one of several; "*": any; null: it must be absent. */
  readonly expected_version?: string | readonly string[] | null;
}

/** Everything a transaction wrote is taken back. Stands alone in its own transaction. */
export interface UndoOperation {
  readonly op: 'undo';
  /** Number of the transaction. */
  readonly tx: string;
}

export interface TransactionRequest {
  readonly user_id: string;
  readonly operations: readonly StoredOperation[] | readonly [UndoOperation];
  /** With the key, the same key and hash get the first answer again (I5). */
  readonly idempotency_key: string | null;
  readonly request_hash: string;
  /** Kept with the transaction: from which client, and what it said of why (JSON text). */
  readonly client: string | null;
  readonly meta: string | null;
}

/** An entity of which only the future holds something: jsonb puts its keys in this order. */
const NO_VERSION_YET = '"version": null, "deleted_at": "-infinity"';

/** Applies all operations or none, in one call (I1); answers the JSON text of {tx, tx_time, entities}. Raises as the SQL function does. */
export async function transact(database: Database, request: TransactionRequest): Promise<string> {
  const [row] = await database.write<{ answer: string }>('transact', 'select transact($1::jsonb)::text as answer', [
    requestText(request),
  ]);
  return (row?.answer ?? '{}').replaceAll(NO_VERSION_YET, '"version": null, "deleted_at": null');
}

/** Docs are spliced in as text: a number beyond a double's would not survive JSON.parse and JSON.stringify. */
function requestText({ idempotency_key, operations, meta, ...request }: TransactionRequest): string {
  const head = JSON.stringify({ ...request, ...(idempotency_key === null ? {} : { idempotency_key }) });
  return spliced(head, { meta, operations: `[${operations.map(operationText).join(',')}]` });
}

function operationText(operation: StoredOperation | UndoOperation): string {
  if (operation.op === 'undo') return JSON.stringify(operation);
  const { doc, set, hints, edits, ...rest } = operation;
  return spliced(JSON.stringify(rest), {
    doc,
    set,
    hints,
    edits: edits === undefined ? null : `[${edits.map(editText).join(',')}]`,
  });
}

function editText({ value, hints, ...rest }: StoredEdit): string {
  return spliced(JSON.stringify(rest), { value, hints });
}

/** A JSON object's text with further members, whose values are JSON text. */
function spliced(object: string, members: Readonly<Record<string, string | null | undefined>>): string {
  const texts = Object.entries(members).flatMap(([name, text]) => (text == null ? [] : [`,"${name}":${text}`]));
  return `${object.slice(0, -1)}${texts.join('')}}`;
}
