import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { FAULTS, type Fault, type FaultName } from './faults.ts';
import { OPERATIONS, type OperationName } from './operations.ts';
import type { Stage } from './stage.ts';

/** How often a client asks again, with what pause, before the service counts as one that does not come back by itself. */
const MAX_TRIES = 100;
const PAUSE_MS = 50;
const NEVER = new AbortController().signal;

/**
 * One cell: the fault befalls the operation, the client is told so clearly, nothing is half there, and asking again is all it
 * takes; afterwards what was acknowledged is there once and current state is what the log says (I1, I2, I5, I8).
 */
export async function strikeCell(
  { stack, disk }: Stage,
  faultName: FaultName,
  operationName: OperationName,
): Promise<void> {
  const fault: Fault = FAULTS[faultName];
  const operation = OPERATIONS[operationName];
  const user = randomUUID();
  const attempt = await operation.begin(stack, user);
  let told = await fault.strike({ stack, disk, operation, attempt, user }, (signal = NEVER) => attempt.run(signal));
  stack.neon.faults.clear();
  const expected = operation.isPersistent && !fault.isGivenUp ? [200] : fault.told;
  expect(expected, `${told.status}: ${told.text}`).toContain(told.status);
  operation.expectClear(told);
  await attempt.checkNotHalf();
  for (let tries = 0; told.status !== 200; tries++) {
    expect(tries, `still ${told.status}: ${told.text}`).toBeLessThan(MAX_TRIES);
    await wait(PAUSE_MS);
    told = await attempt.run(NEVER);
  }
  await attempt.check();
  // What was written by a clock that was ahead holds, to the log, once the clock is there.
  await expect.poll(() => stack.query('select stale_entities()::integer as stale')).toEqual([{ stale: 0 }]);
}
