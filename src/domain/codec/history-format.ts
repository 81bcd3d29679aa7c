import {
  decodeHistoryLine,
  encodeEnd,
  encodeEvicted,
  encodeHeader,
  encodeHistoryRow,
  type HistoryEnd,
  type HistoryEviction,
  type HistoryLine,
  type HistoryTransaction,
} from './history-line.ts';
import {
  decodeJsonHistoryLine,
  encodeJsonEnd,
  encodeJsonEvicted,
  encodeJsonHeader,
  encodeJsonHistoryRow,
  encodeJsonTransaction,
  isJsonHistoryLine,
} from './json-history-line.ts';
import type { StoredEvent } from './stored-event.ts';

/** Writes the lines of a history, without line ends. */
export type HistoryFormat = {
  /** `exported_at` is ISO 8601 in UTC to the millisecond. */
  header(header: { exported_at: string; store: string; version: string }): string;
  row(event: StoredEvent & { readonly version?: string }): string;
  evicted(eviction: HistoryEviction): string;
  /** Null where the form has no place for transactions. */
  transaction: ((transaction: HistoryTransaction) => string) | null;
  end(end: HistoryEnd): string;
};

/** EDN is XTDB's, equal value by value; NDJSON is a backup of a store of ours, to the letter. */
export const HISTORY_FORMATS: Readonly<Record<'edn' | 'ndjson', HistoryFormat>> = {
  edn: {
    header: encodeHeader,
    row: encodeHistoryRow,
    evicted: encodeEvicted,
    transaction: null,
    end: encodeEnd,
  },
  ndjson: {
    header: encodeJsonHeader,
    row: encodeJsonHistoryRow,
    evicted: encodeJsonEvicted,
    transaction: encodeJsonTransaction,
    end: encodeJsonEnd,
  },
};

/**
 * Decodes a line, which says by itself of which form it is. What cannot be taken is a reject, as is what has more than
 * `maxValues` values in EDN; nothing is thrown.
 */
export const decodeLine = (text: string, number: number, maxValues?: number): HistoryLine =>
  isJsonHistoryLine(text) ? decodeJsonHistoryLine(text, number, maxValues) : decodeHistoryLine(text, number, maxValues);
