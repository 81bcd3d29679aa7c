import type { EntityType } from '../../domain/define-entity-type.ts';
import { fieldExpression } from './column-sql.ts';
import type { ColumnKind } from './columns.ts';
import { operand } from './operand.ts';
import type { Parameters } from './parameters.ts';
import type { OrderTerm } from './parse-order.ts';
import { RestProblem } from './rest-problem.ts';

/** One key of a list's order. */
export interface OrderKey {
  readonly sql: string;
  readonly kind: ColumnKind | 'jsonb';
  readonly direction: 'asc' | 'desc';
  readonly nulls: 'first' | 'last' | 'none';
}

const NEWEST_FIRST: OrderTerm = {
  field: { name: 'occurred_at', path: [], asText: false },
  direction: 'desc',
  nulls: 'first',
};

/**
 * The keys that put a list in one order for good: what was asked for, newest first when nothing was, and the id last.
 * The field of the time axis orders as occurred_at, whose index runs both ways: backwards the ids do too.
 */
export function orderKeys(
  terms: readonly OrderTerm[] | null,
  type: EntityType,
  row: string,
  parameters: Parameters,
): OrderKey[] {
  const asked = terms === null || terms.length === 0 ? [NEWEST_FIRST] : terms;
  const keys = asked.map((term): OrderKey => {
    const { sql, column, isPath } = fieldExpression(type, term.field, row, parameters);
    if (column.isAxis && !isPath)
      return { sql: `${row}.occurred_at`, kind: 'instant', direction: term.direction, nulls: 'none' };
    const kind = isPath
      ? term.field.asText
        ? 'text'
        : 'jsonb'
      : column.kind === 'set' || column.kind === 'json'
        ? 'jsonb'
        : column.kind;
    return { sql, kind, direction: term.direction, nulls: term.nulls };
  });
  const isAscendingAxis = keys[0]?.nulls === 'none' && keys[0].direction === 'asc';
  const id: OrderKey = {
    sql: `${row}.entity_id`,
    kind: 'uuid',
    direction: isAscendingAxis ? 'desc' : 'asc',
    nulls: 'none',
  };
  return [...keys, id];
}

/** The keys as SQL's `order by` has them. */
export const orderBySql = (keys: readonly OrderKey[]): string =>
  keys.map(({ sql, direction, nulls }) => `${sql} ${direction}${nulls === 'none' ? '' : ` nulls ${nulls}`}`).join(', ');

/** A row's place in the order, as text for a cursor: an array of texts and nulls. */
export const placeSql = (keys: readonly OrderKey[]): string =>
  `json_build_array(${keys.map(({ sql, kind }) => (kind === 'instant' ? `iso(${sql})` : `(${sql})::text`)).join(', ')})::text`;

/** The condition that a row comes after a place. @param place as {@link placeSql} gave it */
export function afterSql(keys: readonly OrderKey[], place: readonly (string | null)[], parameters: Parameters): string {
  const values = keys.map((key, index) => valueSql(key, place[index] ?? null, parameters));
  let condition = 'false';
  for (const [index, key] of [...keys.entries()].reverse()) {
    const value = values[index] ?? null;
    const beyond = beyondSql(key, value);
    const equal = value === null ? `${key.sql} is null` : `${key.sql} = ${value}`;
    condition = condition === 'false' ? beyond : `(${beyond} or (${equal} and ${condition}))`;
  }
  const [first] = keys;
  const [value] = values;
  // Says to the index where to begin; it follows from the rest.
  if (first?.nulls === 'none' && typeof value === 'string')
    return `(${first.sql} ${first.direction === 'asc' ? '>=' : '<='} ${value} and ${condition})`;
  return condition;
}

function beyondSql({ sql, direction, nulls }: OrderKey, value: string | null): string {
  if (value === null) return nulls === 'first' ? `(${sql} is not null)` : '(false)';
  const compared = `${sql} ${direction === 'asc' ? '>' : '<'} ${value}`;
  return nulls === 'last' ? `(${compared} or ${sql} is null)` : `(${compared})`;
}

function valueSql({ kind }: OrderKey, text: string | null, parameters: Parameters): string | null {
  if (text === null) return null;
  if (kind === 'jsonb') return operand('json', text, parameters).sql;
  if (kind === 'instant' && /^-?infinity$/.test(text)) return `${parameters.add(text)}::timestamptz`;
  return operand(kind, text, parameters).sql;
}

/** @throws RestProblem when the cursor was made for another order, or by nobody */
export function checkPlace(keys: readonly OrderKey[], place: unknown): (string | null)[] {
  if (!Array.isArray(place) || place.length !== keys.length) throw badCursor();
  return place.map((value: unknown, index) => {
    if (typeof value !== 'string' && (value !== null || keys[index]?.nulls === 'none')) throw badCursor();
    return value;
  });
}

/** PGRST100, that the cursor was made for another list, or by nobody. */
export const badCursor = (): RestProblem =>
  new RestProblem(400, 'PGRST100', 'the cursor is not one of this list', {
    hint: 'Send the header Next-Cursor of the page before, unchanged, with the same order; cursor= begins anew.',
  });
