import { describe, test } from 'vitest';
import { FAULTS, type FaultName } from './faults.ts';
import { strikeCell } from './matrix.ts';
import type { OperationName } from './operations.ts';
import { stageFor } from './stage.ts';
import { imitatedDisk } from './tiny-disk.ts';

/** A short cut of the matrix; all of it is in test/long/faults.test.ts. */

const stage = stageFor();

describe('a write is there once or not at all, and the service comes back by itself, when', () => {
  test.each(Object.keys(FAULTS) as FaultName[])('%s', async (fault) => {
    await strikeCell(stage(), fault, 'write');
  });
});

describe('an operator’s command is run again, nothing is lost meanwhile, and it goes back, when', () => {
  test.each<[OperationName, FaultName]>([
    ['partitioning', 'the process that does it is killed'],
    ['partitioning, at the swap', 'postgres is killed'],
    ['projection', 'the disk is full'],
  ])('%s: %s', async (operation, fault) => {
    await strikeCell(stage(), fault, operation);
  });
});

test('the disk is full, where it can be imitated alone', async () => {
  const { stack } = stage();
  await strikeCell({ stack, disk: await imitatedDisk(stack) }, 'the disk is full', 'batch');
});
