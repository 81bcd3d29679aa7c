import type { AppData } from '../../data/app-data.ts';
import type { Operation } from '../../data/operations.ts';
import type { WriteOutcome } from '../../data/outbox.ts';
import { wayBack } from '../../data/way-back.ts';
import { SignedOut } from '../../session.ts';
import { showToast } from '../../shell/toasts.ts';

/** What one transaction takes. */
const MAX_OPERATIONS = 1_000;

/**
 * Writes any number of operations, in as many transactions as they need, and offers once to take all of them back.
 * @param title what is done, in words: `Delete 1,200 records`
 * @param done what a person reads when it is: `1,200 records deleted.`
 * @throws ApiError when the server refuses a transaction, SignedOut; what is written by then, or waits for the next sign-in,
 *   stays so, which a message says
 */
export async function writeMany(
  data: AppData,
  title: string,
  operations: readonly Operation[],
  done: string,
): Promise<void> {
  const back = wayBack(data.store, operations);
  const written: Operation[] = [];
  const undo = async (): Promise<void> => {
    for (const part of partsOf(back(written))) await data.write(`Undo: ${title}`, part, null);
    showToast({ text: 'Undone.' });
  };
  let outcome: WriteOutcome = 'saved';
  for (const part of partsOf(operations)) {
    try {
      outcome = await data.write(title, part, null);
    } catch (error) {
      // It is in the outbox all the same.
      const waiting = error instanceof SignedOut ? part : [];
      written.push(...waiting);
      if (written.length > 0) showToast({ text: soFar(written.length, operations.length, waiting.length), undo });
      throw error;
    }
    written.push(...part);
  }
  showToast({ text: outcome === 'saved' ? done : `${done} It goes out when the network is back.`, undo });
}

function soFar(written: number, all: number, waiting: number): string {
  const text = `${written.toLocaleString('en')} of ${all.toLocaleString('en')} so far`;
  return waiting === 0 ? `${text}.` : `${text}; ${waiting.toLocaleString('en')} of them go out after the next sign-in.`;
}

function partsOf(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const count = Math.ceil(operations.length / MAX_OPERATIONS);
  return Array.from({ length: count }, (_, i) => operations.slice(i * MAX_OPERATIONS, (i + 1) * MAX_OPERATIONS));
}
