import { encodeSkipped } from '../domain/codec/history-line.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { type FilteredLine, HistoryFilter } from './history-filter.ts';

const NEWLINE = 0x0a;

/** A history with a short line in the place of each row that is left out; with no arguments the bytes as they are. */
export async function* filteredBytes(parts: AsyncIterable<Buffer>, chosen: ImportArguments): AsyncGenerator<Buffer> {
  if (Object.keys(chosen).length === 0) {
    yield* parts;
    return;
  }
  const filter = new HistoryFilter<Buffer>(chosen);
  const bytesOf = (lines: readonly FilteredLine<Buffer>[]): Buffer =>
    Buffer.concat(lines.map(({ line, skipped }) => line ?? Buffer.from(`${encodeSkipped(skipped)}\n`)));
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    const decided: FilteredLine<Buffer>[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      decided.push(...filter.push(bytes.subarray(from, end + 1), bytes.toString('utf8', from, end)));
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (decided.length > 0) yield bytesOf(decided);
  }
  const last = rest.length === 0 ? [] : filter.push(rest, rest.toString('utf8'));
  yield bytesOf([...last, ...filter.end()]);
}
