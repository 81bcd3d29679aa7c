import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const cursor = (place: object) => Buffer.from(JSON.stringify(place)).toString('base64url');
const ID = '7a9032e4-60ef-46c7-b2f4-625460d74d7e';

// Postgres takes offsets below 16 hours and no NUL in a text; a clock knows offsets up to 23:59.
test.each([
  '/v1/entities?entity_type=%00',
  '/v1/heatmap?entity_type=%00&year=2025',
  `/v1/entities/${ID}?valid_time=2026-01-01T00:00:00%2B23:59`,
  `/v1/entities/${ID}?tx_time=9999-12-31T23:59:59-23:00`,
  `/v1/entities/${ID}?valid_time=0000-01-01T00:00:00Z`,
  '/v1/overview?valid_tme=2026-01-01T00:00:00Z',
  '/v1/entities?entity_type=habit&limit=1e2',
  '/v1/entities?entity_type=habit&limit=0x10',
  '/v1/entities?entity_type=habit&limit=%201',
  '/v1/heatmap?entity_type=habit&year=2.025e3',
  '/v1/export?limit=',
  `/v1/entities?entity_type=habit&after=${cursor({ occurred_at: 'soon', id: ID })}`,
  `/v1/entities?entity_type=habit&after=${cursor({ occurred_at: '2026-01-01T00:00:00+20:00', id: ID })}`,
])('%s is the caller’s mistake and told as one', async (path) => {
  const answer = await callerOf(stack, randomUUID()).refused(422, 'GET', path);
  expect(answer.hint).not.toBeNull();
});

test('an instant may have any offset that java.time knows, and a plus that was not encoded', async () => {
  const me = callerOf(stack, randomUUID());
  const [id, at] = [randomUUID(), '2026-01-01T17:00:00'];
  await me.write({
    op: 'put',
    id,
    entity_type: 'habit',
    valid_from: `${at}+18:00`,
    doc: { label: 'Run', sensitive: false, archived: false },
  });
  const [version] = (await me.get(`/v1/entities/${id}/history`)).versions;
  expect(version.valid_time).toBe('2025-12-31T23:00:00.000000Z');
  for (const plus of ['%2B', '+']) {
    await me.get(`/v1/entities/${id}?valid_time=${at}${plus}18:00`);
    await me.refused(404, 'GET', `/v1/entities/${id}?valid_time=2026-01-01T16:59:59${plus}18:00`);
  }
});

test('a write for a moment that Postgres cannot hold is refused and changes nothing', async () => {
  const caller = callerOf(stack, randomUUID());
  const operation = { op: 'put', entity_type: 'habit', doc: { label: 'Run', sensitive: false, archived: false } };
  await caller.refused(422, 'POST', '/v1/transactions', {
    operations: [operation, { ...operation, valid_from: '2026-01-01T00:00:00+23:59' }],
  });
  expect((await caller.get('/v1/entities?entity_type=habit')).records).toEqual([]);
});

test('a valid time that ends before it begins is refused, one to come has no version yet', async () => {
  const caller = callerOf(stack, randomUUID());
  const doc = { label: 'Run', sensitive: false, archived: false };
  const [begin, end] = ['2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00Z'];
  const at = `/v1/entities/habit/${ID}`;
  await caller.refused(422, 'PUT', `${at}?valid_from=${begin}&valid_to=${end}`, doc);
  await caller.refused(422, 'DELETE', `${at}?valid_from=${end}&valid_to=${end}`);
  await caller.ok('PUT', `${at}?valid_from=${end}&valid_to=${begin}`, doc);

  const id = randomUUID();
  const planned = await caller.ok('PUT', `/v1/entities/habit/${id}?valid_from=2200-01-01T00:00:00Z`, doc);
  expect(planned.body).toMatchObject({ id, entity_type: 'habit', version: null, deleted_at: null });
  expect(planned.headers.get('etag')).toBeNull();
  const put = { op: 'put', id: randomUUID(), entity_type: 'habit', doc, valid_from: '2200-01-01T00:00:00Z' };
  expect((await caller.write(put)).entities).toMatchObject([{ id: put.id, version: null, deleted_at: null }]);
});
