import { lineValue } from '../domain/codec/history-digest.ts';
import { encodeSkipped } from '../domain/codec/history-line.ts';
import { concatBytes } from '../domain/concat-bytes.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { type FilteredLine, HistoryFilter } from './history-filter.ts';
import { refuseLongLine } from './refuse-long-line.ts';

const NEWLINE = 0x0a;

/**
 * A history with a short line in the place of each row that is left out; with no arguments the bytes as they are.
 * @throws HistoryFailure for a line that no chunk can hold
 */
export async function* filteredBytes(
  parts: AsyncIterable<Uint8Array>,
  chosen: ImportArguments,
): AsyncGenerator<Uint8Array> {
  if (Object.keys(chosen).length === 0) {
    yield* parts;
    return;
  }
  const filter = new HistoryFilter<Uint8Array>(chosen);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const push = (line: Uint8Array, text: Uint8Array) => filter.push(line, lineValue(decoder.decode(text)));
  const bytesOf = (lines: readonly FilteredLine<Uint8Array>[]): Uint8Array =>
    concatBytes(lines.map(({ line, skipped }) => line ?? encoder.encode(`${encodeSkipped(skipped)}\n`)));
  let line = 1;
  let rest: Uint8Array = new Uint8Array();
  for await (const part of parts) {
    const bytes = rest.length === 0 ? part : concatBytes([rest, part]);
    const decided: FilteredLine<Uint8Array>[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      decided.push(...push(bytes.subarray(from, end + 1), bytes.subarray(from, end)));
      from = end + 1;
      line++;
    }
    rest = bytes.subarray(from);
    if (decided.length > 0) yield bytesOf(decided);
    refuseLongLine(line, rest.length);
  }
  const last = rest.length === 0 ? [] : push(rest, rest);
  yield bytesOf([...last, ...filter.end()]);
}
