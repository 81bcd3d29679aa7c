import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';

let database: TestDatabase;
let pool: pg.Pool;
let owner: pg.Pool;
beforeAll(async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  pool = new pg.Pool({ connectionString: database.urlAs('annals_app') });
  owner = new pg.Pool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.drop();
});

interface Answer {
  tx: number;
  tx_time: string;
  entities: { id: string; entity_type: string; version: number; deleted_at: string | null }[];
  replayed?: boolean;
}

type Queryable = Pick<pg.Pool, 'query'>;

async function transact(
  user_id: string,
  operations: object[],
  extra: object = {},
  on: Queryable = pool,
): Promise<Answer> {
  const { rows } = await on.query('select transact($1::jsonb) as answer', [
    JSON.stringify({ user_id, operations, request_hash: '', ...extra }),
  ]);
  return rows[0].answer;
}

const put = (entity_id: string, doc: object, extra: object = {}) => ({
  op: 'put',
  entity_id,
  entity_type: 'habit',
  doc,
  ...extra,
});
const patch = (entity_id: string, set: object, extra: object = {}) => ({
  op: 'patch',
  entity_id,
  entity_type: 'habit',
  set,
  ...extra,
});

async function eventsOf(entityId: string): Promise<{ doc: unknown; tx_time: string; hints: unknown }[]> {
  const { rows } = await owner.query(
    'select doc, hints, iso(tx_time) as tx_time from event_log where entity_id = $1::uuid order by seq',
    [entityId],
  );
  return rows;
}

async function docOf(entityId: string): Promise<unknown> {
  const { rows } = await owner.query('select doc from entities where entity_id = $1::uuid', [entityId]);
  return rows[0]?.doc;
}

test('several operations on several entities are committed together', async () => {
  const [user, a, b] = [randomUUID(), randomUUID(), randomUUID()];
  const answer = await transact(user, [put(a, { label: 'a' }), put(b, { label: 'b' }), patch(a, { notes: 'n' })]);
  expect(answer.entities.map((e) => e.id).sort()).toEqual([a, b].sort());
  expect(await docOf(a)).toEqual({ label: 'a', notes: 'n' });
  expect(await docOf(b)).toEqual({ label: 'b' });
});

test('a failing operation leaves nothing of the others (I1)', async () => {
  const [user, a, unknown] = [randomUUID(), randomUUID(), randomUUID()];
  await expect(transact(user, [put(a, { label: 'a' }), patch(unknown, { label: 'x' })])).rejects.toMatchObject({
    code: 'AN404',
  });
  expect(await eventsOf(a)).toEqual([]);
  expect(await docOf(a)).toBeUndefined();
});

test('a patch sets and unsets fields, with their hints, and keeps the rest', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await transact(user, [
    put(
      id,
      { label: 'a', notes: 'n', 'x/y': 1, 'x/z': [1] },
      { hints: { '/x~1y': 'double', '/x~1z': 'list', '/x~1z/0': 'double' } },
    ),
  ]);
  await transact(user, [{ ...patch(id, { 'x/y': 2 }), unset: ['notes', 'x/z'] }]);
  expect(await docOf(id)).toEqual({ label: 'a', 'x/y': 2 });
  expect((await eventsOf(id)).at(-1)?.hints).toBeNull();
});

test('a delete leaves a tombstone; the id can be put again and keeps its created_at', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  const first = await transact(user, [put(id, { label: 'a' })]);
  const deleted = await transact(user, [{ op: 'delete', entity_id: id }]);
  expect(deleted.entities[0]?.deleted_at).toBe(deleted.tx_time);
  expect((await eventsOf(id)).map((event) => event.doc)).toEqual([{ label: 'a' }, null]);
  await expect(transact(user, [{ op: 'delete', entity_id: id }])).rejects.toMatchObject({ code: 'AN404' });
  await transact(user, [put(id, { label: 'again' })]);
  const { rows } = await owner.query(
    'select iso(created_at) as created_at, deleted_at from entities where entity_id = $1',
    [id],
  );
  expect(rows[0]).toEqual({ created_at: first.tx_time, deleted_at: null });
});

test('an expected version that differs, or an expected absence that is not, changes nothing', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  const created = await transact(user, [put(id, { n: 1 }, { expected_version: null })]);
  const version = created.entities[0]?.version ?? 0;
  await expect(transact(user, [put(id, { n: 2 }, { expected_version: null })])).rejects.toMatchObject({
    code: 'AN412',
  });
  await transact(user, [put(id, { n: 2 }, { expected_version: version })]);
  await expect(transact(user, [patch(id, { n: 3 }, { expected_version: version })])).rejects.toMatchObject({
    code: 'AN412',
  });
  await expect(
    transact(user, [{ op: 'match', entity_id: id, expected_version: version }, put(randomUUID(), { n: 0 })]),
  ).rejects.toMatchObject({ code: 'AN412' });
  expect(await docOf(id)).toEqual({ n: 2 });
});

test('a write that expects a version which is gone is refused at once, without a wait for the one who writes now', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await transact(user, [put(id, { n: 1 })]);
  const rival = await pool.connect();
  try {
    await rival.query('begin');
    await transact(user, [put(id, { n: 2 })], {}, rival);
    // No version is ever 0.
    await expect(transact(user, [put(id, { n: 3 }, { expected_version: '0' })])).rejects.toMatchObject({
      code: 'AN412',
    });
    await rival.query('commit');
  } finally {
    rival.release();
  }
  expect(await docOf(id)).toEqual({ n: 2 });
});

test('what a transaction expects of an entity that it touched before is judged by what it did', async () => {
  const [user, id, other] = [randomUUID(), randomUUID(), randomUUID()];
  await transact(user, [
    put(id, { n: 1 }, { expected_version: null }),
    put(id, { n: 2 }, { expected_version: '*' }),
    { op: 'delete', entity_id: id },
    { op: 'match', entity_id: id, expected_version: null },
    put(other, { n: 1 }),
  ]);
  expect(await docOf(other)).toEqual({ n: 1 });
});

test('a refusal is in the same words whether the entity is somebody else’s or nobody’s', async () => {
  const [mine, theirs, foreign, absent, own] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await transact(theirs, [put(foreign, { n: 1 })]);
  await transact(mine, [put(own, { n: 1 })]);
  const version = (await transact(theirs, [put(foreign, { n: 2 })])).entities[0]?.version;
  const restored = { op: 'restore', entity_id: own, tx_time: '2999-01-01T00:00:00Z' };
  const attempts: ((id: string) => object[])[] = [
    (id) => [patch(id, { n: 3 })],
    (id) => [patch(id, { n: 3 }, { valid_from: '2020-01-01T00:00:00Z' })],
    (id) => [{ op: 'delete', entity_id: id }],
    (id) => [{ op: 'restore', entity_id: id, version: String(version) }],
    (id) => [{ op: 'restore', entity_id: id, tx_time: '2999-01-01T00:00:00Z' }],
    (id) => [{ op: 'restore', entity_id: id, version: String(version), expected_version: String(version) }],
    (id) => [{ op: 'evict', entity_id: id }],
    (id) => [{ op: 'match', entity_id: id, expected_version: '*' }],
    (id) => [restored, { op: 'match', entity_id: id, expected_version: String(version) }],
    (id) => [restored, { op: 'match', entity_id: id, expected_version: null }],
    (id) => [put(id, { n: 3 }, { expected_version: String(version) })],
    (id) => [put(id, { n: 3 }, { expected_version: '*', valid_from: '2020-01-01T00:00:00Z' })],
  ];
  for (const operations of attempts) {
    const [of_theirs, of_none] = await Promise.all(
      [foreign, absent].map((id) =>
        transact(mine, operations(id)).then(
          () => 'taken',
          ({ code, message, detail, hint }) => JSON.stringify({ code, message, detail, hint }).replaceAll(id, 'ID'),
        ),
      ),
    );
    expect(of_theirs, JSON.stringify(operations('ID'))).toBe(of_none);
  }
  expect(await docOf(foreign)).toEqual({ n: 2 });
});

test('an entity keeps its type', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await transact(user, [put(id, { label: 'a' })]);
  await expect(transact(user, [put(id, { label: 'a' }, { entity_type: 'task' })])).rejects.toMatchObject({
    code: 'AN409',
  });
});

test('transaction time only moves forward for an entity, whoever waits for whom and whatever the clock does (I4)', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  const holder = await pool.connect();
  const waiter = await pool.connect();
  try {
    // The waiter's transaction begins first, so its now() is the earlier one; it must still log the later time.
    await waiter.query('begin');
    await waiter.query('select now()');
    await holder.query('begin');
    const first = await transact(user, [put(id, { n: 1 })], {}, holder);
    const second = transact(user, [put(id, { n: 2 })], {}, waiter);
    await holder.query('commit');
    const { tx_time } = await second;
    await waiter.query('commit');
    expect(tx_time > first.tx_time).toBe(true);
  } finally {
    holder.release();
    waiter.release();
  }
  const request = JSON.stringify({ user_id: user, operations: [put(id, { n: 3 })], request_hash: '' });
  await owner.query("select transact($1::jsonb, '2001-01-01T00:00:00Z')", [request]);
  const times = (await eventsOf(id)).map((event) => event.tx_time);
  expect(times).toHaveLength(3);
  expect([...new Set(times)].sort()).toEqual(times);
  expect(await docOf(id)).toEqual({ n: 3 });
});

test('only the owner of the schema may set the clock', async () => {
  const request = JSON.stringify({ user_id: randomUUID(), operations: [put(randomUUID(), {})], request_hash: '' });
  await expect(pool.query("select transact($1::jsonb, '2001-01-01T00:00:00Z')", [request])).rejects.toMatchObject({
    code: 'AN403',
  });
});

test('an Idempotency-Key gives the first answer again, also to two at once, and refuses another request (I5)', async () => {
  const [user, id, key] = [randomUUID(), randomUUID(), randomUUID()];
  const send = (request_hash = 'h') => transact(user, [put(id, { n: 1 })], { idempotency_key: key, request_hash });
  const [one, two] = await Promise.all([send(), send()]);
  const [first, again] = one.replayed === undefined ? [one, two] : [two, one];
  expect(again).toEqual({ ...first, replayed: true });
  expect(await eventsOf(id)).toHaveLength(1);
  await expect(send('other')).rejects.toMatchObject({ code: 'AN422' });
  // A key is its user's own: another's equal key is another key.
  const other = await transact(randomUUID(), [put(randomUUID(), { n: 2 })], {
    idempotency_key: key,
    request_hash: 'h',
  });
  expect(other.replayed).toBeUndefined();
});

test('the log refuses update, delete and truncate, to its owner too (I3)', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await transact(user, [put(id, { n: 1 })]);
  for (const statement of [
    "update event_log set doc = '{}'",
    'delete from event_log',
    'truncate event_log',
    `delete from event_log where entity_id = '${id}'`,
  ]) {
    await expect(owner.query(statement), statement).rejects.toMatchObject({ code: 'AN403' });
    await expect(pool.query(statement), statement).rejects.toMatchObject({ code: '42501' });
  }
  expect(await eventsOf(id)).toHaveLength(1);
});

test("the application's role sees and writes nothing of another user, with no WHERE to stop it (I7)", async () => {
  const [mine, theirs, id, foreign] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await transact(mine, [put(id, { n: 1 })]);
  await transact(theirs, [put(foreign, { n: 2 }), put(randomUUID(), { n: 3 })]);
  await transact(theirs, [{ op: 'delete', entity_id: foreign }]);

  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const table of ['entities', 'event_log', 'live_entities', 'idempotency_keys', 'daily_activity']) {
      expect((await client.query(`select * from ${table}`)).rows, `${table} without a user`).toEqual([]);
    }
    await client.query("select set_config('annals.user_id', $1, true)", [mine]);
    for (const table of ['entities', 'event_log', 'live_entities']) {
      const { rows } = await client.query(`select distinct user_id from ${table}`);
      expect(rows, table).toEqual([{ user_id: mine }]);
    }
    expect((await client.query('update entities set label = $1', ['mine'])).rowCount).toBe(1);
    await expect(
      client.query(
        `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, doc) values (1, now(), now(), $1, $2, '{}')`,
        [randomUUID(), theirs],
      ),
    ).rejects.toMatchObject({ code: '42501' });
    await client.query('rollback');
    // Nor its own place in the order of commits, which decides what a consumer of the log sees.
    await client.query('begin');
    await client.query("select set_config('annals.user_id', $1, true)", [mine]);
    await expect(
      client.query(
        `insert into event_log (xid, tx, tx_time, valid_time, entity_id, user_id, doc) values ('1', 1, now(), now(), $1, $2, '{}')`,
        [randomUUID(), mine],
      ),
    ).rejects.toMatchObject({ code: '42501' });
    await client.query('rollback');
  } finally {
    client.release();
  }

  for (const operation of [put(foreign, { n: 9 }), patch(foreign, { n: 9 }), { op: 'delete', entity_id: foreign }]) {
    await expect(transact(mine, [operation])).rejects.toMatchObject({ code: 'AN404' });
  }
});

test('a version with a future valid time waits for its time, and reads are right before any cron turns it over', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  const { rows: clock } = await owner.query("select iso(clock_timestamp() + interval '200 milliseconds') as soon");
  await transact(user, [put(id, { n: 1 })]);
  await transact(user, [put(id, { n: 2 }, { valid_from: clock[0].soon })]);
  expect(await docOf(id)).toEqual({ n: 1 });
  // Not slept for: the server itself waits for the moment.
  await owner.query('select pg_sleep_until($1::timestamptz)', [clock[0].soon]);
  const live = await owner.query('select doc from live_entities where entity_id = $1', [id]);
  expect(live.rows).toEqual([{ doc: { n: 2 } }]);
  expect(await docOf(id)).toEqual({ n: 1 });
  await owner.query('select turn_over(clock_timestamp(), 10)');
  expect(await docOf(id)).toEqual({ n: 2 });
  const { rows } = await owner.query('select next_valid_time from entities where entity_id = $1', [id]);
  expect(rows).toEqual([{ next_valid_time: null }]);
});

test('an entity that changed hands keeps its age, and its new owner’s writes fold as the whole log says (I2)', async () => {
  const [before, after, id] = [randomUUID(), randomUUID(), randomUUID()];
  await owner.query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
    values (1, '2020-01-01Z', '2020-01-01Z', $1, $2, 'habit', '{"label": "old"}'),
      (2, '2021-01-01Z', '2021-01-01Z', $1, $3, 'habit', '{"label": "new"}')`,
    [id, before, after],
  );
  await owner.query('select fold_entities(array[$1::uuid], now())', [id]);
  await transact(after, [patch(id, { notes: 'mine now' })]);
  const { rows } = await owner.query(
    'select user_id, iso(created_at) as created_at, doc from entities where entity_id = $1',
    [id],
  );
  expect(rows).toEqual([
    { user_id: after, created_at: '2020-01-01T00:00:00.000000Z', doc: { label: 'new', notes: 'mine now' } },
  ]);
  expect((await owner.query('select stale_entities()::integer as stale')).rows).toEqual([{ stale: 0 }]);
});
