import type pg from 'pg';
import { fieldExpression } from '../api/rest/column-sql.ts';
import { type Column, columnNames, columnOf } from '../api/rest/columns.ts';
import { Parameters } from '../api/rest/parameters.ts';
import { isProjectable } from '../api/rest/projection.ts';
import type { EntityType } from '../domain/define-entity-type.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { LOCK_TIMEOUT_MS, patiently } from './patiently.ts';

const CHUNK_ROWS = 2_000;

const SQL_TYPES: Partial<Record<Column['kind'], string>> = {
  instant: 'timestamptz',
  date: 'date',
  number: 'numeric',
  boolean: 'boolean',
};

export interface Projection {
  /** As the owner. */
  readonly database: pg.Client;
  readonly type: EntityType;
  /** The fields that get an index for each user. */
  readonly indexed: readonly string[];
  readonly onRows: (rows: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Gives a type its projection while writes go on, or goes on where an earlier run stopped: a table with a column for each field that
 * is no set, kept by triggers, filled in chunks, compared with the docs, and from then on used by lists.
 * @returns how many rows it has
 * @throws CliFailure when the comparison finds a difference: lists do not use it then
 */
export async function projectType({ database, type, indexed, onRows, signal }: Projection): Promise<number> {
  const fields = projectedFields(type);
  const unknown = indexed.find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) {
    throw new CliFailure(EXIT.usage, `${type.name} has no field ${unknown} that can be a column.`, {
      hint: `It has ${fields.map(({ name }) => name).join(', ')}.`,
    });
  }
  const table = `projected_${type.name}`;
  const values = fields.map(({ sql }) => `, ${sql}`).join('');
  await database.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  const { rowCount } = await database.query('select from projections where entity_type = $1', [type.name]);
  if (rowCount === 0) await patiently(signal, () => makeProjection(database, type.name, fields, indexed));

  for (let filled = 0, rows = -1; rows !== 0; onRows(filled)) {
    signal.throwIfAborted();
    // One statement, one transaction: rows and checkpoint. What a trigger has written is newer than what is read here.
    const chunk = await database.query(
      `with page as (
        select e.* from entities e, projections p
        where p.entity_type = $1 and e.entity_type = $1 and e.entity_id > p.cursor order by e.entity_id limit ${CHUNK_ROWS}
      ), filled as (
        insert into ${table} select e.entity_id, e.user_id${values} from page e on conflict do nothing
      )
      update projections p set cursor = l.entity_id
        from (select entity_id, (select count(*)::integer from page) as rows from page order by entity_id desc limit 1) l
        where p.entity_type = $1 returning l.rows`,
      [type.name],
    );
    rows = chunk.rows[0]?.rows ?? 0;
    filled += rows;
  }
  // An entity that was evicted while its chunk was on the way has come back.
  await database.query(
    `delete from ${table} p where not exists (select from entities e where e.entity_id = p.entity_id)`,
  );
  const columns = ['entity_id', 'user_id', ...fields.map(({ name }) => `"${name}"`)].join(', ');
  const { rows } = await database.query<{ differing: number; total: number }>(
    `with docs as (select e.entity_id, e.user_id${values} from entities e where e.entity_type = $1),
      differing as ((table docs except select ${columns} from ${table}) union all (select ${columns} from ${table} except table docs))
    select (select count(*)::integer from differing) as differing, (select count(*)::integer from docs) as total`,
    [type.name],
  );
  const { differing = 0, total = 0 } = rows[0] ?? {};
  if (differing > 0) {
    throw new CliFailure(EXIT.findings, `${differing} rows of ${table} are not what the docs say.`, {
      hint: 'No list uses it. Drop it with --drop, and report this.',
    });
  }
  await database.query(`analyze ${table}`);
  await database.query('update projections set is_complete = true where entity_type = $1', [type.name]);
  return total;
}

/** Takes a projection away; lists go on over docs. */
export async function dropProjection(database: pg.Client, type: EntityType, signal: AbortSignal): Promise<void> {
  await database.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
  // Statements of one text are one transaction, which a lock that does not come rolls back whole.
  await patiently(signal, () =>
    database.query(`
      delete from projections where entity_type = '${type.name}';
      drop trigger if exists project_${type.name} on entities;
      drop trigger if exists unproject_${type.name} on entities;
      drop function if exists project_${type.name}();
      drop view if exists own_projected_${type.name};
      drop table if exists projected_${type.name}`),
  );
}

interface ProjectedField extends Column {
  /** Its value, of a row of entities named `e`. */
  readonly sql: string;
}

function projectedFields(type: EntityType): ProjectedField[] {
  return columnNames(type).flatMap((name) => {
    const { sql, column } = fieldExpression(type, { name, path: [], asText: false }, 'e', new Parameters());
    return isProjectable(columnOf(type, name)) ? [{ ...column, sql }] : [];
  });
}

async function makeProjection(
  database: pg.Client,
  type: string,
  fields: readonly ProjectedField[],
  indexed: readonly string[],
): Promise<void> {
  const table = `projected_${type}`;
  const columns = fields.map(({ name, kind }) => `, "${name}" ${SQL_TYPES[kind] ?? 'text'}`).join('');
  const updates = fields.map(({ name }) => `, "${name}" = excluded."${name}"`).join('');
  await database.query('begin');
  try {
    await database.query(
      `create table ${table} (entity_id uuid primary key, user_id uuid${columns});
      comment on table ${table} is 'Fields of ${type} as columns; see projections';
      ${indexed
        .flatMap((name) =>
          ['', ' desc nulls last'].map((order) => `create index on ${table} (user_id, "${name}"${order}, entity_id);`),
        )
        .join('\n')}
      -- As own_entities: a policy would keep conditions out of the indexes.
      create view own_${table} as select * from ${table} where user_id = (select caller());
      grant select on own_${table} to annals_app;
      create function project_${type}() returns trigger language plpgsql security definer set search_path = public, pg_temp as $project$
      begin
        if tg_op = 'DELETE' then
          delete from ${table} where entity_id = old.entity_id;
          return null;
        end if;
        insert into ${table} select e.entity_id, e.user_id${fields.map(({ sql }) => `, ${sql}`).join('')} from (select new.*) e
          on conflict (entity_id) do update set user_id = excluded.user_id${updates};
        return null;
      end $project$;
      create trigger project_${type} after insert or update on entities for each row
        when (new.entity_type = '${type}') execute function project_${type}();
      create trigger unproject_${type} after delete on entities for each row
        when (old.entity_type = '${type}') execute function project_${type}();`,
    );
    await database.query('insert into projections (entity_type, fields, indexed) values ($1, $2, $3)', [
      type,
      JSON.stringify(Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))),
      indexed,
    ]);
    await database.query('commit');
  } catch (error) {
    await database.query('rollback');
    throw error;
  }
}
