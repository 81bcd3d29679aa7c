import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore } from './analytics-store.ts';
import { checkRollups } from './rollups-property.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);
test('long', { timeout: 900_000 }, async () => {
  await checkRollups(store, 300, 30);
});
