import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { projectType } from '../../src/cli/project-type.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { runAnnals } from '../run-annals.ts';
import { stackFor } from '../stack.ts';
import { transact } from './keep-writing.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
let owner: pg.Pool;
let app: pg.Pool;
beforeAll(() => {
  owner = new pg.Pool({ connectionString: stack().database.url });
  app = new pg.Pool({ connectionString: stack().database.urlAs('annals_app') });
});
afterEach(() => annals('project', 'task', '--drop'));
afterAll(async () => {
  await owner.end();
  await app.end();
});

const annals = (...argv: string[]) => runAnnals(argv, { DATABASE_URL: stack().database.url });

const STATES = ['inbox', 'now', 'later', 'waiting', 'done', 'canceled'] as const;

/** What a task may hold: also fields that are missing, null, or what no schema would take, as history may. */
const task = fc.record(
  {
    label: fc.constantFrom('Sow', 'Reap', 'Mow'),
    state: fc.oneof(fc.constantFrom(...STATES), fc.constant(5)),
    due_on: fc.constantFrom('2026-05-01', '2026-06-01', '2026-07-01', 'someday', null),
    effort: fc.constantFrom('low', 'medium', 'high'),
    focus_order: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('3')),
    done_at: fc.constantFrom('2026-07-01T10:00:00Z', '2026-07-01T12:00:00+02:00', '2026-08-01T10:00:00.123456Z'),
    sensitive: fc.boolean(),
  },
  { requiredKeys: ['label'] },
);

const LISTS = [
  'order=due_on.desc.nullslast&limit=5',
  'order=due_on&limit=5',
  'order=due_on.desc,focus_order.desc.nullslast&limit=3',
  'due_on=gte.2026-06-01&order=due_on',
  'due_on=is.null',
  'state=eq.now&order=due_on',
  'state=eq.5',
  'state=in.(now,later)&due_on=lt.2026-07-01',
  'state=not.eq.now&order=state,label',
  'or=(due_on.lt.2026-06-01,and(effort.eq.high,focus_order.gt.1))&order=focus_order.desc',
  'focus_order=eq.3',
  'done_at=eq.2026-07-01T10:00:00Z',
  'sensitive=is.true&show=sensitive',
  'label=ilike.*o*&order=label.desc,due_on&select=label,due_on',
  'select=label&due_on=isdistinct.2026-06-01&order=due_on.nullsfirst',
];

async function list(user: string, query: string): Promise<{ status: number; body: string; range: string | null }> {
  const response = await stack().fetch(`/rest/v1/task?${query}`, { as: user, headers: { Prefer: 'count=exact' } });
  return { status: response.status, body: await response.text(), range: response.headers.get('content-range') };
}

test('a list over a projection is the list over docs, filled while people write, and again when it is dropped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(task, { minLength: 1, maxLength: 25 }),
      fc.array(fc.record({ n: fc.nat(24), doc: fc.option(task), evict: fc.boolean() }), { maxLength: 12 }),
      async (docs, edits) => {
        const user = randomUUID();
        const ids = docs.map(() => randomUUID());
        const put = (id: string, doc: object) => ({
          op: 'put',
          entity_id: id,
          entity_type: 'task',
          doc: { created_at: '2026-01-01T00:00:00Z', ...doc },
        });
        await transact(
          app,
          user,
          docs.map((doc, n) => put(ids[n] ?? '', doc)),
        );
        const made = annals('project', 'task', 'due_on', 'state', 'focus_order');
        const gone = new Set<string>();
        for (const { n, doc, evict } of edits) {
          const id = ids[n] ?? '';
          if (id === '' || gone.has(id)) continue;
          if (doc !== null) await transact(app, user, [put(id, doc)]);
          else {
            await transact(app, user, [{ op: evict ? 'evict' : 'delete', entity_id: id }]);
            gone.add(id);
          }
        }
        expect(await made).toMatchObject({ code: 0 });
        const over = await Promise.all(LISTS.map((query) => list(user, query)));
        await annals('project', 'task', '--drop');
        const without = await Promise.all(LISTS.map((query) => list(user, query)));
        for (const [n, query] of LISTS.entries()) expect({ query, ...over[n] }).toEqual({ query, ...without[n] });
        expect(over.every(({ status }) => status === 200 || status === 206)).toBe(true);
      },
    ),
    { numRuns: 8 },
  );
});

test('lists by an indexed field read the projection, in one request, and pages follow each other', async () => {
  const user = randomUUID();
  const docs = Array.from({ length: 300 }, (_, n) => ({
    label: `t${n}`,
    state: STATES[n % 6],
    due_on: `2026-0${1 + (n % 9)}-15`,
  }));
  await transact(
    app,
    user,
    docs.map((doc) => ({ op: 'put', entity_id: randomUUID(), entity_type: 'task', doc })),
  );
  expect(await annals('project', 'task', 'due_on')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/equal to its docs/),
  });
  stack().neon.traffic.reset();
  expect(JSON.parse((await list(user, 'order=due_on&limit=10&select=label')).body)).toHaveLength(10);
  expect(stack().neon.traffic.counts.http_requests).toBe(1);

  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await stack().fetch(
      `/rest/v1/task?order=due_on.desc.nullslast&limit=70&select=id,due_on&cursor=${cursor}`,
      { as: user },
    );
    seen.push(...(await page.json()).map(({ id }: { id: string }) => id));
    cursor = page.headers.get('next-cursor') ?? '';
  } while (cursor !== '');
  expect(new Set(seen).size).toBe(300);
  expect(seen).toHaveLength(300);

  // Whoever reads it misses what is not in it.
  await owner.query('delete from projected_task where user_id = $1', [user]);
  expect(JSON.parse((await list(user, 'order=due_on&limit=10')).body)).toEqual([]);
  expect(JSON.parse((await list(user, 'order=created_at&limit=10')).body)).toHaveLength(10);
});

test('what was stopped half way goes on where it was, with what was written and evicted meanwhile', async () => {
  const user = randomUUID();
  const ids = Array.from({ length: 4_500 }, () => randomUUID());
  const put = (id: string, state: string) => ({
    op: 'put',
    entity_id: id,
    entity_type: 'task',
    doc: { label: 'a', state },
  });
  for (let n = 0; n < ids.length; n += 900)
    await transact(
      app,
      user,
      ids.slice(n, n + 900).map((id) => put(id, 'now')),
    );
  const stopping = new AbortController();
  const client = new pg.Client({ connectionString: stack().database.url });
  await client.connect();
  await expect(
    projectType({
      database: client,
      type: entityTypes.task,
      indexed: ['state'],
      onRows: () => stopping.abort(),
      signal: stopping.signal,
    }),
  ).rejects.toThrow();
  await client.end();
  expect(JSON.parse((await list(user, 'state=eq.now&limit=3')).body)).toHaveLength(3);
  const [evicted = '', edited = ''] = ids;
  await transact(app, user, [{ op: 'evict', entity_id: evicted }, put(edited, 'done')]);
  expect(await annals('project', 'task', 'state')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/equal to its docs/),
  });
  expect((await list(user, 'state=eq.now&limit=1')).range).toBe('0-0/4498');
  expect((await list(user, 'state=eq.done&limit=1')).range).toBe('0-0/1');
});

test('each sees only their own rows of a projection', async () => {
  const [maya, theo] = [randomUUID(), randomUUID()];
  await transact(app, maya, [
    { op: 'put', entity_id: randomUUID(), entity_type: 'task', doc: { label: 'mine', state: 'now' } },
  ]);
  await annals('project', 'task', 'state');
  expect(JSON.parse((await list(theo, 'state=eq.now')).body)).toEqual([]);
  expect(JSON.parse((await list(maya, 'state=eq.now')).body)).toHaveLength(1);
  await expect(app.query('select from projected_task')).rejects.toMatchObject({ code: '42501' });
  const { rowCount } = await app.query('select from own_projected_task');
  expect(rowCount).toBe(0);
});

test('a version of the future that comes into force is listed by its new fields before the cron has seen it', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await transact(app, user, [{ op: 'put', entity_id: id, entity_type: 'task', doc: { label: 'a', state: 'now' } }]);
  await transact(app, user, [
    {
      op: 'put',
      entity_id: id,
      entity_type: 'task',
      doc: { label: 'a', state: 'done' },
      valid_from: new Date(Date.now() + 400).toISOString(),
    },
  ]);
  await annals('project', 'task', 'state');
  await expect.poll(async () => JSON.parse((await list(user, 'state=eq.done')).body)).toHaveLength(1);
  expect(JSON.parse((await list(user, 'state=eq.now')).body)).toEqual([]);
});

test('a projection that differs from its docs is told, and not used', async () => {
  const user = randomUUID();
  await transact(app, user, [
    { op: 'put', entity_id: randomUUID(), entity_type: 'task', doc: { label: 'a', state: 'now' } },
  ]);
  await annals('project', 'task', 'state');
  await owner.query(`update projections set is_complete = false; update projected_task set state = 'later'`);
  expect(await annals('project', 'task', 'state')).toMatchObject({
    code: 3,
    err: expect.stringMatching(/are not what the docs say/),
  });
  expect(JSON.parse((await list(user, 'state=eq.now')).body)).toHaveLength(1);
});

test('a field that is none, or a set, is refused', async () => {
  expect(await annals('project', 'habit_log', 'habit_ids')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/no field habit_ids/),
  });
  expect(await annals('project', 'task')).toMatchObject({ code: 2 });
  expect(await annals('project', 'nothing', 'label')).toMatchObject({ code: 2 });
});

test('a drop waits for a reader who holds the table longer than one try', async () => {
  expect(await annals('project', 'task', 'due_on')).toMatchObject({ code: 0 });
  const reader = await owner.connect();
  await reader.query('begin');
  await reader.query('select from entities limit 1');
  const tries = new Set<string>();
  let ended = false;
  const dropped = annals('project', 'task', '--drop').finally(() => {
    ended = true;
  });
  await expect
    .poll(
      async () => {
        const { rows } = await owner.query<{ at: string }>(
          `select query_start::text as at from pg_stat_activity
           where datname = current_database() and query like '%drop trigger%' and wait_event_type = 'Lock'`,
        );
        for (const { at } of rows) tries.add(at);
        return ended || tries.size > 1;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(true);
  await reader.query('rollback');
  reader.release();
  expect(await dropped).toMatchObject({ code: 0, err: '' });
  expect((await owner.query(`select to_regclass('projected_task') as left_over`)).rows).toEqual([{ left_over: null }]);
});
