import type { Database } from '../store/database.ts';
import type { ImportStatus } from './import-status.ts';

/** Somebody who finishes an import although the footer disagrees. */
export interface Forced {
  readonly by: string;
  readonly reason: string;
}

/**
 * Closes an import whose every line is in and whose footer agrees, unless that is forced, and erases what was evicted since it came in.
 * @throws Failure AN404 no such import, AN409 paused or cancelled, AN422 lines or the footer are missing, or counts differ
 */
export async function finishImport(database: Database, importId: string, forced: Forced | null): Promise<ImportStatus> {
  const [row] = await database.call<{ status: string }>(
    'import_finish',
    'select import_finish($1::uuid, $2::uuid, $3::text)::text as status',
    [importId, forced?.by ?? null, forced?.reason ?? null],
  );
  return JSON.parse(row?.status ?? '') as ImportStatus;
}
