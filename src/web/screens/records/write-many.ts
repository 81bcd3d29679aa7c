import type { AppData } from '../../data/app-data.ts';
import { inverseOf, type Operation, type StoredRecord } from '../../data/operations.ts';
import type { WriteOutcome } from '../../data/outbox.ts';
import { showToast } from '../../shell/toasts.ts';

/** What one transaction takes. */
const MAX_OPERATIONS = 1_000;

/**
 * Writes any number of operations, in as many transactions as they need, and offers once to take all of them back.
 * @param title what is done, in words: `Delete 1,200 records`
 * @param done what a person reads when it is: `1,200 records deleted.`
 * @throws ApiError when the server refuses a transaction; those before it stay written, which a message says
 */
export async function writeMany(
  data: AppData,
  title: string,
  operations: readonly Operation[],
  done: string,
): Promise<void> {
  const before = new Map<string, StoredRecord>();
  const stored = new Set<string>();
  for (const { id } of operations) {
    const record = data.store.get(id);
    if (record === null) continue;
    before.set(id, record);
    if (data.store.confirmed(id) === record) stored.add(id);
  }
  const written: Operation[] = [];
  const undo = async (): Promise<void> => {
    for (const part of partsOf(inverseOf(written, before, stored))) await data.write(`Undo: ${title}`, part, null);
    showToast({ text: 'Undone.' });
  };
  let outcome: WriteOutcome = 'saved';
  try {
    for (const part of partsOf(operations)) {
      outcome = await data.write(title, part, null);
      written.push(...part);
    }
  } catch (error) {
    if (written.length > 0) showToast({ text: `Only ${written.length.toLocaleString('en')} of them so far.`, undo });
    throw error;
  }
  showToast({ text: outcome === 'saved' ? done : `${done} It goes out when the network is back.`, undo });
}

function partsOf(operations: readonly Operation[]): readonly (readonly Operation[])[] {
  const count = Math.ceil(operations.length / MAX_OPERATIONS);
  return Array.from({ length: count }, (_, i) => operations.slice(i * MAX_OPERATIONS, (i + 1) * MAX_OPERATIONS));
}
