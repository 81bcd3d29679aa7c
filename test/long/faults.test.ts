import { describe, test } from 'vitest';
import { FAULTS, type FaultName } from '../faults/faults.ts';
import { strikeCell } from '../faults/matrix.ts';
import { OPERATIONS, type OperationName } from '../faults/operations.ts';
import { stageFor } from '../faults/stage.ts';
import { imitatedDisk } from '../faults/tiny-disk.ts';

const stage = stageFor();

describe.each(Object.keys(OPERATIONS) as OperationName[])(
  '%s: nothing lost, nothing half there, and it comes back, when',
  (operation) => {
    test.each(Object.keys(FAULTS) as FaultName[])('%s', async (fault) => {
      await strikeCell(stage(), fault, operation);
    });
    test('the disk is full, where it can be imitated alone', async () => {
      const { stack } = stage();
      await strikeCell({ stack, disk: await imitatedDisk(stack) }, 'the disk is full', operation);
    });
  },
);
