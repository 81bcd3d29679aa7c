import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runTick, type TickParts } from '../../src/analytics/run-tick.ts';
import { type TripwireName, tripwireLimits } from '../../src/analytics/tripwires.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { settled } from '../settled.ts';
import { type StartedStack, startStack } from '../stack.ts';
import { analyticsStore, put } from './analytics-store.ts';
import { startWebhook, type Webhook } from './webhook.ts';

let webhook: Webhook;
let running: StartedStack;
const stack = () => running;
beforeAll(async () => {
  // A tick in this process logs here.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  webhook = await startWebhook();
  // In workerd a limit of no events at all trips at the first.
  running = await startStack(SCHEMA_TEMPLATE, { ALERT_WEBHOOK_URL: webhook.url, TRIPWIRE_EVENTS: '0' });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await running.stop();
  await webhook.stop();
});
const store = analyticsStore(stack);

type Limits = Partial<Record<TripwireName, number>>;

/** A tick in this process, with every limit out of reach but these; always due. @returns the messages that it sent */
async function tick(limits: Limits, format: 'slack' | 'json' = 'json') {
  await settled(store.owner());
  return pass(limits, format);
}

/** The same, whatever transactions are open. */
async function pass(limits: Limits, format: 'slack' | 'json' = 'json') {
  const far = Object.fromEntries(Object.keys(tripwireLimits({})).map((name) => [name, 1e18]));
  // The Worker's own Durable Object, marked as a write marks it.
  const signal = await stack().workers.signal();
  await signal.mark();
  const parts: TickParts = {
    database: store.road(),
    signal,
    limits: { ...tripwireLimits({}), ...far, ...limits },
    alerts: { url: webhook.url, format },
  };
  webhook.received.length = 0;
  await runTick(parts, store.nextMinute());
  return [...webhook.received];
}

/** Trips it under this limit, sees one message, no repeat, and one more when it recovers. */
async function tripsOnce(name: TripwireName, limit: number, recover: () => Promise<number>): Promise<void> {
  const [message] = await tick({ [name]: limit });
  expect(message, name).toMatchObject({ service: 'annals', tripwires: [{ name, tripped: true, limit }] });
  expect(message?.text).toMatch(new RegExp(`^Annals: ${name} tripped: `));
  expect(await tick({ [name]: limit }), `${name} repeats itself`).toEqual([]);
  const recovered = await tick({ [name]: await recover() });
  expect(recovered, name).toMatchObject([{ tripwires: [{ name, tripped: false }] }]);
  expect(recovered[0]?.text).toMatch(new RegExp(`^Annals: ${name} recovered: `));
}

const query = (text: string, values: unknown[] = []) => store.owner().query(text, values);

test('each tripwire trips once, is told once, and tells when it recovers', async () => {
  await store.transact(randomUUID(), [put(randomUUID(), 'exercise_session', { beginning: '2026-01-01T00:00:00Z' })]);
  await tick({});

  // Limits are configuration: for what only grows, raising one is the way back.
  await tripsOnce('events', 0, async () => 1_000);
  await tripsOnce('rows', 5, async () => 1e6);
  await tripsOnce('storage_bytes', 1_000, async () => 1e12);

  const slowRun = (ms: number) =>
    query(
      `insert into refresh_log (lease, name, mode, scheduled_for, started_at, finished_at, duration_ms)
      values (gen_random_uuid(), 'drift_check', 'done', now(), clock_timestamp(), clock_timestamp(), $1)`,
      [ms],
    );
  await slowRun(400_000);
  await tripsOnce('refresh_ms', 300_000, async () => {
    await slowRun(1_000);
    return 300_000;
  });
  for (let run = 0; run < 5; run++) await slowRun(2_000);
  await slowRun(12_000);
  await tripsOnce('refresh_factor', 5, async () => {
    await slowRun(2_000);
    return 5;
  });

  await query(
    `insert into slow_calls (at, name, duration_ms, rows)
    select now(), name, 900, 1 from unnest('{heatmap,import_chunk,habit_streaks}'::text[]) name cross join generate_series(1, 11)`,
  );
  // Batches may be slow.
  expect(await tick({ slow_queries: 11 })).toEqual([]);
  await tripsOnce('slow_queries', 10, async () => {
    await query("update slow_calls set at = now() - interval '2 hours'");
    return 10;
  });

  const { rows } = await query(
    `insert into imports (fingerprint, file_name, total_bytes, created_by, state_since)
    values (repeat('b', 64), 'stuck.edn', 1, gen_random_uuid(), now() - interval '20 minutes') returning import_id`,
  );
  await tripsOnce('import_stuck_minutes', 15, async () => {
    await query("select import_act($1, 'pause')", [rows[0].import_id]);
    return 15;
  });

  await query(
    "insert into refresh_log (lease, name, mode, scheduled_for, finished_at, error) values (gen_random_uuid(), 'turn_over', 'done', now(), now(), 'no room')",
  );
  await tripsOnce('failed_refreshes', 0, async () => {
    await query("update refresh_log set error = null where name = 'turn_over'");
    return 0;
  });

  await query(
    "insert into refresh_log (lease, name, mode, scheduled_for, finished_at, rows) values (gen_random_uuid(), 'drift_check', 'done', now(), now(), 2)",
  );
  await tripsOnce('drift', 0, async () => {
    await query(
      "insert into refresh_log (lease, name, mode, scheduled_for, finished_at, rows) values (gen_random_uuid(), 'drift_check', 'done', now(), now(), 0)",
    );
    return 0;
  });
});

test('a transaction that stays open holds the watermark back, and that trips too', async () => {
  const session = () => put(randomUUID(), 'exercise_session', { beginning: '2026-01-02T00:00:00Z' });
  await tick({});
  const open = await store.owner().connect();
  try {
    await open.query('begin');
    await store.transact(randomUUID(), [session()], open);
    await store.transact(randomUUID(), [session()]);
    const { rows } = await open.query('select pg_current_xact_id()::text as xid');
    // Older transactions, of other tests, hold the watermark back before ours does.
    await expect
      .poll(async () => {
        await pass({});
        return (await query('select cursor_xid::text as xid from refresh_state')).rows;
      })
      .toEqual(rows);
    await query(
      `update refresh_state set moved_at = moved_at - interval '20 minutes', as_of = as_of - interval '20 minutes'`,
    );
    const limits = { watermark_minutes: 15, lag_minutes: 15 };
    const names = (messages: Record<string, unknown>[]) => messages.flatMap(({ tripwires }) => tripwires);
    expect(names(await pass(limits))).toMatchObject([
      { name: 'lag_minutes', tripped: true },
      { name: 'watermark_minutes', tripped: true },
    ]);
    expect(await pass(limits)).toEqual([]);
    await open.query('commit');
    expect(names(await tick(limits))).toMatchObject([
      { name: 'lag_minutes', tripped: false, value: 0 },
      { name: 'watermark_minutes', tripped: false, value: 0 },
    ]);
  } finally {
    open.release(true);
  }
});

test('a message that does not arrive is sent again; Slack gets its own form', async () => {
  await store.transact(randomUUID(), [put(randomUUID(), 'exercise_session', { beginning: '2026-01-01T00:00:00Z' })]);
  await tick({});
  webhook.answerWith(500);
  expect(await tick({ events: 0 })).toEqual([]);
  webhook.answerWith(200);
  expect(await tick({ events: 0 }, 'slack')).toEqual([
    { text: expect.stringMatching(/^Annals: events tripped: \d+, limit 0 /) },
  ]);
  expect(await tick({ events: 0 })).toEqual([]);
  await tick({});
});

test('the cron in workerd measures them and reaches the webhook, when one trips and when it recovers', async () => {
  const workerdTick = async () => {
    webhook.received.length = 0;
    await settled(store.owner());
    await (await stack().workers.signal()).mark();
    await stack().workers.tick(store.nextMinute());
    return [...webhook.received];
  };
  await tick({ events: 1e18 });
  await store.transact(randomUUID(), [put(randomUUID(), 'exercise_session', { beginning: '2026-01-01T00:00:00Z' })]);
  await query(
    "insert into refresh_log (lease, name, mode, scheduled_for, finished_at, error) values (gen_random_uuid(), 'turn_over', 'done', now(), now(), 'no room')",
  );
  expect(await workerdTick()).toMatchObject([
    {
      service: 'annals',
      tripwires: [
        { name: 'events', tripped: true, limit: 0 },
        { name: 'failed_refreshes', tripped: true, detail: 'turn_over' },
      ],
    },
  ]);
  expect(await workerdTick()).toEqual([]);
  await query("update refresh_log set error = null where name = 'turn_over'");
  expect(await workerdTick()).toMatchObject([
    {
      text: expect.stringMatching(/^Annals: failed_refreshes recovered: /),
      tripwires: [{ name: 'failed_refreshes', tripped: false }],
    },
  ]);
  const token = await stack().operatorToken();
  const answer = await stack().fetch('/v1/ops/tripwires', { headers: { authorization: `Bearer ${token}` } });
  const { tripwires } = await answer.json();
  expect(tripwires.map(({ name }: { name: string }) => name).sort()).toEqual(Object.keys(tripwireLimits({})).sort());
  expect(tripwires).toContainEqual(expect.objectContaining({ name: 'lag_minutes', tripped: false, limit: 15 }));
});

test('limits are settings', () => {
  expect(tripwireLimits({ TRIPWIRE_EVENTS: '5', TRIPWIRE_ROWS: 'many', TRIPWIRE_LAG_MINUTES: '' })).toMatchObject({
    events: 5,
    rows: 10_000_000,
    lag_minutes: 15,
  });
});
