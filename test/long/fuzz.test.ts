import { test } from 'vitest';
import { fuzz } from '../api/fuzz.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('10,000 random requests are no fault of ours', { timeout: 3_600_000 }, async () => {
  await fuzz(stack(), 10_000);
});
