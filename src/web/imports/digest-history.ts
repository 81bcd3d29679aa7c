import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LineDigests, lineValue } from '../../domain/codec/history-digest.ts';
import { type FilteredLine, HistoryFilter } from '../../import-client/history-filter.ts';
import type { HistorySource } from '../../import-client/history-source.ts';
import { textLines } from '../../import-client/text-lines.ts';
import type { ImportArguments } from '../../importer/request-shapes.ts';

/** A file's side of a verification. */
export interface HistoryDigests {
  /** SHA-256 of its bytes, in hex: the import's fingerprint, or it is another file. */
  readonly sha256: string;
  readonly digests: LineDigests;
  readonly rows: number;
  readonly evicted: number;
  /** Rows that the import was told to leave out. */
  readonly skipped: number;
  /** Lines that nobody can read: the import has them among its rejects. */
  readonly unreadable: number;
}

/** Reads a history once, for its fingerprint and for what the store must hold of each entity. */
export async function digestHistory(
  history: HistorySource,
  chosen: ImportArguments,
  onRows: (rows: number) => void,
): Promise<HistoryDigests> {
  const hash = sha256.create();
  const digests = new LineDigests();
  const filter = new HistoryFilter<string>(chosen);
  const counts = { rows: 0, evicted: 0, skipped: 0, unreadable: 0 };
  const add = (lines: readonly FilteredLine<string>[]): void => {
    for (const { line: text } of lines) {
      const line = text === null ? null : lineValue(text);
      if (line === null) counts.skipped++;
      else if (typeof line === 'string') counts.unreadable++;
      else {
        if (line.kind === 'row') counts.rows++;
        else if (line.kind === 'evicted') counts.evicted++;
        digests.add(line);
      }
    }
  };
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const part of history.bytes()) {
      hash.update(part);
      yield part;
    }
  }
  for await (const lines of textLines(hashed())) {
    for (const text of lines) add(filter.push(text, text));
    onRows(counts.rows);
  }
  add(filter.end());
  return { sha256: bytesToHex(hash.digest()), digests, ...counts };
}
