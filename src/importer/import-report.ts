import type { Database } from '../store/database.ts';
import { Failure } from '../store/failure.ts';
import type { ChunkReport } from './chunk-report.ts';

/** The reports of all chunks of an import, added up. */
export type ImportReport = Omit<ChunkReport, 'transactions' | 'first' | 'last'>;

/** What the rows of an import are. @throws Failure AN404 no such import */
export async function importReport(database: Database, importId: string): Promise<ImportReport> {
  const [row] = await database.call<{ report: string | null }>(
    'import_report',
    'select import_report($1::uuid)::text as report',
    [importId],
  );
  if (row?.report == null) throw new Failure('AN404', 'no such import', { hint: 'List the imports to find its id.' });
  return JSON.parse(row.report) as ImportReport;
}
