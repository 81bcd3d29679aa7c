import { isUuid } from '../edn/tags.ts';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { JsonSyntaxError, parseJson } from '../json/parse-json.ts';
import { writeJson } from '../json/write-json.ts';
import { canonicalInstant } from '../time/instant.ts';
import { docForJson } from './doc-for-json.ts';
import { docFromJson } from './doc-from-json.ts';
import { entityIdOfHash } from './entity-id.ts';
import {
  decodeHistoryLine,
  encodeHistoryRow,
  HISTORY_FORMAT,
  type HistoryEnd,
  type HistoryEviction,
  type HistoryLine,
  type HistoryTransaction,
} from './history-line.ts';
import { normalizedJsonNumber } from './json-number.ts';
import { HintMismatchError } from './json-to-value.ts';
import { fitsJsonb } from './jsonb-text.ts';
import { parseHints } from './parse-hints.ts';
import type { StoredEvent } from './stored-event.ts';

/**
 * The lines of a history as JSON: what a backup of Annals' own is written in. It holds what EDN has no place for: hints, the
 * owner of a delete, who evicted, transactions. See docs/history-format.md.
 */

/** Whether a line is of this form: a map of EDN has keywords for keys. */
export const isJsonHistoryLine = (line: string): boolean => line.startsWith('{"');

const textIn = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);
/** Null and missing are the same; undefined is neither that nor a text that a column holds. */
const columnText = (value: JsonValue | undefined): string | null | undefined => {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && fitsJsonb(value) ? value : undefined;
};
const uuidIn = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && isUuid(value) ? value : null;
const countIn = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
const longIn = (value: JsonValue | undefined): string | null => {
  const text = value instanceof JsonNumber ? value.text : typeof value === 'number' ? String(value) : '';
  return /^-?\d{1,18}$/.test(text) ? text : null;
};
/** To the microsecond, always with its six digits, as the store says it. */
const timeIn = (value: JsonValue | undefined): string | null => {
  const [, seconds, fraction = ''] =
    /^(\d{4}-.*?T.*?)(?:\.(\d+))?Z$/.exec(canonicalInstant(textIn(value) ?? '') ?? '') ?? [];
  return seconds === undefined || fraction.length > 6 ? null : `${seconds}.${fraction.padEnd(6, '0')}Z`;
};

/** What of a value jsonb does not hold, as a predicate; null when it holds all. */
const whyUnstorable = (value: JsonValue): string | null => {
  if (typeof value === 'string') return fitsJsonb(value) ? null : 'holds text that its hints do not name';
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'number' || value instanceof JsonNumber) {
    const text = typeof value === 'number' ? String(value) : value.text;
    return normalizedJsonNumber(text, 'json') === null ? 'holds a number of too many digits' : null;
  }
  const parts = Array.isArray(value) ? value : Object.entries(value).flat();
  for (const part of parts) {
    const why = whyUnstorable(part);
    if (why !== null) return why;
  }
  return null;
};

const jsonText = (value: JsonObject | null): string | null => (value === null ? null : writeJson(value));

const objectIn = (value: JsonValue | undefined): JsonObject | null | undefined => {
  if (value === undefined || value === null) return null;
  return isJsonObject(value) ? value : undefined;
};

const row = (line: JsonObject, maxValues: number): HistoryLine | string => {
  const id = uuidIn(line.id);
  const [validTime, txTime, tx] = [timeIn(line.valid_time), timeIn(line.tx_time), longIn(line.tx)];
  const type = columnText(line.entity_type);
  const user = line.user_id === null || line.user_id === undefined ? null : (uuidIn(line.user_id) ?? undefined);
  const [doc, hints] = [objectIn(line.doc), objectIn(line.hints)];
  if (id === null) return 'a row needs a UUID as id';
  if (validTime === null || txTime === null) return 'a row needs an instant in UTC as valid_time and as tx_time';
  if (tx === null) return 'a row needs a transaction id as tx';
  if (type === undefined || user === undefined) return 'entity_type is a text and user_id a UUID, or null';
  if (doc === undefined || line.doc === undefined) return 'a row needs an object as doc, null for a delete';
  if (hints === undefined) return 'hints are an object or null';
  const hintsText = jsonText(hints);
  if (doc !== null) docFromJson(doc, parseHints(hintsText));
  for (const [name, part] of [
    ['document', doc],
    ['map of hints', hints],
  ] as const) {
    const why = whyUnstorable(part);
    if (why !== null) return `the ${name} ${why}`;
  }
  const at = { entity_id: id, valid_time: validTime, tx_time: txTime, tx };
  return checked({ ...at, entity_type: type, user_id: user, doc: jsonText(doc), hints: hintsText }, maxValues);
};

/** A row that can be said in EDN, and comes back from it as one of the same entity: so what comes in goes out. */
const checked = (event: StoredEvent, maxValues: number): HistoryLine | string => {
  const line = encodeHistoryRow(event);
  // Names of tags and numbers are printed as the hints have them.
  if (line.includes('\n')) return 'its hints hold the end of a line';
  const said = decodeHistoryLine(line, 0, maxValues);
  if (said.kind !== 'row') return `it cannot be said in EDN: ${said.kind === 'reject' ? said.reason : said.kind}`;
  if (said.event.entity_id !== event.entity_id) return 'its hints name the id of another entity';
  return { ...said, event };
};

const evicted = (line: JsonObject): HistoryLine | string => {
  const hash = textIn(line.xtdb_id_hash);
  const entity = uuidIn(line.evicted) ?? (hash === null ? null : entityIdOfHash(hash));
  const [tx, txTime] = [longIn(line.tx), timeIn(line.tx_time)];
  const [type, by] = [columnText(line.entity_type), columnText(line.evicted_by)];
  if (entity === null) return 'an eviction needs the UUID of its entity as evicted';
  if (hash !== null && !/^[0-9a-f]{40}$/.test(hash)) return 'an xtdb_id_hash is a SHA-1 in lower-case hex';
  if (tx === null || txTime === null) return 'an eviction needs a tx and an instant in UTC as tx_time';
  if (by == null || type === undefined) return 'an eviction needs a text as evicted_by';
  const record = { user_id: uuidIn(line.user_id), entity_type: type, evicted_by: by };
  return { kind: 'evicted', hash, entity_id: entity, tx, tx_time: txTime, record };
};

const transaction = (line: JsonObject): HistoryLine | string => {
  const [tx, txTime, user] = [longIn(line.transaction), timeIn(line.tx_time), uuidIn(line.user_id)];
  const [events, client, meta] = [countIn(line.events), columnText(line.client), objectIn(line.meta)];
  if (tx === null || txTime === null || user === null || events === null)
    return 'a transaction needs its number, tx_time, user_id and a count of events';
  if (client === undefined || meta === undefined) return 'client is a text and meta an object, or null';
  const why = whyUnstorable(meta);
  if (why !== null) return `meta ${why}`;
  return { kind: 'transaction', tx, tx_time: txTime, user_id: user, events, client, meta: jsonText(meta) };
};

const header = (line: JsonObject): HistoryLine | string => {
  if (line.annals_format !== HISTORY_FORMAT)
    return `this reads annals_format ${HISTORY_FORMAT}; the file is of another`;
  const source = isJsonObject(line.source) ? line.source : null;
  return {
    kind: 'header',
    format: HISTORY_FORMAT,
    exported_at: timeIn(line.exported_at),
    store: textIn(source?.store),
    version: textIn(source?.version),
    since: null,
  };
};

const end = (line: JsonObject): HistoryLine | string => {
  const [rows, entities, evictions] = [countIn(line.rows), countIn(line.entities), countIn(line.evicted)];
  const transactions = countIn(line.transactions ?? 0);
  if (rows === null || entities === null || evictions === null || transactions === null)
    return 'the end needs counts of rows, entities and evicted';
  return { kind: 'end', rows, entities, evicted: evictions, transactions };
};

const lineOf = (line: JsonObject, number: number, maxValues: number): HistoryLine | string => {
  if (line.id !== undefined) return row(line, maxValues);
  if (line.annals_format !== undefined) return header(line);
  if (line.end !== undefined) return end(line);
  if (line.evicted !== undefined) return evicted(line);
  if (line.transaction !== undefined) return transaction(line);
  if (typeof line.rejected === 'string')
    return { kind: 'reject', line: number, offset: 0, reason: line.rejected, raw: textIn(line.raw) ?? '' };
  return 'a line has an id, annals_format, evicted, transaction or end';
};

/** What a value of EDN is at most in a line of JSON: an object, or itself, half of a pair's array and a hint of a type and a text. */
const MAX_JSON_VALUES_A_VALUE = 5;

/** Decodes one line of a history in JSON. As with EDN, what cannot be taken is a reject and nothing is thrown. */
export const decodeJsonHistoryLine = (
  text: string,
  number: number,
  maxValues = Number.POSITIVE_INFINITY,
): HistoryLine => {
  const reject = (reason: string, offset = 0): HistoryLine => ({ kind: 'reject', line: number, offset, reason });
  try {
    const line = parseJson(text, maxValues * MAX_JSON_VALUES_A_VALUE);
    const decoded = isJsonObject(line) ? lineOf(line, number, maxValues) : 'a line of a history is an object';
    return typeof decoded === 'string' ? reject(decoded) : decoded;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return reject(error.message, error.offset);
    if (error instanceof HintMismatchError) return reject(error.message);
    throw error;
  }
};

/** JSON text with further members, whose values are JSON text; those without a value are left out. */
const withMembers = (object: object, members: Readonly<Record<string, string | null>>): string => {
  const texts = Object.entries(members).map(([name, text]) => (text === null ? '' : `,"${name}":${text}`));
  return `${JSON.stringify(object).slice(0, -1)}${texts.join('')}}`;
};

/** @param event with `version` where the line is for a reader of the API as well */
export const encodeJsonHistoryRow = (event: StoredEvent & { readonly version?: string }): string => {
  const { entity_id, entity_type, user_id, valid_time, tx_time, version, tx, doc, hints } = event;
  return withMembers(
    { id: entity_id, entity_type, user_id, valid_time, tx_time },
    { version: version ?? null, tx, doc: doc === null ? 'null' : docForJson(doc, hints), hints },
  );
};

export const encodeJsonEvicted = ({ hash, entity_id, tx, tx_time, record }: HistoryEviction): string =>
  withMembers({ evicted: entity_id, ...(hash !== null && { xtdb_id_hash: hash }), ...record, tx_time }, { tx });

export const encodeJsonTransaction = ({ tx, tx_time, user_id, events, client, meta }: HistoryTransaction): string =>
  `{"transaction":${tx},${withMembers({ tx_time, user_id, events, client }, { meta }).slice(1)}`;

/** `exported_at` is ISO 8601 in UTC, or null when nobody knows. */
export const encodeJsonHeader = (header: { exported_at: string | null; store: string; version: string }): string =>
  JSON.stringify({
    annals_format: HISTORY_FORMAT,
    source: { store: header.store, version: header.version },
    exported_at: header.exported_at,
  });

export const encodeJsonEnd = ({ rows, entities, evicted: evictions, transactions }: HistoryEnd): string =>
  JSON.stringify({ end: true, rows, entities, evicted: evictions, ...(transactions !== 0 && { transactions }) });
