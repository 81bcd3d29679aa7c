import type { EntityType } from '../../domain/define-entity-type.ts';
import type { Moment } from '../../store/get-entity.ts';
import { hiddenParentsSql, type MomentSql, visibleSql } from '../../store/visibility.ts';
import type { ColumnKind } from './columns.ts';
import { filterSql } from './filter-sql.ts';
import { afterSql, checkPlace, type OrderKey, orderBySql, orderKeys, placeSql } from './order-sql.ts';
import { Parameters } from './parameters.ts';
import type { Filter } from './parse-filter.ts';
import { type PlannedEmbed, planEmbeds } from './plan-embeds.ts';
import type { Preferences } from './preferences.ts';
import { LISTED_ROW } from './projection.ts';
import { parentTypes, relationFields } from './relationship.ts';
import type { RestQuery } from './rest-query.ts';
import { existsSql, rowSql } from './row-sql.ts';
import type { RowsRange } from './rows-range.ts';
import { listSource, projectedSource, type Sight } from './source-sql.ts';

export interface Compiled {
  readonly text: string;
  /** The value of `$1`. */
  readonly parameters: string;
  readonly embeds: readonly PlannedEmbed[];
  /** As {@link Parameters.projectable}. */
  readonly projectable: ReadonlyMap<string, ColumnKind>;
}

/** Everything that a statement over a type's records is made of. */
export interface Selection {
  readonly type: EntityType;
  readonly query: RestQuery;
  readonly sight: Sight;
  readonly embeds: readonly PlannedEmbed[];
  /** The statement's CTEs. */
  readonly hidden: string;
  readonly from: string;
  readonly where: string;
}

/**
 * @param isProjected whether the type's projection is read beside its docs: of the present alone
 * @throws RestProblem for what the type does not have, or cannot compare
 */
export function selectionOf(
  type: EntityType,
  query: RestQuery,
  userId: string,
  moment: Moment,
  isProjected = false,
): Selection {
  const parameters = new Parameters(isProjected);
  const { shown } = query;
  const sight: Sight = {
    parameters,
    userId: `${parameters.add(userId)}::uuid`,
    moment: momentSql(moment, parameters),
    shown,
  };
  const { embeds, filters } = planEmbeds(query, type);
  const parents = [...new Set([type, ...embeds.map(({ relationship }) => relationship.type)].flatMap(parentTypes))];
  const { from, where } = (isProjected ? projectedSource : listSource)(sight, type.name, LISTED_ROW);
  const conditions = [
    where,
    // Who names a record by its id means that one, hidden or not.
    ...(pinnedIds(filters) === null
      ? [visibleSql(shown, 's', { hidden: 'hidden', fields: relationFields(type) }, sight.moment)]
      : []),
    ...filters.map((filter) => filterSql(filter, type, 's', parameters)),
    ...embeds.filter(({ mustExist }) => mustExist !== null).map((embed) => existsSql(embed, 's', sight)),
  ];
  const hidden = `with hidden as materialized ${hiddenParentsSql(shown, sight.userId, parameters.addList(parents), sight.moment)}`;
  return { type, query, sight, embeds, hidden, from, where: conditions.join('\n    and ') };
}

/** The ids that a request names by `id=eq.…` or `id=in.(…)`; null when it names none. */
export function pinnedIds(filters: readonly Filter[]): readonly string[] | null {
  for (const filter of filters) {
    if (filter.kind !== 'test' || filter.field.name !== 'id' || filter.isNegated || filter.many !== null) continue;
    if (filter.operator === 'eq' && typeof filter.operand === 'string') return [filter.operand];
    if (filter.operator === 'in' && typeof filter.operand !== 'string') return filter.operand;
  }
  return null;
}

function momentSql({ valid_time, tx_time }: Moment, parameters: Parameters): MomentSql | null {
  if (valid_time === null && tx_time === null) return null;
  return {
    valid_time: valid_time === null ? 'now()' : `${parameters.add(valid_time)}::timestamptz`,
    tx_time: tx_time === null ? `'infinity'::timestamptz` : `${parameters.add(tx_time)}::timestamptz`,
  };
}

/** A page of a list with its count, each row's JSON as text, in one statement. @param place where a cursor stands */
export function readSql(selection: Selection, range: RowsRange, count: Preferences['count'], place: unknown): Compiled {
  const { type, query, sight, embeds, hidden, from, where } = selection;
  const { parameters } = sight;
  const keys = orderKeys(query.own.order, type, 's', parameters);
  const row = rowSql(query.select, embeds, type, 's', sight);
  const after = place === null ? '' : `\n    and ${afterSql(keys, checkPlace(keys, place), parameters)}`;
  const text = `${hidden}
select t.total::text as total, r.id, r.version::text as version, r.body, r.hints, r.place
from (select ${countSql(selection, count)} as total) t
left join (
  select s.entity_id as id, s.version, (${row.body})::text as body, (${row.hints})::text as hints, s.place, s.n
  from (
    select s.*, ${placeSql(keys)} as place, row_number() over (order by ${orderBySql(keys)}) as n
    from ${from}
    where ${where}${after}
    order by ${orderBySql(keys)}
    limit ${range.limit} offset ${range.offset}
  ) s
  ${row.joins}
) r on true
order by r.n`;
  return { text, parameters: parameters.text, embeds, projectable: parameters.projectable };
}

/** Up to here an estimate is an exact count. */
const EXACT_ESTIMATE_ROWS = 1_000;

function countSql({ sight, hidden, from, where }: Selection, count: Preferences['count']): string {
  if (count === null) return 'null::bigint';
  if (count === 'exact') return `(select count(*) from ${from} where ${where})`;
  const statement = `${hidden} select from ${from} where ${where}`;
  const planned = `plan_rows(${sight.parameters.add(statement)}, $1::text[])`;
  if (count === 'planned') return planned;
  return `(
    select case when c.counted <= ${EXACT_ESTIMATE_ROWS} then c.counted else greatest(${planned}, c.counted) end
    from (select count(*) as counted from (select from ${from} where ${where} limit ${EXACT_ESTIMATE_ROWS + 1}) l) c
  )`;
}

/** The ids and versions of the rows that a write by filter is about; once more, of those in `$2`, under the locks. */
export function chooseSql({ hidden, from, where }: Selection, most: number): { choose: string; chooseAgain: string } {
  const statement = (more: string): string => `${hidden}
select array_agg(c.entity_id), array_agg(c.version)
from (select s.entity_id, s.version from ${from} where ${where}${more} order by s.entity_id limit ${most}) c`;
  return { choose: statement(''), chooseAgain: statement(' and s.entity_id = any ($2)') };
}

/** The rows that were written, ids in `$2`, as rest_write answers them; hidden ones too. */
export function writtenSql({ type, query, sight, embeds, hidden }: Selection): string {
  const { parameters } = sight;
  const keys: readonly OrderKey[] = orderKeys(query.own.order, type, 's', parameters);
  const row = rowSql(query.select, embeds, type, 's', sight);
  const order = query.own.order === null ? 'array_position($2, s.entity_id)' : orderBySql(keys);
  return `${hidden}
select null::text, count(*) over (), $3, s.entity_id, s.version, (${row.body})::text, (${row.hints})::text
from own_entities s
${row.joins}
where s.entity_id = any ($2) and s.user_id = ${sight.userId}
order by ${order}`;
}
