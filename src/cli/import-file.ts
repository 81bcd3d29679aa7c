import { type SendHistoryOptions, sendHistory } from '../import-client/send-history.ts';
import type { ImportStatus } from '../importer/import-status.ts';
import { fingerprintOf, openHistoryFile } from './history-file.ts';

export interface ImportFileOptions extends Omit<SendHistoryOptions, 'history' | 'fingerprint'> {
  /** Path of a history, plain or gzipped; `-` is standard input. */
  readonly file: string;
}

/**
 * Brings a history file in through the import Worker; started again it goes on where it was.
 * @throws CliFailure for a file that cannot be read, and as {@link sendHistory}
 */
export async function importFile({ file, ...options }: ImportFileOptions): Promise<ImportStatus> {
  const history = await openHistoryFile(file);
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
