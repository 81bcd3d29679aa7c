import { expect, test } from 'vitest';
import { incrementByMany } from '../api/increment-by-many.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('of 10,000 increments by 64 clients with If-Match and retry none is lost', { timeout: 3_600_000 }, async () => {
  expect(await incrementByMany(stack(), { clients: 64, increments: 10_000 })).toBe(10_000);
});
