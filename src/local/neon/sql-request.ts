import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { parseJsonKeepingNumbers } from './json-source.ts';
import { parameterText } from './parameters.ts';
import { RequestError } from './request-error.ts';

const ISOLATION_LEVELS = new Map([
  ['ReadUncommitted', 'READ UNCOMMITTED'],
  ['ReadCommitted', 'READ COMMITTED'],
  ['RepeatableRead', 'REPEATABLE READ'],
  ['Serializable', 'SERIALIZABLE'],
]);
const MAX_PARAMETERS = 65_535;
const NO_VARIANT = 'data did not match any variant of untagged enum Payload';

export interface Statement {
  query: string;
  /** In Postgres' text form; null is SQL's NULL. */
  parameters: (string | null)[];
  /** Rows as arrays, else as objects. */
  arrayMode: boolean;
}

export interface SqlRequest {
  statements: Statement[];
  /** A batch is one transaction and answers with a list. */
  batch: BatchOptions | undefined;
  /** Every value in Postgres' text, else JSON types where JSON has them. */
  rawText: boolean;
}

export interface BatchOptions {
  /** As the header has it, for the echo. */
  isolationLevel: string | undefined;
  readOnly: boolean;
  deferrable: boolean;
  /** The statement that opens the transaction. */
  start: string;
}

/**
 * Reads `POST /sql`.
 * @throws RequestError 400
 */
export function readSqlRequest(headers: IncomingHttpHeaders, body: Buffer): SqlRequest {
  const options = readBatchOptions(headers);
  const rawText = headers['neon-raw-text-output'] === 'true';
  const arrayMode = headers['neon-array-mode'] === 'true';
  const payload = parseBody(body);
  if (!isRecord(payload)) throw unreadable(NO_VARIANT);
  if (isStatement(payload)) return { statements: [toStatement(payload, arrayMode)], batch: undefined, rawText };
  const { queries } = payload;
  if (!Array.isArray(queries) || !queries.every(isStatement)) throw unreadable(NO_VARIANT);
  return { statements: queries.map((query) => toStatement(query, arrayMode)), batch: options, rawText };
}

function readBatchOptions(headers: IncomingHttpHeaders): BatchOptions {
  const isolationLevel = headers['neon-batch-isolation-level'];
  const readOnly = headers['neon-batch-read-only'] === 'true';
  const deferrable = headers['neon-batch-deferrable'] === 'true';
  if (isolationLevel === undefined) {
    return { isolationLevel, readOnly, deferrable, start: startTransaction(undefined, readOnly, deferrable) };
  }
  const sql = typeof isolationLevel === 'string' ? ISOLATION_LEVELS.get(isolationLevel) : undefined;
  if (typeof isolationLevel !== 'string' || sql === undefined) throw new RequestError(400, 'invalid isolation level');
  return { isolationLevel, readOnly, deferrable, start: startTransaction(sql, readOnly, deferrable) };
}

function startTransaction(isolation: string | undefined, readOnly: boolean, deferrable: boolean): string {
  const modes = [
    ...(isolation === undefined ? [] : [`ISOLATION LEVEL ${isolation}`]),
    ...(readOnly ? ['READ ONLY'] : []),
    ...(deferrable ? ['DEFERRABLE'] : []),
  ];
  return `START TRANSACTION ${modes.join(', ')}`.trimEnd();
}

function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw unreadable('invalid unicode code point');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = parseJsonKeepingNumbers(text);
  } catch (error) {
    throw unreadable(error instanceof SyntaxError ? 'not JSON' : 'recursion limit exceeded');
  }
  // JSON.parse takes half a surrogate pair, which UTF-8 cannot say.
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value)) throw unreadable('lone surrogate in hex escape');
  return value;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}

interface WireStatement {
  query: string;
  params?: unknown[];
  arrayMode?: boolean | null;
}

function isStatement(value: unknown): value is WireStatement {
  return (
    isRecord(value) &&
    typeof value.query === 'string' &&
    (value.params === undefined || Array.isArray(value.params)) &&
    (value.arrayMode === undefined || value.arrayMode === null || typeof value.arrayMode === 'boolean')
  );
}

function toStatement({ query, params = [], arrayMode }: WireStatement, arrayModeOfRequest: boolean): Statement {
  // The wire protocol ends a query at its first NUL.
  if (query.includes('\0')) throw new RequestError(400, 'error encoding message to server');
  if (params.length > MAX_PARAMETERS) throw new RequestError(400, 'value too large to transmit');
  return { query, parameters: params.map(parameterText), arrayMode: arrayMode ?? arrayModeOfRequest };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(why: string): RequestError {
  return new RequestError(400, `could not parse the HTTP request body: ${why}`);
}
