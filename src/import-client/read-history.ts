import { type LineValue, lineValue } from '../domain/codec/history-digest.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { type FilteredLine, HistoryFilter } from './history-filter.ts';
import { textLines } from './text-lines.ts';

/** A line as a value, or in words why it has none; null stands for a row that the import's arguments leave out. */
export type ReadLine = LineValue | string | null;

/**
 * Reads a history for a verification, each line once, and yields what an import with these arguments makes of it, part by part.
 * @param onLine told of each line as it comes, before it is decided whether it stays
 * @param mended lines, by number, that were applied in place of the file's own
 */
export async function* readHistory(
  parts: AsyncIterable<Uint8Array>,
  chosen: ImportArguments,
  onLine: (line: LineValue | string, text: string, number: number) => void = () => {},
  mended: ReadonlyMap<number, string> = new Map(),
): AsyncGenerator<ReadLine[]> {
  const filter = new HistoryFilter<LineValue | string>(chosen);
  const lineOf = (decided: FilteredLine<LineValue | string>): ReadLine => decided.line;
  let number = 0;
  for await (const lines of textLines(parts)) {
    const decided = lines.flatMap((read) => {
      number++;
      const text = mended.get(number) ?? read;
      const line = lineValue(text);
      onLine(line, text, number);
      return filter.push(line, line);
    });
    yield decided.map(lineOf);
  }
  yield filter.end().map(lineOf);
}
