import { MAX_CHUNK_BYTES } from '../importer/limits.ts';
import { HistoryFailure } from './history-failure.ts';

/**
 * Bounds what is kept of a line whose end has not come yet: a file that is no history may have no line end at all.
 * @param line its number in the file
 * @param length how much of it is there, in bytes or in UTF-16 units, which are never more
 * @throws HistoryFailure for a line that no chunk can hold
 */
export function refuseLongLine(line: number, length: number): void {
  if (length <= MAX_CHUNK_BYTES) return;
  throw new HistoryFailure(
    'bad_file',
    `Line ${line} is longer than ${MAX_CHUNK_BYTES} bytes.`,
    'Check that the file is a history: one form a line.',
  );
}
