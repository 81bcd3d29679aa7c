import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type pg from 'pg';
import { refresh } from '../../src/analytics/refresh.ts';
import { settled } from '../settled.ts';
import { type AnalyticsStore, put } from './analytics-store.ts';

/** Where a tick dies. */
type Crash = 'none' | 'after start' | 'in the pass' | 'after the pass' | 'in a step' | 'between steps';

/** One thing that happens to a store: a write, an import, or a tick of the cron, undisturbed or not. */
export type Step =
  | {
      kind: 'put';
      id: number;
      type: 'project_log' | 'exercise_session' | 'medication_log' | 'habit_log' | 'task' | 'habit';
      from: Date;
      minutes: number;
      is_running: boolean;
      zone: string;
      related: number;
      is_sensitive: boolean;
      value: number;
      valid_from: Date | null;
    }
  | { kind: 'delete'; id: number; valid_from: Date | null }
  | { kind: 'zone'; user: number; zone: string }
  | { kind: 'import'; id: number; from: Date; tx_times: Date[]; finish: boolean }
  | { kind: 'soon'; id: number; from: Date }
  | { kind: 'thing'; number: number; sensitive: boolean; archived: boolean }
  | { kind: 'evict'; id: number }
  | { kind: 'pass'; events: number; records: number; rebuild: boolean; crash: Crash }
  | { kind: 'two crons' };

const zone = fc.constantFrom('Europe/Berlin', 'America/Detroit', 'Pacific/Auckland', 'Asia/Kolkata', 'No/Where');
const instant = fc.date({ min: new Date('2026-03-27Z'), max: new Date('2026-04-06Z'), noInvalidDate: true });
const id = fc.nat(5);

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      id,
      type: fc.constantFrom('project_log', 'exercise_session', 'medication_log', 'habit_log', 'task', 'habit'),
      from: instant,
      minutes: fc.nat(4_000),
      is_running: fc.boolean(),
      zone,
      related: fc.nat(2),
      is_sensitive: fc.boolean(),
      value: fc.oneof(fc.integer({ min: -5, max: 500 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
      valid_from: fc.option(instant, { freq: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id, valid_from: fc.option(instant) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('zone' as const), user: fc.nat(1), zone }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('import' as const),
      id,
      from: instant,
      tx_times: fc.array(instant, { minLength: 1, maxLength: 3 }),
      finish: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('soon' as const), id, from: instant }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('thing' as const),
      number: fc.nat(2),
      sensitive: fc.boolean(),
      archived: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      events: fc.integer({ min: 1, max: 3 }),
      records: fc.integer({ min: 1, max: 3 }),
      rebuild: fc.boolean(),
      crash: fc.constantFrom<Crash>(
        'none',
        'none',
        'after start',
        'in the pass',
        'after the pass',
        'in a step',
        'between steps',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'two crons' as const }) },
);

/** Two users, entities of theirs, and the things these are about. An entity belongs to the user with the parity of its number. */
export interface World {
  readonly users: readonly string[];
  readonly entities: readonly string[];
  readonly related: readonly string[];
}

export const newWorld = (): World => ({
  users: [randomUUID(), randomUUID()],
  entities: Array.from({ length: 6 }, () => randomUUID()),
  related: [randomUUID(), randomUUID(), randomUUID()],
});

export async function act(step: Step, world: World, store: AnalyticsStore): Promise<void> {
  const idOf = (number: number) => world.entities[number] ?? '';
  const userOf = (number: number) => world.users[number % 2] ?? '';
  switch (step.kind) {
    case 'zone': {
      const user = userOf(step.user);
      return store.transact(user, [put(user, 'user', { email: 'x@example.com', time_zone: step.zone })]);
    }
    case 'delete': {
      const valid_from = (step.valid_from ?? new Date()).toISOString();
      const op = {
        op: 'delete',
        entity_id: idOf(step.id),
        entity_type: await typeOf(step.id, world, store),
        valid_from,
      };
      return store.transact(userOf(step.id), [op]);
    }
    case 'put': {
      const type = (await typeOf(step.id, world, store)) ?? step.type;
      const extra = step.valid_from === null ? {} : { valid_from: step.valid_from.toISOString() };
      return store.transact(userOf(step.id), [put(idOf(step.id), type, docOf(type, step, world), extra)]);
    }
    case 'soon': {
      // In force a moment from now: while later steps run, or after the last.
      const { rows } = await store.owner().query("select iso(clock_timestamp() + interval '20 milliseconds') as at");
      const type = (await typeOf(step.id, world, store)) ?? 'exercise_session';
      const doc = { beginning: step.from.toISOString(), end: step.from.toISOString() };
      return store.transact(userOf(step.id), [put(idOf(step.id), type, doc, { valid_from: rows[0].at })]);
    }
    case 'thing': {
      const { sensitive, archived } = step;
      const thing = put(world.related[step.number] ?? '', 'habit', { label: 'Swim', sensitive, archived });
      return store.transact(userOf(step.number), [thing]);
    }
    case 'evict': {
      if ((await typeOf(step.id, world, store)) === null) return;
      return store.transact(userOf(step.id), [{ op: 'evict', entity_id: idOf(step.id) }]);
    }
    case 'import':
      return importVersions(
        step,
        idOf(step.id),
        userOf(step.id),
        (await typeOf(step.id, world, store)) ?? 'exercise_session',
        store,
      );
    case 'pass':
      return pass(step, store);
    case 'two crons': {
      const [one, other] = [store.nextMinute(), store.nextMinute()];
      const tick = (at: Date) => refresh(store.road(), { scheduled_for: at, names: null, rebuild: false });
      await Promise.all([tick(one), tick(other), tick(other)]);
      return;
    }
  }
}

async function typeOf(number: number, world: World, store: AnalyticsStore): Promise<string | null> {
  const { rows } = await store
    .owner()
    .query('select entity_type from event_log where entity_id = $1 and entity_type is not null limit 1', [
      world.entities[number],
    ]);
  return rows[0]?.entity_type ?? null;
}

function docOf(type: string, step: Extract<Step, { kind: 'put' }>, world: World): object {
  const beginning = step.from.toISOString();
  const end = new Date(step.from.getTime() + step.minutes * 60_000).toISOString();
  const related = world.related[step.related];
  switch (type) {
    case 'medication_log':
      return { timestamp: beginning, medication_id: related, dosage: step.value, unit: step.is_running ? 'mg' : 'ml' };
    case 'habit_log':
      return {
        timestamp: beginning,
        time_zone: step.zone,
        habit_ids: world.related.slice(0, step.related + 1),
        ...(step.is_sensitive && { sensitive: true }),
      };
    case 'task':
      return {
        label: 'Sow',
        state: 'now',
        // Without it the task stands where its first event was written.
        ...(step.value > 100 && { created_at: beginning }),
        ...(step.is_running ? { snooze_until: end.slice(0, 10) } : { done_at: end }),
      };
    case 'habit':
      return { label: 'Run', sensitive: step.is_sensitive, archived: false };
    case 'project_log':
      return { beginning, ...(!step.is_running && { end }), time_zone: step.zone, project_id: related };
    default:
      return { beginning, ...(!step.is_running && { end }) };
  }
}

async function call(
  client: pg.PoolClient,
  name: string,
  lease: string,
  limit: number,
): Promise<{ rebuilding: boolean }> {
  const { rows } = await client.query(`select ${name}($1, $2) as answer`, [lease, limit]);
  return rows[0].answer;
}

async function pass(step: Extract<Step, { kind: 'pass' }>, store: AnalyticsStore): Promise<void> {
  const client = await store.owner().connect();
  try {
    const { rows } = await client.query("select refresh_start($1, null, $2) ->> 'lease' as lease", [
      store.nextMinute(),
      step.rebuild,
    ]);
    const { lease } = rows[0];
    if (lease === null || step.crash === 'after start') return;
    if (step.crash === 'in the pass') await client.query('begin');
    let answer = await call(client, 'refresh_rollups', lease, step.events);
    if (step.crash === 'in the pass') await client.query('rollback');
    if (step.crash === 'in the pass' || step.crash === 'after the pass') return;
    while (answer.rebuilding) {
      if (step.crash === 'in a step') await client.query('begin');
      answer = await call(client, 'rebuild_rollups', lease, step.records);
      if (step.crash === 'in a step') await client.query('rollback');
      if (step.crash === 'in a step' || step.crash === 'between steps') return;
    }
    await client.query('select refresh_finish($1)', [lease]);
  } finally {
    // What a crash leaves is a lease that nobody gives back: time passes.
    if (step.crash !== 'none') await client.query('update refresh_state set lease_until = clock_timestamp()');
    client.release();
  }
}

/** A file of its own with one entity's versions, as the import Worker hands it over. */
async function importVersions(
  step: Extract<Step, { kind: 'import' }>,
  entity_id: string,
  user_id: string,
  entity_type: string,
  store: AnalyticsStore,
): Promise<void> {
  const fingerprint = (randomUUID() + randomUUID()).replaceAll('-', '');
  const ask = async (text: string, value: unknown) => (await store.owner().query(text, [value])).rows[0].answer;
  const { import_id } = await ask('select import_open($1) as answer', {
    fingerprint,
    arguments: {},
    file_name: 'random.edn',
    total_bytes: 1,
    created_by: user_id,
  });
  const { rows: numbers } = await store
    .owner()
    .query("select nextval('tx_seq')::integer as tx from generate_series(1, $1)", [step.tx_times.length]);
  const rows = step.tx_times.map((at, n) => ({
    line: n + 2,
    tx: numbers[n].tx,
    tx_time: at.toISOString(),
    valid_time: at.toISOString(),
    entity_id,
    user_id,
    entity_type,
    doc: { beginning: step.from.toISOString(), end: step.from.toISOString(), created_at: at.toISOString() },
    hints: null,
  }));
  const last_line = rows.length + 2;
  const chunk = {
    import_id,
    fingerprint,
    first_line: 1,
    last_line,
    digest: fingerprint,
    bytes: 1,
    rows,
    rejects: [],
    evictions: [],
    skipped: 0,
    nonconforming: 0,
    report: { types: {}, nonconforming: {}, unknown_attributes: {}, other_ids: { count: 0, line: null } },
    header: {},
    footer: { rows: rows.length, entities: 1, evicted: 0 },
  };
  await ask('select import_chunk($1) as answer', chunk);
  if (step.finish) await ask('select import_finish($1) as answer', import_id);
  else await ask("select import_act($1, 'cancel') as answer", import_id);
  await settled(store.owner());
}
