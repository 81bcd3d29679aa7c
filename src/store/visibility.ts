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

export const SHOW_NOTHING_HIDDEN: Shown = { deleted: false, sensitive: false, archived: false };

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
  const ofTypes = parents === null ? '' : ` and p.entity_type = any (${parents})`;
  if (flags.length === 0) return `(select '{}'::uuid[] as ids)`;
  if (moment === null) {
    return `(select coalesce(array_agg(p.entity_id), '{}') as ids from own_entities p
      where p.user_id = ${userId}${ofTypes} and (${flags.map((flag) => `p.${flag}`).join(' or ')}))`;
  }
  return `(select coalesce(array_agg(distinct p.entity_id), '{}') as ids from event_log p
    where p.user_id = ${userId}${ofTypes} and (${flags.map((flag) => `p.doc @> '{"${flag}": true}'`).join(' or ')})
      and p.valid_time <= ${moment.valid_time} and p.tx_time <= ${moment.tx_time}
      and not exists (
        select from event_log n where n.entity_id = p.entity_id
          and n.valid_time <= ${moment.valid_time} and n.tx_time <= ${moment.tx_time}
          and (n.valid_time, n.tx_time, n.tx) > (p.valid_time, p.tx_time, p.tx)
      ))`;
}

/**
 * The condition on a record.
 * @param row alias of a row of entities
 * @param hidden name of the CTE made by {@link hiddenParentsSql}; null where records of the type have no parents
 */
export function visibleSql(shown: Shown, row: string, hidden: string | null): string {
  const conditions = [
    ...(shown.deleted ? [] : [`${row}.deleted_at is null`]),
    ...(shown.sensitive ? [] : [`not ${row}.sensitive`]),
    ...(shown.archived ? [] : [`not ${row}.archived`]),
    ...(hidden === null || (shown.sensitive && shown.archived)
      ? []
      : [`((select cardinality(ids) from ${hidden}) = 0 or not ${row}.related && (select ids from ${hidden}))`]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}
