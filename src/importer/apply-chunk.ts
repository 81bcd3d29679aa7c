import type { HistoryEviction } from '../domain/codec/history-line.ts';
import { readableText } from '../domain/codec/jsonb-text.ts';
import { sha256Hex } from '../domain/sha256-hex.ts';
import { postgresInstant } from '../domain/time/postgres-instant.ts';
import type { Database } from '../store/database.ts';
import { Failure } from '../store/failure.ts';
import { base64 } from './base64.ts';
import { chunkReport } from './chunk-report.ts';
import type { ChunkReject, DecodedChunk, DecodedRow } from './decode-chunk.ts';
import { MAX_DATABASE_REQUEST_BYTES } from './limits.ts';
import { requestBytes } from './request-bytes.ts';

/** A line that was not taken: it is no version, or its place in history holds another doc already. */
export interface RejectedLine {
  readonly line: number;
  readonly reason: string;
}

/** What became of a chunk, now or (`applied` false) when it came for the first time. */
export interface ChunkAnswer {
  readonly applied: boolean;
  readonly first_line: number;
  readonly last_line: number;
  readonly rows: number;
  /** Rows that were not in the store before. */
  readonly inserted: number;
  readonly tombstones: number;
  readonly evictions: number;
  /** Rows that the import's arguments leave out. */
  readonly skipped: number;
  readonly rejects: readonly RejectedLine[];
  readonly nonconforming: number;
}

/**
 * Writes a chunk: events, rejects, evictions, counters and checkpoint together, in one request, once however often it comes (I8).
 *
 * @throws Failure AN404 no such import; AN409 another file, overlapping lines, an import that is not running; AN413 more than
 *   fits one request to the database; AN422 lines after the footer, or a value that the database refuses
 */
export async function applyChunk(
  database: Database,
  importId: string,
  fingerprint: string,
  chunk: DecodedChunk,
): Promise<ChunkAnswer> {
  // Asked before the request is made: hints may be ten times the lines that they are of, and memory is short.
  if (charsOfRows(chunk) > MAX_DATABASE_REQUEST_BYTES) throw tooLarge(chunk);
  const parameter = await chunkJson(importId, fingerprint, chunk);
  const backup = backupFacts(importId, chunk);
  if (requestBytes(parameter) + requestBytes(backup ?? '') > MAX_DATABASE_REQUEST_BYTES) throw tooLarge(chunk);
  const text = await writeLines(database, 'import_chunk', parameter, backup).catch((error: unknown) => {
    throw refusedValue(error) ?? error;
  });
  const { conflicts, ...answer } = JSON.parse(text) as Omit<ChunkAnswer, 'rejects'> & { conflicts: RejectedLine[] };
  const rejects = [...chunk.rejects.map(({ line, reason }) => ({ line, reason })), ...conflicts];
  return { ...answer, rejects: rejects.sort((a, b) => a.line - b.line) };
}

function charsOfRows({ rows }: DecodedChunk): number {
  return rows.reduce((sum, { event }) => sum + (event.doc?.length ?? 0) + (event.hints?.length ?? 0), 0);
}

function tooLarge({ first_line, last_line }: DecodedChunk): Failure {
  return new Failure(
    'AN413',
    `The chunk's ${last_line - first_line + 1} lines do not fit one request to the database.`,
    {
      hint: 'Send fewer lines at a time.',
    },
  );
}

/** Calls a SQL function that writes lines, and import_backup where they are of a backup: of one statement, so that both commit together. */
export async function writeLines(
  database: Database,
  name: 'import_chunk' | 'import_mend',
  lines: string,
  backup: string | null,
): Promise<string> {
  const call = `${name}($1::jsonb)::text as answer`;
  const [row] = await (backup === null
    ? database.call<{ answer: string }>(name, `select ${call}`, [lines])
    : database.call<{ answer: string }>(name, `select import_backup($2::jsonb)::text as kept, ${call}`, [
        lines,
        backup,
      ]));
  return row?.answer ?? '';
}

/** The parameter of the SQL function. Docs and hints go in as the texts they are: JSON.parse would round their numbers. */
async function chunkJson(importId: string, fingerprint: string, chunk: DecodedChunk): Promise<string> {
  const facts = {
    import_id: importId,
    fingerprint,
    first_line: chunk.first_line,
    last_line: chunk.last_line,
    digest: await sha256Hex(chunk.bytes),
    bytes: chunk.bytes.length,
    nonconforming: chunk.rows.filter((row) => row.nonconforming.length > 0).length,
    skipped: skippedRows(chunk),
    report: chunkReport(chunk),
    header: chunk.header,
    footer: chunk.footer,
    evictions: chunk.evictions.map(evictionFacts),
    rejects: chunk.rejects.map(({ line, reason, raw }: ChunkReject) => ({ line, reason, raw: base64(raw) })),
  };
  // What a file says of itself, and reasons that quote it, may hold what jsonb does not.
  const text = JSON.stringify(facts, (_key, value: unknown) =>
    typeof value === 'string' ? readableText(value) : value,
  );
  return withRows(text, chunk.rows);
}

/** What only a backup of our own has, transactions and who evicted, as import_backup takes it; null where there is nothing of it. */
export function backupFacts(
  importId: string,
  { transactions, evictions }: Pick<DecodedChunk, 'transactions' | 'evictions'>,
): string | null {
  const records = evictions.flatMap(({ record, ...eviction }) =>
    record === undefined ? [] : [{ ...evictionFacts(eviction), ...record }],
  );
  if (records.length === 0 && transactions.length === 0) return null;
  return JSON.stringify({
    import_id: importId,
    evictions: records,
    // The metadata's text is taken for jsonb in the database: JSON.parse would round its numbers.
    transactions: transactions.map((transaction) => ({
      ...transaction,
      tx_time: postgresInstant(transaction.tx_time),
    })),
  });
}

/** An eviction as the SQL functions take it. */
export function evictionFacts({ hash, entity_id, tx, tx_time }: HistoryEviction) {
  return { xtdb_id_hash: hash, entity_id, tx, tx_time: postgresInstant(tx_time) };
}

/** Adds `rows` to the text of a JSON object. */
export function withRows(object: string, rows: readonly DecodedRow[]): string {
  return `${object.slice(0, -1)},"rows":[${rows.map(rowJson).join(',')}]}`;
}

/** How many rows the sender left out. */
export function skippedRows({ skipped }: Pick<DecodedChunk, 'skipped'>): number {
  return skipped.values().reduce((sum, count) => sum + count, 0);
}

/** All but docs and hints are texts of the codec's own making, which hold nothing to escape; a type's name may. */
function rowJson({ line, event }: DecodedRow): string {
  const type = event.entity_type === null ? 'null' : JSON.stringify(event.entity_type);
  const user = event.user_id === null ? 'null' : `"${event.user_id}"`;
  return `{"line":${line},"tx":${event.tx},"tx_time":"${postgresInstant(event.tx_time)}","valid_time":"${postgresInstant(event.valid_time)}","entity_id":"${event.entity_id}","user_id":${user},"entity_type":${type},"doc":${event.doc ?? 'null'},"hints":${event.hints ?? 'null'}}`;
}

/** SQLSTATE class 22, data exception: the codec let something through that Postgres cannot hold. */
function refusedValue(error: unknown): Failure | null {
  if (!(error instanceof Failure) || !(error.cause instanceof Error) || !('code' in error.cause)) return null;
  const { code, message } = error.cause;
  if (typeof code !== 'string' || !code.startsWith('22')) return null;
  return new Failure('AN422', `The database refuses a value of this chunk: ${message}`, {
    details: { sqlstate: code },
    hint: 'Nothing of the chunk was written. Send its lines one at a time to find the one.',
    cause: error,
  });
}
