import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';
import { incrementByMany } from './increment-by-many.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const someone = () => callerOf(stack, randomUUID());
const habit = (label: string) => ({ label, sensitive: false, archived: false });
const MERGE_PATCH = { 'Content-Type': 'application/merge-patch+json' };

test('an entity is put, patched and deleted at its address, each answer with the ETag to go on with', async () => {
  const me = someone();
  const id = randomUUID();
  const at = `/v1/entities/habit/${id}`;
  const put = await me.ok('PUT', at, habit('one'), { 'If-None-Match': '*' });
  expect(put.body).toMatchObject({ id, entity_type: 'habit', deleted_at: null });
  expect(put.headers.get('etag')).toBe(`"${put.body.version}"`);
  const patched = await me.ok(
    'PATCH',
    at,
    { notes: 'n', 'x/free': { a: { b: 1 }, c: 2 } },
    {
      ...MERGE_PATCH,
      'If-Match': put.headers.get('etag') ?? '',
    },
  );
  await me.ok('PATCH', at, { notes: null, 'x/free': { a: { d: 3 }, c: null } }, MERGE_PATCH);
  const read = await me.ok('GET', `/v1/entities/${id}`);
  expect(read.body).toMatchObject({ label: 'one', 'x/free': { a: { b: 1, d: 3 } } });
  expect(read.body).not.toHaveProperty('notes');
  expect(read.body['x/free']).not.toHaveProperty('c');
  await me.ok('PATCH', at, { set: { '/notes': 'by pointer' }, unset: ['/x~1free'] });
  await me.refused(412, 'DELETE', at, undefined, { 'If-Match': patched.headers.get('etag') ?? '' });
  const now = await me.ok('GET', `/v1/entities/${id}`);
  expect(now.body.notes).toBe('by pointer');
  expect((await me.ok('DELETE', at, undefined, { 'If-Match': now.headers.get('etag') ?? '' })).body.deleted_at).toMatch(
    /Z$/,
  );
  await me.refused(404, 'GET', `/v1/entities/${id}`);
});

test('a write whose precondition does not hold changes nothing', async () => {
  const me = someone();
  const id = randomUUID();
  const at = `/v1/entities/habit/${id}`;
  await me.refused(412, 'PUT', at, habit('x'), { 'If-Match': '"1"' });
  await me.refused(412, 'PUT', at, habit('x'), { 'If-Match': '*' });
  await me.ok('PUT', at, habit('one'));
  const { headers } = await me.ok('PUT', at, habit('two'));
  const etag = headers.get('etag') ?? '';
  await me.refused(412, 'PUT', at, habit('x'), { 'If-None-Match': '*' });
  await me.refused(412, 'PUT', at, habit('x'), { 'If-Match': '"1", "not one of ours"' });
  // A weak tag is no proof that nothing was changed.
  await me.refused(412, 'PATCH', at, { notes: 'x' }, { ...MERGE_PATCH, 'If-Match': `W/${etag}` });
  await me.refused(422, 'PUT', at, habit('x'), { 'If-None-Match': etag });
  expect((await me.get(`/v1/entities/${id}`)).label).toBe('two');
  await me.ok('PUT', at, habit('three'), { 'If-Match': `"1", ${etag}` });
  await me.ok('PUT', at, habit('four'), { 'If-Match': '*' });
  await me.refused(409, 'PUT', `/v1/entities/location/${id}`, { label: 'x' });
  await me.refused(422, 'PUT', '/v1/entities/hobby/x', {});
});

test('a reader that has the version already gets no body', async () => {
  const me = someone();
  const { id } = (await me.ok('PUT', `/v1/entities/habit/${randomUUID()}`, habit('one'))).body;
  const etag = (await me.ok('GET', `/v1/entities/${id}`)).headers.get('etag') ?? '';
  for (const known of [etag, `W/${etag}`, `"1", ${etag}`, '*']) {
    const answer = await me.request('GET', `/v1/entities/${id}`, undefined, { 'If-None-Match': known });
    expect([answer.status, answer.body, answer.headers.get('etag')], known).toEqual([304, '', etag]);
  }
  await me.ok('PUT', `/v1/entities/habit/${id}`, habit('two'));
  await me.ok('GET', `/v1/entities/${id}`, undefined, { 'If-None-Match': etag });
});

test('the same Idempotency-Key at another address or valid time, with another condition or content type, is another request', async () => {
  const me = someone();
  const [one, other] = [randomUUID(), randomUUID()];
  const key = { 'Idempotency-Key': randomUUID() };
  const first = (await me.ok('PUT', `/v1/entities/habit/${one}`, habit('x'), key)).body;
  expect((await me.ok('PUT', `/v1/entities/habit/${one}`, habit('x'), key)).body).toEqual({ ...first, replayed: true });
  await me.refused(422, 'PUT', `/v1/entities/habit/${other}`, habit('x'), key);
  await me.refused(422, 'PUT', `/v1/entities/habit/${one}?valid_from=2020-01-01T00:00:00Z`, habit('x'), key);
  await me.refused(422, 'PUT', `/v1/entities/habit/${one}`, habit('x'), { ...key, 'If-Match': '*' });
  const patch = { 'Idempotency-Key': randomUUID() };
  await me.ok('PATCH', `/v1/entities/habit/${one}`, {}, patch);
  await me.refused(422, 'PATCH', `/v1/entities/habit/${one}`, {}, { ...patch, ...MERGE_PATCH });
});

test('the moment to read at can be an Accept-Datetime (RFC 7089)', async () => {
  const me = someone();
  const id = randomUUID();
  await me.ok('PUT', `/v1/entities/habit/${id}?valid_from=2020-01-01T00:00:00Z`, habit('one'));
  const answer = await me.ok('GET', `/v1/entities/${id}`, undefined, {
    'Accept-Datetime': new Date(Date.now() + 60_000).toUTCString(),
  });
  expect(answer.headers.get('memento-datetime')).toMatch(/GMT$/);
  expect(answer.headers.get('vary')?.toLowerCase()).toContain('accept-datetime');
  await me.refused(404, 'GET', `/v1/entities/${id}`, undefined, { 'Accept-Datetime': 'Thu, 31 May 2007 20:35:00 GMT' });
  for (const noDate of ['last week', 'Sat, 31 Feb 2026 12:00:00 GMT', 'Mon, 01 Jan 0033 12:00:00 GMT']) {
    await me.refused(422, 'GET', `/v1/entities/${id}`, undefined, { 'Accept-Datetime': noDate });
  }
});

test('of 60 increments by 16 clients with If-Match and retry none is lost', async () => {
  expect(await incrementByMany(stack(), { clients: 16, increments: 60 })).toMatchObject({ count: 60, taken: 60 });
});

test('an If-Match that has no ETag is told so, and writes nothing', async () => {
  const me = someone();
  const at = `/v1/entities/habit/${randomUUID()}`;
  const { version } = (await me.ok('PUT', at, habit('one'))).body;
  for (const unquoted of [String(version), 'null', '{}']) {
    const { details } = await me.refused(422, 'PUT', at, habit('two'), { 'If-Match': unquoted });
    expect(details).toMatchObject([{ field: '/headers/If-Match' }]);
  }
});
