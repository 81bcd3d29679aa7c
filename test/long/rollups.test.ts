import { test } from 'vitest';
import { analyticsStore } from '../analytics/analytics-store.ts';
import { checkRollups } from '../analytics/rollups-property.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

test('every rollup equals its definition after any of many long histories', { timeout: 3_600_000 }, async () => {
  await checkRollups(store, 1_000, 40);
});
