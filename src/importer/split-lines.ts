import { MAX_LINE_BYTES } from './limits.ts';

/** A line without its `\n`: its text, or why it has none. */
export interface Line {
  /** In the file, counted from 1. */
  readonly number: number;
  readonly text: string | null;
  readonly fault: string | null;
  /** The bytes of a line that has no text. */
  readonly bytes: Uint8Array | null;
}

const NEWLINE = 0x0a;

/**
 * The lines of a chunk. They end in `\n` and in nothing else: U+2028, U+0085 and others stand raw inside strings.
 * A line that is not UTF-8 or too long is named, and costs the others nothing.
 */
export function splitLines(bytes: Uint8Array, firstLine: number): Line[] {
  const text = utf8(bytes);
  if (text !== null && bytes.length <= MAX_LINE_BYTES) {
    const texts = text.split('\n');
    if (texts.at(-1) === '') texts.pop();
    return texts.map((line, i) => ({ number: firstLine + i, text: line, fault: null, bytes: null }));
  }
  const lines: Line[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    const to = end === -1 ? bytes.length : end;
    lines.push(lineOf(bytes.subarray(from, to), firstLine + lines.length));
    from = to + 1;
  }
  return lines;
}

function lineOf(bytes: Uint8Array, number: number): Line {
  if (bytes.length > MAX_LINE_BYTES) {
    return {
      number,
      text: null,
      fault: `the line is ${bytes.length} bytes long; ${MAX_LINE_BYTES} is the most`,
      bytes,
    };
  }
  const text = utf8(bytes);
  return text === null
    ? { number, text, fault: 'the line is not UTF-8', bytes }
    : { number, text, fault: null, bytes: null };
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
