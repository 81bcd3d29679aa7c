import type { HistoryCheck } from '../../import-client/check-history.ts';
import type { Fingerprint } from '../../import-client/history-source.ts';
import type { ImportArguments } from '../../importer/request-shapes.ts';
import type { HistoryDigests } from './digest-history.ts';

/** What a Web Worker does with a whole file, so that the page stays quick. */
export interface HistoryTasks {
  readonly fingerprint: Fingerprint;
  readonly check: HistoryCheck & {
    readonly first_rejects: readonly { readonly line: number; readonly reason: string }[];
  };
  readonly digest: Omit<HistoryDigests, 'digests'> & {
    readonly entries: [key: string, lines: number, digest: string][];
  };
}
export type HistoryTaskName = keyof HistoryTasks;

export interface HistoryRequest {
  readonly task: HistoryTaskName;
  readonly file: File;
  readonly arguments: ImportArguments;
}

/** `bytes` is of the file itself, which is as large as its `size`. */
export interface HistoryProgress {
  readonly bytes: number;
  readonly rows: number;
  readonly rejects: number;
}

export type HistoryAnswer =
  | { readonly progress: HistoryProgress }
  | { readonly done: HistoryTasks[HistoryTaskName] }
  | { readonly failed: string; readonly hint: string | null };

/**
 * Runs a task in a Web Worker of its own.
 * @throws Error with words for a person; the signal's reason when it aborts
 */
export function runHistoryTask<Name extends HistoryTaskName>(
  task: Name,
  file: File,
  chosen: ImportArguments,
  onProgress: (progress: HistoryProgress) => void,
  signal: AbortSignal,
): Promise<HistoryTasks[Name]> {
  const worker = new Worker(new URL('./history-worker.ts', import.meta.url), { type: 'module' });
  return new Promise<HistoryTasks[Name]>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onerror = () => reject(new Error('The file could not be worked on. Reload the page and try again.'));
    worker.onmessage = ({ data }: MessageEvent<HistoryAnswer>) => {
      if ('progress' in data) onProgress(data.progress);
      else if ('failed' in data) reject(new Error([data.failed, data.hint].filter(Boolean).join(' ')));
      else resolve(data.done as HistoryTasks[Name]);
    };
    worker.postMessage({ task, file, arguments: chosen } satisfies HistoryRequest);
  }).finally(() => worker.terminate());
}
