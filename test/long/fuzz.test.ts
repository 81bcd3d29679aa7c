import { test } from 'vitest';
import { fuzz } from '../api/fuzz.ts';
import { fuzzApi } from '../fuzz/fuzz-api.ts';
import { fuzzSql } from '../fuzz/fuzz-sql.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('10,000 random requests are no fault of ours', { timeout: 3_600_000 }, async () => {
  await fuzz(stack(), 10_000);
});

test('10,000 random requests by the served description see nobody else’s records', async () => {
  await fuzzApi(stack(), 10_000);
});

test('20,000 random calls of SQL functions see and change nobody else’s records', async () => {
  await fuzzSql(stack(), 20_000);
});
