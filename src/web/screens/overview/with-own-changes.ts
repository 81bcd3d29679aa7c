import type { Entity } from '../../api.ts';
import type { StoredRecord } from '../../data/operations.ts';
import type { RecordStore } from '../../data/record-store.ts';
import { withLabels } from '../../records/with-labels.ts';

/**
 * A list that the server made, with what this client has changed meanwhile: at once, and also without the network.
 *
 * @param since_ms when the list came, in milliseconds since 1970
 * @param belongs whether a record is to be in the list
 */
export function withOwnChanges(
  list: readonly Entity[],
  store: RecordStore,
  since_ms: number,
  belongs: (record: StoredRecord) => boolean,
): Entity[] {
  const own = store.ownChanges(since_ms);
  if (own.size === 0) return [...list];
  const kept = list.filter(({ id }) => !own.has(id));
  const changed = [...own.values()].filter((record) => record !== null).filter(belongs);
  return [...kept, ...changed.map((record) => withLabels(record, store))].sort((a, b) =>
    (a.occurred_at ?? '') < (b.occurred_at ?? '') ? 1 : -1,
  );
}
