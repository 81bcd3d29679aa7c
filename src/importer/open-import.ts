import type { Database } from '../store/database.ts';
import type { ImportStatus } from './import-status.ts';
import type { ImportOpening } from './request-shapes.ts';

/** Opens the import of a file, or finds the one it has; `created` says which. */
export async function openImport(
  database: Database,
  opening: ImportOpening,
  createdBy: string,
): Promise<ImportStatus & { created: boolean }> {
  const request = JSON.stringify({ ...opening, created_by: createdBy });
  const [row] = await database.call<{ status: string }>(
    'import_open',
    'select import_open($1::jsonb)::text as status',
    [request],
  );
  return JSON.parse(row?.status ?? '') as ImportStatus & { created: boolean };
}
