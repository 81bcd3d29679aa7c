import type { Entity } from '../api.ts';
import type { StoredRecord } from '../data/operations.ts';
import type { RecordStore } from '../data/record-store.ts';
import { typeFacts } from './type-facts.ts';

/** A record with its own label and those of the records it relates to, as far as they are known here. */
export function withLabels(record: StoredRecord, store: RecordStore): Entity {
  const related = typeFacts(record.entity_type).fields.flatMap(({ name, target }) => {
    if (target === null) return [];
    const value = record[name];
    const ids = Array.isArray(value) ? value : [value];
    return ids.flatMap((id) => {
      const other = typeof id === 'string' ? store.get(id) : null;
      return other === null ? [] : [{ id: other.id, entity_type: target, label: labelOf(other) }];
    });
  });
  return { ...record, label: labelOf(record), related } as Entity;
}

/** What a record's own fields call it; null when they do not. */
export function labelOf(record: StoredRecord): string | null {
  for (const field of typeFacts(record.entity_type).label) {
    const value = record[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
