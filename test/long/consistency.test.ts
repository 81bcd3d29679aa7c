import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemsOf } from '../consistency/check-history.ts';
import { labelsInLog, recordHistory } from '../consistency/record-history.ts';
import { type CrashableStack, startCrashableStack } from '../crashable-stack.ts';

const RUNS = 100;
const isWrite = (query: string) => query.includes('transact(');

let stack: CrashableStack;
beforeAll(async () => {
  stack = await startCrashableStack();
});
afterAll(() => stack?.stop());

/** Each strikes once a write has come by. */
const DISTURBANCES: Readonly<Record<string, () => Promise<void>>> = {
  async 'answers lost'() {
    await stack.neon.faults.arm('drop_after_commit', { times: 4, matches: isWrite }).reached;
  },
  async 'requests lost'() {
    await stack.neon.faults.arm('drop_before_commit', { times: 4, matches: isWrite }).reached;
  },
  async 'postgres killed'() {
    await stack.neon.faults.arm('drop_after_commit', { matches: isWrite }).reached;
    await stack.killPostgres();
  },
  async 'workerd killed'() {
    const stalled = stack.neon.faults.arm('stall', { matches: isWrite });
    await stalled.reached;
    await stack.killWorkerd();
    stalled.release();
  },
};

test(`${RUNS} histories of many clients, with everything failing, are linearizable and whole`, async () => {
  const names = Object.keys(DISTURBANCES);
  for (let run = 0; run < RUNS; run++) {
    const name = names[run % names.length] ?? '';
    const disturbed = DISTURBANCES[name]?.();
    const history = await recordHistory({
      apiUrl: stack.apiUrl,
      token: await stack.token(randomUUID()),
      clients: 8,
      operations: 30,
      finalVersions: (ids) => labelsInLog((text, parameters) => stack.query(text, parameters), ids),
    });
    await disturbed;
    stack.neon.faults.clear();
    expect(problemsOf(history), `run ${run}: ${name}`).toEqual([]);
  }
  expect(await stack.query('select stale_entities()::integer as stale')).toEqual([{ stale: 0 }]);
});
