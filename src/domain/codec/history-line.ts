import { printEdn } from '../edn/print.ts';
import { readEdn } from '../edn/read.ts';
import { EdnMap, EdnNumber, type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import { isStorableInstant } from '../time/postgres-instant.ts';
import { documentToJson } from './document-to-json.ts';
import { entityIdOf, entityIdOfHash, xtdbIdHash } from './entity-id.ts';
import { jsonToDocument, originalId } from './json-to-document.ts';
import { escapeExact } from './jsonb-text.ts';
import { parseHints } from './parse-hints.ts';
import type { Nonconformity, StoredEvent } from './stored-event.ts';
import { UnstorableError } from './unstorable-error.ts';

/** The format of history files; see docs/hints.md for what a row becomes. */
export const HISTORY_FORMAT = 1;

export type HistoryHeader = {
  format: number;
  exported_at: string | null;
  store: string | null;
  version: string | null;
  /** Of a delta: the transaction after which its entities were written. Null is a whole history. */
  since: string | null;
};
/** Only a backup of our own counts transactions. */
export type HistoryEnd = { rows: number; entities: number; evicted: number; transactions: number };
/** An eviction in XTDB names its entity by hash alone; `entity_id` is right where the id was no UUID. */
export type HistoryEviction = {
  hash: string | null;
  entity_id: string;
  tx: string;
  tx_time: string;
  /** What our own store says of it besides. */
  record?: { user_id: string | null; entity_type: string | null; evicted_by: string };
};
/** A native transaction, in a backup of our own; `meta` is JSON text. */
export type HistoryTransaction = {
  tx: string;
  tx_time: string;
  user_id: string;
  events: number;
  client: string | null;
  meta: string | null;
};
export type HistoryRow = { event: StoredEvent; nonconforming: Nonconformity[]; unknown_attributes: string[] };
/**
 * A line that cannot be taken: its number in the file, counted from 1, the UTF-16 unit in it, and why. `raw` is what the
 * sender could make no row of, where that is not the line itself.
 */
export type HistoryReject = { line: number; offset: number; reason: string; raw?: string };

export type HistoryLine =
  | ({ kind: 'header' } & HistoryHeader)
  | ({ kind: 'row' } & HistoryRow)
  | ({ kind: 'evicted' } & HistoryEviction)
  | ({ kind: 'transaction' } & HistoryTransaction)
  | ({ kind: 'end' } & HistoryEnd)
  /** Stands where an import leaves a row out: what type of row it was. */
  | { kind: 'skipped'; type: string }
  | ({ kind: 'reject' } & HistoryReject);

type Entries = ReadonlyMap<string, EdnValue>;

const entriesOf = (map: EdnMap): Entries | null => {
  const entries = new Map<string, EdnValue>();
  for (let i = 0; i < map.keys.length; i++) {
    const key = map.keys[i];
    if (!(key instanceof Keyword)) return null;
    entries.set(key.name, map.values[i] ?? null);
  }
  return entries;
};

const textOf = (value: EdnValue | undefined, tag: string): string | null =>
  value instanceof Tagged && value.tag === tag && typeof value.value === 'string' ? value.value : null;
/** XTDB's times are insts; the store's own have microseconds, which an inst has not. */
const timeOf = (value: EdnValue | undefined): string | null => {
  const time = textOf(value, 'inst') ?? textOf(value, 'time/instant');
  return time !== null && isStorableInstant(time) ? time : null;
};
const longOf = (value: EdnValue | undefined): string | null =>
  value instanceof EdnNumber && value.kind === 'long' ? value.text : null;
/** Of 18 digits at most: a native transaction takes the next number, and there must be one. */
const txOf = (value: EdnValue | undefined): string | null => {
  const tx = longOf(value);
  return tx !== null && /^-?\d{1,18}$/.test(tx) ? tx : null;
};
const countOf = (value: EdnValue | undefined): number | null => {
  const count = Number(longOf(value) ?? Number.NaN);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
};
const stringOf = (value: EdnValue | undefined): string | null => (typeof value === 'string' ? value : null);

const unexpected = (entries: Entries, allowed: readonly string[]): string | null => {
  for (const key of entries.keys()) if (!allowed.includes(key)) return `:${key.slice(0, 60)} does not belong here`;
  return null;
};

const ROW_KEYS = ['eid', 'vt', 'tt', 'tx', 'doc'];

const row = (entries: Entries): HistoryLine | string => {
  const stray = entries.size > ROW_KEYS.length ? unexpected(entries, ROW_KEYS) : null;
  if (stray !== null) return stray;
  const eid = entries.get('eid');
  const doc = entries.get('doc');
  const [validTime, txTime, tx] = [timeOf(entries.get('vt')), timeOf(entries.get('tt')), txOf(entries.get('tx'))];
  if (eid === undefined || eid === null) return 'a row needs an :eid';
  if (validTime === null || txTime === null) return 'a row needs an #inst of the years 0000 to 9999 as :vt and as :tt';
  if (tx === null) return 'a row needs a transaction id of at most 18 digits as :tx';
  if (doc === undefined) return 'a row needs a :doc, nil for a delete';
  const entityId = entityIdOf(eid);
  const at = { entity_id: entityId, valid_time: validTime, tx_time: txTime, tx };
  if (doc === null) return { kind: 'row', event: tombstone(eid, at), nonconforming: [], unknown_attributes: [] };
  if (!(doc instanceof EdnMap)) return 'a :doc is a map or nil';
  const written = documentToJson(eid, entityId, doc);
  if (typeof written === 'string') return written;
  const { entity_type, user_id, doc: json, hints, nonconforming, unknown_attributes } = written;
  return { kind: 'row', event: { ...at, entity_type, user_id, doc: json, hints }, nonconforming, unknown_attributes };
};

type At = Pick<StoredEvent, 'entity_id' | 'valid_time' | 'tx_time' | 'tx'>;

const tombstone = (eid: EdnValue, at: At): StoredEvent => {
  const isPlain = textOf(eid, 'uuid') !== null;
  const hints = isPlain ? null : JSON.stringify({ '/id': ['id', escapeExact(printEdn(eid))] });
  return { ...at, entity_type: null, user_id: null, doc: null, hints };
};

const evicted = (entries: Entries): HistoryLine | string => {
  const hash = stringOf(entries.get('evicted'))?.toLowerCase();
  const [tx, txTime] = [txOf(entries.get('tx')), timeOf(entries.get('tt'))];
  if (hash === undefined || !/^[0-9a-f]{40}$/.test(hash)) return 'an :evicted needs the SHA-1 of an id, in hex';
  if (tx === null || txTime === null) return 'an :evicted needs a :tx and an #inst as :tt';
  return (
    unexpected(entries, ['evicted', 'tx', 'tt']) ?? {
      kind: 'evicted',
      hash,
      entity_id: entityIdOfHash(hash),
      tx,
      tx_time: txTime,
    }
  );
};

const header = (entries: Entries): HistoryLine | string => {
  const format = countOf(entries.get('annals/format'));
  if (format !== HISTORY_FORMAT) return `this reads :annals/format ${HISTORY_FORMAT}; the file is of another`;
  const named = entries.get('source');
  const source = named instanceof EdnMap ? entriesOf(named) : null;
  return {
    kind: 'header',
    format,
    exported_at: textOf(entries.get('exported-at'), 'inst'),
    store: stringOf(source?.get('store')),
    version: stringOf(source?.get('version')),
    since: longOf(source?.get('since')),
  };
};

const end = (entries: Entries): HistoryLine | string => {
  const [rows, entities, evictions] = ['rows', 'entities', 'evicted'].map((key) => countOf(entries.get(key)));
  if (rows == null || entities == null || evictions == null)
    return 'the end needs counts of :rows, :entities and :evicted';
  return { kind: 'end', rows, entities, evicted: evictions, transactions: 0 };
};

const skipped = (entries: Entries): HistoryLine | string => {
  const type = stringOf(entries.get('annals/skipped'));
  return type === null || entries.size > 1
    ? 'an :annals/skipped names a type and nothing else'
    : { kind: 'skipped', type };
};

const lineOf = (value: EdnValue): HistoryLine | string => {
  const entries = value instanceof EdnMap ? entriesOf(value) : null;
  if (entries === null) return 'a line of a history is a map with keywords for keys';
  if (entries.has('eid')) return row(entries);
  if (entries.has('annals/format')) return header(entries);
  if (entries.has('annals/end')) return end(entries);
  if (entries.has('evicted')) return evicted(entries);
  if (entries.has('annals/skipped')) return skipped(entries);
  return 'a line has an :eid, :evicted, :annals/format or :annals/end';
};

/**
 * Decodes one line of a history file: a header, a row, an eviction or the end. A line that is none of these comes back
 * as a reject, and so does one of more than `maxValues` values; nothing is thrown for what a file may hold.
 */
export const decodeHistoryLine = (line: string, lineNumber: number, maxValues?: number): HistoryLine => {
  const read = readEdn(line, maxValues);
  if (!read.ok) return { kind: 'reject', line: lineNumber, ...read.error };
  const reject = (reason: string): HistoryLine => ({ kind: 'reject', line: lineNumber, offset: 0, reason });
  try {
    const decoded = lineOf(read.value);
    return typeof decoded === 'string' ? reject(decoded) : decoded;
  } catch (error) {
    if (error instanceof UnstorableError) return reject(`the document ${error.message}`);
    throw error;
  }
};

const mapOf = (entries: readonly (readonly [string, EdnValue])[]): EdnMap =>
  new EdnMap(
    entries.map(([key]) => new Keyword(key)),
    entries.map(([, value]) => value),
  );
const inst = (iso: string): Tagged => new Tagged('inst', iso);
const MICROSECONDS = /\.(\d{3})(\d{3})Z$/;
/** An inst where milliseconds say it all, as in an export of XTDB; else an instant. */
const time = (iso: string): Tagged => {
  const [, , below] = MICROSECONDS.exec(iso) ?? [];
  if (below === undefined) return inst(iso);
  return below === '000' ? inst(iso.replace(MICROSECONDS, '.$1Z')) : new Tagged('time/instant', iso);
};
const long = (value: string | number): EdnNumber => new EdnNumber('long', String(value));
const isPut = (event: StoredEvent): event is StoredEvent & { doc: string } => event.doc !== null;

/** The line of a history file that {@link decodeHistoryLine} made the event of, equal as an EDN value; no line end. */
export const encodeHistoryRow = (event: StoredEvent): string =>
  printEdn(
    mapOf([
      ['eid', originalId(event.entity_id, parseHints(event.hints))],
      ['vt', time(event.valid_time)],
      ['tt', time(event.tx_time)],
      ['tx', long(event.tx)],
      ['doc', isPut(event) ? jsonToDocument(event) : null],
    ]),
  );

export const encodeEvicted = ({ hash, entity_id, tx, tx_time }: HistoryEviction): string =>
  printEdn(
    mapOf([
      ['evicted', hash ?? xtdbIdHash(new Tagged('uuid', entity_id)) ?? ''],
      ['tx', long(tx)],
      ['tt', time(tx_time)],
    ]),
  );

/** What a sender puts in a row's place, so that every line stays accounted for. */
export const encodeSkipped = (type: string): string => printEdn(mapOf([['annals/skipped', type]]));

/** `exported_at` is ISO 8601 in UTC to the millisecond. */
export const encodeHeader = (header: { exported_at: string; store: string; version: string }): string =>
  printEdn(
    mapOf([
      ['annals/format', long(HISTORY_FORMAT)],
      [
        'source',
        mapOf([
          ['store', header.store],
          ['version', header.version],
        ]),
      ],
      ['exported-at', inst(header.exported_at)],
    ]),
  );

export const encodeEnd = ({ rows, entities, evicted: evictions }: Omit<HistoryEnd, 'transactions'>): string =>
  printEdn(
    mapOf([
      ['annals/end', true],
      ['rows', long(rows)],
      ['entities', long(entities)],
      ['evicted', long(evictions)],
    ]),
  );
