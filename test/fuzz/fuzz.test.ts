import { test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { fuzzApi } from './fuzz-api.ts';
import { fuzzSql } from './fuzz-sql.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('400 random requests by the served description are no fault of ours and see nobody else’s records', async () => {
  await fuzzApi(stack(), 400);
});

test('1,000 random calls of SQL functions as the application see and change nobody else’s records', async () => {
  await fuzzSql(stack(), 1_000);
});
