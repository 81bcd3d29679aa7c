import { type SendHistoryOptions, sendHistory } from '../import-client/send-history.ts';
import type { CsvMapping } from '../importer/csv/csv-history.ts';
import type { ImportStatus } from '../importer/import-status.ts';
import { csvAsHistory } from './csv-file.ts';
import { fingerprintOf, type HistoryFile, openHistoryFile } from './history-file.ts';

export interface ImportFileOptions extends Omit<SendHistoryOptions, 'history' | 'fingerprint'> {
  /** Path of a history, plain or gzipped; `-` is standard input. */
  readonly file: string;
  /** How to make a history of the file, when it is CSV. */
  readonly csv?: CsvMapping | null;
}

/**
 * Brings a history file in through the import Worker; started again it goes on where it was.
 * @throws CliFailure for a file that cannot be read, and as {@link sendHistory}
 */
export async function importFile(options: ImportFileOptions): Promise<ImportStatus> {
  const history = await openImportFile(options);
  try {
    const fingerprint = await fingerprintOf(
      history,
      (bytes) =>
        options.onProgress?.({ phase: 'reading', bytes, total_bytes: null, rows: 0, rows_sent: 0, rejects: 0 }),
      options.signal ?? new AbortController().signal,
    );
    return await sendHistory({ ...options, history, fingerprint });
  } finally {
    await history.close();
  }
}

/** The file as a history, whatever it is. */
export async function openImportFile({
  file: path,
  csv = null,
}: Pick<ImportFileOptions, 'file' | 'csv'>): Promise<HistoryFile> {
  const file = await openHistoryFile(path);
  return csv === null ? file : csvAsHistory(file, csv);
}
