import { refuseLongLine } from './refuse-long-line.ts';

/**
 * The lines of UTF-8 bytes, without their `\n`; no other character ends a line.
 * @throws HistoryFailure for a line that no chunk can hold
 */
export async function* textLines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let line = 1;
  let rest = '';
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    line += lines.length;
    if (lines.length > 0) yield lines;
    refuseLongLine(line, rest.length);
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}
