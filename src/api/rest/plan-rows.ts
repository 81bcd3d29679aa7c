import { attributeTable, isUnknownName } from '../../domain/codec/attributes.ts';
import { type EncodedDoc, encodeDoc, encodePatch } from '../../domain/codec/native-doc.ts';
import type { EntityType } from '../../domain/define-entity-type.ts';
import { isUuid } from '../../domain/edn/tags.ts';
import { emptyJsonObject, type JsonObject } from '../../domain/json/json-value.ts';
import { READ_ONLY } from '../plan-transaction.ts';
import { columnNames, ENVELOPE_NAMES } from './columns.ts';
import { RestProblem } from './rest-problem.ts';

export const MAX_WRITTEN_ROWS = 1_000;

/**
 * Rows to insert, as the JSON array of transact's puts. A null is a field that the record does not have, and that a merge takes
 * away, unless the schema allows null itself; what the store sets (version, occurred_at …) may be sent back and is left out.
 *
 * @param columns the parameter of the same name: the only fields that are taken
 * @param newId makes the id of a row that has none
 * @throws RestProblem that names every field that is wrong
 */
export function planInsert(
  rows: readonly JsonObject[],
  type: EntityType,
  userId: string,
  columns: readonly string[] | null,
  newId: () => string,
): string {
  if (rows.length > MAX_WRITTEN_ROWS) throw tooManyRows();
  checkColumns(type, columns ?? []);
  const seen = new Set<string>();
  const problems: Problems = { missing: [], other: [] };
  const operations = rows.map((row, index) => {
    const id = idOf(row) ?? newId();
    if (seen.has(id))
      throw new RestProblem(409, '23505', 'duplicate key value violates unique constraint "entities_pkey"', {
        details: `Key (id)=(${id}) is there twice in the body.`,
      });
    seen.add(id);
    const { set, unset } = ownFields(row, type, { id, entity_type: type.name, user_id: userId }, columns);
    const doc = encodeDoc(type, set);
    collect(problems, rows.length === 1 ? '' : `row ${index + 1}: `, doc, set);
    return doc.ok
      ? `{"op":"put","entity_id":"${id}","entity_type":"${type.name}","doc":${doc.doc},"unset":${JSON.stringify(unset)}${doc.hints === null ? '' : `,"hints":${doc.hints}`}}`
      : '';
  });
  refuse(problems, type);
  return `[${operations.join(',')}]`;
}

/** What an update sets, as the JSON of a patch without its id; null when it changes nothing. */
export function planUpdate(
  rows: readonly JsonObject[],
  type: EntityType,
  userId: string,
  columns: readonly string[] | null,
  pinned: readonly string[] | null,
): string | null {
  const [row, ...others] = rows;
  if (row === undefined || others.length > 0)
    throw new RestProblem(400, 'PGRST102', 'The body of an update must be one object');
  checkColumns(type, columns ?? []);
  const id = idOf(row);
  if (id !== null && !(pinned?.length === 1 && pinned[0]?.toLowerCase() === id)) {
    throw new RestProblem(400, '428C9', 'column "id" cannot be updated', {
      hint: 'A record keeps its id: leave it out.',
    });
  }
  const { set, unset } = ownFields(row, type, { id: id ?? '', entity_type: type.name, user_id: userId }, columns);
  if (Object.keys(set).length === 0 && unset.length === 0) return null;
  const doc = encodePatch(type, set, unset);
  const problems: Problems = { missing: [], other: [] };
  collect(problems, '', doc, set);
  refuse(problems, type);
  if (!doc.ok) return null;
  return `{"op":"patch","entity_type":"${type.name}","set":${doc.doc},"unset":${JSON.stringify(unset)}${doc.hints === null ? '' : `,"hints":${doc.hints}`}}`;
}

interface Problems {
  readonly missing: string[];
  readonly other: string[];
}

function collect({ missing, other }: Problems, where: string, doc: EncodedDoc, set: JsonObject): void {
  if (doc.ok) return;
  for (const { field, message } of doc.issues) {
    const isMissing = !field.startsWith('/') && !Object.hasOwn(set, field);
    if (isMissing) missing.push(`${where}${field} is required`);
    else other.push(`${where}${field} ${message}`);
  }
}

function refuse({ missing, other }: Problems, { name }: EntityType): void {
  const [first] = [...other, ...missing];
  if (first === undefined) return;
  const details = [...other, ...missing].join('; ');
  if (other.length === 0)
    throw new RestProblem(400, '23502', `null value in a column of "${name}" violates not-null constraint: ${first}`, {
      details,
    });
  throw new RestProblem(400, '23514', `new row for "${name}" violates its schema: ${first}`, { details });
}

function idOf({ id }: JsonObject): string | null {
  if (id === undefined || id === null) return null;
  const lower = typeof id === 'string' ? id.toLowerCase() : '';
  if (isUuid(lower)) return lower;
  throw new RestProblem(400, '22P02', 'invalid input syntax for type uuid', { details: 'id is not a UUID' });
}

function ownFields(
  row: JsonObject,
  type: EntityType,
  own: Readonly<Record<string, string>>,
  columns: readonly string[] | null,
): { set: JsonObject; unset: string[] } {
  const set = emptyJsonObject();
  const unset: string[] = [];
  const { byName } = attributeTable(type);
  for (const [name, value] of Object.entries(row)) {
    if (columns !== null && !columns.includes(name)) continue;
    if (Object.hasOwn(own, name)) {
      const given = typeof value === 'string' ? value.toLowerCase() : value;
      if (value === null || given === own[name]) continue;
      throw new RestProblem(400, '428C9', `column "${name}" cannot be set: it is ${own[name]}`);
    }
    if (READ_ONLY.has(name)) continue;
    const field = byName.get(name)?.field;
    if (field === undefined && !isUnknownName(name)) throw unknownField(type, name);
    if (value === null && field?.facts.isNullable !== true && field !== undefined) unset.push(name);
    else set[name] = value;
  }
  return { set, unset };
}

function checkColumns(type: EntityType, columns: readonly string[]): void {
  const { byName } = attributeTable(type);
  for (const name of columns) {
    if (!byName.has(name) && !isUnknownName(name) && !ENVELOPE_NAMES.includes(name)) throw unknownField(type, name);
  }
}

const unknownField = (type: EntityType, name: string): RestProblem =>
  new RestProblem(
    400,
    'PGRST204',
    `Could not find the '${name.slice(0, 100)}' column of '${type.name}' in the schema cache`,
    { hint: `It has ${columnNames(type).join(', ')}.` },
  );

const tooManyRows = (): RestProblem =>
  new RestProblem(413, 'PGRST102', `a write takes ${MAX_WRITTEN_ROWS} rows at most`, {
    hint: 'Split it into several requests.',
  });
