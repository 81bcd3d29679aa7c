import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LineDigests } from '../../domain/codec/history-digest.ts';
import type { HistorySource } from '../../import-client/history-source.ts';
import { readHistory } from '../../import-client/read-history.ts';
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
  const counts = { rows: 0, evicted: 0, skipped: 0, unreadable: 0 };
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const part of history.bytes()) {
      hash.update(part);
      yield part;
    }
  }
  for await (const lines of readHistory(hashed(), chosen)) {
    for (const line of lines) {
      if (line === null) counts.skipped++;
      else if (typeof line === 'string') counts.unreadable++;
      else {
        if (line.kind === 'row') counts.rows++;
        else if (line.kind === 'evicted') counts.evicted++;
        digests.add(line);
      }
    }
    onRows(counts.rows);
  }
  return { sha256: bytesToHex(hash.digest()), digests, ...counts };
}
