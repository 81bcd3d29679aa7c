import { inverseOf, type Operation, type StoredRecord } from './operations.ts';
import type { RecordStore } from './record-store.ts';

/**
 * Remembers the records that operations will change as they are now, before.
 * @returns the operations that take back those that were written, last first
 */
export function wayBack(
  store: RecordStore,
  operations: readonly Operation[],
): (written: readonly Operation[]) => Operation[] {
  const before = new Map<string, StoredRecord>();
  const stored = new Set<string>();
  for (const { id } of operations) {
    const record = store.get(id);
    if (record === null) continue;
    before.set(id, record);
    if (store.confirmed(id) === record) stored.add(id);
  }
  return (written) => inverseOf(written, before, stored);
}
