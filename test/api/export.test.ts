import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { type Answer, callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const copy = stackFor(SCHEMA_TEMPLATE);

const habit = (label: string, more: object = {}) => ({ label, sensitive: false, archived: false, ...more });
const put = (id: string, doc: object, more: object = {}) => ({ op: 'put', id, entity_type: 'habit', doc, ...more });

/** Everything an export has to bring over: edits, corrections, futures, deletes, an eviction, awkward values. */
async function fill(user: string) {
  const me = callerOf(stack, user);
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const [a = '', b = '', c = '', d = '', e = '', f = ''] = ids;
  await me.write(put(a, habit('a')), put(b, habit('b', { 'x/free': { list: [1, 2.5, 'x', null, {}] } })));
  await me.write(put(a, habit('A')), put(c, habit('c'), { valid_from: '2031-01-01T00:00:00Z' }));
  await me.write(put(b, habit('B'), { valid_from: '2001-01-01T00:00:00Z', valid_to: '2002-01-01T00:00:00Z' }));
  await me.write(put(d, habit('d')), put(e, habit('e')));
  await me.write({ op: 'delete', id: d });
  await me.write({ op: 'evict', id: e });
  const awkward = `{"operations":[{"op":"put","id":"${f}","entity_type":"habit","doc":{"label":"a\\u0000b","sensitive":false,"archived":false,"notes":"\\ud800","x/big":9007199254740993,"x/exact":0.1000000000000000055511,"x/deep":{"k\\u0000":[{"__proto__":1}]}}}]}`;
  await me.ok('POST', '/v1/transactions', awkward);
  return { me, ids, evicted: e };
}

const withoutHeader = (text: string) => text.slice(text.indexOf('\n'));

/** The address of the next page. */
const nextOf = ({ headers }: Answer): string | null =>
  /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? null;

const EVENTS = `select entity_id, iso(valid_time) as valid_time, iso(tx_time) as tx_time, tx::text, doc::text,
    case when doc is not null then entity_type end as entity_type, case when doc is not null then user_id end as user_id
  from event_log where user_id = $1::uuid or user_id is null order by 1, 2, 3, 4`;

test('an EDN export imports to an equal store, and one fetched by pages is the same file', async () => {
  const user = randomUUID();
  const { me, evicted } = await fill(user);
  const whole = await me.ok('GET', '/v1/export?format=edn&history=full');
  expect(whole.headers.get('content-type')).toContain('application/edn');
  let paged = '';
  let path: string | null = '/v1/export?format=edn&history=full&limit=3';
  for (let page = 0; page < 20 && path !== null; page++) {
    stack().neon.traffic.reset();
    const answer = await me.ok('GET', path);
    expect(stack().neon.traffic.counts.http_requests).toBe(1);
    paged += answer.body;
    path = nextOf(answer);
  }
  expect(withoutHeader(paged)).toBe(withoutHeader(whole.body));

  const bytes = new TextEncoder().encode(whole.body);
  const fingerprint = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const json = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  const opened = await copy().fetchImporter('/v1/imports', {
    ...json,
    body: JSON.stringify({ fingerprint, file_name: 'export.edn', total_bytes: bytes.length }),
  });
  const { import_id } = (await opened.json()) as { import_id: string };
  const chunk = await copy().fetchImporter(`/v1/imports/${import_id}/chunks?first_line=1&fingerprint=${fingerprint}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/edn' },
    body: bytes,
  });
  expect(await chunk.json()).toMatchObject({ rejects: [], evictions: 1 });
  const finished = await copy().fetchImporter(`/v1/imports/${import_id}/finish`, { ...json, body: '{}' });
  expect(finished.status, await finished.clone().text()).toBe(200);

  const [before, after] = await Promise.all([stack(), copy()].map((s) => s.database.query(EVENTS, [user])));
  expect(after?.rows).toEqual(before?.rows);
  expect(before?.rows).toHaveLength(9);
  // Types that JSON lacks are in the hints, so the file that the copy writes is the judge of those.
  const rowsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('{:eid'));
  const again = await callerOf(copy, user).ok('GET', '/v1/export?format=edn&history=full');
  expect(rowsOf(again.body)).toEqual(rowsOf(whole.body));
  expect(whole.body).not.toContain(evicted);
});

test('an export of what holds now has a line for each such entity, as it is read one by one', async () => {
  const user = randomUUID();
  const { me, ids } = await fill(user);
  const { body } = await me.ok('GET', '/v1/export');
  const [header, ...lines] = body
    .trimEnd()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  expect(lines.at(-1)).toEqual({ end: true, rows: 3, entities: 3, evicted: 0 });
  expect(header).toMatchObject({ annals_format: 1, source: { store: 'annals' } });
  const [a, b, , , , f] = ids;
  expect(lines.slice(0, -1).map((line: { id: string }) => line.id)).toEqual([a, b, f].sort());
  for (const { id, version, doc } of lines.slice(0, -1)) {
    expect(await me.get(`/v1/entities/${id}`)).toMatchObject({ version, ...doc });
  }
});

test('an export is of one moment: what is written while its pages are fetched is not in it', async () => {
  const me = callerOf(stack, randomUUID());
  await me.write(put(randomUUID(), habit('a')), put(randomUUID(), habit('b')));
  const first = await me.ok('GET', '/v1/export?history=full&limit=1');
  await me.write(put('ffffffff-0000-4000-8000-000000000000', habit('c')));
  const path = /^<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await me.ok('GET', path);
  expect(second.headers.get('link')).toBeNull();
  expect(second.body).toContain('{"end":true,"rows":2,"entities":2,"evicted":0}');
});

test('an export of what holds now is of one moment too: a correction of the past between its pages is not in it', async () => {
  const me = callerOf(stack, randomUUID());
  const idOf = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-${randomUUID().slice(-12)}`;
  const [a, b, c] = [idOf('a'), idOf('b'), idOf('c')];
  await me.write(put(a, habit('a')), put(b, habit('b')));
  const first = await me.ok('GET', '/v1/export?limit=1');
  const past = { valid_from: '2001-01-01T00:00:00Z' };
  await me.write({ op: 'delete', id: b, ...past, valid_to: '2099-01-01T00:00:00Z' }, put(c, habit('c'), past));
  const second = await me.ok('GET', /^<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '');
  const labels = ({ body }: { body: string }) => [...body.matchAll(/"label": ?"(\w+)"/g)].map(([, label]) => label);
  expect([first, second].map(labels)).toEqual([['a'], ['b']]);
  expect(second.body).toContain('{"end":true,"rows":2,"entities":2,"evicted":0}');
});

test('evictions come behind the rows, by pages of one moment: what is evicted between two of them is not in it', async () => {
  const me = callerOf(stack, randomUUID());
  const ids = Array.from({ length: 12 }, () => randomUUID()).sort();
  const [evicted, kept] = [ids.slice(0, 5).reverse(), ids.slice(5)];
  const evict = (id = '') => me.write({ op: 'evict', id });
  await me.write(...ids.map((id) => put(id, habit(id))));
  for (const id of evicted) await evict(id);
  const pages: Answer[] = [];
  for (let path: string | null = '/v1/export?history=full&limit=2'; path !== null && pages.length < 20; ) {
    stack().neon.traffic.reset();
    const page = await me.ok('GET', path);
    expect(stack().neon.traffic.counts.http_requests).toBe(1);
    // Of what was given out already, so that the rows stay the same.
    await evict(kept[pages.push(page) - 1]);
    path = nextOf(page);
  }
  const lines = pages.map(({ body }) =>
    body
      .trimEnd()
      .split('\n')
      .map((line: string) => JSON.parse(line)),
  );
  const [[header], [end]] = [lines[0]?.splice(0, 1), lines.at(-1)?.splice(-1)];
  expect(header).toMatchObject({ annals_format: 1 });
  expect(end).toEqual({ end: true, rows: 7, entities: 7, evicted: 5 });
  const pairs = (list: string[]) => list.flatMap((_, i) => (i % 2 === 0 ? [list.slice(i, i + 2)] : []));
  expect(
    lines.map((page) => page.map(({ id, evicted: gone }: { id?: string; evicted: string }) => id ?? gone)),
  ).toEqual([...pairs(kept), ...pairs(evicted)]);
});

test('an export goes on from a cursor as a stream, too, among the rows and among the evictions', async () => {
  const me = callerOf(stack, randomUUID());
  const [a = '', b = '', c = '', d = ''] = Array.from({ length: 4 }, () => randomUUID()).sort();
  await me.write(...[a, b, c, d].map((id) => put(id, habit(id))));
  await me.write(put(a, habit('A')), { op: 'evict', id: c });
  await me.write({ op: 'evict', id: d });
  const whole = (await me.ok('GET', '/v1/export?history=full')).body;
  let before = '';
  let path: string | null = '/v1/export?history=full&limit=1';
  for (let pages = 1; path !== null && pages <= 5; pages++) {
    const page = await me.ok('GET', path);
    before += page.body;
    path = nextOf(page);
    if (path === null) break;
    const rest = await me.ok('GET', path.replace('&limit=1', ''));
    expect(withoutHeader(before + rest.body), `after page ${pages}`).toBe(withoutHeader(whole));
  }
  expect(withoutHeader(before)).toBe(withoutHeader(whole));
});

test('a cursor of before evictions had pages goes on; one among evictions is refused where none are asked for', async () => {
  const me = callerOf(stack, randomUUID());
  const [a = '', b = '', ...evicted] = Array.from({ length: 4 }, () => randomUUID()).sort();
  await me.write(...[a, b, ...evicted].map((id) => put(id, habit(id))));
  await me.write(...evicted.map((id) => ({ op: 'evict', id })));
  const first = new URL(nextOf(await me.ok('GET', '/v1/export?history=full&limit=1')) ?? '', 'http://localhost');
  const { evicted: _, ...older } = JSON.parse(
    Buffer.from(first.searchParams.get('after') ?? '', 'base64url').toString(),
  );
  first.searchParams.set('after', Buffer.from(JSON.stringify(older)).toString('base64url'));
  const second = await me.ok('GET', `${first.pathname}${first.search}`);
  const third = await me.ok('GET', nextOf(second) ?? '');
  const fourth = await me.ok('GET', nextOf(third) ?? '');
  expect(nextOf(fourth)).toBeNull();
  expect(fourth.body).toContain('{"end":true,"rows":2,"entities":2,"evicted":2}');
  await me.refused(422, 'GET', (nextOf(third) ?? '').replace('history=full', 'history=current'));
});
