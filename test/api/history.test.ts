import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const someone = () => callerOf(stack, randomUUID());
type Caller = ReturnType<typeof someone>;

const habit = (label: string, more: object = {}) => ({ label, sensitive: false, archived: false, ...more });
const put = (id: string, doc: object, more: object = {}) => ({ op: 'put', id, entity_type: 'habit', doc, ...more });

interface Version {
  id: string;
  valid_time: string;
  tx_time: string;
  changed: string[];
  doc: { label: string } | null;
}
const labels = (versions: Version[]) => versions.map((v) => v.doc?.label ?? null);

/** One entity: valid times by year, 2002 corrected once, 2004 a delete. */
async function withHistory(me: Caller) {
  const id = randomUUID();
  const year = (y: number) => ({ valid_from: `${y}-01-01T00:00:00Z` });
  await me.write(put(id, habit('a'), year(2001)));
  await me.write(put(id, habit('b', { notes: 'n' }), year(2002)));
  const third = await me.write(put(id, habit('c', { notes: 'm' }), year(2003)));
  const correction = await me.write(put(id, habit('B'), year(2002)));
  await me.write({ op: 'delete', id, ...year(2004) });
  return { id, third, correction };
}

test('an entity’s history comes with and without corrections, both ways, bounded by either time', async () => {
  const me = someone();
  const { id, third, correction } = await withHistory(me);
  const history = async (query: string) => labels((await me.get(`/v1/entities/${id}/history?${query}`)).versions);
  expect(await history('')).toEqual([null, 'c', 'B', 'a']);
  expect(await history('order=asc')).toEqual(['a', 'B', 'c', null]);
  expect(await history('order=asc&corrections=true')).toEqual(['a', 'b', 'B', 'c', null]);
  expect(await history('corrections=true')).toEqual([null, 'c', 'B', 'b', 'a']);
  expect(await history('order=asc&valid_since=2002-01-01T00:00:00Z&valid_until=2003-01-01T00:00:00Z')).toEqual(['B']);
  // H5: bounds of the transaction time come first, so that what was corrected later shows again.
  expect(await history(`order=asc&tx_until=${correction.tx_time}`)).toEqual(['a', 'b', 'c']);
  expect(await history(`order=asc&tx_since=${third.tx_time}`)).toEqual(['B', 'c', null]);
  await someone().refused(404, 'GET', `/v1/entities/${id}/history`);
});

test('versions say which transaction wrote them, and what was said of it', async () => {
  const me = someone();
  const id = randomUUID();
  const operations = [put(id, habit('a')), put(randomUUID(), habit('b'))];
  const { body } = await me.ok('POST', '/v1/transactions', { operations, meta: { why: 'spring' } });
  const { versions } = await me.get(`/v1/entities/${id}/history`);
  const told = { tx: body.tx, transaction: { tx: body.tx, meta: { why: 'spring' }, events: 2 } };
  expect(versions).toMatchObject([told]);
  expect((await me.get('/v1/history')).versions).toMatchObject([told, told]);
});

test('versions say which fields changed from the version before, across pages too', async () => {
  const me = someone();
  const { id } = await withHistory(me);
  const all = ['archived', 'label', 'sensitive'];
  const paged = async (query: string) => {
    const versions: Version[] = [];
    let next: string | null = '';
    for (let page = 0; page < 10 && next !== null; page++) {
      const answer: { versions: Version[]; next: string | null } = await me.get(
        `/v1/entities/${id}/history?limit=1&${query}${next === '' ? '' : `&after=${next}`}`,
      );
      versions.push(...answer.versions);
      next = answer.next;
    }
    return versions.map((v) => v.changed);
  };
  expect(await paged('order=asc')).toEqual([
    all,
    ['label'],
    ['label', 'notes'],
    [...all.slice(0, 2), 'notes', 'sensitive'],
  ]);
  expect(await paged('order=asc&corrections=true')).toEqual([
    all,
    ['label', 'notes'],
    ['label', 'notes'],
    ['label', 'notes'],
    ['archived', 'label', 'notes', 'sensitive'],
  ]);
  expect(await paged('order=desc&corrections=true')).toEqual((await paged('order=asc&corrections=true')).reverse());
});

test('what changed is told over all entities: by time, type and attribute, in pages', async () => {
  const me = someone();
  const [a, b, place] = [randomUUID(), randomUUID(), randomUUID()];
  await me.write(put(a, habit('one')), put(b, habit('two')));
  const { tx_time: since } = await me.write({ op: 'put', id: place, entity_type: 'location', doc: { label: 'home' } });
  await me.write({ op: 'patch', id: a, entity_type: 'habit', set: { '/notes': 'first' } });
  await me.write({ op: 'patch', id: b, entity_type: 'habit', set: { '/label': 'two!' } });
  const { tx_time: until } = await me.write({ op: 'patch', id: a, entity_type: 'habit', set: { '/notes': 'second' } });
  const told = async (query: string) => {
    const { versions, next } = await me.get(`/v1/history?order=asc&${query}`);
    return { told: versions.map((v: Version) => [v.id, ...v.changed].join(' ')), next };
  };
  expect((await told(`since=${since}`)).told).toEqual([`${place} label`, `${a} notes`, `${b} label`, `${a} notes`]);
  expect((await told(`since=${since}&until=${until}&entity_type=habit`)).told).toEqual([`${a} notes`, `${b} label`]);
  expect((await told('entity_type=habit&attribute=notes')).told).toEqual([`${a} notes`, `${a} notes`]);
  const page = await told(`since=${since}&limit=2`);
  expect(page.told).toEqual([`${place} label`, `${a} notes`]);
  expect((await told(`since=${since}&limit=2&after=${page.next}`)).told).toEqual([`${b} label`, `${a} notes`]);
  expect((await someone().get('/v1/history')).versions).toEqual([]);
});

test('of transactions that share an instant, as an import can bring them, each is compared with the one before', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await stack().database.query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
    select v.tx, '2020-01-01Z', '2020-01-01Z', $1, $2, 'habit', v.doc
    from (values (1, '{"label": "a", "archived": false}'::jsonb), (2, '{"label": "b", "archived": false}'), (3, '{"label": "b", "archived": true}')) v(tx, doc)`,
    [id, user],
  );
  const me = callerOf(stack, user);
  const changed = async (query: string) => (await me.get(query)).versions.map((v: Version) => v.changed);
  const expected = [['archived', 'label'], ['label'], ['archived']];
  expect(await changed('/v1/history?order=asc')).toEqual(expected);
  expect(await changed('/v1/history?order=asc&attribute=label')).toEqual(expected.slice(0, 2));
  expect(await changed(`/v1/entities/${id}/history?order=asc&corrections=true`)).toEqual(expected);
});

test('history over all entities reads a range of an index', async () => {
  const user = randomUUID();
  const me = callerOf(stack, user);
  await me.write(...Array.from({ length: 300 }, () => put(randomUUID(), habit('x'))));
  await stack().database.query('analyze event_log');
  const { rows } = await stack().database.query(
    `explain select * from event_log e where e.user_id = $1::uuid and e.tx_time >= '2020-01-01'
     order by e.tx_time desc, e.tx desc, e.seq desc limit 100`.replace('$1', `'${user}'`),
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan Backward using event_log_user_time');
  expect(plan).not.toContain('Sort');
});
