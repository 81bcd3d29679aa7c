import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { refresh } from '../../src/analytics/refresh.ts';
import { listDrifts } from '../../src/store/list-drifts.ts';
import { ROLLUPS } from '../drifted-rollups.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore, projectLog, put } from './analytics-store.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

const check = async () => {
  await settled(store.owner());
  return refresh(store.road(), { scheduled_for: null, names: ['drift_check'], rebuild: false });
};
const log = (day: string) =>
  put(randomUUID(), 'project_log', projectLog(`${day}T10:00:00Z`, `${day}T11:00:00Z`, 'UTC'));

test('a rollup that differs from its definition is found, logged and healed; one that is merely behind is not', async () => {
  const user = randomUUID();
  await store.transact(user, [log('2026-01-01'), log('2026-01-02'), log('2026-01-03')]);
  await store.refresh();
  expect((await check())?.outcomes).toMatchObject([{ name: 'drift_check', rows: 0, error: null }]);

  // Behind the log, as a rollup may be: no drift.
  await store.transact(user, [
    log('2026-01-04'),
    put(user, 'user', { email: 'a@example.com', time_zone: 'Asia/Tokyo' }),
  ]);
  expect((await check())?.outcomes).toMatchObject([{ rows: 0 }]);
  await store.refresh();

  await store
    .owner()
    .query('update daily_activity set records = 7 where user_id = $1 and day = $2', [user, '2026-01-01']);
  await store.owner().query('delete from daily_related where user_id = $1 and day = $2', [user, '2026-01-02']);
  await store
    .owner()
    .query(
      "insert into task_flow (user_id, entity_type, day, hidden, created, done, snoozed) values ($1, 'task', '2026-01-09', 0, 1, 0, 0)",
      [user],
    );
  const found = await check();
  expect(found?.outcomes).toMatchObject([{ name: 'drift_check', rows: 3, error: null }]);
  expect(found?.outcomes[0]?.buckets).toBeGreaterThanOrEqual(5);
  const drifts = (await listDrifts(store.road(), 10)).map(({ name, day, stored, expected }) => [
    name,
    day,
    stored.length,
    expected.length,
  ]);
  expect(drifts.sort()).toEqual([
    ['daily_activity', '2026-01-01', 1, 1],
    ['daily_related', '2026-01-02', 0, 1],
    ['task_flow', '2026-01-09', 1, 0],
  ]);
  for (const rollup of ROLLUPS) {
    expect(await store.rows(rollup, [user]), rollup).toEqual(await store.rows(`${rollup}_definition`, [user]));
  }
  expect((await check())?.outcomes).toMatchObject([{ rows: 0 }]);
});

test('while much is behind the log, nothing is checked, and nothing of it held in memory', async () => {
  const user = randomUUID();
  await store.transact(user, [log('2026-01-01')]);
  await store.refresh();
  await store.owner().query('update daily_activity set records = 7 where user_id = $1', [user]);
  await store.owner().query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
     select nextval('tx_seq'), now(), now(), gen_random_uuid(), $1, 'project_log', '{}' from generate_series(1, 5001)`,
    [user],
  );
  expect((await check())?.outcomes).toMatchObject([{ buckets: 0, rows: 0, error: null }]);
});

test('the cron checks once a day', async () => {
  const runs = async () =>
    (await store.owner().query("select count(*)::integer as n from refresh_log where name = 'drift_check'")).rows[0].n;
  const tickAfter = async (since: string) => {
    const at = store.nextMinute();
    await store
      .owner()
      .query("update analytics set scheduled_for = $1::timestamptz - $2::interval where name = 'drift_check'", [
        at,
        since,
      ]);
    await refresh(store.road(), { scheduled_for: at, names: null, rebuild: false });
  };
  const before = await runs();
  await tickAfter('23 hours 59 minutes');
  expect(await runs()).toBe(before);
  await tickAfter('24 hours');
  expect(await runs()).toBe(before + 1);
});

test('housekeeping expires idempotency keys and prunes logs, each run logged', async () => {
  const user = randomUUID();
  const key = (name: string, age: string) =>
    store
      .owner()
      .query(
        "insert into idempotency_keys (user_id, key, request_hash, answer, created_at) values ($1, $2, '', '{}', now() - $3::interval)",
        [user, name, age],
      );
  await key('old', '25 hours');
  await key('young', '23 hours');
  await store.owner().query(
    `insert into refresh_log (lease, name, mode, scheduled_for, started_at, finished_at)
    select gen_random_uuid(), 'daily_activity', 'noop', now(), now() - a, case when not abandoned then now() - a end
    from unnest('{31 days,29 days}'::interval[]) a cross join unnest('{true,false}'::boolean[]) abandoned`,
  );
  const report = await refresh(store.road(), {
    scheduled_for: null,
    names: ['expire_idempotency_keys', 'prune_logs'],
    rebuild: false,
  });
  expect(report?.outcomes).toMatchObject([
    { name: 'expire_idempotency_keys', mode: 'done', rows: 1, error: null },
    { name: 'prune_logs', mode: 'done', rows: 2, error: null },
  ]);
  const { rows } = await store.owner().query('select key from idempotency_keys where user_id = $1', [user]);
  expect(rows).toEqual([{ key: 'young' }]);
});
