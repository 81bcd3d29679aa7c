import { concatBytes } from '../domain/concat-bytes.ts';
import { refuseLongLine } from './refuse-long-line.ts';

/** Whole lines of a file, their `\n` included. Lines are counted from 1. */
export interface Chunk {
  readonly first_line: number;
  readonly last_line: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How large the next chunk may be: asked anew for each. */
export interface ChunkSize {
  readonly lines: number;
  readonly bytes: number;
}

export type LineRange = readonly [first: number, last: number];

const NEWLINE = 0x0a;

/**
 * Cuts a file into chunks of lines that are next to one another, leaving out those that are in already.
 * @param skip ranges of lines, in order
 * @throws HistoryFailure for a line that no chunk can hold
 */
export async function* cutChunks(
  parts: AsyncIterable<Uint8Array>,
  skip: readonly LineRange[],
  size: () => ChunkSize,
): AsyncGenerator<Chunk> {
  let line = 1;
  let skipped = 0;
  let lines: Uint8Array[] = [];
  let bytes = 0;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  const isIn = (number: number): boolean => {
    while ((skip[skipped]?.[1] ?? Number.POSITIVE_INFINITY) < number) skipped++;
    return (skip[skipped]?.[0] ?? Number.POSITIVE_INFINITY) <= number;
  };
  const cut = (): Chunk => {
    const chunk = { first_line: line - lines.length, last_line: line - 1, bytes: concatBytes(lines) };
    lines = [];
    bytes = 0;
    return chunk;
  };

  for await (const part of parts) {
    let from = 0;
    for (let end = part.indexOf(NEWLINE); end !== -1; end = part.indexOf(NEWLINE, from)) {
      const tail = part.subarray(from, end + 1);
      const whole = rest.length === 0 ? tail : concatBytes([...rest, tail]);
      rest = [];
      restBytes = 0;
      from = end + 1;
      const { lines: maxLines, bytes: maxBytes } = size();
      if (lines.length > 0 && (lines.length >= maxLines || bytes + whole.length > maxBytes || isIn(line))) yield cut();
      if (!isIn(line)) {
        lines.push(whole);
        bytes += whole.length;
      }
      line++;
    }
    if (from < part.length) {
      rest.push(part.subarray(from));
      restBytes += part.length - from;
      refuseLongLine(line, restBytes);
    }
  }
  if (restBytes > 0 && !isIn(line)) {
    if (lines.length > 0 && bytes + restBytes > size().bytes) yield cut();
    lines.push(concatBytes(rest));
    bytes += restBytes;
    line++;
  }
  if (lines.length > 0) yield cut();
}

/** The first and the second half of a chunk's lines; null when it has only one. */
export function halves({ first_line, last_line, bytes }: Chunk): [Chunk, Chunk] | null {
  if (first_line === last_line) return null;
  const middle = first_line + Math.floor((last_line - first_line) / 2);
  let at = 0;
  for (let line = first_line; line <= middle; line++) at = bytes.indexOf(NEWLINE, at) + 1;
  return [
    { first_line, last_line: middle, bytes: bytes.subarray(0, at) },
    { first_line: middle + 1, last_line, bytes: bytes.subarray(at) },
  ];
}
