import { sha256 } from '@noble/hashes/sha2.js';
import { canonicalEdn } from '../edn/canonical.ts';
import { readEdn } from '../edn/read.ts';
import { EdnMap, EdnNumber, type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import { epochMicros } from '../time/epoch-micros.ts';
import { isStorableInstant } from '../time/postgres-instant.ts';
import { LEGACY_TYPE_ATTRIBUTE, TYPE_ATTRIBUTE } from './attributes.ts';
import { entityIdOf } from './entity-id.ts';
import { encodeEvicted, encodeHistoryRow } from './history-line.ts';
import { decodeJsonHistoryLine, encodeJsonTransaction, isJsonHistoryLine } from './json-history-line.ts';

/** A line of a history as a value, whoever printed it: equal values have equal digests. */
export interface LineValue {
  readonly kind: 'header' | 'row' | 'evicted' | 'transaction' | 'end';
  /** XTDB's name of the doc's type; `(delete)`, `(evicted)`, `(transaction)` or `(no type)`. */
  readonly type: string;
  /** Of the transaction, `2024-06`; empty where a line has no time. */
  readonly month: string;
  /** The canonical texts of its parts; empty where a line has none. */
  readonly eid: string;
  readonly doc: string;
  /** Ours, by whatever name a row has its entity; empty elsewhere. */
  readonly entity_id: string;
  /** XTDB's hash of what was evicted; empty elsewhere. */
  readonly evicted: string;
  /** ISO 8601 in UTC, to the millisecond, or to the microsecond where that is needed. */
  readonly valid_time: string;
  readonly tx_time: string;
  readonly tx: bigint;
  /**
   * 128 bits of SHA-256 of its canonical text; of a row, with our id in the place of its `:eid`. One entity has several: by hash alone
   * before it is put, and names that XTDB takes for the same.
   */
  readonly digest: bigint;
}

/** The line's value, or in words why it has none. Of a line in JSON it is that of the same line in EDN. */
export function lineValue(text: string): LineValue | string {
  if (!isJsonHistoryLine(text)) return ednLineValue(text);
  const line = decodeJsonHistoryLine(text, 0);
  switch (line.kind) {
    case 'row':
      return ednLineValue(encodeHistoryRow(line.event));
    case 'evicted':
      return ednLineValue(encodeEvicted(line));
    case 'transaction': {
      const { tx_time } = line;
      const digest = digestOf(encodeJsonTransaction(line));
      return { ...NO_ROW, kind: 'transaction', type: '(transaction)', month: tx_time.slice(0, 7), tx_time, digest };
    }
    case 'header':
    case 'end':
      return { ...NO_ROW, kind: line.kind, type: `(${line.kind})` };
    default:
      return line.kind === 'reject' ? line.reason : 'a row was left out';
  }
}

const NO_ROW = {
  month: '',
  eid: 'nil',
  doc: 'nil',
  entity_id: '',
  evicted: '',
  valid_time: '',
  tx_time: '',
  tx: -1n,
  digest: 0n,
} as const;

function ednLineValue(text: string): LineValue | string {
  const read = readEdn(text);
  if (!read.ok) return read.error.reason;
  const line = entriesOf(read.value);
  const doc = line.get('doc') ?? null;
  const kind = kindOf(line);
  if (kind === null) return 'a line has an :eid, :evicted, :annals/format or :annals/end';
  const eid = line.get('eid') ?? null;
  const entity_id = kind === 'row' ? entityIdOf(eid) : '';
  const [valid_time, tx_time, tx] = [textOf(line.get('vt')), textOf(line.get('tt')), longOf(line.get('tx'))];
  if (kind === 'row' && !(isStorableInstant(valid_time) && isStorableInstant(tx_time)))
    return 'its times are not of the years 0000 to 9999';
  const canonical = canonicalEdn(doc);
  return {
    kind,
    type: kind === 'row' ? typeOf(doc) : `(${kind})`,
    month: tx_time.slice(0, tx_time.indexOf('-', 1) + 3),
    eid: canonicalEdn(eid),
    doc: canonical,
    entity_id,
    evicted: kind === 'evicted' ? String(line.get('evicted')).toLowerCase() : '',
    valid_time,
    tx_time,
    tx,
    digest: digestOf(
      kind === 'row' ? `${entity_id} ${valid_time} ${tx_time} ${tx} ${canonical}` : canonicalEdn(read.value),
    ),
  };
}

function kindOf(line: ReadonlyMap<string, EdnValue>): LineValue['kind'] | null {
  if (line.has('eid')) return 'row';
  // The footer counts its evictions under the same name.
  if (line.has('annals/end')) return 'end';
  if (line.has('evicted')) return 'evicted';
  return line.has('annals/format') ? 'header' : null;
}

function typeOf(doc: EdnValue): string {
  if (doc === null) return '(delete)';
  const attributes = entriesOf(doc);
  const type = attributes.get(TYPE_ATTRIBUTE) ?? attributes.get(LEGACY_TYPE_ATTRIBUTE);
  return type instanceof Keyword ? type.name : '(no type)';
}

function entriesOf(value: EdnValue): ReadonlyMap<string, EdnValue> {
  const entries = new Map<string, EdnValue>();
  if (!(value instanceof EdnMap)) return entries;
  value.keys.forEach((key, i) => {
    if (key instanceof Keyword) entries.set(key.name, value.values[i] ?? null);
  });
  return entries;
}

function textOf(value: EdnValue | undefined): string {
  return value instanceof Tagged && typeof value.value === 'string' ? value.value : '';
}

function longOf(value: EdnValue | undefined): bigint {
  return value instanceof EdnNumber && value.kind === 'long' ? BigInt(value.text) : -1n;
}

const encoder = new TextEncoder();

function digestOf(text: string): bigint {
  // Not WebCrypto's, which is asynchronous and slow for many short texts.
  const hash = new DataView(sha256(encoder.encode(text)).buffer);
  return (hash.getBigUint64(0) << 64n) | hash.getBigUint64(8);
}

const MODULUS = 1n << 128n;

/** Counts and digests by type and month. Digests add up, so that order does not matter and a line twice is not a line never. */
export class HistoryDigest {
  readonly groups = new Map<string, { rows: number; digest: bigint }>();
  rows = 0;
  evicted = 0;
  transactions = 0;
  latest_tx_time: string | null = null;

  add(line: LineValue): void {
    if (line.kind === 'row') this.rows++;
    else if (line.kind === 'evicted') this.evicted++;
    else if (line.kind === 'transaction') this.transactions++;
    else return;
    const key = `${line.type} ${line.month}`;
    const group = this.groups.get(key) ?? { rows: 0, digest: 0n };
    group.rows++;
    group.digest = (group.digest + line.digest) % MODULUS;
    this.groups.set(key, group);
    if (this.latest_tx_time === null || epochMicros(line.tx_time) > epochMicros(this.latest_tx_time))
      this.latest_tx_time = line.tx_time;
  }
}

/**
 * Counts and digests by entity, and of evictions by hash and transaction: a delta has those since its base alone. They add up as
 * those of {@link HistoryDigest} do.
 */
export class LineDigests {
  readonly #sums = new Map<string, { lines: number; digest: bigint }>();

  add(line: LineValue): void {
    if (line.kind === 'row') this.addSum(line.entity_id, 1, line.digest);
    else if (line.kind === 'evicted') this.addSum(`${line.evicted} ${line.tx}`, 1, line.digest);
  }

  addSum(key: string, lines: number, digest: bigint): void {
    const sum = this.#sums.get(key);
    if (sum === undefined) this.#sums.set(key, { lines, digest });
    else {
      sum.lines += lines;
      sum.digest = (sum.digest + digest) % MODULUS;
    }
  }

  /** How many lines there are of this entity or eviction, and their digest; nothing of none. */
  of(key: string): { readonly lines: number; readonly digest: bigint } {
    return this.#sums.get(key) ?? { lines: 0, digest: 0n };
  }

  keys(): IterableIterator<string> {
    return this.#sums.keys();
  }

  /** For the wire, digests in hex. */
  entries(): [key: string, lines: number, digest: string][] {
    return [...this.#sums].map(([key, { lines, digest }]) => [key, lines, digest.toString(16)]);
  }
}
