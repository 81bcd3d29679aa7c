/**
 * Which records a person sees without asking: not soft-deleted, not sensitive, not archived, and of no parent that is
 * sensitive or archived. The one definition, for every statement that answers several records.
 */

/** What is shown on request. */
export interface Shown {
  readonly deleted: boolean;
  readonly sensitive: boolean;
  readonly archived: boolean;
}

/** As rollups count them, by hidden_bits() in the database: what is shown besides what nothing hides. */
export const shownBits = ({ sensitive, archived }: Shown): number => (sensitive ? 1 : 0) + (archived ? 2 : 0);
const bitsSql = (shown: Shown): string => `${shownBits(shown)}::smallint`;

/** SQL of the moment that is read; null is now. */
export interface MomentSql {
  readonly valid_time: string;
  readonly tx_time: string;
}

/**
 * A CTE for {@link visibleSql}, in parentheses: one row, `ids`, the parents that hide their records.
 * @param userId SQL of the user's id
 * @param parents SQL of the entity types that parents have, a text[]; null: any
 */
export function hiddenParentsSql(
  shown: Shown,
  userId: string,
  parents: string | null,
  moment: MomentSql | null,
): string {
  const flags = [...(shown.sensitive ? [] : ['sensitive']), ...(shown.archived ? [] : ['archived'])];
  if (flags.length === 0) return `(select '{}'::uuid[] as ids)`;
  if (moment === null) return `(select hidden_parents(${userId}, ${bitsSql(shown)}, ${parents ?? 'null'}) as ids)`;
  const ofTypes = parents === null ? '' : ` and p.entity_type = any (${parents})`;
  return `(select coalesce(array_agg(distinct p.entity_id), '{}') as ids from event_log p
    where p.user_id = ${userId}${ofTypes} and (${flags.map((flag) => `p.doc @> '{"${flag}": true}'`).join(' or ')})
      and p.valid_time <= ${moment.valid_time} and p.tx_time <= ${moment.tx_time}
      and not exists (
        select from event_log n where n.entity_id = p.entity_id
          and n.valid_time <= ${moment.valid_time} and n.tx_time <= ${moment.tx_time}
          and (n.valid_time, n.tx_time, n.tx) > (p.valid_time, p.tx_time, p.tx)
      ))`;
}

/** Where a record's parents are found. */
export interface Parents {
  /** Name of the CTE made by {@link hiddenParentsSql}. */
  readonly hidden: string;
  /** The fields of the type's relations; null where the type is not known, and `related` has them all. */
  readonly fields: readonly string[] | null;
}

/** The condition on a record. @param row alias of a row of entities */
export function visibleSql(shown: Shown, row: string, { hidden, fields }: Parents, moment: MomentSql | null): string {
  const ids = `(select ids from ${hidden})`;
  const isShown = (related: string) =>
    `is_shown(${bitsSql(shown)}, ${row}.sensitive, ${row}.archived, ${related}, ${ids})`;
  if (moment === null) return `${shown.deleted ? '' : `${row}.deleted_at is null and `}${isShown(`${row}.related`)}`;
  const conditions = [
    // Of a computed column Postgres believes that it is null once in 200 rows, and then reads a whole past to find a page of it.
    ...(shown.deleted ? [] : [`(${row}.deleted_at >= '-infinity') is not true`]),
    // Of the past, `related` would be computed for each row.
    isShown(fields === null ? `${row}.related` : `'{}'`),
    ...(fields ?? []).map((field) => `(${row}.doc -> '${field}' ?| ${ids}::text[]) is not true`),
  ];
  return conditions.join(' and ');
}
