import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { problemsOf } from './check-history.ts';
import { labelsInLog, recordHistory } from './record-history.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const isWrite = (query: string) => query.includes('transact(');

test('eight clients at once see each record linearizable and transactions whole, with answers and requests lost', async () => {
  const { neon, workers, token, database } = stack();
  neon.faults.arm('drop_after_commit', { times: 5, matches: isWrite });
  neon.faults.arm('drop_before_commit', { times: 5, matches: isWrite });
  const history = await recordHistory({
    apiUrl: workers.apiUrl,
    token: await token(randomUUID()),
    clients: 8,
    operations: 25,
    finalVersions: (ids) => labelsInLog(async (text, parameters) => (await database.query(text, parameters)).rows, ids),
  });
  expect(neon.faults.strike([])).toBeUndefined();
  expect(history.transactions.some(({ outcome }) => outcome === 'lost')).toBe(true);
  expect(history.snapshots.length).toBeGreaterThan(10);
  expect(problemsOf(history)).toEqual([]);
});
