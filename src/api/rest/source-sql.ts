import type { MomentSql, Shown } from '../../store/visibility.ts';
import type { Parameters } from './parameters.ts';
import { PROJECTED_ROW } from './projection.ts';

/** The columns of the SQL type entity_state, in order. */
const STATE_COLUMNS = [
  'entity_id',
  'entity_type',
  'user_id',
  'version',
  'occurred_at',
  'occurred_until',
  'created_at',
  'updated_at',
  'deleted_at',
  'sensitive',
  'archived',
  'label',
  'related',
  'doc',
  'hints',
];

/** A row of entities, or of an alias like one, as SQL's entity_state. */
export const stateOf = (row: string): string =>
  `row(${STATE_COLUMNS.map((name) => `${row}.${name}`).join(', ')})::entity_state`;

/** What every list of a request has in common: whose, when, and what is shown. */
export interface Sight {
  readonly parameters: Parameters;
  /** SQL of the user's id. */
  readonly userId: string;
  readonly moment: MomentSql | null;
  readonly shown: Shown;
}

/** All records of a type, as `row`: now, or as of a moment. */
export function listSource(
  { parameters, userId, moment }: Sight,
  type: string,
  row: string,
): { from: string; where: string } {
  const name = parameters.add(type);
  const where = `${row}.user_id = ${userId} and ${row}.entity_type = ${name}`;
  if (moment !== null)
    return { from: `entities_at(${userId}, ${name}, ${moment.valid_time}, ${moment.tx_time}) ${row}`, where };
  return { from: `own_entities ${row}`, where };
}

/**
 * As {@link listSource} now, with the type's projection beside each row. Not over own_entities: its second half, versions that have just
 * come into force, cannot be looked up by id, and rest_read() sees to it that there are none.
 */
export function projectedSource(
  { parameters, userId }: Sight,
  type: string,
  row: string,
): { from: string; where: string } {
  return {
    from: `own_projected_${type} ${PROJECTED_ROW} join entities ${row} on ${row}.entity_id = ${PROJECTED_ROW}.entity_id`,
    where: `${PROJECTED_ROW}.user_id = ${userId} and ${row}.user_id = ${userId} and ${row}.entity_type = ${parameters.add(type)} and ${row}.doc is not null`,
  };
}

/** The records of a type with these ids. @param ids SQL of a uuid[] */
export function idsSource(
  { parameters, userId, moment }: Sight,
  type: string,
  ids: string,
  row: string,
): { from: string; where: string } {
  const where = `${row}.user_id = ${userId} and ${row}.entity_type = ${parameters.add(type)}`;
  if (moment === null) return { from: `own_entities ${row}`, where: `${row}.entity_id = any (${ids}) and ${where}` };
  return {
    from: `unnest(${ids}) i(id) cross join lateral state_at(i.id, ${moment.valid_time}, ${moment.tx_time}) ${row}`,
    where,
  };
}
