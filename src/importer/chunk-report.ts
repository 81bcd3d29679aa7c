import { readableText } from '../domain/codec/jsonb-text.ts';
import type { DecodedChunk } from './decode-chunk.ts';

/** Counters of one entity type; a delete is of the type that its entity had before it in the chunk. `?` is rows that have none. */
export interface TypeReport {
  rows: number;
  /** That have such rows. */
  entities: number;
  /** Rows that are no delete. */
  versions: number;
  tombstones: number;
  /** Valid time before, or after, the transaction's. */
  back_dated: number;
  future: number;
  nonconforming: number;
  without_user: number;
}

/** Something counted, with the line of an example. */
export interface Finding {
  count: number;
  line: number;
}

/** What an operator wants to know of a chunk's rows; reports of chunks add up, as `addReport` says. Keys of findings: `type field: reason`, `type attribute`. */
export interface ChunkReport {
  readonly types: Record<string, TypeReport>;
  readonly nonconforming: Record<string, Finding>;
  readonly unknown_attributes: Record<string, Finding>;
  readonly other_ids: Finding | null;
  /** Rows that the import's arguments leave out, by XTDB's name of their type. */
  readonly skipped: Record<string, number>;
  /** Native transactions, of a backup. */
  readonly transactions: number;
  /** The entities that the chunk begins and ends with, which other chunks may have rows of too. */
  readonly first: EdgeEntity | null;
  readonly last: EdgeEntity | null;
}

/** An entity and the types of its rows in a chunk. */
export interface EdgeEntity {
  readonly entity_id: string;
  readonly types: string[];
}

const NO_TYPE = '?';

const edgeOf = (entity_id: string): EdgeEntity => ({ entity_id, types: [] });

/** Counts a chunk's rows by type and collects its findings, {@link MAX_FINDINGS} of each sort at most. */
export function chunkReport(chunk: Pick<DecodedChunk, 'rows' | 'skipped' | 'transactions'>): ChunkReport {
  const types = new Map<string, TypeReport>();
  /** Rows are grouped by entity: a type's entity is another when it is not the one before. */
  const latest = new Map<string, string>();
  let first: EdgeEntity | null = null;
  let last: EdgeEntity | null = null;
  let said = NO_TYPE;
  const nonconforming = new Map<string, Finding>();
  const unknown = new Map<string, Finding>();
  const otherIds: Finding = { count: 0, line: 0 };
  for (const { line, event, nonconforming: reasons, unknown_attributes } of chunk.rows) {
    if (event.entity_id !== last?.entity_id) {
      last = edgeOf(event.entity_id);
      said = NO_TYPE;
    }
    const name: string = event.entity_type ?? (event.doc === null ? said : NO_TYPE);
    said = name;
    let type = types.get(name);
    if (type === undefined) {
      type = {
        rows: 0,
        entities: 0,
        versions: 0,
        tombstones: 0,
        back_dated: 0,
        future: 0,
        nonconforming: 0,
        without_user: 0,
      };
      types.set(name, type);
    }
    type.rows++;
    if (latest.get(name) !== event.entity_id) type.entities++;
    latest.set(name, event.entity_id);
    if (!last.types.includes(name)) last.types.push(name);
    first ??= last;
    if (event.doc === null) type.tombstones++;
    else type.versions++;
    if (event.doc !== null && event.user_id === null) type.without_user++;
    if (event.valid_time < event.tx_time) type.back_dated++;
    if (event.valid_time > event.tx_time) type.future++;
    if (reasons.length > 0) type.nonconforming++;
    for (const { field, reason } of reasons) find(nonconforming, `${name} ${field}: ${readableText(reason)}`, line);
    for (const attribute of unknown_attributes) find(unknown, `${name} ${readableText(attribute)}`, line);
    if (event.hints?.includes('"/id":') === true && otherIds.count++ === 0) otherIds.line = line;
  }
  return {
    types: Object.fromEntries(types),
    nonconforming: Object.fromEntries(nonconforming),
    unknown_attributes: Object.fromEntries(unknown),
    other_ids: otherIds.count === 0 ? null : otherIds,
    skipped: Object.fromEntries(chunk.skipped),
    transactions: chunk.transactions.length,
    first,
    last,
  };
}

/** A hostile file can name a new attribute in every row; past this many the report says no more. */
const MAX_FINDINGS = 500;

function find(findings: Map<string, Finding>, key: string, line: number): void {
  const found = findings.get(key);
  if (found !== undefined) found.count++;
  else if (findings.size < MAX_FINDINGS) findings.set(key, { count: 1, line });
}
