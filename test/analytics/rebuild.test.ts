import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { ANALYTICS } from '../../src/analytics/registry.ts';
import { entityTypeFacts } from '../../src/domain/entity-type-facts.ts';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import { ROLLUPS } from '../drifted-rollups.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore, put } from './analytics-store.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

const session = (day: string, id = randomUUID()) =>
  put(id, 'exercise_session', { beginning: `${day}T10:00:00Z`, end: `${day}T11:00:00Z` });

async function expectDefinitions(users: readonly string[]): Promise<void> {
  for (const rollup of ROLLUPS) {
    expect(await store.rows(rollup, users), rollup).toEqual(await store.rows(`${rollup}_definition`, users));
  }
}

const query = async (text: string, values: unknown[] = []) => (await store.owner().query(text, values)).rows;
const start = async (rebuild: boolean): Promise<string> => {
  await settled(store.owner());
  const [row] = await query("select refresh_start($1, null, $2) ->> 'lease' as lease", [store.nextMinute(), rebuild]);
  return row.lease;
};
const step = async (lease: string, records: number) =>
  (await query('select rebuild_rollups($1, $2) as answer', [lease, records]))[0].answer;
const timePasses = () => query('update refresh_state set lease_until = clock_timestamp()');
const days = async (user: string) =>
  (
    await heatmap(store.road(), user, {
      entity_type: 'exercise_session',
      year: 2026,
      shown: SHOW_NOTHING_HIDDEN,
      moment: PRESENT,
    })
  ).days.map(({ day }) => day);

test('a rebuild whose tick dies between two steps is abandoned, goes on where it stopped, and loses no write beside it', async () => {
  const users = [randomUUID(), randomUUID()];
  const moved = randomUUID();
  for (const user of users) {
    await store.transact(
      user,
      ['2026-01-01', '2026-01-02', '2026-01-03', '2026-02-01'].map((day) => session(day)),
    );
  }
  await store.transact(users[0] ?? '', [session('2026-01-05', moved)]);
  await store.refresh();

  const dead = await start(true);
  await query('select refresh_rollups($1, 100)', [dead]);
  expect(await step(dead, 3)).toEqual({ outcomes: [], rebuilding: true });
  const { refresh_id } = await store.lastRun('daily_activity');
  const filled = async () => Number((await query('select count(*) as rows from daily_activity_next'))[0].rows);
  const before = await filled();
  expect(before).toBeGreaterThan(0);
  await timePasses();

  // Meanwhile a record moves from a day that was computed or was not to one of the other kind, and answers are right.
  await store.transact(users[0] ?? '', [session('2026-03-01', moved), session('2025-12-31')]);
  expect(await days(users[0] ?? '')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03', '2026-02-01', '2026-03-01']);

  const next = await start(false);
  await expect(step(dead, 3), 'the dead one wakes up').rejects.toMatchObject({ code: 'AN409' });
  await query('select refresh_rollups($1, 100)', [next]);
  expect((await step(next, 1)).rebuilding).toBe(true);
  expect(await filled(), 'what was filled is kept').toBeGreaterThanOrEqual(before);
  await timePasses();
  const report = await store.refresh();
  expect(report?.outcomes).toContainEqual(
    expect.objectContaining({ name: 'daily_activity', mode: 'full', error: null }),
  );
  const [status] = await query(
    "select r ->> 'status' as status from refreshes(1000) r where r ->> 'refresh_id' = $1::text",
    [refresh_id],
  );
  expect(status).toEqual({ status: 'abandoned' });
  await expectDefinitions(users);
  expect(await query('select name from analytics where stale or rebuilding and kind = $1', ['rollup'])).toEqual(
    await query("select name from analytics where stale and kind <> 'rollup'"),
  );
});

test('an import that ends while a rebuild runs has it begin anew', async () => {
  const user = randomUUID();
  await store.transact(user, [session('2026-01-01'), session('2026-01-02')]);
  await store.refresh();
  const lease = await start(true);
  await query('select refresh_rollups($1, 100)', [lease]);
  await step(lease, 1);
  await query("update analytics set stale = true where kind = 'rollup'");
  while ((await step(lease, 10)).rebuilding);
  await query('select refresh_finish($1)', [lease]);
  await store.refresh();
  expect(await store.lastRun('daily_activity')).toMatchObject({ mode: 'full', error: null });
  await expectDefinitions([user]);
  await store.refresh();
  expect((await store.lastRun('daily_activity')).mode).toBe('noop');
});

test('a user of too many records for one statement is computed anew in steps', async () => {
  const user = randomUUID();
  await store.refresh();
  await query(
    `insert into entities (entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, last_tx_time, sensitive, archived, entity_type, related, doc)
    select gen_random_uuid(), $1, 1, at, at, at, at, at, false, false, 'exercise_session', '{}', '{}'
    from generate_series(timestamptz '2026-01-01', timestamptz '2026-01-01' + interval '10000 minutes', interval '1 minute') at`,
    [user],
  );
  await store.transact(user, [put(user, 'user', { email: 'a@example.com', time_zone: 'Asia/Tokyo' })]);
  await store.refresh();
  expect(await store.lastRun('daily_activity')).toMatchObject({ mode: 'full', error: null });
  await expectDefinitions([user]);
  await query('delete from entities where user_id = $1', [user]);
  await query("update analytics set stale = true where kind = 'rollup'");
});

test('an eviction takes what it counted out of every rollup, and rebuilds nobody else', async () => {
  const [user, other] = [randomUUID(), randomUUID()];
  const [gone, secret] = [randomUUID(), randomUUID()];
  await store.transact(user, [
    put(secret, 'habit', { label: 'Weep', sensitive: true, archived: false }),
    put(randomUUID(), 'habit_log', { timestamp: '2026-01-01T10:00:00Z', time_zone: 'UTC', habit_ids: [secret] }),
    session('2026-01-01', gone),
    session('2026-01-02'),
  ]);
  await store.transact(other, [session('2026-01-01')]);
  await store.refresh();
  await query('update daily_activity set records = 7 where user_id = $1', [other]);
  await store.transact(user, [{ op: 'evict', entity_id: gone }]);
  // What hid a record goes, and the record shows.
  await store.transact(user, [{ op: 'evict', entity_id: secret }]);
  expect(await days(user)).toEqual(['2026-01-02']);
  await store.refresh();
  expect(await store.lastRun('daily_activity')).toMatchObject({ mode: 'incremental', error: null });
  expect(await days(user)).toEqual(['2026-01-02']);
  await expectDefinitions([user]);
  expect(
    await query('select hidden from daily_activity where user_id = $1 and entity_type = $2', [user, 'habit_log']),
  ).toEqual([{ hidden: 0 }]);
  // Nobody touched the other's rows: a wrong one is wrong still.
  expect(await query('select records from daily_activity where user_id = $1', [other])).toEqual([{ records: 7 }]);
  await query('update daily_activity set records = 1 where user_id = $1', [other]);
});

test('what a rollup is made by, in SQL or in the entity types, makes it stale when it changes, until it is rebuilt', async () => {
  const user = randomUUID();
  const sync = async (facts: object[]) => {
    await query('select sync_entity_types($1::jsonb)', [JSON.stringify(facts)]);
    await query('select sync_analytics($1::jsonb)', [JSON.stringify(ANALYTICS)]);
  };
  const stale = async () =>
    (await query("select name from analytics where stale and kind = 'rollup' order by name")).map(({ name }) => name);
  const facts = entityTypeFacts();
  await store.transact(user, [
    put(randomUUID(), 'exercise_set', { beginning: '2026-01-01T10:00:00Z', end: '2026-01-01T10:01:00Z', reps: 8 }),
  ]);
  await sync(facts);
  await store.refresh();
  await sync(facts);
  expect(await stale(), 'nothing changed').toEqual([]);

  const measured = async () =>
    (await query('select field from daily_measures where user_id = $1', [user])).map(({ field }) => field);
  expect(await measured()).toEqual(['reps']);
  await sync(facts.map((type) => (type.name === 'exercise_set' ? { ...type, measures: [] } : type)));
  expect(await stale()).toEqual([...ROLLUPS].sort());
  await store.refresh();
  expect(await stale()).toEqual([]);
  expect(await measured()).toEqual([]);
  await sync(facts);
  await store.refresh();
  expect(await measured()).toEqual(['reps']);

  // As a migration would: one function, of which one rollup alone is made.
  const [{ source }] = await query("select pg_get_functiondef('measured'::regproc) as source");
  await query(source.replace("'number'", "'object'"));
  await sync(facts);
  expect(await stale()).toEqual(['daily_measures']);
  expect(await days(user), 'answers are computed live meanwhile').toEqual([]);
  await store.refresh();
  expect(await measured()).toEqual([]);
  await query(source);
  await sync(facts);
  await store.refresh();
  expect(await measured()).toEqual(['reps']);
});
