import type { Json } from '../../../api/answer-types.ts';
import type { StoredRecord } from '../../data/operations.ts';
import type { RecordStore } from '../../data/record-store.ts';
import { recordTitle } from '../record-title.ts';
import type { FieldFacts, TypeFacts } from '../type-facts.ts';
import { withLabels } from '../with-labels.ts';
import { meets, type RecordFilter, WHEN_FIELD } from './record-filter.ts';

/** What a list shows, and in which order: part of the address. */
export interface RecordView {
  readonly search: string;
  readonly filters: readonly RecordFilter[];
  /** A field, `occurred_at` or `title`. */
  readonly sort: string;
  readonly is_descending: boolean;
}

/** The records that a view shows, in its order. Records that have no value to sort by come last. */
export function viewRecords(
  records: readonly StoredRecord[],
  type: TypeFacts,
  view: RecordView,
  store: RecordStore,
  time_zone: string,
): readonly StoredRecord[] {
  const conditions = view.filters.flatMap((filter) => {
    const field = fieldOf(type, filter.field);
    return field === undefined ? [] : [{ filter, field }];
  });
  const wanted = view.search.trim().toLocaleLowerCase();
  const shown = records.filter(
    (record) =>
      conditions.every(({ filter, field }) => meets(record, filter, field, time_zone)) &&
      (wanted === '' || searchText(record, store).includes(wanted)),
  );
  // They come newest first.
  if (view.sort === 'occurred_at') return view.is_descending ? shown : shown.toReversed();
  const keyed = shown.map((record) => ({ record, key: sortKey(record, view.sort, type, store) }));
  keyed.sort((a, b) => compare(a.key, b.key, view.is_descending));
  return keyed.map(({ record }) => record);
}

export function fieldOf(type: TypeFacts, name: string): FieldFacts | undefined {
  return name === WHEN_FIELD.name ? WHEN_FIELD : type.fields.find((field) => field.name === name);
}

function searchText(record: StoredRecord, store: RecordStore): string {
  const { related, ...own } = withLabels(record, store);
  const texts = Object.values(own).filter((value) => typeof value === 'string');
  return [...texts, ...related.map(({ label }) => label ?? '')].join(' ').toLocaleLowerCase();
}

type SortKey = string | number | null;

function sortKey(record: StoredRecord, sort: string, type: TypeFacts, store: RecordStore): SortKey {
  const field = type.fields.find((each) => each.name === sort);
  if (sort === 'title') return recordTitle(withLabels(record, store)).toLocaleLowerCase();
  const value: Json | undefined = record[sort];
  if (value === undefined || value === null) return null;
  if (field?.kind === 'ref' || field?.kind === 'refs') {
    const [first] = Array.isArray(value) ? value : [value];
    const other = typeof first === 'string' ? store.get(first) : null;
    return other === null ? null : recordTitle(withLabels(other, store)).toLocaleLowerCase();
  }
  if (field?.kind === 'keyword' && typeof value === 'string') return field.values?.indexOf(value) ?? value;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? value.toLocaleLowerCase() : JSON.stringify(value);
}

function compare(a: SortKey, b: SortKey, is_descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return is_descending ? -order : order;
}
