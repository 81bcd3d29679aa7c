import { ApiFailure } from '../import-client/api-failure.ts';
import { checkHistory, type HistoryCheck } from '../import-client/check-history.ts';
import { type Chunk, halves } from '../import-client/cut-chunks.ts';
import { ImportApi } from '../import-client/import-api.ts';
import type { ChunkCheck } from '../importer/check-chunk.ts';
import { type ImportFileOptions, openImportFile } from './import-file.ts';

/** Has the import Worker decode and check a whole history, with nothing written and the database not asked. */
export async function dryRun(options: ImportFileOptions): Promise<HistoryCheck> {
  const signal = options.signal ?? new AbortController().signal;
  const { url, token, onRetry } = options;
  const api = new ImportApi({ url, token, signal, ...(onRetry && { onRetry }) });
  const check = async (chunk: Chunk): Promise<ChunkCheck[]> => {
    try {
      return [await api.check(chunk)];
    } catch (error) {
      const parts = error instanceof ApiFailure && error.status === 413 ? halves(chunk) : null;
      if (parts === null) throw error;
      return [...(await check(parts[0])), ...(await check(parts[1]))];
    }
  };
  const history = await openImportFile(options);
  try {
    return await checkHistory({
      history,
      arguments: options.arguments ?? {},
      check,
      signal,
      onReject: (line, reason) => options.onReject?.(line, reason),
      onProgress: (bytes, { rows, rejects }) =>
        options.onProgress?.({ phase: 'sending', bytes, total_bytes: null, rows, rows_sent: rows, rejects }),
    });
  } finally {
    await history.close();
  }
}
