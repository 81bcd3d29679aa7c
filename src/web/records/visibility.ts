import type { StoredRecord } from '../data/operations.ts';
import type { RecordStore } from '../data/record-store.ts';
import { useRecords } from '../data/use-records.ts';
import { typeFacts } from './type-facts.ts';

export interface Visibility {
  readonly show_sensitive: boolean;
  readonly show_archived: boolean;
}

/** What the user's settings let be seen. */
export function useVisibility(): Visibility {
  const [user] = useRecords('user').records;
  return { show_sensitive: user?.show_sensitive === true, show_archived: user?.show_archived === true };
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
