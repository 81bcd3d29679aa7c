import type { SetStateAction } from 'react';
import type { Json } from '../../api/answer-types.ts';
import { docOf, type Operation, pointerTo, type StoredRecord } from '../data/operations.ts';
import type { RecordStore } from '../data/record-store.ts';
import { sameValue } from '../data/same-value.ts';
import type { FieldFacts, TypeFacts } from '../records/type-facts.ts';

/** What a form holds: a field that is missing has no entry. */
export type FormValues = Readonly<Record<string, Json>>;

/** Fields that say where a record came from, not what it is; shown when asked for. */
export function isSideField(field: FieldFacts): boolean {
  return (
    field.name.startsWith('airtable') ||
    field.kind === 'json' ||
    [
      'global_median_end',
      'auto_started',
      'auto_ended',
      'snooze_count',
      'state_change_count',
      'last_state_change_at',
      'source',
    ].includes(field.name)
  );
}

interface NewRecord {
  readonly now: string;
  readonly time_zone: string;
  /** A record that the new one is about: a habit, say, for a habit's log. */
  readonly parent: StoredRecord | null;
  readonly store: RecordStore;
}

/** The value of each field that somebody has touched; undefined where it was cleared. */
export type Touched = ReadonlyMap<string, Json | undefined>;

/** What a new record has: what was touched, and else now, here, about its parent, and measured as it was the last time. */
export function newValues(type: TypeFacts, start: NewRecord, touched: Touched = new Map()): FormValues {
  const values: Record<string, Json> = {};
  for (const field of type.fields) {
    const value = touched.has(field.name) ? touched.get(field.name) : firstValue(field, type, start);
    if (value !== undefined) values[field.name] = value;
  }
  return { ...values, ...sameAsLast(type, values, touched, start.store) };
}

/** The values with another one of a field. @param next undefined takes the field out */
export function withField(values: FormValues, name: string, next: SetStateAction<Json | undefined>): FormValues {
  const { [name]: now, ...rest } = values;
  const value = typeof next === 'function' ? next(now) : next;
  return value === undefined ? rest : { ...rest, [name]: value };
}

function firstValue(field: FieldFacts, type: TypeFacts, { now, time_zone, parent }: NewRecord): Json | undefined {
  if (field.target !== null && field.target === parent?.entity_type) {
    return field.kind === 'refs' ? [parent.id] : parent.id;
  }
  if (field.name === 'time_zone') return time_zone;
  if (type.name === 'task' && field.name === 'state') return 'inbox';
  if (field.is_optional)
    return type.from[0] === field.name && field.kind === 'instant' && type.name !== 'task' ? now : undefined;
  if (field.kind === 'instant' || field.kind === 'inst') return now;
  if (field.kind === 'refs' || field.kind === 'keywords') return [];
  if (field.kind === 'bool') return false;
  if (field.kind === 'bool_or_keyword') return field.values?.[0];
  if (field.kind === 'keyword') {
    if (field.values?.length === 1) return field.values[0];
    return field.values?.includes('n-a') ? 'n-a' : undefined;
  }
  return undefined;
}

/**
 * Amounts and kinds that must be filled in and nobody has touched, as the newest record about the same thing has them: who
 * takes a tablet of 20 mg takes it again tomorrow.
 */
function sameAsLast(type: TypeFacts, values: FormValues, touched: Touched, store: RecordStore): FormValues {
  const about = type.fields.find(
    (field) => field.kind === 'ref' && !field.is_optional && values[field.name] !== undefined,
  );
  if (about === undefined) return {};
  const last = store.snapshot(type.name).records.find((record) => record[about.name] === values[about.name]);
  if (last === undefined) return {};
  const copied: Record<string, Json> = {};
  for (const { name, kind, is_optional } of type.fields) {
    const value = last[name];
    const is_amount = kind === 'keyword' || kind === 'double' || kind === 'number' || kind === 'long' || kind === 'ref';
    const is_open = !is_optional && values[name] === undefined && !touched.has(name);
    if (is_amount && is_open && value !== undefined) copied[name] = value;
  }
  return copied;
}

/**
 * The fields that differ, as a patch of the record; null when none does.
 * @param on_top_of keys of the waiting writes that the record is shown with
 */
export function patchOf(record: StoredRecord, values: FormValues, on_top_of: readonly string[]): Operation | null {
  const base = docOf(record);
  const names = new Set([...Object.keys(base), ...Object.keys(values)]);
  const changed = [...names].filter((name) => !sameValue(base[name], values[name]));
  if (changed.length === 0) return null;
  return {
    op: 'patch',
    id: record.id,
    entity_type: record.entity_type,
    set: Object.fromEntries(
      changed.flatMap((name) => {
        const value = values[name];
        return value === undefined ? [] : [[pointerTo(name), value]];
      }),
    ),
    unset: changed.filter((name) => values[name] === undefined).map(pointerTo),
    // What only this device has must be written first, and then this expects what it became.
    expected_version: record.version === 0 ? null : record.version,
    on_top_of,
  };
}
