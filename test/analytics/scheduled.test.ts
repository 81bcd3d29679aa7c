import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { countRequest, noMeasurements } from '../../src/analytics/measurements.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore, put } from './analytics-store.ts';

/** Any call is slow: the log of slow queries has something to show. */
const stack = stackFor(SCHEMA_TEMPLATE, { SLOW_CALL_MS: '0' });
const store = analyticsStore(stack);

const MINUTE_MS = 60_000;
let now = Date.UTC(2027, 0, 1);

/** The next minute's cron, through the Worker's real trigger. @returns how many requests it made to the database */
async function tick(after_ms = MINUTE_MS): Promise<number> {
  await settled(store.owner());
  now += after_ms;
  stack().neon.traffic.reset();
  await stack().workers.tick(new Date(now));
  return stack().neon.traffic.counts.http_requests;
}

const IDLE_TICKS = 5;
/** Of a view: else one might come due just behind the idle ticks. */
const LONGEST_CADENCE_MS = 60 * MINUTE_MS;

/** Ticks until there is nothing left to do, several times in a row: views have a cadence of their own, signals may be on their way. */
async function untilIdle(): Promise<void> {
  await expect
    .poll(
      async () => {
        let requests = await tick(LONGEST_CADENCE_MS);
        for (let minute = 1; minute < IDLE_TICKS; minute++) requests += await tick();
        return requests;
      },
      { timeout: 20_000, interval: 5 },
    )
    .toBe(0);
}

/** The signal of a write goes out beside the answer, so it may take a tick or two to be seen. */
const untilAwake = () => expect.poll(() => tick(), { interval: 5 }).toBeGreaterThan(0);

async function write(user: string, operation: object): Promise<Response> {
  const answer = await stack().fetch('/v1/transactions', {
    method: 'POST',
    as: user,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ operations: [operation] }),
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer;
}

const session = (beginning: string, end: string) => ({
  op: 'put',
  entity_type: 'exercise_session',
  doc: { beginning, end },
});

const operator = async (path: string, options: RequestInit = {}) => {
  const headers = { ...options.headers, authorization: `Bearer ${await stack().operatorToken()}` };
  return stack().fetch(path, { ...options, headers });
};

test('without a write a tick asks the database nothing; with one the next tick refreshes (I11)', async () => {
  const user = randomUUID();
  await untilIdle();

  await write(user, session('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z'));
  await untilAwake();
  expect(await store.lastRun('daily_activity')).toMatchObject({ mode: 'incremental', error: null });
  const { rows } = await store
    .owner()
    .query('select day::text, records, minutes from daily_activity where user_id = $1', [user]);
  expect(rows).toEqual([{ day: '2026-03-01', records: 1, minutes: 30 }]);
  await untilIdle();
  for (const name of ['habit_streaks', 'monthly_summary']) {
    expect((await store.lastRun(name)).mode, name).toBe('full');
  }
  // Reading wakes nobody.
  await stack().fetch('/v1/heatmap?entity_type=exercise_session&year=2026', { as: user });
  expect(await tick()).toBe(0);
});

test('of writes that share a mark each is refreshed, though ticks come between them', async () => {
  const user = randomUUID();
  await untilIdle();
  for (const hour of [10, 11, 12]) {
    await write(user, session(`2026-03-01T${hour}:00:00Z`, `2026-03-01T${hour}:30:00Z`));
    await tick();
  }
  await tick();
  expect(await store.rows('daily_activity', [user])).toMatchObject([{ records: 3 }]);
});

test('an import wakes the cron too', async () => {
  await untilIdle();
  const answer = await stack().fetchImporter('/v1/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fingerprint: 'a'.repeat(64), file_name: 'a.edn', total_bytes: 1 }),
  });
  const { import_id } = await answer.json();
  await untilAwake();
  await stack().fetchImporter(`/v1/imports/${import_id}/cancel`, { method: 'POST' });
  await untilAwake();
  await untilIdle();
});

test('what was written by no Worker is found by the daily look', async () => {
  const user = randomUUID();
  await untilIdle();
  await store.transact(user, [put(randomUUID(), 'exercise_session', { beginning: '2026-03-01T10:00:00Z' })]);
  expect(await tick()).toBe(0);
  expect(await tick(25 * 3_600_000)).toBeGreaterThan(0);
  expect(await store.rows('daily_activity', [user])).toHaveLength(1);
});

test('a version of the future is turned over when its time has come, though nobody writes', async () => {
  const user = randomUUID();
  const id = randomUUID();
  await untilIdle();
  const { rows } = await store.owner().query("select iso(clock_timestamp() + interval '1 second') as at");
  await write(user, { ...session('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z'), id, valid_from: rows[0].at });
  await untilAwake();
  await store.owner().query('select pg_sleep_until($1)', [rows[0].at]);
  await untilAwake();
  const { rows: turned } = await store
    .owner()
    .query('select next_valid_time, deleted_at from entities where entity_id = $1', [id]);
  expect(turned).toEqual([{ next_valid_time: null, deleted_at: null }]);
  expect(await store.lastRun('turn_over')).toMatchObject({ mode: 'done', rows: '1', error: null });
  expect(await store.rows('daily_activity', [user])).toHaveLength(1);
});

test('a tick that fails leaves the next one due', async () => {
  const user = randomUUID();
  await untilIdle();
  await write(user, session('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z'));
  stack().neon.faults.arm('refuse_unreachable', { matches: (query) => query.includes('refresh_rollups') });
  await expect
    .poll(
      () =>
        tick().then(
          () => 'quiet',
          () => 'failed',
        ),
      { interval: 5 },
    )
    .toBe('failed');
  expect(await tick()).toBeGreaterThan(0);
  expect(await store.rows('daily_activity', [user])).toHaveLength(1);
});

test('the operator refreshes now, one or all, and sees the runs', async () => {
  const post = (body: object) =>
    operator('/v1/ops/refreshes', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const one = await (await post({ names: ['monthly_summary'] })).json();
  expect(one.refreshes).toMatchObject([{ name: 'monthly_summary', mode: 'full', error: null }]);
  const rebuilt = await (await post({ names: ['task_flow'], rebuild: true })).json();
  expect(rebuilt.refreshes).toContainEqual(expect.objectContaining({ name: 'task_flow', mode: 'full' }));
  const all = await (await post({})).json();
  const { analytics } = await (await operator('/v1/ops/analytics')).json();
  const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
  expect(names(all.refreshes)).toEqual(names(analytics));
  const listed = await (await operator('/v1/ops/refreshes?name=task_flow&limit=2')).json();
  expect(listed.refreshes).toMatchObject([
    { name: 'task_flow', status: 'done' },
    { name: 'task_flow', status: 'done', mode: 'full' },
  ]);
  const wrong = await post({ names: ['daily_nonsense'] });
  expect(wrong.status).toBe(422);
  expect((await stack().fetch('/v1/ops/refreshes', { method: 'POST', as: randomUUID(), body: '{}' })).status).toBe(403);
});

test('what every route and call took is there to be asked for, with the plan of a slow statement', async () => {
  const user = randomUUID();
  await stack().fetch('/v1/heatmap?entity_type=habit&year=2026', { as: user });
  await stack().fetch(`/v1/entities/${randomUUID()}`, { as: user });
  await stack().fetch('/v1/nothing', { as: user });
  const routes = async () => (await (await operator('/v1/ops/performance')).json()).routes;
  // What an isolate counted comes together, or some of it two seconds later.
  for (const route of ['GET /v1/heatmap', 'GET /v1/entities/:id']) {
    await expect
      .poll(routes, { timeout: 20_000, interval: 50 })
      .toContainEqual(expect.objectContaining({ route, p99_ms: expect.any(Number) }));
  }
  expect(await routes()).toContainEqual(expect.objectContaining({ route: 'GET /v1/heatmap', failed: 0 }));
  // The cron's own calls too.
  await write(user, session('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z'));
  await untilAwake();
  const slow = await (await operator('/v1/ops/slow-queries?limit=1000')).json();
  expect(slow.calls).toContainEqual(expect.objectContaining({ name: 'refresh_rollups' }));
  expect(slow.calls).toContainEqual(expect.objectContaining({ name: 'heatmap', failed: 0 }));
  expect(slow.slow).toContainEqual(expect.objectContaining({ name: 'heatmap', rows: 1 }));
  expect(JSON.stringify(slow)).not.toContain(user);
  const { plan } = await (await operator('/v1/ops/slow-queries/get_entity/plan')).json();
  expect(plan.join('\n')).toMatch(/entities_pkey|entities_user/);
  const inFunction = await (await operator('/v1/ops/slow-queries/heatmap/plan')).json();
  expect(inFunction.plan.at(-1)).toMatch(/^heatmap\(\) has statements of its own: with pg_stat_statements/);
  expect((await operator('/v1/ops/slow-queries/nothing/plan')).status).toBe(404);
});

test('a measurement arrives once, also where two visit the database at once or one of them fails', async () => {
  const signal = await stack().workers.signal();
  const measure = async (route: string) => {
    const measured = noMeasurements();
    countRequest(measured, { route, status: 200, duration_ms: 1 }, new Date());
    await signal.measure(measured);
  };
  // Far from any visit of the Worker's own, whose measurements are among these.
  let now_ms = Date.now() + 3_600_000;
  const take = async () => {
    const { id, measured } = await signal.take(now_ms);
    const counted = Object.values(measured.routes).filter(({ route }) => /^test \d$/.test(route));
    return { id, counted: counted.map(({ route, requests }) => `${route}: ${requests}`).sort() };
  };
  await measure('test 1');
  const first = await take();
  await measure('test 2');
  const beside = await take();
  expect([first.counted, beside.counted]).toEqual([['test 1: 1'], []]);
  // The one beside took nothing, so it drops nothing. The first never says that it has arrived.
  await signal.drop(beside.id);
  now_ms += 60_000;
  const second = await take();
  expect(second.counted).toEqual(['test 1: 1', 'test 2: 1']);
  await signal.drop(first.id);
  expect((await take()).counted).toEqual([]);
  await signal.drop(second.id);
  await measure('test 3');
  const third = await take();
  expect(third.counted).toEqual(['test 3: 1']);
  await signal.drop(third.id);
});

test('a dashboard and every question of the operator is one request to the database', async () => {
  const user = randomUUID();
  const asked: [string, () => Promise<Response>][] = [
    ['dashboard', () => stack().fetch('/v1/dashboard?from=2026-01-01&to=2026-12-31', { as: user })],
    ...['refreshes', 'drifts', 'tripwires', 'slow-queries', 'performance'].map(
      (name): [string, () => Promise<Response>] => [name, () => operator(`/v1/ops/${name}`)],
    ),
  ];
  for (const [name, ask] of asked) {
    stack().neon.traffic.reset();
    expect((await ask()).status, name).toBe(200);
    expect(stack().neon.traffic.counts.http_requests, name).toBe(1);
  }
});

test('each request is a line of JSON that names its route and its user by a hash', async () => {
  const user = randomUUID();
  await stack().fetch(`/v1/entities/${randomUUID()}`, { as: user });
  const lines = () =>
    stack()
      .logged.filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.route === '/v1/entities/:id' && line.status === 404);
  await expect.poll(lines, { interval: 5 }).toContainEqual(
    expect.objectContaining({
      event: 'request',
      method: 'GET',
      database_calls: 1,
      user: expect.stringMatching(/^[0-9a-f]{12}$/),
    }),
  );
  expect(stack().logged.join('\n')).not.toContain(user);
});
