import { expect, test } from 'vitest';
import { incrementByMany } from '../api/increment-by-many.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('of 10,000 increments of one record by 64 clients with If-Match and retry none is lost', {
  timeout: 600_000,
}, async () => {
  const { count, taken, refused } = await incrementByMany(stack(), { clients: 64, increments: 10_000 });
  console.info(`${taken} writes were taken, ${refused} refused`);
  expect({ count, taken }).toEqual({ count: 10_000, taken: 10_000 });
});
