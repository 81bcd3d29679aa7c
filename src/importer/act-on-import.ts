import type { Database } from '../store/database.ts';
import type { ImportStatus } from './import-status.ts';

/**
 * Pauses, resumes or cancels an import; the table import_transitions says when that is legal.
 * @throws Failure AN404 no such import, AN409 not in its state
 */
export async function actOnImport(
  database: Database,
  importId: string,
  action: 'pause' | 'resume' | 'cancel',
  reason: string | null,
): Promise<ImportStatus> {
  const [row] = await database.call<{ status: string }>(
    'import_act',
    'select import_act($1::uuid, $2::text, $3::text)::text as status',
    [importId, action, reason],
  );
  return JSON.parse(row?.status ?? '') as ImportStatus;
}
