import type pg from 'pg';

export interface DataSize {
  readonly events: number;
  readonly users: number;
  /** How many days back they reach. */
  readonly days: number;
  /** Of the first user, whatever the others have; left out, all have as many. */
  readonly of_first?: number;
}

/** The user with this number, 0 first. */
export const userId = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/**
 * Fills an empty database with records of five types, one event each, spread evenly over users and days, and over 20 things of the
 * user's own that they are about: straight into both tables, as an import would leave them, since folding millions one by one is
 * not what is measured here. In the order of their ids, which is none of time: ten million random ids into a unique index that no
 * cache holds took over ten minutes.
 * @param andThen what else is done before there are indexes: ten million random ids, one by one into nine that no cache holds, took
 * over twenty minutes
 */
export async function fillDatabase(
  client: pg.ClientBase,
  { events, users, days, of_first }: DataSize,
  andThen: (client: pg.ClientBase) => Promise<unknown> = async () => {},
): Promise<void> {
  await client.query(`begin; set local maintenance_work_mem = '1GB'`);
  const indexes = await dropIndexes(client);
  await client.query(
    `create temp table filled on commit drop as
    select gen_random_uuid() as entity_id,
      ('00000000-0000-4000-8000-' || lpad(to_hex(user_n), 12, '0'))::uuid as user_id,
      (array['habit_log', 'project_log', 'exercise_session', 'medication_log', 'task'])[1 + (n + n / $2) % 5] as entity_type,
      now() - interval '1 day' - random() * make_interval(days => $3) as at,
      1 + (random() * 90)::integer as minutes,
      ('11111111-1111-4111-8111-' || lpad(to_hex(user_n * 20 + (random() * 19)::integer), 12, '0'))::uuid as about
    from generate_series(0, $1 - 1) n
    cross join lateral (select case when $4::integer is null then n % $2 when n < $4 then 0 else 1 + n % ($2 - 1) end) u(user_n)
    order by entity_id`,
    [events, users, days, of_first ?? null],
  );
  await client.query(
    `create temp table documents on commit drop as
    select f.*, case entity_type
        when 'habit_log' then jsonb_build_object('timestamp', iso(at), 'time_zone', 'Europe/Berlin', 'habit_ids', jsonb_build_array(about))
        when 'project_log' then jsonb_build_object('beginning', iso(at), 'end', iso(at + make_interval(mins => minutes)), 'time_zone', 'Europe/Berlin', 'project_id', about)
        when 'exercise_session' then jsonb_build_object('beginning', iso(at), 'end', iso(at + make_interval(mins => minutes)))
        when 'medication_log' then jsonb_build_object('timestamp', iso(at), 'medication_id', about, 'dosage', minutes, 'unit', 'mg')
        else jsonb_build_object('label', 'Sow', 'state', 'done', 'created_at', iso(at), 'done_at', iso(at + make_interval(mins => minutes)))
      end as doc
    from filled f`,
  );
  await client.query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
    select nextval('tx_seq'), at, at, entity_id, user_id, entity_type, doc from documents`,
  );
  await client.query(
    `insert into entities (
      entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, last_tx_time, sensitive, archived,
      entity_type, related, doc
    )
    select d.entity_id, d.user_id, e.seq,
      case when d.entity_type = 'task' then at + make_interval(mins => minutes) else at end,
      case when d.entity_type in ('habit_log', 'medication_log') then at else at + make_interval(mins => minutes) end,
      at, at, at, false, false, d.entity_type,
      case when d.entity_type in ('habit_log', 'project_log', 'medication_log') then array[about] else '{}' end, d.doc
    from documents d join event_log e using (entity_id)
    order by entity_id`,
  );
  await andThen(client);
  for (const definition of indexes) await client.query(definition);
  await client.query('commit');
  await client.query('vacuum analyze event_log, entities');
}

/** @returns what makes them again */
async function dropIndexes(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
    where indrelid in ('event_log'::regclass, 'entities'::regclass) and not indisunique`,
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}
