import type { EntityType } from '../../domain/define-entity-type.ts';
import { visibleSql } from '../../store/visibility.ts';
import { jsonExpression } from './column-sql.ts';
import { filterSql } from './filter-sql.ts';
import { orderBySql, orderKeys } from './order-sql.ts';
import type { SelectItem } from './parse-select.ts';
import type { PlannedEmbed } from './plan-embeds.ts';
import { relationFields } from './relationship.ts';
import { rowsRange } from './rows-range.ts';
import { idsSource, listSource, type Sight, stateOf } from './source-sql.ts';

/** Rows embedded in one record, at most and unless a smaller limit is asked for. */
const MAX_EMBEDDED = 100;

/** A record as the answer shows it. */
export interface RowSql {
  /** SQL of the JSON. */
  readonly body: string;
  /** SQL of a JSON array: the record's hints, then each embedded relation's; null where no text has to be put back. */
  readonly hints: string;
  /** Joins that the two refer to. */
  readonly joins: string;
}

/** SQL of what `select` asks of one record. @param row alias of a row of entities @param embeds in the order of `items` */
export function rowSql(
  items: readonly SelectItem[],
  embeds: readonly PlannedEmbed[],
  type: EntityType,
  row: string,
  sight: Sight,
): RowSql {
  const own = hintsOf(row);
  const others = embeds.map((embed) => `${embed.row}.hints`);
  const isAny = [own, ...others].map((hints) => `${hints} is not null`).join(' or ');
  return {
    body: bodySql(items, embeds, type, row, sight),
    hints: `case when ${isAny} then json_build_array(${[own, ...others].join(', ')}) end`,
    joins: embeds.map((embed) => embedJoin(embed, row, sight)).join('\n'),
  };
}

/** Hints matter to an answer only where they hold texts that jsonb cannot: those are written with a backslash. */
const hintsOf = (row: string): string => `(case when position('\\' in ${row}.hints::text) > 0 then ${row}.hints end)`;

function bodySql(
  items: readonly SelectItem[],
  embeds: readonly PlannedEmbed[],
  type: EntityType,
  row: string,
  { parameters }: Sight,
): string {
  const isAll = items.some((item) => item.kind === 'all');
  const pairs: string[] = [];
  let embedded = 0;
  for (const item of items) {
    if (item.kind === 'field') {
      const value = jsonExpression(type, item.field, row, parameters);
      const text = item.asText && !item.field.asText ? `(to_jsonb(${value}) #>> '{}')` : value;
      pairs.push(`${parameters.add(item.alias)}, ${text}`);
    } else if (item.kind === 'embed') {
      const rows = embeds[embedded++];
      if (rows !== undefined && item.items.length > 0) pairs.push(`${parameters.add(item.alias)}, ${rows.row}.body`);
    }
  }
  // json keeps the order of its keys, which jsonb does not.
  if (!isAll) return `json_build_object(${pairs.join(', ')})`;
  const record = `entity_record(${stateOf(row)})`;
  return pairs.length === 0 ? record : `(${record} || jsonb_build_object(${pairs.join(', ')}))`;
}

function embedJoin(planned: PlannedEmbed, parent: string, sight: Sight): string {
  const { embed, relationship, scope, row } = planned;
  const keys = orderKeys(scope.order, relationship.type, row, sight.parameters);
  const { from, where } = embedSource(planned, parent, sight);
  const isOne = relationship.direction === 'forward' && !relationship.isSet;
  const { limit, offset } = rowsRange(scope.limit, scope.offset, undefined);
  const body = bodySql(embed.items.length === 0 ? [{ kind: 'all' }] : embed.items, [], relationship.type, row, sight);
  return `left join lateral (
    select ${isOne ? 'json_agg(x.body) -> 0' : `coalesce(json_agg(x.body order by x.n), '[]')`} as body,
      case when bool_or(x.hints is not null) then json_agg(x.hints order by x.n) end as hints
    from (
      select ${body} as body, ${hintsOf(row)} as hints, ${row}.n
      from (
        select ${row}.*, row_number() over (order by ${orderBySql(keys)}) as n
        from ${from} where ${where}
        order by ${orderBySql(keys)} limit ${isOne ? 1 : Math.min(limit, MAX_EMBEDDED)} offset ${offset}
      ) ${row}
    ) x
  ) ${row} on true`;
}

/** The condition that a parent has, or has not, an embedded record. */
export function existsSql(planned: PlannedEmbed, parent: string, sight: Sight): string {
  const { from, where } = embedSource(planned, parent, sight);
  return `${planned.mustExist === false ? 'not ' : ''}exists (select from ${from} where ${where})`;
}

function embedSource(
  { relationship, scope, row }: PlannedEmbed,
  parent: string,
  sight: Sight,
): { from: string; where: string } {
  const { type, field, direction, isSet } = relationship;
  const conditions = [
    visibleSql(sight.shown, row, { hidden: 'hidden', fields: relationFields(type) }, sight.moment),
    ...scope.filters.map((filter) => filterSql(filter, type, row, sight.parameters)),
  ];
  if (direction === 'forward') {
    const source = idsSource(sight, type.name, `ids_in(${parent}.doc -> '${field}')`, row);
    return { from: source.from, where: [source.where, ...conditions].join(' and ') };
  }
  const source = listSource(sight, type.name, row);
  const id = isSet ? `jsonb_build_array(${parent}.entity_id)` : `${parent}.entity_id`;
  const leadsHere = `${row}.doc @> jsonb_build_object('${field}', ${id})`;
  return { from: source.from, where: [source.where, leadsHere, ...conditions].join(' and ') };
}
