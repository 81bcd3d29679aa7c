import { afterAll, beforeAll, describe, test } from 'vitest';
import { type CrashableStack, startCrashableStack } from '../crashable-stack.ts';
import { FAULTS, type FaultName } from '../faults/faults.ts';
import { strikeCell } from '../faults/matrix.ts';
import { OPERATIONS, type OperationName } from '../faults/operations.ts';
import { type TinyDisk, tinyDisk } from '../faults/tiny-disk.ts';

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

describe.each(Object.keys(OPERATIONS) as OperationName[])(
  '%s: nothing lost, nothing half there, and it comes back, when',
  (operation) => {
    test.each(Object.keys(FAULTS) as FaultName[])('%s', async (fault) => {
      await strikeCell(stack, disk, fault, operation);
    });
  },
);
