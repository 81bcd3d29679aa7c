import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { fuzz } from './fuzz.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('300 random requests are no fault of ours', async () => {
  await fuzz(stack(), 300);
});
