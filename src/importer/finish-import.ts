import type { Database } from '../store/database.ts';
import type { ImportStatus } from './import-status.ts';

/**
 * Closes an import whose every line is in and whose footer agrees.
 * @throws Failure AN404 no such import, AN409 paused or cancelled, AN422 lines or the footer are missing, or counts differ
 */
export async function finishImport(database: Database, importId: string): Promise<ImportStatus> {
  const [row] = await database.call<{ status: string }>(
    'import_finish',
    'select import_finish($1::uuid)::text as status',
    [importId],
  );
  return JSON.parse(row?.status ?? '') as ImportStatus;
}
