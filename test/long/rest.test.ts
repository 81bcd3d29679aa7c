import pg from 'pg';
import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { checkHistories } from '../rest/check-histories.ts';
import { checkIndexes } from '../rest/check-indexes.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('1,000 random histories answer as the model does', async () => {
  const owner = new pg.Client({ connectionString: stack().database.url });
  await owner.connect();
  try {
    await checkHistories(stack(), owner, 1_000);
  } finally {
    await owner.end();
  }
});

test('lists, filters, pages and the past are index ranges at 1 million events', async () => {
  // Two users, and every fifth record has two versions.
  const explained = await checkIndexes(420_000);
  for (const [path, { ms, planning_ms, touched }] of explained) {
    console.log(`${planning_ms.toFixed(2)} ms planned, ${ms.toFixed(2)} ms run, ${touched} rows touched: ${path}`);
  }
});
