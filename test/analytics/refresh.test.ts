import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refreshAll } from '../../src/analytics/refresh.ts';
import { openDatabase } from '../../src/store/database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
let owner: pg.Pool;
beforeAll(() => {
  owner = new pg.Pool({ connectionString: stack().database.url });
});
afterAll(() => owner.end());

/** Minutes go by as the tests need them: each tick is a later one than all before. */
let minute = 0;
const nextMinute = () => new Date(Date.UTC(2027, 0, 1, 0, minute++));

/** A tick of the cron, when all that was committed before it can be seen. */
async function tick(at: Date): Promise<void> {
  await settled(owner);
  await stack().workers.tick(at);
}

async function transact(user_id: string, operations: object[], on: pg.Pool | pg.PoolClient = owner): Promise<void> {
  await on.query('select transact($1::jsonb)', [JSON.stringify({ user_id, operations, request_hash: '' })]);
}

const put = (entity_id: string, entity_type: string, doc: object, extra: object = {}) => ({
  op: 'put',
  entity_id,
  entity_type,
  doc,
  ...extra,
});

const projectLog = (beginning: string, end: string | null, time_zone = 'Europe/Berlin') => ({
  beginning,
  ...(end !== null && { end }),
  time_zone,
  project_id: randomUUID(),
});

const days = async (table: string, user?: string) =>
  (
    await owner.query(
      `select entity_type, day::text, sum(records)::integer as records, round(sum(minutes)::numeric, 6)::float as minutes
      from ${table} where $1::uuid is null or user_id = $1::uuid group by user_id, entity_type, day order by user_id, entity_type, day`,
      [user ?? null],
    )
  ).rows;

async function lastRefresh(name: string) {
  const { rows } = await owner.query('select * from refresh_log where name = $1 order by started_at desc limit 1', [
    name,
  ]);
  return rows[0];
}

test('the scheduled handler brings the rollup and the view up to date and logs each with its duration', async () => {
  const user = randomUUID();
  await transact(user, [put(randomUUID(), 'project_log', projectLog('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z'))]);
  await tick(nextMinute());
  expect(await days('daily_activity', user)).toEqual([
    { entity_type: 'project_log', day: '2026-03-01', records: 1, minutes: 30 },
  ]);
  const { rows } = await owner.query('select month::text, median_minutes from duration_profile where user_id = $1', [
    user,
  ]);
  expect(rows).toEqual([{ month: '2026-03-01', median_minutes: 30 }]);
  for (const name of ['daily_activity', 'duration_profile']) {
    const entry = await lastRefresh(name);
    expect(entry.finished_at, name).not.toBeNull();
    expect(entry.duration_ms, name).toBeGreaterThan(0);
    expect(entry.error, name).toBeNull();
  }

  await tick(nextMinute());
  for (const name of ['daily_activity', 'duration_profile']) expect((await lastRefresh(name)).mode, name).toBe('noop');

  const token = await stack().operatorToken();
  const answer = await stack().fetch('/v1/ops/refreshes', { headers: { Authorization: `Bearer ${token}` } });
  const { refreshes } = await answer.json();
  expect(refreshes[0]).toMatchObject({ name: 'duration_profile', mode: 'noop', error: null });
});

test('a tick that is delivered twice, or beside a pass that runs, does nothing', async () => {
  const at = nextMinute();
  await tick(at);
  const before = await lastRefresh('daily_activity');
  await tick(at);
  expect((await lastRefresh('daily_activity')).refresh_id).toBe(before.refresh_id);

  const held = nextMinute();
  await owner.query("select refresh_start('daily_activity', $1, 600)", [held]);
  const running = await lastRefresh('daily_activity');
  expect(running.finished_at).toBeNull();
  await tick(nextMinute());
  expect((await lastRefresh('daily_activity')).refresh_id).toBe(running.refresh_id);
  // The pass was killed: its row stays without an end, and when its lease is over the next tick goes on.
  await owner.query("update analytics set lease_until = clock_timestamp() where name = 'daily_activity'");
  await tick(nextMinute());
  expect((await lastRefresh('daily_activity')).finished_at).not.toBeNull();
  await expect(owner.query('select refresh_pass($1, 10)', [running.refresh_id])).rejects.toMatchObject({
    code: 'AN409',
  });
});

test('days are those of the record’s zone, right across midnight and the clock changes', async () => {
  const user = randomUUID();
  await transact(user, [
    put(user, 'user', { email: 'a@example.com', time_zone: 'Asia/Kolkata' }),
    // Berlin springs forward at 01:00Z: that night has one hour less between 23:30 and 03:30 local, so three.
    put(randomUUID(), 'project_log', projectLog('2026-03-28T22:30:00Z', '2026-03-29T01:30:00Z')),
    // Three days, the middle one whole.
    put(randomUUID(), 'meditation_log', {
      beginning: '2026-05-01T20:00:00Z',
      end: '2026-05-03T02:00:00Z',
      time_zone: 'UTC',
    }),
    // No zone of its own: its user's, where it is already the next day.
    put(randomUUID(), 'exercise_session', { beginning: '2026-06-01T18:45:00Z', end: '2026-06-01T19:00:00Z' }),
    put(randomUUID(), 'book', { title: 'A date has no zone', published: '2026-07-01' }),
  ]);
  await tick(nextMinute());
  const rollup = (await days('daily_activity', user)).filter((row) => row.entity_type !== 'user');
  expect(rollup).toEqual([
    { entity_type: 'book', day: '2026-07-01', records: 1, minutes: 0 },
    { entity_type: 'exercise_session', day: '2026-06-02', records: 1, minutes: 15 },
    { entity_type: 'meditation_log', day: '2026-05-01', records: 1, minutes: 240 },
    { entity_type: 'meditation_log', day: '2026-05-02', records: 0, minutes: 1440 },
    { entity_type: 'meditation_log', day: '2026-05-03', records: 0, minutes: 120 },
    { entity_type: 'project_log', day: '2026-03-28', records: 1, minutes: 30 },
    { entity_type: 'project_log', day: '2026-03-29', records: 0, minutes: 150 },
  ]);
});

test('a write that commits late is not missed, whatever committed before it (I9)', async () => {
  const user = randomUUID();
  const late = await owner.connect();
  try {
    await late.query('begin');
    await transact(
      user,
      [put(randomUUID(), 'project_log', projectLog('2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'))],
      late,
    );
    // Drawn later, committed earlier: a cursor on the sequence alone would now step over the open one.
    await transact(user, [
      put(randomUUID(), 'project_log', projectLog('2026-01-02T10:00:00Z', '2026-01-02T11:00:00Z')),
    ]);
    await stack().workers.tick(nextMinute());
    await late.query('commit');
  } finally {
    late.release();
  }
  await tick(nextMinute());
  expect((await days('daily_activity', user)).map((row) => row.day)).toEqual(['2026-01-01', '2026-01-02']);
});

test('a cursor from another cluster is noticed, and everything rebuilt', async () => {
  const user = randomUUID();
  await transact(user, [put(randomUUID(), 'project_log', projectLog('2026-01-05T10:00:00Z', '2026-01-05T11:00:00Z'))]);
  await owner.query("update analytics set cursor_xid = '18446744073709551000' where name = 'daily_activity'");
  await tick(nextMinute());
  expect((await lastRefresh('daily_activity')).mode).toBe('full');
  expect((await days('daily_activity', user)).map((row) => row.day)).toEqual(['2026-01-05']);
});

type Step =
  | { kind: 'log'; id: number; from: Date; minutes: number; running: boolean; zone: string }
  | { kind: 'back-dated'; id: number; from: Date; valid_from: Date }
  | { kind: 'delete'; id: number }
  | { kind: 'zone'; user: number; zone: string }
  | { kind: 'refresh'; events: number };

test('after any history and any passes the rollup equals its definition', async () => {
  const zone = fc.constantFrom('Europe/Berlin', 'America/Detroit', 'Pacific/Auckland', 'No/Where');
  const instant = fc.date({ min: new Date('2026-03-27Z'), max: new Date('2026-04-06Z'), noInvalidDate: true });
  const id = fc.nat(3);
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('log' as const),
      id,
      from: instant,
      minutes: fc.nat(4_000),
      running: fc.boolean(),
      zone,
    }),
    fc.record({ kind: fc.constant('back-dated' as const), id, from: instant, valid_from: instant }),
    fc.record({ kind: fc.constant('delete' as const), id }),
    fc.record({ kind: fc.constant('zone' as const), user: fc.nat(1), zone }),
    fc.record({ kind: fc.constant('refresh' as const), events: fc.integer({ min: 1, max: 3 }) }),
  );
  await tick(nextMinute());
  const road = openDatabase(stack().database.urlAs('annals_app', stack().neon.port));

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const users = [randomUUID(), randomUUID()];
      const entities = Array.from({ length: 4 }, () => randomUUID());
      for (const s of steps) await act(s, users, entities);
      await settled(owner);
      await refreshAll(road, nextMinute());
      for (const user of users) expect(await days('daily_activity', user)).toEqual(await days('activity', user));
    }),
    { numRuns: 40 },
  );
});

/** An entity belongs to the user with the parity of its number. */
async function act(step: Step, users: readonly string[], entities: readonly string[]): Promise<void> {
  if (step.kind === 'refresh') {
    const { rows } = await owner.query("select refresh_start('daily_activity', $1, 600) as id", [nextMinute()]);
    await owner.query('select refresh_pass($1, $2)', [rows[0].id, step.events]);
    return;
  }
  const user = users[step.kind === 'zone' ? step.user : step.id % 2] ?? '';
  if (step.kind === 'zone') {
    await transact(user, [put(user, 'user', { email: 'x@example.com', time_zone: step.zone })]);
    return;
  }
  const id = entities[step.id] ?? '';
  if (step.kind === 'delete') {
    await transact(user, [
      { op: 'delete', entity_id: id, entity_type: 'exercise_session', valid_from: new Date().toISOString() },
    ]);
    return;
  }
  const beginning = step.from.toISOString();
  if (step.kind === 'back-dated') {
    const valid_from = step.valid_from.toISOString();
    await transact(user, [put(id, 'exercise_session', { beginning, end: beginning }, { valid_from })]);
    return;
  }
  const end = new Date(step.from.getTime() + step.minutes * 60_000).toISOString();
  await transact(user, [put(id, 'exercise_session', { beginning, ...(!step.running && { end }), zone: step.zone })]);
}
