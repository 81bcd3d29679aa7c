import { useMemo, useSyncExternalStore } from 'react';
import type { StoredRecord } from '../data/operations.ts';
import type { RecordStore, TypeSnapshot } from '../data/record-store.ts';
import { useRecords, useStore } from '../data/use-records.ts';
import { typeFacts } from './type-facts.ts';

export interface Visibility {
  readonly show_sensitive: boolean;
  readonly show_archived: boolean;
}

/** What the user's settings let be seen; the same object until they change. */
export function useVisibility(): Visibility {
  const [user] = useRecords('user').records;
  const show_sensitive = user?.show_sensitive === true;
  const show_archived = user?.show_archived === true;
  return useMemo(() => ({ show_sensitive, show_archived }), [show_sensitive, show_archived]);
}

/** A type's records that the settings let be seen; the same object until a record or a setting changes. */
export function useVisibleRecords(type: string): TypeSnapshot {
  const store = useStore();
  const snapshot = useRecords(type);
  const visibility = useVisibility();
  const revision = useSyncExternalStore(store.subscribe, () => store.revision());
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a record relates to hides and names it, too, and may have changed
  return useMemo(
    () => ({ ...snapshot, records: snapshot.records.filter((record) => isVisible(record, store, visibility)) }),
    [snapshot, store, visibility, revision],
  );
}

/** The same as the API's parameter `show`. */
export function shownKinds({ show_sensitive, show_archived }: Visibility): string {
  return [...(show_sensitive ? ['sensitive'] : []), ...(show_archived ? ['archived'] : [])].join(',');
}

/** Whether a record is to be shown: it and what it relates to must be neither sensitive nor archived, unless asked for. */
export function isVisible(record: StoredRecord, store: RecordStore, visibility: Visibility): boolean {
  if (visibility.show_sensitive && visibility.show_archived) return true;
  if (isHidden(record, visibility)) return false;
  for (const { name, target } of typeFacts(record.entity_type).fields) {
    if (target === null) continue;
    const value = record[name];
    for (const id of Array.isArray(value) ? value : [value]) {
      const other = typeof id === 'string' ? store.get(id) : null;
      if (other !== null && isHidden(other, visibility)) return false;
    }
  }
  return true;
}

function isHidden(record: StoredRecord, { show_sensitive, show_archived }: Visibility): boolean {
  return (record.sensitive === true && !show_sensitive) || (record.archived === true && !show_archived);
}
