import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { clientOf, dataOf } from './client.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const person = async () => {
  const user = randomUUID();
  const client = await clientOf(stack(), user);
  const get = (path: string, headers: Record<string, string> = {}) =>
    stack().fetch(`/rest/v1/${path}`, { as: user, headers });
  const list = async (path: string) => {
    const answer = await get(path);
    expect(answer.status, await answer.clone().text()).toBe(200);
    return answer.json();
  };
  const write = async (...operations: object[]) => {
    const answer = await stack().fetch('/v1/transactions', {
      as: user,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ operations }),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    return answer.json();
  };
  return { user, client, get, list, write };
};

const log = (timestamp: string, habit_ids: string[] = [], more: object = {}) => ({
  timestamp,
  time_zone: 'UTC',
  habit_ids,
  ...more,
});
const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`;

test('what is hidden, and what belongs to what is hidden, is shown on request alone', async () => {
  const { client, list, write, user } = await person();
  const [open, archived, sensitive] = [randomUUID(), randomUUID(), randomUUID()];
  await client.from('habit').insert([
    { id: open, label: 'open' },
    { id: archived, label: 'archived', archived: true },
    { id: sensitive, label: 'sensitive', sensitive: true },
  ]);
  await client.from('habit').insert({ label: 'deleted', deleted_at: day(1) });
  await client
    .from('habit_log')
    .insert([
      log(day(1), [open]),
      log(day(2), [open, archived]),
      log(day(3), [sensitive]),
      log(day(4), []),
      log(day(5), [], { deleted_at: day(6) }),
    ]);
  const project = randomUUID();
  await client.from('project').insert({ id: project, label: 'secret', sensitive: true });
  await client.from('task').insert([
    { label: 'of the secret', state: 'now', project_id: project },
    { label: 'free', state: 'now' },
    { label: 'sensitive itself', state: 'now', sensitive: true },
  ]);

  const habits = async (show: string) =>
    (await list(`habit?order=label&show=${show}`)).map((h: { label: string }) => h.label);
  expect(await habits('')).toEqual(['open']);
  expect(await habits('archived')).toEqual(['archived', 'open']);
  expect(await habits('deleted,sensitive')).toEqual(['deleted', 'open', 'sensitive']);
  expect(await habits('deleted,archived,sensitive')).toEqual(['archived', 'deleted', 'open', 'sensitive']);
  const days = async (show: string, more = '') =>
    (await list(`habit_log?order=timestamp&show=${show}${more}`)).map((l: { timestamp: string }) =>
      Number(l.timestamp.slice(8, 10)),
    );
  const now = `&tx_time=${encodeURIComponent(new Date().toISOString())}`;
  for (const moment of ['', now]) {
    expect(await days('', moment)).toEqual([1, 4]);
    expect(await days('archived', moment)).toEqual([1, 2, 4]);
    expect(await days('sensitive', moment)).toEqual([1, 3, 4]);
    expect(await days('archived,sensitive', moment)).toEqual([1, 2, 3, 4]);
    expect(await days('deleted', moment)).toEqual([1, 4, 5]);
    expect((await list(`task?order=label${moment}`)).map((t: { label: string }) => t.label)).toEqual(['free']);
    expect((await list(`habit?select=label,habit_log(timestamp)${moment}`))[0].habit_log).toEqual([
      { timestamp: day(1) },
    ]);
  }
  // Named by its id, a hidden record answers, and can be brought back.
  expect((await list(`habit?id=eq.${archived}`))[0].label).toBe('archived');
  expect(await dataOf(client.from('habit').update({ notes: 'n' }).eq('label', 'archived').select())).toEqual([]);
  expect((await dataOf(client.from('habit').update({ archived: false }).eq('id', archived).select())).length).toBe(1);
  expect(await days('')).toEqual([1, 2, 4]);

  const others = await (await stack().fetch('/v1/entities?entity_type=habit_log', { as: user })).json();
  expect(others.records.map((l: { timestamp: string }) => l.timestamp)).toEqual([day(4), day(2), day(1)]);
  const { timeline } = await (await stack().fetch('/v1/overview', { as: user })).json();
  expect(timeline.filter((r: { entity_type: string }) => r.entity_type === 'habit_log').length).toBe(3);

  const bm = {
    pace: 'n-a',
    bristol: 'n-a',
    color: 'n-a',
    blood: 'n-a',
    mucus: false,
    urgency: 'n-a',
    incontinence: false,
    straining: false,
  };
  const rest = { odor: 'n-a', size: 'n-a', anxiety: 'n-a', feeling_of_completeness: 'n-a', ease_of_passage: 'n-a' };
  expect((await client.from('bm_log').insert({ timestamp: day(7), ...bm, ...rest })).error).toBe(null);
  const kinds = async () =>
    (await (await stack().fetch('/v1/overview', { as: user })).json()).timeline.map(
      (r: { entity_type: string }) => r.entity_type,
    );
  expect(await kinds()).not.toContain('bm_log');
  await write({
    op: 'put',
    id: user,
    entity_type: 'user',
    doc: { email: 'a@example.com', joined_at: day(1), show_bm_logs: true },
  });
  expect(await kinds()).toContain('bm_log');
});

test('a cursor goes through a list once, whatever is written in between', async () => {
  const { client, get } = await person();
  const stamps = [1, 2, 2, 2, 3, 4, 5, 5, 6, 7];
  await client.from('habit_log').insert(stamps.map((n) => log(day(n), [], n === 4 ? {} : { notes: `n${n % 3}` })));
  for (const order of [
    '',
    'timestamp.asc',
    'notes.asc',
    'notes.desc',
    'notes.desc.nullslast,timestamp',
    'habit_ids,notes.nullsfirst',
    'version.desc',
  ]) {
    const whole = (await (await get(`habit_log?select=id&order=${order}`)).json()).map((r: { id: string }) => r.id);
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null && page < 10; page++) {
      const answer: Response = await get(`habit_log?select=id&limit=3&order=${order}&cursor=${cursor}`);
      expect(answer.status, await answer.clone().text()).toBe(200);
      seen.push(...(await answer.json()).map((r: { id: string }) => r.id));
      cursor = answer.headers.get('next-cursor');
      // A row that is gone and one that came before the place: neither moves the pages that follow.
      if (page === 1)
        await client
          .from('habit_log')
          .delete()
          .eq('id', seen[0] ?? '');
      if (page === 1) await client.from('habit_log').insert({ ...log('2027-01-01T00:00:00Z'), id: seen[0] ?? '' });
    }
    // What did not change is there once and in its place.
    expect(
      seen.filter((id) => id !== seen[0]),
      order,
    ).toEqual(whole.filter((id: string) => id !== seen[0]));
  }
});

test('a cursor stands at a number of any length that a document may hold', async () => {
  const { user, list, get } = await person();
  const digits = '9'.repeat(999);
  const numbers = [
    ['-1e307', `-${digits}e1000`],
    [`0.${digits}`, `0.${digits}`],
    ['1e250', '1e250'],
    ['9'.repeat(308), `${digits}e1000`],
  ];
  const relations = `"single_relation":"${user}","another_single_relation":"${user}","set_relation":[]`;
  const body = numbers.map(
    ([num, free], n) =>
      `{"label":"${n}","timestamp":"${day(n + 1)}","time_zone":"UTC","bool":true,"integer":1,"enum":"a",${relations},
      "num":${num},"x/free":{"n":${free}}}`,
  );
  const headers = { 'Content-Type': 'application/json' };
  const posted = await stack().fetch('/rest/v1/cruddy', { as: user, method: 'POST', headers, body: `[${body}]` });
  expect(posted.status, await posted.text()).toBe(201);
  for (const order of ['num', 'x/free->n']) {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null && seen.length < 9; ) {
      const page: Response = await get(`cruddy?select=label&order=${order}&limit=1&cursor=${cursor}`);
      expect(page.status, await page.clone().text()).toBe(200);
      seen.push(...(await page.json()).map(({ label }: { label: string }) => label));
      cursor = page.headers.get('next-cursor');
    }
    expect(seen, order).toEqual(['0', '1', '2', '3']);
  }
  for (const least of ['1e250', '1E0250', `1${'0'.repeat(250)}`])
    expect(await list(`cruddy?select=label&num=gte.${least}&order=num`)).toEqual([{ label: '2' }, { label: '3' }]);
  for (const most of ['1e9999', '9'.repeat(2_000)])
    expect(await list(`cruddy?select=label&num=gte.${most}`)).toEqual([]);
});

test('a cursor of another list, or of nobody, is refused', async () => {
  const { client, get } = await person();
  await client.from('habit').insert([{ label: 'a' }, { label: 'b' }]);
  const cursor = (await get('habit?order=label&limit=1')).headers.get('next-cursor') ?? '';
  expect((await (await get(`habit?order=label&limit=1&cursor=${cursor}`)).json())[0].label).toBe('b');
  const encode = (place: unknown) => btoa(JSON.stringify(place)).replaceAll('=', '');
  const bad = [
    'nonsense',
    '!!',
    encode(['x']),
    encode([1, 2]),
    encode(['a', "x' or 1=1 --"]),
    encode({ a: 1 }),
    encode(['\0', randomUUID()]),
    encode(['a', null]),
  ];
  for (const text of bad) {
    const answer = await get(`habit?order=label&limit=1&cursor=${encodeURIComponent(text)}`);
    expect(answer.status, text).toBe(400);
  }
  expect((await get(`habit?order=version&cursor=${cursor}`)).status).toBe(400);
  expect((await get(`habit?order=label,notes&cursor=${cursor}`)).status).toBe(400);
  expect((await get(`habit?order=label&offset=1&cursor=${cursor}`)).status).toBe(400);
});

test('an answer that is known already is not sent again', async () => {
  const { client, get } = await person();
  const { id, version } = await dataOf(client.from('habit').insert({ label: 'a' }).select('id,version').single());
  const object = { Accept: 'application/vnd.pgrst.object+json' };
  const one = await get(`habit?id=eq.${id}`, object);
  expect(one.headers.get('etag')).toBe(`"${version}"`);
  expect((await get(`habit?id=eq.${id}`, { ...object, 'If-None-Match': `"${version}"` })).status).toBe(304);
  const list = await get('habit');
  const etag = list.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\//);
  const known = await get('habit', { 'If-None-Match': `"other", ${etag}` });
  expect({ status: known.status, body: await known.text() }).toEqual({ status: 304, body: '' });
  await client.from('habit').update({ notes: 'n' }).eq('id', id);
  expect((await get('habit', { 'If-None-Match': etag })).status).toBe(200);
  expect((await get(`habit?id=eq.${id}`, { ...object, 'If-None-Match': `"${version}"` })).status).toBe(200);
});

test('lists and embedded relations are read as of any moment, and a past answer stays as it was', async () => {
  const { client, get, list, write } = await person();
  const [habit, log_1] = [randomUUID(), randomUUID()];
  const first = await write(
    { op: 'put', id: habit, entity_type: 'habit', doc: { label: 'Run' } },
    { op: 'put', id: log_1, entity_type: 'habit_log', doc: log(day(1), [habit]) },
  );
  const second = await write({ op: 'put', id: habit, entity_type: 'habit', doc: { label: 'Walk', archived: true } });
  const third = await write({ op: 'delete', id: log_1 }, { op: 'put', entity_type: 'habit', doc: { label: 'New' } });
  const path = (select: string, tx: string, more = '') => `${select}&tx_time=${tx}&valid_time=${tx}${more}`;
  const past = async () => [
    await list(path('habit?select=label,habit_log(timestamp)', first.tx_time)),
    await list(path('habit?select=label&show=archived', second.tx_time)),
    await list(path('habit_log?select=habits:habit_ids(label)&show=archived', second.tx_time)),
    await list(path('habit_log?select=id', second.tx_time)),
    await list(path('habit?select=label&label=like.*&order=label', third.tx_time, '&show=archived')),
  ];
  const expected = [
    [{ label: 'Run', habit_log: [{ timestamp: day(1) }] }],
    [{ label: 'Walk' }],
    [{ habits: [{ label: 'Walk' }] }],
    [],
    [{ label: 'New' }, { label: 'Walk' }],
  ];
  expect(await past()).toEqual(expected);
  // Corrections of the past, versions of the future, other writes: none of them changes what was known then.
  await write(
    { op: 'put', id: habit, entity_type: 'habit', doc: { label: 'Corrected' }, valid_from: '2020-01-01T00:00:00Z' },
    { op: 'put', entity_type: 'habit', doc: { label: 'Older' }, valid_from: '2020-01-01T00:00:00Z' },
    { op: 'put', id: log_1, entity_type: 'habit_log', doc: log(day(2), []) },
  );
  await client.from('habit').update({ label: 'Again' }).eq('id', habit);
  expect(await past()).toEqual(expected);
  expect(await list('habit?select=label&order=label&valid_time=2021-01-01T00:00:00Z')).toEqual([
    { label: 'Corrected' },
    { label: 'Older' },
  ]);
  expect((await get('habit?valid_time=yesterday')).status).toBe(400);
  expect((await client.from('habit').update({ label: 'x' }).eq('id', habit).setHeader('Prefer', '')).error).toBe(null);
});

test('Accept-Datetime asks for a memento (RFC 7089)', async () => {
  const { client, get, write } = await person();
  await write({ op: 'put', entity_type: 'habit', doc: { label: 'Backdated' }, valid_from: '2020-01-01T00:00:00Z' });
  await client.from('habit').insert({ label: 'Now' });
  const before = await get('habit', { 'Accept-Datetime': 'Wed, 01 Jan 2025 00:00:00 GMT' });
  expect(await before.json()).toEqual([]);
  expect(before.headers.get('memento-datetime')).toBe('Wed, 01 Jan 2025 00:00:00 GMT');
  expect(before.headers.get('vary')).toContain('Accept-Datetime');
  const future = await get('habit?order=label', { 'Accept-Datetime': 'Tue, 01 Jan 2199 00:00:00 GMT' });
  expect((await future.json()).length).toBe(2);
  expect(new Date(future.headers.get('memento-datetime') ?? '').getTime()).toBeLessThan(Date.now() + 1_000);
  expect((await get('habit', { 'Accept-Datetime': 'tomorrow' })).status).toBe(422);
  expect((await get('habit')).headers.get('memento-datetime')).toBe(null);
});

test('texts and numbers that JSON or JavaScript would lose come back as they went in, under any name', async () => {
  const { get, user } = await person();
  const id = randomUUID();
  const child = randomUUID();
  const post = (type: string, body: string) =>
    stack().fetch(`/rest/v1/${type}`, {
      as: user,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
  expect(
    (
      await post(
        'habit',
        `{"id":"${id}","label":"a\\u0000b","notes":"\\ud800","x/big":9007199254740993,"x/deep":{"k\\u0000":1.10}}`,
      )
    ).status,
  ).toBe(201);
  expect(
    (await post('habit_log', `{"id":"${child}","timestamp":"${day(1)}","time_zone":"UTC","habit_ids":["${id}"]}`))
      .status,
  ).toBe(201);
  const texts = [
    await (await get(`habit?id=eq.${id}`)).text(),
    await (await get(`habit?select=name:label,n:notes,x/big,"x/deep"`)).text(),
    await (await get(`habit_log?select=habits:habit_ids(l:label,notes,b:x/big)`)).text(),
    await (await get(`habit?select=*,habit_log(*)`)).text(),
  ];
  for (const text of texts) expect(text).toMatch(/9007199254740993[,}]/);
  expect(JSON.parse(texts[0] ?? '')[0]).toMatchObject({ label: 'a\0b', notes: '\ud800', 'x/deep': { 'k\0': 1.1 } });
  expect(JSON.parse(texts[1] ?? '')[0]).toMatchObject({ name: 'a\0b', n: '\ud800', 'x/deep': { 'k\0': 1.1 } });
  expect(JSON.parse(texts[2] ?? '')[0].habits[0]).toMatchObject({ l: 'a\0b', notes: '\ud800' });
  expect(JSON.parse(texts[3] ?? '')[0]).toMatchObject({ label: 'a\0b', habit_log: [{ id: child }] });
});
