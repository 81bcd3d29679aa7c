import pg from 'pg';
import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { checkHistories } from './check-histories.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('lists, filters, orders, pages, embeddings and as-of reads answer as a model in memory does', async () => {
  const owner = new pg.Client({ connectionString: stack().database.url });
  await owner.connect();
  try {
    await checkHistories(stack(), owner, 25);
  } finally {
    await owner.end();
  }
});
