import type { Database } from '../store/database.ts';
import type { ImportStatus } from './import-status.ts';

/** The newest 100 imports. */
export async function listImports(database: Database): Promise<ImportStatus[]> {
  const rows = await database.call<{ status: string }>(
    'import_list',
    'select s::text as status from import_list() s',
    [],
  );
  return rows.map((row) => JSON.parse(row.status) as ImportStatus);
}
