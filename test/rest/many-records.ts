import type pg from 'pg';

const BATCH = 50_000;

/**
 * A user's life, written straight into the log and folded: a habit for every 2,000 logs, then logs a minute apart from
 * 2000 on, every fifth of two versions. @param owner connected as the schema's owner
 */
export async function writeManyRecords(owner: pg.Client, userId: string, logs: number): Promise<void> {
  const habits = Math.max(1, Math.floor(logs / 2_000));
  await owner.query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
    select 1, '2000-01-01Z', '2000-01-01Z', md5($1 || 'habit' || n)::uuid, $1::uuid, 'habit',
      jsonb_build_object('label', 'habit ' || n, 'archived', n % 50 = 1, 'created_at', '2000-01-01T00:00:00Z')
    from generate_series(1, $2::integer) n`,
    [userId, habits],
  );
  for (let from = 1; from <= logs; from += BATCH) {
    await owner.query(
      `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
      select n * 2 + v, t.at + v * interval '1 hour', t.at + v * interval '1 hour', md5($1 || 'log' || n)::uuid, $1::uuid, 'habit_log',
        jsonb_build_object(
          'timestamp', to_char(t.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'time_zone', 'UTC',
          'notes', 'note ' || n, 'habit_ids', jsonb_build_array(md5($1 || 'habit' || (1 + (n::bigint * 7919) % $4::integer))::uuid))
      from generate_series($2::integer, $3::integer) n
      cross join lateral (select '2000-01-01Z'::timestamptz + n * interval '1 minute' as at) t
      cross join generate_series(0, case when n % 5 = 0 then 1 else 0 end) v`,
      [userId, from, Math.min(logs, from + BATCH - 1), habits],
    );
  }
  for (;;) {
    const { rows } = await owner.query(
      `select fold_entities(array_agg(entity_id), now()), count(*)::integer as n
      from (select distinct e.entity_id from event_log e where e.user_id = $1
        and not exists (select from entities f where f.entity_id = e.entity_id) limit ${BATCH}) l`,
      [userId],
    );
    if (rows[0].n < BATCH) break;
  }
  await owner.query('vacuum analyze event_log');
  await owner.query('vacuum analyze entities');
}
