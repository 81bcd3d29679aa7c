import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const someone = () => callerOf(stack, randomUUID());

const habit = (label: string, more: object = {}) => ({ label, sensitive: false, archived: false, ...more });
const putHabit = (label: string, more: object = {}) => ({
  op: 'put',
  entity_type: 'habit',
  doc: habit(label),
  ...more,
});

test('a patch adds to and removes from a set, and reaches any depth of free JSON', async () => {
  const me = someone();
  const [a, b, c] = ['a', 'b', 'c'].map((start) => `${start}0000000-0000-4000-8000-000000000000`);
  const doc = {
    timestamp: '2026-07-01T12:00:00Z',
    time_zone: 'Europe/Berlin',
    habit_ids: [b],
    'x/free': { kept: 1, list: [1, 2], deep: { gone: true } },
  };
  const { entities } = await me.write({ op: 'put', entity_type: 'habit_log', doc });
  const { id } = entities[0];
  await me.write({
    op: 'patch',
    id,
    entity_type: 'habit_log',
    set: {
      '/habit_ids/-': c?.toUpperCase(),
      '/x~1free/deep/new': { very: 'deep' },
      '/x~1free/list/1': 'two',
      '/x~1free/list/-': 3,
      '/x~1other/made/here': true,
      '/notes': 'n',
    },
    unset: ['/x~1free/deep/gone'],
  });
  await me.write({ op: 'patch', id, entity_type: 'habit_log', set: { '/habit_ids/-': a }, unset: [`/habit_ids/${b}`] });
  expect(await me.get(`/v1/entities/${id}`)).toMatchObject({
    habit_ids: [a, c],
    notes: 'n',
    'x/free': { kept: 1, list: [1, 'two', 3], deep: { new: { very: 'deep' } } },
    'x/other': { made: { here: true } },
  });
  const read = await me.get(`/v1/entities/${id}`);
  expect(read['x/free'].deep).not.toHaveProperty('gone');
});

test('a patch that could leave a doc its schema refuses is refused, with the place and the way', async () => {
  const me = someone();
  const { entities } = await me.write(putHabit('Run', { doc: { ...habit('Run'), 'x/list': [1], 'x/text': 't' } }));
  const { id } = entities[0];
  const patch = (change: object) => ({ operations: [{ op: 'patch', id, entity_type: 'habit', ...change }] });
  const refusals: [object, number, RegExp][] = [
    [{ set: { '/label/0': 'x' } }, 422, /label, which is a text: set \/label whole/],
    [{ set: { '/label': 3 } }, 422, /label/],
    [{ set: { '/nonsense': 3 } }, 422, /no field of this name/],
    [{ set: { '/nonsense/deeper': 3 } }, 422, /no field of this name/],
    [{ unset: ['/label'] }, 422, /required/],
    [{ set: { notes: 'x' } }, 422, /is not a JSON pointer/],
    [{ set: { '/x~1list': [], '/x~1list/0': 1 } }, 422, /lies within/],
    [{ set: { '/x~1list/0': 1 }, unset: ['/x~1list/0'] }, 422, /changed twice/],
    [{ set: { '/x~1list/a key': 1 } }, 422, /no keyword/],
    [{ set: { '/x~1list/5': 1 } }, 409, /has no element 5/],
    [{ set: { '/x~1text/part': 1 } }, 409, /there is a string where it leads through/],
  ];
  for (const [change, status, message] of refusals) {
    expect(
      (await me.refused(status, 'POST', '/v1/transactions', patch(change))).message,
      JSON.stringify(change),
    ).toMatch(message);
  }
  const log = { op: 'patch', id, entity_type: 'habit_log' };
  for (const change of [
    { set: { '/habit_ids/0': randomUUID() } },
    { set: { '/habit_ids/-': 'x' } },
    { unset: ['/habit_ids/0'] },
  ]) {
    await me.refused(422, 'POST', '/v1/transactions', { operations: [{ ...log, ...change }] });
  }
  expect((await me.get(`/v1/entities/${id}/history`)).versions).toHaveLength(1);
});

test('an entity is restored to a version, or to what held at a moment, also after it was deleted', async () => {
  const me = someone();
  const first = await me.write(putHabit('one'));
  const { id, version } = first.entities[0];
  const second = await me.write(putHabit('two', { id }));
  await me.write({ op: 'delete', id });
  await me.write({ op: 'restore', id, version });
  expect((await me.get(`/v1/entities/${id}`)).label).toBe('one');
  await me.write({ op: 'restore', id, valid_time: second.tx_time });
  expect((await me.get(`/v1/entities/${id}`)).label).toBe('two');
  await me.write({ op: 'restore', id, tx_time: first.tx_time });
  expect((await me.get(`/v1/entities/${id}`)).label).toBe('one');
  const post = (op: object) => ({ operations: [{ op: 'restore', id, ...op }] });
  await me.refused(404, 'POST', '/v1/transactions', post({ version: 999_999_999 }));
  await me.refused(404, 'POST', '/v1/transactions', post({ tx_time: '2001-01-01T00:00:00Z' }));
  await me.refused(422, 'POST', '/v1/transactions', post({}));
  await me.refused(422, 'POST', '/v1/transactions', post({ version, tx_time: first.tx_time }));
  await someone().refused(404, 'POST', '/v1/transactions', post({ version }));
});

test('an evicted entity is gone from everywhere, but for a row that says what, when and by whom; its id can be put again', async () => {
  const user = randomUUID();
  const me = callerOf(stack, user);
  const secret = `secret-${randomUUID()}`;
  const key = { 'Idempotency-Key': randomUUID() };
  const first = (await me.ok('POST', '/v1/transactions', { operations: [putHabit(secret)] }, key)).body;
  const { id } = first.entities[0];
  await me.write(putHabit(secret, { id }), putHabit('other'));
  const { tx, tx_time, entities } = await me.write({ op: 'evict', id });
  expect(entities).toEqual([{ id, evicted: true }]);
  await me.refused(404, 'GET', `/v1/entities/${id}`);
  await me.refused(404, 'GET', `/v1/entities/${id}/history`);
  await me.refused(404, 'POST', '/v1/transactions', { operations: [{ op: 'evict', id }] });
  // The first answer is still given again; it never held the doc.
  expect((await me.ok('POST', '/v1/transactions', { operations: [putHabit(secret)] }, key)).body.replayed).toBe(true);

  const { rows } = await stack().database.query(
    'select entity_id, entity_type, user_id, evicted_by, tx::text, iso(tx_time) as tx_time from evictions where user_id = $1',
    [user],
  );
  expect(rows).toEqual([
    { entity_id: id, entity_type: 'habit', user_id: user, evicted_by: user, tx: String(tx), tx_time },
  ]);
  for (const table of ['event_log', 'entities', 'idempotency_keys', 'transactions', 'evictions']) {
    const found = await stack().database.query(
      `select count(*)::integer as n from ${table} t where to_jsonb(t)::text like '%${secret}%'`,
    );
    expect(found.rows, table).toEqual([{ n: 0 }]);
  }

  await me.write(putHabit('again', { id }));
  expect((await me.get(`/v1/entities/${id}/history`)).versions).toHaveLength(1);
  // In one transaction too: first forgotten, then new (XTDB's own answer to this is a known bug).
  await me.write({ op: 'evict', id }, putHabit('anew', { id }), putHabit('beside'));
  expect(
    (await me.get(`/v1/entities/${id}/history`)).versions.map((v: { doc: { label: string } }) => v.doc.label),
  ).toEqual(['anew']);
  await me.refused(422, 'POST', '/v1/transactions', { operations: [putHabit('x', { id }), { op: 'evict', id }] });
  await someone().refused(404, 'POST', '/v1/transactions', { operations: [{ op: 'evict', id }] });
  expect((await me.get(`/v1/entities/${id}`)).label).toBe('anew');
});

test('a transaction is undone: everything it touched is as it was before, as if it had not been', async () => {
  const me = someone();
  const before = await me.write(putHabit('edited'), putHabit('deleted'), putHabit('bounded'));
  const [edited, deleted, bounded] = before.entities.map((e: { id: string }) => e.id);
  const created = randomUUID();
  const { tx, tx_time } = await me.write(
    putHabit('EDITED', { id: edited }),
    { op: 'delete', id: deleted },
    putHabit('BOUNDED', { id: bounded, valid_from: '2020-01-01T00:00:00Z', valid_to: '2021-01-01T00:00:00Z' }),
    putHabit('CREATED', { id: created }),
  );
  expect((await me.get(`/v1/entities/${bounded}?valid_time=2020-06-01T00:00:00Z`)).label).toBe('BOUNDED');
  const undone = (await me.ok('POST', `/v1/transactions/${tx}/undo`)).body;
  const label = async (path: string) => (await me.get(`/v1/entities/${path}`)).label;
  expect(await Promise.all([edited, deleted, bounded].map(label))).toEqual(['edited', 'deleted', 'bounded']);
  await me.refused(404, 'GET', `/v1/entities/${created}`);
  await me.refused(404, 'GET', `/v1/entities/${bounded}?valid_time=2020-06-01T00:00:00Z`);
  // What was known then is still known to have been known.
  expect(await label(`${edited}?tx_time=${tx_time}`)).toBe('EDITED');

  await me.ok('POST', `/v1/transactions/${undone.tx}/undo`, { meta: { why: 'after all' } });
  expect(await label(edited)).toBe('EDITED');
  expect(await label(created)).toBe('CREATED');
});

test('a transaction is not undone when what it wrote was changed since, evicted, or is somebody else’s', async () => {
  const me = someone();
  const { tx, entities } = await me.write(putHabit('one'), putHabit('two'));
  const [{ id }] = entities;
  await someone().refused(404, 'POST', `/v1/transactions/${tx}/undo`);
  await me.refused(404, 'POST', '/v1/transactions/999999999/undo');
  await me.refused(422, 'POST', '/v1/transactions/first/undo');
  const later = await me.write(putHabit('newer', { id }));
  const refusal = await me.refused(409, 'POST', `/v1/transactions/${tx}/undo`);
  expect(refusal.details).toBe(JSON.stringify([id]));
  await me.write({ op: 'evict', id });
  await me.refused(409, 'POST', `/v1/transactions/${later.tx}/undo`);
});

test('what is said of a transaction is kept with it, and found', async () => {
  const me = someone();
  const operations = [putHabit('a'), putHabit('b')];
  const meta = { why: 'spring cleaning', screen: { name: 'habits' } };
  const { tx, tx_time } = (
    await me.ok('POST', '/v1/transactions', { operations, meta }, { 'User-Agent': 'annals-test/1' })
  ).body;
  const entry = { tx, tx_time, client: 'annals-test/1', meta, events: 2 };
  expect(await me.get('/v1/transactions')).toEqual({ transactions: [entry], next: null });
  const one = await me.get(`/v1/transactions/${tx}`);
  expect(one).toMatchObject(entry);
  expect(one.changes.map((change: { op: string }) => change.op)).toEqual(['put', 'put']);
  await me.write({ op: 'delete', id: one.changes[0].id });
  const page = await me.get('/v1/transactions?limit=1');
  expect(page.transactions.map((t: { events: number }) => t.events)).toEqual([1]);
  expect((await me.get(`/v1/transactions?limit=1&after=${page.next}`)).transactions).toEqual([entry]);
  expect((await me.get(`/v1/transactions?until=${tx_time}`)).transactions).toEqual([]);
  await someone().refused(404, 'GET', `/v1/transactions/${tx}`);
  await me.refused(422, 'POST', '/v1/transactions', { operations, meta: { long: 'x'.repeat(5_000) } });
});

test('transactions are found by their client and by what their metadata contains', async () => {
  const me = someone();
  const write = async (client: string, meta?: object) =>
    (await me.ok('POST', '/v1/transactions', { operations: [putHabit('a')], meta }, { 'User-Agent': client })).body.tx;
  const phone = await write('phone/1.2', { screen: { name: 'today' } });
  const laptop = await write('laptop/3', { screen: { name: 'tomorrow' }, why: 'NUL \0' });
  const untold = await write('phone/2');
  const found = async (query: Record<string, string>) =>
    (await me.get(`/v1/transactions?${new URLSearchParams(query)}`)).transactions.map(({ tx }: { tx: number }) => tx);
  expect(await found({ client: 'phone/' })).toEqual([untold, phone]);
  expect(await found({ meta: '{"screen":{"name":"today"}}' })).toEqual([phone]);
  expect(await found({ meta: '{"screen":{}}', client: 'laptop' })).toEqual([laptop]);
  expect(await found({ meta: JSON.stringify({ why: 'NUL \0' }) })).toEqual([laptop]);
  expect(await found({ meta: '{"screen":"today"}' })).toEqual([]);
  for (const meta of ['{', '[]', 'null', '"why"']) {
    await me.refused(422, 'GET', `/v1/transactions?${new URLSearchParams({ meta })}`);
  }
});

test('an operation sees those before it in its transaction', async () => {
  const me = someone();
  const id = randomUUID();
  await me.refused(412, 'POST', '/v1/transactions', {
    operations: [putHabit('a', { id }), putHabit('b', { id, expected_version: null })],
  });
  await me.write(
    putHabit('a', { id, expected_version: null }),
    { op: 'match', id, expected_version: '*' },
    { op: 'patch', id, entity_type: 'habit', set: { '/notes': 'n' } },
  );
  expect(await me.get(`/v1/entities/${id}`)).toMatchObject({ label: 'a', notes: 'n' });
  expect((await me.get(`/v1/entities/${id}/history`)).versions).toHaveLength(1);
});

test('a key is forgotten after a day, and the cron clears what is forgotten', async () => {
  const me = someone();
  const key = { 'Idempotency-Key': randomUUID() };
  const request = { operations: [putHabit('a')] };
  await me.ok('POST', '/v1/transactions', request, key);
  const age = () => stack().database.query("update idempotency_keys set created_at = created_at - interval '25 hours'");
  await age();
  expect((await me.ok('POST', '/v1/transactions', { operations: [putHabit('b')] }, key)).body.replayed).toBeUndefined();
  expect((await me.ok('POST', '/v1/transactions', { operations: [putHabit('b')] }, key)).body.replayed).toBe(true);
  await age();
  await stack().workers.tick(new Date());
  expect((await stack().database.query('select count(*)::integer as n from idempotency_keys')).rows).toEqual([
    { n: 0 },
  ]);
});
