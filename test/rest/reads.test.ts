import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { clientOf, dataOf } from './client.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const user = randomUUID();
type Client = Awaited<ReturnType<typeof clientOf>>;
let client: Client;
const ids = { run: randomUUID(), walk: randomUUID(), read: randomUUID(), home: randomUUID() };

beforeAll(async () => {
  client = await clientOf(stack(), user);
  const { error } = await client.from('habit').insert([
    { id: ids.run, label: 'Run' },
    { id: ids.walk, label: 'Walk', notes: 'slowly, "on foot"' },
    { id: ids.read, label: 'Read', notes: 'a,b' },
  ]);
  expect(error).toBe(null);
  await dataOf(client.from('location').insert({ id: ids.home, label: 'Home' }).select());
  await dataOf(
    client
      .from('habit_log')
      .insert([
        { timestamp: '2026-01-01T08:00:00Z', time_zone: 'Europe/Berlin', habit_ids: [ids.run] },
        {
          timestamp: '2026-01-02T08:00:00+02:00',
          time_zone: 'Europe/Berlin',
          habit_ids: [ids.run, ids.walk],
          notes: 'n',
        },
        { timestamp: '2026-01-03T08:00:00Z', time_zone: 'UTC', habit_ids: [ids.read] },
        { timestamp: '2026-01-04T08:00:00Z', time_zone: 'UTC', habit_ids: [] },
      ])
      .select(),
  );
  const cruddy = (n: number, more: object = {}) => ({
    label: `c${n}`,
    timestamp: `2026-02-0${n}T00:00:00Z`,
    time_zone: 'UTC',
    num: n,
    bool: n % 2 === 0,
    integer: 10 - n,
    enum: 'a',
    single_relation: ids.run,
    another_single_relation: ids.home,
    set_relation: [ids.walk],
    ...more,
  });
  await dataOf(
    client
      .from('cruddy')
      .insert([
        cruddy(1),
        cruddy(2, { float: 1.5, enum: 'b' }),
        cruddy(3, { float: -2, other_timestamp: '2026-03-01T00:00:00.000001Z' }),
      ])
      .select(),
  );
});

const labels = (rows: { label?: unknown }[]) => rows.map(({ label }) => label);
const stamps = (rows: { timestamp?: string }[]) => rows.map(({ timestamp }) => timestamp?.slice(0, 10));

test('a list has the envelope and the fields of each record, newest first', async () => {
  const rows = await dataOf(client.from('habit_log').select());
  expect(stamps(rows)).toEqual(['2026-01-04', '2026-01-03', '2026-01-02', '2026-01-01']);
  expect(rows[2]).toMatchObject({
    entity_type: 'habit_log',
    user_id: user,
    occurred_at: '2026-01-02T06:00:00.000000Z',
    timestamp: '2026-01-02T06:00:00Z',
    notes: 'n',
    habit_ids: [ids.run, ids.walk].sort(),
    deleted_at: null,
  });
});

test('columns are chosen, renamed, cast, and taken from within JSON', async () => {
  const [row] = await dataOf(
    client.from('cruddy').select('name:label,num::text,float,set_relation->0,other:set_relation->>0').eq('label', 'c1'),
  );
  expect(row).toEqual({ name: 'c1', num: '1', float: null, set_relation: ids.walk, other: ids.walk });
});

test('each operator compares by the type of the column', async () => {
  const c = () => client.from('cruddy').select('label').order('label');
  const found = async (request: PromiseLike<{ data: { label: unknown }[] | null; error: unknown; status: number }>) =>
    labels(await dataOf(request));
  expect(await found(c().eq('label', 'c2'))).toEqual(['c2']);
  expect(await found(c().neq('label', 'c2'))).toEqual(['c1', 'c3']);
  expect(await found(c().eq('num', '2.0'))).toEqual(['c2']);
  expect(await found(c().gt('integer', 7))).toEqual(['c1', 'c2']);
  expect(await found(c().gte('integer', 9))).toEqual(['c1']);
  expect(await found(c().lt('num', 10).lte('num', 1))).toEqual(['c1']);
  expect(await found(c().lt('float', 0))).toEqual(['c3']);
  expect(await found(c().is('float', null))).toEqual(['c1']);
  expect(await found(c().not('float', 'is', null))).toEqual(['c2', 'c3']);
  expect(await found(c().neq('float', 1.5))).toEqual(['c3']);
  expect(await found(c().isDistinct('float', 1.5))).toEqual(['c1', 'c3']);
  expect(await found(c().is('bool', true))).toEqual(['c2']);
  expect(await found(c().eq('bool', false))).toEqual(['c1', 'c3']);
  expect(await found(c().in('label', ['c1', 'c3', 'zzz']))).toEqual(['c1', 'c3']);
  expect(await found(c().in('num', [1, 3]))).toEqual(['c1', 'c3']);
  expect(await found(c().not('label', 'in', '(c1,c2)'))).toEqual(['c3']);
  expect(await found(c().like('label', 'c*'))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().ilike('label', '%C2'))).toEqual(['c2']);
  expect(await found(c().likeAnyOf('label', ['c1', '*3']))).toEqual(['c1', 'c3']);
  expect(await found(c().likeAllOf('label', ['c*', '*3']))).toEqual(['c3']);
  expect(await found(c().gte('timestamp', '2026-02-02T01:00:00+01:00'))).toEqual(['c2', 'c3']);
  expect(await found(c().eq('timestamp', '2026-02-02'))).toEqual(['c2']);
  expect(await found(c().gt('other_timestamp', '2026-03-01T00:00:00Z'))).toEqual(['c3']);
  expect(await found(c().lt('occurred_at', '2026-02-02T00:00:00Z'))).toEqual(['c1']);
  expect(await found(c().eq('single_relation', ids.run.toUpperCase()))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().contains('set_relation', [ids.walk]))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().contains('set_relation', [ids.walk, ids.run]))).toEqual([]);
  expect(await found(c().containedBy('set_relation', [ids.walk, ids.run]))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().overlaps('set_relation', [ids.run, ids.walk]))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().not('set_relation', 'ov', `{${ids.run}}`))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().match({ label: 'c1', enum: 'a' }))).toEqual(['c1']);
  expect(await found(c().filter('set_relation->>0', 'eq', ids.walk))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().or('label.eq.c1,and(num.gt.1,num.lt.3)'))).toEqual(['c1', 'c2']);
  expect(await found(c().or('not.and(num.gt.1,num.lt.3),label.in.(c2)'))).toEqual(['c1', 'c2', 'c3']);
  expect(await found(c().or('set_relation.cs.{x},float.not.is.null'))).toEqual(['c2', 'c3']);
});

test('true and false are found in a field that holds them or a word, whether they came as JSON or as CSV', async () => {
  const words = ['bristol', 'pace', 'color', 'blood', 'urgency', 'odor', 'size', 'anxiety', 'ease_of_passage'];
  const log = {
    timestamp: '2026-01-01T00:00:00Z',
    ...Object.fromEntries(
      [...words, 'feeling_of_completeness', 'incontinence', 'straining'].map((name) => [name, 'n-a']),
    ),
  };
  await dataOf(
    client
      .from('bm_log')
      .insert({ ...log, notes: 'b', mucus: false })
      .select(),
  );
  const header = [...Object.keys(log), 'notes', 'mucus'];
  const [a, c] = [
    [...Object.values(log), 'a', true],
    [...Object.values(log), 'c', 'n-a'],
  ];
  const csv = await stack().fetch('/rest/v1/bm_log', {
    as: user,
    method: 'POST',
    headers: { 'Content-Type': 'text/csv' },
    body: `${header}\n${a}\n${c}`,
  });
  expect(csv.status, await csv.text()).toBe(201);
  const found = async (query: string) =>
    (await (await stack().fetch(`/rest/v1/bm_log?select=notes&${query}`, { as: user })).json())
      .map(({ notes }: { notes: string }) => notes)
      .join('');
  for (const [test, expected] of [
    ['eq.true', 'a'],
    ['eq.false', 'b'],
    ['eq.n-a', 'c'],
    ['neq.true', 'bc'],
    ['not.eq.true', 'bc'],
    ['in.(true,n-a)', 'ac'],
    ['not.in.(true,n-a)', 'b'],
    ['is.true', 'a'],
    ['not.is.true', 'bc'],
    ['is.false', 'b'],
    ['is.unknown', ''],
    ['isdistinct.true', 'bc'],
    ['like.n*', 'c'],
  ] as const)
    expect(await found(`mucus=${test}&order=notes`), test).toBe(expected);
  expect(await found('order=mucus')).toBe('bca');
});

test('a quoted value may hold what separates values', async () => {
  const rows = await dataOf(
    client.from('habit').select('label').or('notes.eq."a,b",notes.eq."slowly, \\"on foot\\""').order('label'),
  );
  expect(labels(rows)).toEqual(['Read', 'Walk']);
});

test('lists are ordered by fields and by places in JSON, nulls where they are wanted', async () => {
  const ordered = async (column: string, options: object) =>
    labels(await dataOf(client.from('cruddy').select('label').order(column, options)));
  expect(await ordered('float', { ascending: true })).toEqual(['c3', 'c2', 'c1']);
  expect(await ordered('float', { ascending: false })).toEqual(['c1', 'c2', 'c3']);
  expect(await ordered('float', { ascending: false, nullsFirst: false })).toEqual(['c2', 'c3', 'c1']);
  expect(await ordered('float', { ascending: true, nullsFirst: true })).toEqual(['c1', 'c3', 'c2']);
  expect(await ordered('timestamp', { ascending: true })).toEqual(['c1', 'c2', 'c3']);
  expect(await ordered('integer', { ascending: true })).toEqual(['c3', 'c2', 'c1']);
  expect(
    labels(
      await dataOf(client.from('cruddy').select('label').order('set_relation->>0').order('num', { ascending: false })),
    ),
  ).toEqual(['c3', 'c2', 'c1']);
});

test('relations are embedded both ways, by field and by type, filtered, ordered and limited', async () => {
  const logs = await dataOf(client.from('habit_log').select('timestamp,habits:habit_ids(label)').order('timestamp'));
  expect(logs.map(({ habits }) => (habits as { label: string }[]).map(({ label }) => label).sort())).toEqual([
    ['Run'],
    ['Run', 'Walk'],
    ['Read'],
    [],
  ]);
  const byType = await dataOf(client.from('habit_log').select('*,habit(id,label)').eq('notes', 'n'));
  expect(byType[0]?.habit).toHaveLength(2);
  const one = await dataOf(
    client.from('cruddy').select('label,single_relation(label),location(*)').eq('label', 'c1').single(),
  );
  expect(one).toMatchObject({
    label: 'c1',
    single_relation: { label: 'Run' },
    location: { id: ids.home, label: 'Home' },
  });
  const reverse = await dataOf(
    client
      .from('habit')
      .select('label,habit_log(timestamp)')
      .order('label')
      .order('timestamp', { referencedTable: 'habit_log', ascending: true })
      .limit(1, { referencedTable: 'habit_log' }),
  );
  expect(reverse).toEqual([
    { label: 'Read', habit_log: [{ timestamp: '2026-01-03T08:00:00Z' }] },
    { label: 'Run', habit_log: [{ timestamp: '2026-01-01T08:00:00Z' }] },
    { label: 'Walk', habit_log: [{ timestamp: '2026-01-02T06:00:00Z' }] },
  ]);
  const inner = await dataOf(
    client.from('habit_log').select('timestamp,habits:habit_ids!inner(label)').eq('habits.label', 'Walk'),
  );
  expect(inner).toEqual([{ timestamp: '2026-01-02T06:00:00Z', habits: [{ label: 'Walk' }] }]);
  const without = await dataOf(client.from('habit_log').select('timestamp,habits:habit_ids()').is('habits', null));
  expect(stamps(without as { timestamp: string }[])).toEqual(['2026-01-04']);
  const several = await client.from('cruddy').select('label,habit(*)');
  expect(several).toMatchObject({ status: 300, error: { code: 'PGRST201' } });
  const chosen = await dataOf(client.from('cruddy').select('habit!set_relation(label)').eq('label', 'c1').single());
  expect(chosen).toEqual({ habit: [{ label: 'Walk' }] });
});

test('pages are ranges, and counts are exact, planned or estimated', async () => {
  const page = await client.from('habit_log').select('timestamp', { count: 'exact' }).order('timestamp').range(1, 2);
  expect(page).toMatchObject({ status: 206, count: 4 });
  expect(stamps(page.data as { timestamp: string }[])).toEqual(['2026-01-02', '2026-01-03']);
  expect(
    await client.from('habit_log').select('*', { count: 'exact', head: true }).gt('timestamp', '2026-01-03'),
  ).toMatchObject({ count: 2, data: null, status: 200 });
  expect((await client.from('habit_log').select('*', { count: 'estimated', head: true })).count).toBe(4);
  expect((await client.from('habit_log').select('*', { count: 'planned', head: true })).count).toBeGreaterThanOrEqual(
    0,
  );
  expect(await client.from('habit_log').select('*', { count: 'exact' }).range(50, 60)).toMatchObject({
    status: 416,
    error: { code: 'PGRST103' },
  });
  const header = await stack().fetch('/rest/v1/habit_log?select=timestamp', {
    as: user,
    headers: { Range: '0-1', 'Range-Unit': 'items' },
  });
  expect(header.headers.get('content-range')).toBe('0-1/*');
  expect((await header.json()).length).toBe(2);
});

test('one record comes alone, or not at all', async () => {
  expect(await dataOf(client.from('habit').select('label').eq('id', ids.run).single())).toEqual({ label: 'Run' });
  expect(await client.from('habit').select('label').single()).toMatchObject({
    status: 406,
    error: { code: 'PGRST116', details: 'The result contains 3 rows' },
  });
  expect(await client.from('habit').select().eq('id', randomUUID()).maybeSingle()).toMatchObject({
    data: null,
    error: null,
  });
});

test('a list comes as CSV, when that is what Accept likes best', async () => {
  const csv = await dataOf(client.from('habit').select('label,notes').order('label').csv());
  expect(csv.split('\n')).toEqual(['label,notes', 'Read,"a,b"', 'Run,', 'Walk,"slowly, ""on foot"""']);
  for (const [accept, form] of [
    ['text/csv;q=0.1, application/json', 'application/json'],
    ['application/json;q=0.1, image/png, text/csv;q=0.5', 'text/csv'],
    ['application/json;q=0, */*;q=0.1', 'application/json'],
  ] as const) {
    const answer = await stack().fetch('/rest/v1/habit?select=label', { as: user, headers: { Accept: accept } });
    expect(answer.headers.get('content-type'), accept).toBe(`${form}; charset=utf-8`);
  }
});

test('nulls are left out on request', async () => {
  const [row] = await dataOf(client.from('cruddy').select('label,float').eq('label', 'c1').stripNulls());
  expect(row).toEqual({ label: 'c1' });
});
