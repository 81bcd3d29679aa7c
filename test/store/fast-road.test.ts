import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';

let database: TestDatabase;
let app: pg.Pool;
let owner: pg.Pool;
beforeAll(async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  app = new pg.Pool({ connectionString: database.urlAs('annals_app') });
  owner = new pg.Pool({ connectionString: database.url });
});
afterAll(async () => {
  await app.end();
  await owner.end();
  await database.drop();
});

const STATE = 'select * from entities where user_id = $1 order by entity_id';

const transact = (operations: object[], user_id: string = randomUUID()) =>
  app.query('select transact($1::jsonb) as answer', [JSON.stringify({ user_id, operations, request_hash: '' })]);

test('entities written the fast way are what a fold of their log makes of them (I2)', async () => {
  const places = [0, 1, 2, 3, 4] as const;
  const doc = fc.record(
    {
      beginning: fc.constantFrom('2026-07-01T12:00:00Z', 'no instant', 5),
      end: fc.constantFrom('2026-07-01T13:00:00.000001Z', null),
      created_at: fc.constantFrom('2020-01-01T00:00:00Z', 'no instant'),
      deleted_at: fc.constantFrom('2026-08-01T00:00:00Z', 'no instant', null),
      sensitive: fc.boolean(),
      archived: fc.constantFrom(true, 'true'),
      label: fc.string({ maxLength: 3, unit: 'grapheme-ascii' }),
      project_id: fc.constantFrom('11111111-0000-4000-8000-000000000000', 'no id'),
    },
    { requiredKeys: [] },
  );
  const types = ['project_log', 'project', 'no_such_type'];
  const put = fc.record({
    op: fc.constant('put'),
    doc,
    hints: fc.constantFrom(null, { '/id': ['id', ':x'], '/label': 'keyword' }),
  });
  const operation = fc.oneof(
    put,
    fc.record({ op: fc.constant('patch'), set: doc, unset: fc.subarray(['label', 'created_at', 'beginning']) }),
    fc.record({ op: fc.constant('delete') }),
  );
  const all = fc.tuple(put, put, put, put, put);
  const transaction = fc
    .tuple(fc.shuffledSubarray([...places], { minLength: 1, maxLength: 2 }), fc.tuple(operation, operation))
    .map(([chosen, operations]) => chosen.map((place, i) => ({ ...operations[i], place })));
  const history = fc
    .tuple(all, fc.array(transaction, { minLength: 1, maxLength: 6 }))
    .map(([first, then]) => [first.map((op, place) => ({ ...op, place })), ...then]);
  await fc.assert(
    fc.asyncProperty(history, async (transactions) => {
      const user = randomUUID();
      const ids = places.map(() => randomUUID());
      for (const operations of transactions) {
        await transact(
          operations.map(({ place, ...operation }) => ({
            ...operation,
            entity_id: ids[place],
            entity_type: types[place % 3],
          })),
          user,
        ).catch((error: { code: string }) => {
          // Deleted before: nothing is written.
          if (error.code !== 'AN404') throw error;
        });
      }
      const written = await owner.query(STATE, [user]);
      await owner.query('select fold_entities($1::uuid[], clock_timestamp())', [ids]);
      expect(written.rows).toEqual((await owner.query(STATE, [user])).rows);
      const misplaced = await owner.query(
        `select e.entity_id, e.doc from event_log e cross join lateral entity_facts(e.entity_type, e.doc) x
        where e.user_id = $1 and e.doc is not null and e.occurred_at is distinct from
          coalesce(x.occurred_at, (select min(f.tx_time) from event_log f where f.entity_id = e.entity_id))`,
        [user],
      );
      expect(misplaced.rows).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('a thousand puts in one transaction take one statement of each kind, not a thousand', async () => {
  const operations = Array.from({ length: 1_000 }, (_, n) => ({
    op: 'put',
    entity_id: randomUUID(),
    entity_type: 'habit',
    doc: { label: String(n) },
  }));
  const { rows } = await transact(operations);
  expect(rows[0].answer.entities.map((entity: { id: string }) => entity.id)).toEqual(
    operations.map((op) => op.entity_id),
  );
  await expect(transact([...operations, { ...operations[0], entity_id: randomUUID() }])).rejects.toMatchObject({
    code: 'AN413',
  });
});

test('bulk writes side by side do not use up the server’s locks', async () => {
  const bulk = () =>
    transact(
      Array.from({ length: 1_000 }, () => ({
        op: 'put',
        entity_id: randomUUID(),
        entity_type: 'habit',
        doc: { label: 'x' },
      })),
    );
  const answers = await Promise.all(Array.from({ length: 8 }, bulk));
  expect(answers.map(({ rows }) => rows[0].answer.entities.length)).toEqual(Array(8).fill(1_000));
});
