import { MAX_LINE_BYTES } from '../limits.ts';

/** One record of CSV: most often a line. */
export interface CsvRecord {
  /** Of its first line in the file, counted from 1. */
  readonly line: number;
  readonly raw: string;
  /** Null where a quote stands in the midst of a cell, or is never closed. */
  readonly cells: readonly string[] | null;
}

/** A file that cannot be taken apart into records. */
export class CsvError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CsvError';
  }
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;

/**
 * Takes CSV (RFC 4180) apart as it comes, in pieces of any size. Lines end in `\n`, perhaps after `\r`; those without anything
 * are no records.
 */
export class CsvReader {
  #rest = '';
  #line = 1;

  /** @throws CsvError for a record that is longer than a line may be */
  push(text: string): CsvRecord[] {
    const records: CsvRecord[] = [];
    const all = this.#rest + text;
    let from = 0;
    let isQuoted = false;
    for (let at = 0; at < all.length; at++) {
      const c = all.charCodeAt(at);
      if (c === 34) isQuoted = !isQuoted;
      else if (c === 10 && !isQuoted) {
        records.push(...this.#record(all.slice(from, at)));
        from = at + 1;
      }
    }
    this.#rest = all.slice(from);
    if (this.#rest.length > MAX_LINE_BYTES)
      throw new CsvError(
        `line ${this.#line} begins a record of over ${MAX_LINE_BYTES} characters: perhaps a quote is never closed`,
      );
    return records;
  }

  /** What stands after the last line end. */
  end(): CsvRecord[] {
    return this.#rest === '' ? [] : this.#record(this.#rest);
  }

  #record(text: string): CsvRecord[] {
    const raw = text.endsWith('\r') ? text.slice(0, -1) : text;
    const line = this.#line;
    this.#line += text.split('\n').length;
    return raw === '' ? [] : [{ line, raw, cells: cellsOf(raw) }];
  }
}

function cellsOf(raw: string): string[] | null {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const found = CELL.exec(raw);
    if (found === null) return null;
    const [, quoted, bare = '', end] = found;
    cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}
