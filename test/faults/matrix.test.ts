import { afterAll, beforeAll, describe, test } from 'vitest';
import { type CrashableStack, startCrashableStack } from '../crashable-stack.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { strikeCell } from './matrix.ts';
import { type TinyDisk, tinyDisk } from './tiny-disk.ts';

/** A short cut of the matrix; all of it is in test/long/faults.test.ts. */

let stack: CrashableStack;
let disk: TinyDisk | null = null;
beforeAll(async () => {
  stack = await startCrashableStack();
  disk = await tinyDisk(stack);
});
afterAll(async () => {
  await stack?.stop();
  await disk?.remove();
});

describe('a write is there once or not at all, and the service comes back by itself, when', () => {
  test.each(Object.keys(FAULTS) as FaultName[])('%s', async (fault) => {
    await strikeCell(stack, disk, fault, 'write');
  });
});
