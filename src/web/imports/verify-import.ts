import { LineDigests } from '../../domain/codec/history-digest.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import { type HistoryTasks, runHistoryTask } from './history-task.ts';
import type { ImportsApi } from './imports-api.ts';

/** An entity, or an eviction by hash and transaction, of which the store does not hold what the file holds. */
export interface EntityDifference {
  readonly key: string;
  readonly file_lines: number;
  readonly store_lines: number;
}

export interface ImportVerification {
  readonly file: Omit<HistoryTasks['digest'], 'entries'>;
  /** Compared, by count of versions and digest of all they say. */
  readonly entities: number;
  readonly differences: readonly EntityDifference[];
}

/** A bound for the loop; 200 million rows. */
const MAX_PAGES = 100_000;

/**
 * Compares a file with what imports brought into the store, entity by entity, counts and digests; entities that the file does not
 * name are left out, since other imports may have brought them.
 * @param onProgress how far, from 0 to 1: the file is the first half
 * @throws Error when the file is not the import's
 */
export async function verifyImport(
  api: ImportsApi,
  status: ImportStatus,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<ImportVerification> {
  const { entries, ...found } = await runHistoryTask(
    'digest',
    file,
    status.arguments,
    ({ bytes }) => onProgress(bytes / file.size / 2),
    signal,
  );
  if (found.sha256 !== status.fingerprint) throw new Error(`${file.name} is not the file of this import.`);
  const stored = new LineDigests();
  let lines = 0;
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await api.digests(after, signal);
    for (const [key, count, digest] of answer.entries) {
      stored.addSum(key, count, BigInt(`0x${digest}`));
      lines += count;
    }
    onProgress(0.5 + Math.min(1, lines / Math.max(1, found.rows + found.evicted)) / 2);
    after = answer.next;
    if (after === null) break;
  }
  const differences = entries.flatMap(([key, file_lines, digest]) => {
    const held = stored.of(key);
    const is_same = held.lines === file_lines && held.digest === BigInt(`0x${digest}`);
    return is_same ? [] : [{ key, file_lines, store_lines: held.lines }];
  });
  return { file: found, entities: entries.length, differences };
}
