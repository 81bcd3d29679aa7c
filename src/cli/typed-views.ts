import { columnSql, docField } from '../api/rest/column-sql.ts';
import { columnNames, columnOf } from '../api/rest/columns.ts';
import { Parameters } from '../api/rest/parameters.ts';
import { attributeTable } from '../domain/codec/attributes.ts';
import type { EntityType } from '../domain/define-entity-type.ts';
import type { FieldKind } from '../domain/fields.ts';

/** A view of the schema `typed`, as the SQL function sync_typed_views takes it. */
export interface TypedView {
  /** The entity type's. */
  readonly name: string;
  readonly query: string;
  readonly comment: string;
}

/**
 * A view for each entity type, whose columns are its fields, each with an SQL type of its own: psql and BI tools need know nothing of
 * JSON. What a column's type cannot hold is null, since history may hold anything.
 */
export const typedViews = (types: readonly EntityType[]): TypedView[] => types.map(viewOf);

function viewOf(type: EntityType): TypedView {
  const columns: string[] = [];
  const left = ['attributes that no schema knows'];
  for (const name of columnNames(type).filter((name) => name !== 'entity_type')) {
    const value = valueSql(type, name);
    if (value === null) left.push(`the map ${name}`);
    else columns.push(`${value} as "${name}"`);
  }
  return {
    name: type.name,
    query: `select ${columns.join(', ')} from ${READ_ONLY} where ${ROW}.entity_type = '${type.name}' and ${ROW}.doc is not null`,
    comment:
      `What holds now of ${type.name}, of all users, soft-deleted and hidden records too. Null: also what a column cannot hold. ` +
      `Not here: ${left.join(', ')}, what was deleted or evicted. Made by migrate`,
  };
}

const ROW = 'e';

/** Through a view of one table alone whoever has its rights could write to that, past the log. */
const READ_ONLY = `entities ${ROW}, (select) as one`;

/** @returns null where the field is no column */
function valueSql(type: EntityType, name: string): string | null {
  const column = columnOf(type, name);
  const sql = columnSql(column, ROW, new Parameters());
  const field = attributeTable(type).byName.get(name)?.field;
  if (column.isEnvelope || field === undefined) return sql;
  return VALUES[field.facts.kind]?.(sql, docField(column, ROW, new Parameters())) ?? null;
}

/** @param sql what lists compare the field by. @param json the field in the doc */
type Value = (sql: string, json: string) => string;

const asItIs: Value = (sql) => sql;

const ofTypes =
  (types: string): Value =>
  (sql, json) =>
    `(case when jsonb_typeof(${json}) in (${types}) then ${sql} end)`;

const ofText = ofTypes(`'string'`);

const ofArray =
  (items: (json: string) => string): Value =>
  (_sql, json) =>
    `(case jsonb_typeof(${json}) when 'array' then ${items(json)} end)`;

/** What is no item of a set is left out of it, as ids_in() leaves out what is no id. */
const texts = (json: string) =>
  `array(select i #>> '{}' from jsonb_array_elements(${json}) i where jsonb_typeof(i) = 'string')`;

/** A field of each kind as a column. Doubles are numeric as other numbers are: as exact as they were written, and of any size. */
const VALUES: Readonly<Record<FieldKind, Value | null>> = {
  text: ofText,
  keyword: ofText,
  bool_or_keyword: ofTypes(`'string', 'boolean'`),
  keywords: ofArray(texts),
  instant: asItIs,
  inst: asItIs,
  local_date: asItIs,
  long: (sql) =>
    `(case when ${sql} % 1 = 0 and ${sql} between -9223372036854775808 and 9223372036854775807 then ${sql}::bigint end)`,
  double: asItIs,
  number: asItIs,
  bool: asItIs,
  ref: (sql, json) => `(case when pg_input_is_valid(${ofText(sql, json)}, 'uuid') then ${sql}::uuid end)`,
  refs: ofArray((json) => `ids_in(${json})`),
  json: null,
};
