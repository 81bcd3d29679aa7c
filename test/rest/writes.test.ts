import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { clientOf, dataOf } from './client.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const person = async () => {
  const user = randomUUID();
  return { user, client: await clientOf(stack(), user) };
};
const rest = (user: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  stack().fetch(`/rest/v1/${path}`, {
    as: user,
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const versions = async (user: string, id: string): Promise<{ doc: unknown }[]> =>
  (await (await stack().fetch(`/v1/entities/${id}/history?order=asc`, { as: user })).json()).versions ?? [];

test('an insert answers nothing, a place, or the record, as is preferred', async () => {
  const { user, client } = await person();
  const minimal = await client.from('habit').insert({ label: 'Run' });
  expect(minimal).toMatchObject({ status: 201, data: null, error: null });
  const place = await rest(user, 'POST', 'habit', { label: 'Walk' }, { Prefer: 'return=headers-only' });
  expect(place.status).toBe(201);
  expect(place.headers.get('preference-applied')).toBe('return=headers-only');
  const there = await stack().fetch(place.headers.get('location') ?? '', { as: user });
  expect(await there.json()).toMatchObject([{ label: 'Walk' }]);
  const record = await dataOf(client.from('habit').insert({ label: 'Read' }).select('label,version').single());
  expect(record).toEqual({ label: 'Read', version: expect.any(Number) });
});

test('many are inserted at once or not at all, and only the columns that are named', async () => {
  const { client } = await person();
  const rows = await dataOf(
    client
      .from('habit')
      .insert([{ label: 'a' }, { label: 'b', notes: 'n' }], { count: 'exact' })
      .select('label,notes'),
  );
  expect(rows).toEqual([
    { label: 'a', notes: null },
    { label: 'b', notes: 'n' },
  ]);
  const bad = await client.from('habit').insert([{ label: 'c' }, { notes: 'no label' }]);
  expect(bad).toMatchObject({ status: 400, error: { code: '23502', details: 'row 2: label is required' } });
  expect((await client.from('habit').select('*', { count: 'exact', head: true })).count).toBe(2);
  const { user, client: other } = await person();
  const only = await rest(user, 'POST', 'habit?columns=label', { label: 'x', notes: 'left out' });
  expect(only.status).toBe(201);
  expect(await dataOf(other.from('habit').select('label,notes'))).toEqual([{ label: 'x', notes: null }]);
});

test('CSV is inserted by its header', async () => {
  const { user, client } = await person();
  const log =
    'timestamp,time_zone,habit_ids,notes\n2026-01-01T00:00:00Z,UTC,{},"a, ""b"""\n2026-01-02T00:00:00Z,UTC,[],NULL\n';
  const answer = await rest(user, 'POST', 'habit_log', log, { 'Content-Type': 'text/csv' });
  expect(answer.status, await answer.text()).toBe(201);
  expect(await dataOf(client.from('habit_log').select('timestamp,notes').order('timestamp'))).toEqual([
    { timestamp: '2026-01-01T00:00:00Z', notes: 'a, "b"' },
    { timestamp: '2026-01-02T00:00:00Z', notes: null },
  ]);
});

test('an upsert merges into what is there, or leaves it, and says whether it created', async () => {
  const { user, client } = await person();
  const id = randomUUID();
  expect((await client.from('habit').upsert({ id, label: 'Run', notes: 'n' })).status).toBe(201);
  expect((await client.from('habit').upsert({ id, label: 'Sprint' }, { onConflict: 'id' })).status).toBe(200);
  expect(await dataOf(client.from('habit').select('label,notes').single())).toEqual({ label: 'Sprint', notes: 'n' });
  const ignored = await client
    .from('habit')
    .upsert([{ id, label: 'Crawl' }, { label: 'New' }], { ignoreDuplicates: true })
    .select('label');
  expect(ignored).toMatchObject({ status: 201, data: [{ label: 'New' }] });
  expect((await versions(user, id)).length).toBe(2);
  expect(await client.from('habit').insert({ id, label: 'Again' })).toMatchObject({
    status: 409,
    error: { code: '23505', details: `Key (id)=(${id}) already exists.` },
  });
  expect(await client.from('habit').upsert({ id, label: 'x' }, { onConflict: 'label' })).toMatchObject({
    status: 400,
    error: { code: '42P10' },
  });
});

test('an upsert takes away what a row sets to null, and leaves what it does not name', async () => {
  const { client } = await person();
  const [one, other] = [randomUUID(), randomUUID()];
  const whole = { label: 'Run', notes: 'n', name: 'N', 'x/free': 1 };
  await dataOf(
    client
      .from('habit')
      .insert([one, other].map((id) => ({ id, ...whole })))
      .select(),
  );
  const { error, status } = await client.from('habit').upsert([
    { id: one, label: 'Run', notes: null, 'x/free': null },
    { id: other, label: 'Sprint' },
    { label: 'New', notes: null },
  ]);
  expect({ error, status }).toEqual({ error: null, status: 201 });
  expect(await dataOf(client.from('habit').select('label,notes,name,x/free').order('label'))).toEqual([
    { label: 'New', notes: null, name: null, 'x/free': null },
    { label: 'Run', notes: null, name: 'N', 'x/free': null },
    { label: 'Sprint', notes: 'n', name: 'N', 'x/free': 1 },
  ]);
  expect(await client.from('habit').upsert({ id: one, label: null })).toMatchObject({
    status: 400,
    error: { code: '23502' },
  });
});

test('an update changes what the filter finds, keeps every version, and unsets what is set to null', async () => {
  const { user, client } = await person();
  const [a, b] = await dataOf(
    client
      .from('habit')
      .insert([{ label: 'a', notes: 'x' }, { label: 'b', notes: 'x' }, { label: 'c' }])
      .select('id,label'),
  );
  const changed = await client
    .from('habit')
    .update({ notes: null, name: 'N' }, { count: 'exact' })
    .eq('notes', 'x')
    .select('label,notes,name')
    .order('label');
  expect(changed).toMatchObject({
    status: 200,
    count: 2,
    data: [
      { label: 'a', notes: null, name: 'N' },
      { label: 'b', notes: null, name: 'N' },
    ],
  });
  expect(await versions(user, a?.id)).toMatchObject([
    { doc: { label: 'a', notes: 'x' } },
    { doc: { label: 'a', name: 'N' } },
  ]);
  expect(await client.from('habit').update({ notes: 'y' }).eq('id', b?.id)).toMatchObject({ status: 204, data: null });
  expect(await client.from('habit').update({ notes: 'y' }).eq('label', 'nobody').select()).toMatchObject({
    status: 200,
    data: [],
  });
  expect(await client.from('habit').update({ label: null }).eq('id', b?.id)).toMatchObject({
    status: 400,
    error: { code: '23502' },
  });
  expect(await client.from('habit').update({ colour: 'red' }).eq('id', b?.id)).toMatchObject({
    status: 400,
    error: { code: 'PGRST204' },
  });
  const whole = await dataOf(client.from('habit').select().eq('id', b?.id).single());
  expect(
    (
      await client
        .from('habit')
        .update({ ...whole, notes: 'sent back whole' })
        .eq('id', b?.id)
    ).error,
  ).toBe(null);
});

test('a delete removes what the filter finds and answers it; history stays', async () => {
  const { user, client } = await person();
  const [a] = await dataOf(
    client
      .from('habit')
      .insert([{ label: 'a' }, { label: 'b' }])
      .select('id,label'),
  );
  expect(await dataOf(client.from('habit').delete().eq('label', 'a').select('label'))).toEqual([{ label: 'a' }]);
  expect(await dataOf(client.from('habit').select('label'))).toEqual([{ label: 'b' }]);
  expect((await versions(user, a?.id)).map(({ doc }) => doc)).toEqual([{ label: 'a' }, null]);
});

test('an update or delete without a filter is refused', async () => {
  const { client } = await person();
  await client.from('habit').insert({ label: 'a' });
  expect(await client.from('habit').update({ notes: 'all' })).toMatchObject({ status: 400, error: { code: '21000' } });
  expect(await client.from('habit').delete()).toMatchObject({ status: 400, error: { code: '21000' } });
  expect((await client.from('habit').select('*', { count: 'exact', head: true })).count).toBe(1);
});

test('a write that is about more rows than was said changes nothing', async () => {
  const { client } = await person();
  await client.from('habit').insert([{ label: 'a' }, { label: 'a' }]);
  expect(
    await client.from('habit').delete().eq('label', 'a').setHeader('Prefer', 'handling=strict, max-affected=1'),
  ).toMatchObject({
    status: 400,
    error: { code: 'PGRST124' },
  });
  expect(await client.from('habit').update({ notes: 'n' }).eq('label', 'a').select().single()).toMatchObject({
    status: 406,
    error: { code: 'PGRST116' },
  });
  expect(await dataOf(client.from('habit').select('label,notes'))).toEqual([
    { label: 'a', notes: null },
    { label: 'a', notes: null },
  ]);
  expect(await client.from('habit').delete().eq('label', 'a').maxAffected(2)).toMatchObject({ status: 204 });
});

test('preferences that nobody knows are passed over, or refused when handling is strict', async () => {
  const { user } = await person();
  expect((await rest(user, 'POST', 'habit', { label: 'a' }, { Prefer: 'return=everything' })).status).toBe(201);
  const strict = await rest(user, 'POST', 'habit', { label: 'a' }, { Prefer: 'handling=strict, return=everything' });
  expect(await strict.json()).toMatchObject({ code: 'PGRST122', details: 'Invalid preferences: return=everything' });
  const applied = await rest(user, 'POST', 'habit', [{ label: 'a' }], {
    Prefer: 'missing=default, return=representation, count=exact, handling=lenient',
  });
  expect(applied.headers.get('preference-applied')).toBe('return=representation, count=exact, handling=lenient');
  expect(applied.headers.get('content-range')).toBe('*/1');
});

test('If-Match lets a write through only at the version it names', async () => {
  const { user, client } = await person();
  const { id, version } = await dataOf(client.from('habit').insert({ label: 'a' }).select('id,version').single());
  const first = await rest(user, 'PATCH', `habit?id=eq.${id}`, { notes: '1' }, { 'If-Match': `"${version}"` });
  expect(first.status).toBe(204);
  const stale = await rest(user, 'PATCH', `habit?id=eq.${id}`, { notes: '2' }, { 'If-Match': `"${version}"` });
  expect(stale.status).toBe(412);
  expect(
    (await rest(user, 'DELETE', `habit?id=eq.${id}`, undefined, { 'If-Match': `W/${first.headers.get('etag')}` }))
      .status,
  ).toBe(412);
  expect((await rest(user, 'DELETE', `habit?label=eq.a`, undefined, { 'If-Match': '"1"' })).status).toBe(400);
  expect(
    (await rest(user, 'DELETE', `habit?id=eq.${id}`, undefined, { 'If-Match': first.headers.get('etag') ?? '' }))
      .status,
  ).toBe(204);
  expect((await rest(user, 'DELETE', `habit?id=eq.${id}`, undefined, { 'If-Match': '*' })).status).toBe(412);
});

test('a condition that a write cannot heed is refused, and nothing is written', async () => {
  const { user, client } = await person();
  const { id, version } = await dataOf(client.from('habit').insert({ label: 'a' }).select('id,version').single());
  const conditions = [{ 'If-None-Match': '*' }, { 'If-None-Match': '"1"' }];
  const merge = { Prefer: 'resolution=merge-duplicates' };
  for (const condition of [...conditions, { 'If-Match': '"1"' }, { 'If-Match': '*' }]) {
    expect((await rest(user, 'POST', 'habit', { id, label: 'b' }, { ...merge, ...condition })).status).toBe(400);
    expect((await rest(user, 'POST', 'habit', { label: 'b' }, condition)).status).toBe(400);
  }
  for (const condition of conditions) {
    const refused = await rest(user, 'PATCH', `habit?id=eq.${id}`, { label: 'b' }, condition);
    expect(await refused.json()).toMatchObject({ code: 'PGRST100', hint: expect.stringContaining('If-Match') });
    expect((await rest(user, 'DELETE', `habit?id=eq.${id}`, undefined, condition)).status).toBe(400);
  }
  expect((await rest(user, 'DELETE', `habit?id=eq.${id}`, undefined, { 'If-Match': String(version) })).status).toBe(
    422,
  );
  expect(await dataOf(client.from('habit').select('label,version'))).toEqual([{ label: 'a', version }]);
});

test('the retry of an upsert is answered with the status of the first', async () => {
  const { user, client } = await person();
  const [id, gone] = [randomUUID(), randomUUID()];
  await dataOf(
    client
      .from('habit')
      .insert([id, gone].map((id) => ({ id, label: 'a' })))
      .select(),
  );
  await client.from('habit').delete().eq('id', gone);
  for (const preference of ['return=minimal', 'return=representation'])
    for (const [row, status] of [
      [{ id, label: preference }, 200],
      [{ id: gone, label: 'back' }, preference === 'return=minimal' ? 201 : 200],
      [{ id: randomUUID(), label: 'new' }, 201],
    ] as const) {
      const headers = { Prefer: `resolution=merge-duplicates, ${preference}`, 'Idempotency-Key': randomUUID() };
      expect((await rest(user, 'POST', 'habit', row, headers)).status).toBe(status);
      expect((await rest(user, 'POST', 'habit', row, headers)).status).toBe(status);
      await client.from('habit').update({ notes: randomUUID() }).eq('id', row.id);
      expect((await rest(user, 'POST', 'habit', row, headers)).status).toBe(status);
    }
});

test('the same Idempotency-Key with another resolution, bound or content type is another request', async () => {
  const { user, client } = await person();
  const id = randomUUID();
  const key = (more: Record<string, string>) => ({ 'Idempotency-Key': id, ...more });
  const post = (more: Record<string, string>) => rest(user, 'POST', 'habit', { id, label: 'a' }, key(more));
  expect((await post({ Prefer: 'resolution=merge-duplicates' })).status).toBe(201);
  expect((await post({ Prefer: 'return=representation, resolution=merge-duplicates' })).status).toBe(201);
  expect((await post({ Prefer: 'resolution=ignore-duplicates' })).status).toBe(422);
  expect((await post({})).status).toBe(422);
  const object = { Prefer: 'resolution=merge-duplicates', 'Content-Type': 'application/vnd.pgrst.object+json' };
  expect((await post(object)).status).toBe(422);
  const rename = (most: number) =>
    rest(
      user,
      'PATCH',
      'habit?label=in.(a,b)',
      { label: 'b' },
      {
        'Idempotency-Key': 'rename',
        Prefer: `handling=strict, max-affected=${most}`,
      },
    );
  expect((await rename(2)).status).toBe(204);
  expect((await rename(2)).status).toBe(204);
  expect((await rename(1)).status).toBe(422);
  expect((await versions(user, id)).length).toBe(2);
  expect(await dataOf(client.from('habit').select('label'))).toEqual([{ label: 'b' }]);
});

test('the same Idempotency-Key writes once, for every kind of write, also when the answer was lost after the commit', async () => {
  const { user, client } = await person();
  const id = randomUUID();
  const key = () => ({ 'Idempotency-Key': randomUUID(), Prefer: 'return=representation' });
  const insert = key();
  stack().neon.faults.arm('drop_after_commit');
  expect((await rest(user, 'POST', 'habit', { id, label: 'a' }, insert)).status).toBe(503);
  const again = await rest(user, 'POST', 'habit', { id, label: 'a' }, insert);
  expect(again.status).toBe(201);
  expect(await again.json()).toMatchObject([{ id, label: 'a' }]);
  const update = key();
  stack().neon.faults.arm('drop_after_commit');
  expect((await rest(user, 'PATCH', 'habit?label=eq.a', { label: 'b' }, update)).status).toBe(503);
  expect(await (await rest(user, 'PATCH', 'habit?label=eq.a', { label: 'b' }, update)).json()).toMatchObject([
    { id, label: 'b' },
  ]);
  expect((await rest(user, 'PATCH', 'habit?label=eq.a', { label: 'c' }, update)).status).toBe(422);
  expect((await versions(user, id)).length).toBe(2);
  expect(await dataOf(client.from('habit').select('label'))).toEqual([{ label: 'b' }]);
});

test('of retries sent at once one writes, and all have its answer', async () => {
  const { user } = await person();
  const atOnce = (method: string, path: string, body: object, headers: Record<string, string>) =>
    Promise.all(Array.from({ length: 6 }, async () => (await rest(user, method, path, body, headers)).status));
  for (let round = 0; round < 4; round++) {
    const id = randomUUID();
    const inserts = await atOnce('POST', 'habit', { id, label: 'a' }, { 'Idempotency-Key': `insert ${id}` });
    expect(new Set(inserts)).toEqual(new Set([201]));
    const read = await stack().fetch(`/v1/entities/${id}`, { as: user });
    const expecting = { 'Idempotency-Key': `update ${id}`, 'If-Match': read.headers.get('etag') ?? '' };
    expect(new Set(await atOnce('PATCH', `habit?id=eq.${id}`, { label: 'b' }, expecting))).toEqual(new Set([204]));
    expect((await versions(user, id)).length).toBe(2);
    const otherwise = { ...expecting, 'If-Match': '*' };
    expect((await rest(user, 'PATCH', `habit?id=eq.${id}`, { label: 'b' }, otherwise)).status).toBe(422);
  }
});

test('a write keeps from which client it came', async () => {
  const { user } = await person();
  await rest(user, 'POST', 'habit', { label: 'a' }, { 'User-Agent': 'annals-test/2' });
  const { transactions } = await (await stack().fetch('/v1/transactions', { as: user })).json();
  expect(transactions).toMatchObject([{ client: 'annals-test/2' }]);
});

test('increments by a filter on the value they read lose none under concurrency', async () => {
  const { client } = await person();
  const { id } = await dataOf(
    client.from('exercise').insert({ label: 'e', airtable_log_count: 0 }).select('id').single(),
  );
  const increment = async () => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { airtable_log_count: n } = await dataOf(
        client.from('exercise').select('airtable_log_count').eq('id', id).single(),
      );
      const won = await dataOf(
        client
          .from('exercise')
          .update({ airtable_log_count: n + 1 })
          .eq('id', id)
          .eq('airtable_log_count', n)
          .select('id'),
      );
      if (won.length === 1) return;
    }
    throw new Error('never won');
  };
  await Promise.all(Array.from({ length: 12 }, increment));
  expect(await dataOf(client.from('exercise').select('airtable_log_count').single())).toEqual({
    airtable_log_count: 12,
  });
});

test('nobody reads, changes or removes what is somebody else’s', async () => {
  const [mine, theirs] = [await person(), await person()];
  const { id } = await dataOf(theirs.client.from('habit').insert({ label: 'private' }).select('id').single());
  expect(await dataOf(mine.client.from('habit').select().eq('id', id))).toEqual([]);
  expect(await dataOf(mine.client.from('habit').update({ label: 'mine' }).eq('id', id).select())).toEqual([]);
  expect(await dataOf(mine.client.from('habit').delete().eq('id', id).select())).toEqual([]);
  expect((await mine.client.from('habit').upsert({ id, label: 'mine' })).status).toBe(404);
  expect(await dataOf(mine.client.from('habit').select().eq('user_id', theirs.user))).toEqual([]);
  expect((await mine.client.from('habit').insert({ label: 'x', user_id: theirs.user })).error).toMatchObject({
    code: '428C9',
  });
  await mine.client.from('habit_log').insert({ timestamp: '2026-01-01T00:00:00Z', time_zone: 'UTC', habit_ids: [id] });
  expect(await dataOf(mine.client.from('habit_log').select('habit_ids(*)'))).toEqual([{ habit_ids: [] }]);
  expect(await dataOf(theirs.client.from('habit').select('label,habit_log(*)'))).toEqual([
    { label: 'private', habit_log: [] },
  ]);
});

test('every request is exactly one request to the database', async () => {
  const { user, client } = await person();
  const { id } = await dataOf(client.from('habit').insert({ label: 'a' }).select('id').single());
  const requests: [string, () => PromiseLike<{ error: unknown } | Response>][] = [
    ['list', () => client.from('habit').select('*,habit_log(*)', { count: 'exact' })],
    ['estimated', () => client.from('habit').select('*', { count: 'estimated', head: true })],
    ['as of', () => stack().fetch('/rest/v1/habit?tx_time=2026-01-01T00:00:00Z', { as: user })],
    [
      'insert',
      () =>
        client
          .from('habit')
          .insert([{ label: 'b' }, { label: 'c' }])
          .select(),
    ],
    ['upsert', () => client.from('habit').upsert({ id, label: 'd' }).select()],
    ['update', () => client.from('habit').update({ notes: 'n' }).eq('id', id).select()],
    ['delete', () => client.from('habit').delete().eq('id', id)],
  ];
  for (const [name, request] of requests) {
    stack().neon.traffic.reset();
    const answer = await request();
    expect('error' in answer ? answer.error : answer.ok ? null : await answer.text(), name).toBe(null);
    expect(stack().neon.traffic.counts.http_requests, name).toBe(1);
  }
});
