import type { Database } from '../store/database.ts';
import { Failure } from '../store/failure.ts';
import type { ImportArguments } from './request-shapes.ts';

export type ImportState = 'running' | 'paused' | 'cancelled' | 'finished';

/** How far an import got. Instants are ISO 8601 in UTC. */
export interface ImportStatus {
  readonly import_id: string;
  readonly state: ImportState;
  readonly fingerprint: string;
  /** What of the file it brings in. */
  readonly arguments: ImportArguments;
  readonly file_name: string;
  readonly total_bytes: number;
  readonly created_by: string;
  readonly created_at: string;
  readonly state_since: string;
  /** Time in state running, without pauses. */
  readonly running_ms: number;
  readonly last_chunk_at: string | null;
  /** When whoever drives it was last heard of: a chunk, or a change of state. */
  readonly last_heartbeat_at: string;
  /** What a sender said when it last paused; it stays when the import goes on. */
  readonly last_error: string | null;
  readonly header: {
    readonly exported_at: string | null;
    readonly store: string | null;
    readonly version: string | null;
    /** Of a delta: the transaction after which its entities were written. */
    readonly since?: string | null;
  } | null;
  readonly footer: {
    readonly rows: number;
    readonly entities: number;
    readonly evicted: number;
    readonly transactions?: number;
  } | null;
  /** Ranges of lines that are in, first and last inclusive, in order. */
  readonly applied_lines: readonly (readonly [first: number, last: number])[];
  readonly next_line: number;
  readonly chunks: number;
  readonly lines: number;
  readonly bytes: number;
  readonly rows: number;
  readonly inserted: number;
  readonly tombstones: number;
  readonly evictions: number;
  /** Rows that its arguments leave out. */
  readonly skipped: number;
  /** Native transactions, of a backup. */
  readonly transactions: number;
  readonly rejects: number;
  readonly conflicts: number;
  readonly nonconforming: number;
  /** Rejects in whose place a corrected line was applied. */
  readonly mended: number;
  /** Versions that its end took out of the store, since an eviction came after them. */
  readonly erased: number;
  /** Who finished it although the footer disagreed, and why. */
  readonly forced_by: string | null;
  readonly forced_reason: string | null;
}

/** @throws Failure AN404 no such import */
export async function importStatus(database: Database, importId: string): Promise<ImportStatus> {
  const [row] = await database.call<{ status: string | null }>(
    'import_status',
    'select import_status($1::uuid)::text as status',
    [importId],
  );
  if (row?.status == null) throw new Failure('AN404', 'no such import', { hint: 'List the imports to find its id.' });
  return JSON.parse(row.status) as ImportStatus;
}
