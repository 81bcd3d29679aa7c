import { randomUUID } from 'node:crypto';
import { expect, expectTypeOf, test } from 'vitest';
import { apiClient } from '../../src/api/client.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('the typed client knows what routes take and answer', async () => {
  const user = randomUUID();
  const client = apiClient(stack().workers.apiUrl, () => stack().token(user));
  const written = await client.v1.transactions.$post({
    json: {
      operations: [{ op: 'put', entity_type: 'habit', doc: { label: 'Run', sensitive: false, archived: false } }],
    },
  });
  const { tx, entities } = await written.json();
  expectTypeOf(tx).toEqualTypeOf<number>();
  const [entity] = entities;
  if (entity === undefined || 'evicted' in entity) throw new Error('a put answers its entity');
  expectTypeOf(entity.version).toEqualTypeOf<number | null>();
  const read = await client.v1.entities[':id'].$get({ param: { id: entity.id }, query: {} });
  const record = await read.json();
  expectTypeOf(record.deleted_at).toEqualTypeOf<string | null>();
  expect(record).toMatchObject({ id: entity.id, label: 'Run' });
  const changes = await (await client.v1.changes.$get({ query: { limit: '10' } })).json();
  expectTypeOf(changes.up_to_date).toEqualTypeOf<boolean>();
  // @ts-expect-error there is no such operation
  const wrong: Parameters<typeof client.v1.transactions.$post>[0] = { json: { operations: [{ op: 'erase' }] } };
  expect((await client.v1.transactions.$post(wrong)).status).toBe(422);
});
