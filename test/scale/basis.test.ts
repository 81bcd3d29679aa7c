import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { transact } from './keep-writing.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
let owner: pg.Pool;
let app: pg.Pool;
beforeAll(() => {
  owner = new pg.Pool({ connectionString: stack().database.url });
  app = new pg.Pool({ connectionString: stack().database.urlAs('annals_app') });
});
afterAll(async () => {
  await owner.end();
  await app.end();
});

const put = (id: string, doc: object, extra: object = {}) => ({
  op: 'put',
  entity_id: id,
  entity_type: 'habit_log',
  doc: { timestamp: '2026-07-01T10:00:00Z', ...doc },
  ...extra,
});

async function get(
  user: string,
  path: string,
  basis: string | null,
): Promise<{ status: number; basis: string; body: string }> {
  const response = await stack().fetch(path, { as: user, headers: basis === null ? {} : { Basis: basis } });
  return { status: response.status, basis: response.headers.get('basis') ?? '', body: await response.text() };
}

/** Every kind of answer that can be had again. */
const paths = (id: string) => [
  '/rest/v1/habit_log?order=timestamp.desc,id&show=archived,sensitive',
  '/v1/entities?entity_type=habit_log&show=archived,sensitive',
  `/v1/entities/${id}`,
  `/v1/entities/${id}/history`,
  '/v1/history?limit=500',
  '/v1/overview',
  '/v1/heatmap?entity_type=habit_log&year=2026',
];

const step = fc.record({
  entity: fc.integer({ min: 0, max: 3 }),
  act: fc.constantFrom('put', 'put_past', 'put_future', 'delete', 'begin', 'commit', 'import', 'look'),
});

test('an answer with a basis is had again, byte for byte, whatever is written, committed late or imported meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const user = randomUUID();
      const ids = Array.from({ length: 4 }, () => randomUUID());
      for (const id of ids) await transact(app, user, [put(id, { notes: 'first' })]);
      const looked: { path: string; basis: string; status: number; body: string }[] = [];
      const look = async () => {
        const [first = '', ...others] = paths(ids[0] ?? '');
        const answer = await get(user, first, 'now');
        expect(answer).toMatchObject({ status: 200, basis: expect.stringMatching(/./) });
        looked.push({ path: first, ...answer });
        for (const path of others) looked.push({ path, ...(await get(user, path, answer.basis)) });
      };
      // A writer who is slow to commit holds its own entity, which nobody else writes.
      const late = await app.connect();
      const lateId = randomUUID();
      let isOpen = false;
      try {
        for (const [n, { entity, act }] of steps.entries()) {
          const id = ids[entity] ?? '';
          if (act === 'put') await transact(app, user, [put(id, { notes: `n${n}` })]);
          else if (act === 'put_past')
            await transact(app, user, [put(id, { notes: `p${n}` }, { valid_from: '2026-01-01T00:00:00Z' })]);
          else if (act === 'put_future')
            await transact(app, user, [put(id, { notes: `f${n}` }, { valid_from: '2046-01-01T00:00:00Z' })]);
          else if (act === 'delete')
            await transact(app, user, [{ op: 'delete', entity_id: id, valid_from: new Date().toISOString() }]);
          else if (act === 'begin' && !isOpen) {
            await late.query('begin');
            await transact(late, user, [put(lateId, { notes: `late${n}` })]);
            isOpen = true;
          } else if (act === 'commit' && isOpen) {
            await late.query('commit');
            isOpen = false;
          } else if (act === 'import') {
            // A row of long ago, as an import writes it.
            await owner.query(
              `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
               values ($1, '2020-01-01Z', '2020-01-01Z', $2, $3, 'habit_log', '{"timestamp": "2026-07-02T10:00:00Z"}') on conflict do nothing`,
              [n, n % 2 === 0 ? id : randomUUID(), user],
            );
          } else if (act === 'look') await look();
        }
        await look();
        if (isOpen) await late.query('commit');
        await transact(
          app,
          user,
          ids.map((id) => put(id, { notes: 'last' })),
        );
        for (const { path, basis, status, body } of looked) {
          const again = await get(user, path, basis);
          expect({ path, status: again.status, body: again.body }).toEqual({ path, status, body });
        }
      } finally {
        await late.query('rollback');
        late.release();
      }
    }),
    { numRuns: 8 },
  );
});

test('what a basis shows is what the present showed: own writes, and nothing that was not committed', async () => {
  const user = randomUUID();
  const id = randomUUID();
  await transact(app, user, [put(id, { notes: 'one' })]);
  const late = await app.connect();
  try {
    await late.query('begin');
    await transact(late, user, [put(randomUUID(), { notes: 'late' })]);
    const present = await get(user, '/rest/v1/habit_log?select=id,notes', null);
    const { basis, body } = await get(user, '/rest/v1/habit_log?select=id,notes', 'now');
    expect(body).toBe(present.body);
    await late.query('commit');
    expect((await get(user, '/rest/v1/habit_log?select=id,notes', basis)).body).toBe(body);
    expect(JSON.parse((await get(user, '/rest/v1/habit_log?select=id,notes', null)).body)).toHaveLength(2);
  } finally {
    late.release();
  }
});

test('with a basis too a read is one request, and sees only what is its user’s', async () => {
  const [maya, theo] = [randomUUID(), randomUUID()];
  const id = randomUUID();
  await transact(app, maya, [put(id, { notes: 'mine' })]);
  stack().neon.traffic.reset();
  const { basis } = await get(maya, `/v1/entities/${id}`, 'now');
  expect((await get(theo, `/v1/entities/${id}`, basis)).status).toBe(404);
  expect(stack().neon.traffic.counts.http_requests).toBe(2);
});

test('after an eviction a basis of before is gone, for the user whose entity it was', async () => {
  const [maya, theo] = [randomUUID(), randomUUID()];
  const id = randomUUID();
  await transact(app, maya, [put(id, { notes: 'a' })]);
  const mine = await get(maya, `/v1/entities/${id}`, 'now');
  const other = await get(theo, '/v1/overview', 'now');
  await transact(app, maya, [{ op: 'evict', entity_id: id }]);
  expect(await get(maya, `/v1/entities/${id}`, mine.basis)).toMatchObject({ status: 410 });
  expect(await get(theo, '/v1/overview', other.basis)).toMatchObject({ status: 200, body: other.body });
});

test('a basis that is none, or where the present alone is known, is refused', async () => {
  const user = randomUUID();
  const { basis } = await get(user, '/v1/overview', 'now');
  expect((await get(user, '/v1/overview', `${basis}x`)).status).toBe(422);
  expect((await get(user, '/v1/changes', basis)).status).toBe(422);
  expect((await get(user, '/v1/dashboard?from=2026-01-01&to=2026-01-02', 'now')).status).toBe(422);
});
