import type { StoredRecord } from '../data/operations.ts';
import type { RecordStore } from '../data/record-store.ts';
import { recordTitle } from '../records/record-title.ts';
import { typeFacts } from '../records/type-facts.ts';
import { withLabels } from '../records/with-labels.ts';
import { localDay, shortDay } from '../time/local-day.ts';
import type { ComboboxOption } from './combobox.tsx';

const MAX_FOUND = 30;

/** A record's name among others of its type: one that only a date tells from the others gets it. */
export function optionOf(record: StoredRecord, store: RecordStore, time_zone: string): ComboboxOption {
  const day = localDay(Date.parse(record.occurred_at), time_zone);
  const note = typeFacts(record.entity_type).from.length > 0 ? { note: shortDay(day, '') } : {};
  return { id: record.id, label: recordTitle(withLabels(record, store)), ...note };
}

/** A type's records whose names have what was typed, those that start with it first; archived ones only when typed. */
export function findRecords(store: RecordStore, type: string, text: string, time_zone: string): ComboboxOption[] {
  const wanted = text.toLocaleLowerCase();
  const starting: ComboboxOption[] = [];
  const containing: ComboboxOption[] = [];
  for (const record of store.snapshot(type).records) {
    if (starting.length >= MAX_FOUND) break;
    if (wanted === '' && record.archived === true) continue;
    const option = optionOf(record, store, time_zone);
    const label = option.label.toLocaleLowerCase();
    if (label.startsWith(wanted)) starting.push(option);
    else if (containing.length < MAX_FOUND && label.includes(wanted)) containing.push(option);
  }
  return [...starting, ...containing].slice(0, MAX_FOUND);
}
