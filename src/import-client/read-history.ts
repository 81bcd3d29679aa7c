import { type LineValue, lineValue } from '../domain/codec/history-digest.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { HistoryFilter } from './history-filter.ts';
import { textLines } from './text-lines.ts';

/** A line as a value, or in words why it is none to compare; null stands for a row that the import's arguments leave out. */
export type ReadLine = LineValue | string | null;

/** In the place of a line that an import rejected. */
export const REJECTED = 'it was rejected';

/**
 * Reads a history for a verification, each line once, and yields what an import with these arguments makes of it, part by part. The lines of
 * a part are read as they are taken: all of them at once would outlive V8's young generation, and take 80 MB more.
 * @param onLine told of each line as it comes, before it is decided whether it stays
 * @param mended lines, by number, that were applied in place of the file's own
 * @param isRejected whether a line is one that an import could not take: it comes as {@link REJECTED}
 */
export async function* readHistory(
  parts: AsyncIterable<Uint8Array>,
  chosen: ImportArguments,
  onLine: (line: LineValue | string, text: string, number: number) => void = () => {},
  mended: ReadonlyMap<number, string> = new Map(),
  isRejected: (text: string, value: LineValue | string) => boolean = () => false,
): AsyncGenerator<Iterable<ReadLine>> {
  const filter = new HistoryFilter<LineValue | string>(chosen);
  let number = 0;
  function* decided(lines: readonly string[]): Generator<ReadLine> {
    for (const read of lines) {
      number++;
      const text = mended.get(number) ?? read;
      const value = lineValue(text);
      const told = isRejected(text, value) ? REJECTED : value;
      onLine(told, text, number);
      for (const { line } of filter.push(told, value)) yield line;
    }
  }
  for await (const lines of textLines(parts)) yield decided(lines);
  yield filter.end().map(({ line }) => line);
}
