import { attributeTable } from '../../domain/codec/attributes.ts';
import { entityIdOf } from '../../domain/codec/entity-id.ts';
import { encodeJsonEnd, encodeJsonHeader, encodeJsonHistoryRow } from '../../domain/codec/json-history-line.ts';
import { encodeDoc } from '../../domain/codec/native-doc.ts';
import type { StoredEvent } from '../../domain/codec/stored-event.ts';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { isUuid } from '../../domain/edn/tags.ts';
import { emptyJsonObject, type JsonObject } from '../../domain/json/json-value.ts';
import { canonicalInstant } from '../../domain/time/instant.ts';
import { isTimeZone } from '../../domain/time/zoned-time.ts';
import { CsvError, CsvReader, type CsvRecord } from './csv-reader.ts';
import { CellError, csvValue } from './csv-value.ts';

/** How a file of CSV becomes records of one entity type. */
export interface CsvMapping {
  readonly type: EntityType;
  /** Whose records they are. */
  readonly user_id: string;
  /** Field by column; a column that is not named has its field's name, or is left out. `id` is the record's key. */
  readonly fields: ReadonlyMap<string, string>;
  /** Text of fields that every record has alike. */
  readonly constants: ReadonlyMap<string, string>;
  /** When the records were written, where no column is `created_at`: ISO 8601 in UTC. */
  readonly written_at: string | null;
  /** No record was written later. */
  readonly now: Date;
}

/** Of transactions that CSV does not know. */
const CSV_TX = '0';
/** How many records of one file are told apart; each takes some 40 bytes of memory. */
const MAX_RECORDS = 1_000_000;

/**
 * Makes a history of a file of CSV, as it comes: a header, a row or a reject for each record, a footer. A record's entity, times and
 * transaction follow from its contents alone, so that the same record again, in this file or another, is the same version.
 * Two that are alike in one file are two.
 */
export class CsvHistory {
  readonly #mapping: CsvMapping;
  readonly #reader = new CsvReader();
  /** How many records came of each id, by 52 bits of it. */
  readonly #seen = new Map<number, number>();
  /** The field of each column; null leaves it out. */
  #columns: readonly (string | null)[] | null = null;
  #line = 0;
  #rows = 0;

  constructor(mapping: CsvMapping) {
    this.#mapping = mapping;
  }

  /** @returns lines of a history. @throws CsvError for a file that is no CSV, or has not the columns that it should */
  push(text: string): string[] {
    return this.#lines(this.#reader.push(text));
  }

  end(): string[] {
    const lines = this.#lines(this.#reader.end());
    if (this.#columns === null) throw new CsvError('it is empty');
    return [...lines, encodeJsonEnd({ rows: this.#rows, entities: this.#rows, evicted: 0, transactions: 0 })];
  }

  #lines(records: readonly CsvRecord[]): string[] {
    return records.map((record) => {
      this.#line++;
      if (this.#columns !== null) return this.#row(record, this.#columns);
      this.#columns = columnsOf(record, this.#mapping);
      return encodeJsonHeader({ exported_at: null, store: 'csv', version: this.#mapping.type.name });
    });
  }

  #row(record: CsvRecord, columns: readonly (string | null)[]): string {
    // A reject counts: it stands where a row should.
    this.#rows++;
    const made = this.#version(record, columns);
    if (typeof made !== 'string') return encodeJsonHistoryRow(made);
    const where = record.line === this.#line ? '' : ` (line ${record.line} of the file)`;
    return JSON.stringify({ rejected: made + where, raw: record.raw });
  }

  /** The record's version, or why it has none. */
  #version({ cells }: CsvRecord, columns: readonly (string | null)[]): StoredEvent | string {
    const { type, user_id, written_at, now } = this.#mapping;
    if (cells === null) return 'a quote stands in the midst of a cell, or is never closed';
    if (cells.length !== columns.length) return `it has ${cells.length} cells, and the header ${columns.length}`;
    const texts = new Map(this.#mapping.constants);
    for (const [i, field] of columns.entries()) {
      const text = cells[i]?.trim() ?? '';
      if (field !== null && text !== '') texts.set(field, text);
    }
    const doc = docOf(texts, type);
    if (typeof doc === 'string') return doc;
    const encoded = encodeDoc(type, doc);
    if (!encoded.ok)
      return encoded.issues.map(({ field, message }) => `${field} ${field in doc ? message : 'is missing'}`).join('; ');
    const written = typeof doc.created_at === 'string' ? canonicalInstant(doc.created_at) : written_at;
    if (written === null) return 'created_at is missing';
    if (Date.parse(written) > now.getTime()) return `created_at is in the future: ${written}`;
    const time = toMicroseconds(written);
    const id = this.#idOf(texts.get('id') ?? null, encoded.doc);
    if (id === null) return `a record with the id ${texts.get('id')} came before`;
    return {
      entity_id: id,
      entity_type: type.name,
      user_id,
      valid_time: time,
      tx_time: time,
      tx: CSV_TX,
      doc: encoded.doc,
      hints: encoded.hints,
    };
  }

  /** The id of a record's entity; null when its key came before. @throws CsvError for too many */
  #idOf(key: string | null, doc: string): string | null {
    const { type, user_id } = this.#mapping;
    const named = (what: string) => entityIdOf(`csv:${type.name}:${user_id}:${what}`);
    const own = key !== null && isUuid(key.toLowerCase()) ? key.toLowerCase() : null;
    const id = own ?? named(key === null ? doc : `id:${key}`);
    const bits = Number.parseInt(id.replaceAll('-', '').slice(0, 13), 16);
    const before = this.#seen.get(bits) ?? 0;
    this.#seen.set(bits, before + 1);
    if (this.#seen.size > MAX_RECORDS) throw new CsvError(`it has over ${MAX_RECORDS} records: split it`);
    if (before === 0) return id;
    return key === null ? named(`${before}:${doc}`) : null;
  }
}

function columnsOf({ cells, line }: CsvRecord, { type, fields, constants, written_at }: CsvMapping): (string | null)[] {
  if (cells === null) throw new CsvError(`its header, line ${line}, has a quote that is not closed`);
  const known = attributeTable(type).byName;
  const isField = (name: string) => name === 'id' || known.has(name);
  const names = cells.map((cell, i) => (i === 0 ? cell.replace(/^\ufeff/, '') : cell).trim());
  for (const column of fields.keys())
    if (!names.includes(column)) throw new CsvError(`there is no column ${column}; there are ${names.join(', ')}`);
  for (const field of [...fields.values(), ...constants.keys()])
    if (!isField(field))
      throw new CsvError(`${type.name} has no field ${field}; it has ${[...known.keys()].join(', ')}`);
  const columns = names.map((name) => fields.get(name) ?? (isField(name) ? name : null));
  const twice = columns.find((field, i) => field !== null && columns.indexOf(field) !== i);
  if (twice != null) throw new CsvError(`two columns are ${twice}`);
  if (columns.every((field) => field === null))
    throw new CsvError(`none of its columns is a field of ${type.name}: ${names.join(', ')}`);
  if (written_at === null && !columns.includes('created_at') && !constants.has('created_at'))
    throw new CsvError('no column says when the records were written');
  return columns;
}

function docOf(texts: ReadonlyMap<string, string>, type: EntityType): JsonObject | string {
  const known = attributeTable(type).byName;
  const doc = emptyJsonObject();
  const said = texts.get('time_zone') ?? null;
  const zone = said !== null && isTimeZone(said) ? said : null;
  // In one order, whatever the columns': a record is known by its document.
  for (const [name, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const field = known.get(name)?.field;
    if (field === undefined) continue;
    try {
      doc[name] = csvValue(text, field.facts.kind, zone);
    } catch (error) {
      if (error instanceof CellError) return `${name} ${error.message}: ${text.slice(0, 60)}`;
      throw error;
    }
  }
  return doc;
}

/** As the store keeps a time. */
function toMicroseconds(instant: string): string {
  const [seconds, fraction = ''] = instant.slice(0, -1).split('.');
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
