import type { EntityType } from '../../domain/define-entity-type.ts';
import { type Column, columnOf } from './columns.ts';
import type { FieldReference } from './field-reference.ts';
import type { Parameters } from './parameters.ts';
import { isProjectable, LISTED_ROW, PROJECTED_ROW } from './projection.ts';
import { RestProblem } from './rest-problem.ts';

/** A field as SQL sees it: an expression with a type of its own, to compare and order by. */
export interface Expression {
  readonly sql: string;
  readonly column: Column;
  /** Within JSON: no kind is known but that of the arrow. */
  readonly isPath: boolean;
  /** A column of its own, with an index perhaps: the index on docs knows nothing better. */
  readonly isProjected: boolean;
}

const ENVELOPE_SQL: Readonly<Record<string, string>> = { id: 'entity_id' };

/** @param row the alias of a row of entities */
export function fieldExpression(
  type: EntityType,
  field: FieldReference,
  row: string,
  parameters: Parameters,
): Expression {
  const column = columnOf(type, field.name);
  if (field.path.length > 0)
    return { sql: pathSql(column, field, row, parameters), column, isPath: true, isProjected: false };
  // Its index is worth more than the field of a document that its schema would refuse today, which stands by another time.
  if (column.isAxis) return { sql: `${row}.occurred_at`, column, isPath: false, isProjected: false };
  if (row === LISTED_ROW && isProjectable(column)) {
    parameters.projectable.set(column.name, column.kind);
    if (parameters.isProjected)
      return { sql: `${PROJECTED_ROW}."${column.name}"`, column, isPath: false, isProjected: true };
  }
  return { sql: columnSql(column, row, parameters), column, isPath: false, isProjected: false };
}

/** The field's JSON, as an answer shows it. */
export function jsonExpression(type: EntityType, field: FieldReference, row: string, parameters: Parameters): string {
  const column = columnOf(type, field.name);
  if (field.path.length > 0) return pathSql(column, field, row, parameters);
  if (!column.isEnvelope) return docField(column, row, parameters);
  const sql = columnSql(column, row, parameters);
  if (column.kind !== 'instant') return sql;
  // These two are in the doc as well, there to the nanosecond.
  if (column.name === 'created_at' || column.name === 'deleted_at')
    return `coalesce(${row}.doc -> '${column.name}', to_jsonb(iso(${sql})))`;
  return `iso(${sql})`;
}

/** SQL of a field's JSON in the doc, null where it has none. */
export function docField(column: Column, row: string, parameters: Parameters): string {
  return `${row}.doc -> ${keySql(column, parameters)}`;
}

/** A name of the schema as a literal; any other as a parameter. */
const keySql = ({ name }: Column, parameters: Parameters): string =>
  /^[a-z][a-z0-9_]*$/.test(name) ? `'${name}'` : parameters.add(name);

/** SQL of a column with the type that it compares by, null where the doc has nothing of that type. */
export function columnSql(column: Column, row: string, parameters: Parameters): string {
  if (column.isEnvelope) return `${row}.${ENVELOPE_SQL[column.name] ?? column.name}`;
  const json = docField(column, row, parameters);
  const text = `${row}.doc ->> ${keySql(column, parameters)}`;
  // History may hold anything in any field: what has not the field's type compares as null.
  switch (column.kind) {
    case 'instant':
      return `as_instant(${text})`;
    case 'date':
      return `as_date(${text})`;
    case 'number':
      return `(case jsonb_typeof(${json}) when 'number' then (${json})::numeric end)`;
    case 'boolean':
      return `(case jsonb_typeof(${json}) when 'boolean' then (${json})::boolean end)`;
    case 'set':
    case 'json':
      return `(${json})`;
    default:
      return `(${text})`;
  }
}

function pathSql(column: Column, field: FieldReference, row: string, parameters: Parameters): string {
  if (column.isEnvelope) {
    throw new RestProblem(400, '42883', `${column.name} is not JSON: it has no ${field.path.join('->')} inside`);
  }
  const keys = parameters.addList([column.name, ...field.path]);
  return `(${row}.doc ${field.asText ? '#>>' : '#>'} ${keys})`;
}
