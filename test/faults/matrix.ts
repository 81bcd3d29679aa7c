import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { CrashableStack } from '../crashable-stack.ts';
import type { Told } from './client.ts';
import { FAULTS, type Fault, type FaultName } from './faults.ts';
import { OPERATIONS, type OperationName } from './operations.ts';
import type { TinyDisk } from './tiny-disk.ts';

/** How often a client asks again, with what pause, before the service counts as one that does not come back by itself. */
const MAX_TRIES = 100;
const PAUSE_MS = 50;
const NEVER = new AbortController().signal;

/**
 * One cell: the fault befalls the operation, the client is told so clearly, nothing is half there, and asking again is all it
 * takes; afterwards what was acknowledged is there once and current state is what the log says (I1, I2, I5, I8).
 */
export async function strikeCell(
  stack: CrashableStack,
  disk: TinyDisk | null,
  faultName: FaultName,
  operationName: OperationName,
): Promise<void> {
  const fault: Fault = FAULTS[faultName];
  const operation = OPERATIONS[operationName];
  const user = randomUUID();
  const attempt = await operation.begin(stack, user);
  const struck = { stack, disk, operation, user, ids: attempt.ids };
  let told = await fault.strike(struck, (signal = NEVER) => attempt.run(signal));
  stack.neon.faults.clear();
  const givesUp = fault.told[0] === 'cut' && faultName !== 'workerd is killed';
  const expected = operationName === 'import' && !givesUp ? [200] : fault.told;
  expect(expected, `${told.status}: ${told.text}`).toContain(told.status);
  expectClear(told);
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

/** Who is refused is told when to come back, in the form that all errors have. */
function expectClear({ status, retry_after, text }: Told): void {
  if (status !== 503) return;
  expect(retry_after).toMatch(/^\d+$/);
  expect(JSON.parse(text)).toEqual({
    code: 'AN503',
    message: expect.any(String),
    details: null,
    hint: expect.any(String),
  });
}
