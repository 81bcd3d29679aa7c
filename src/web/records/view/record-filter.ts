import type { Json } from '../../../api/answer-types.ts';
import type { StoredRecord } from '../../data/operations.ts';
import { localDay } from '../../time/local-day.ts';
import { zoneOf } from '../../time/zone-of.ts';
import type { FieldFacts } from '../type-facts.ts';

/** One condition on a field; all conditions of a list must hold. */
export interface RecordFilter {
  readonly field: string;
  /** Any of these: keywords, ids, or `true` and `false`. */
  readonly is?: readonly string[];
  /** Inclusive: a number, or for instants and dates a day `YYYY-MM-DD` in the record's own zone. */
  readonly min?: string;
  readonly max?: string;
  /** Text that the field contains, whatever its case. */
  readonly has?: string;
}

/** Where every record stands on the time axis, as a field that lists can filter and sort by. */
export const WHEN_FIELD: FieldFacts = {
  name: 'occurred_at',
  kind: 'instant',
  values: null,
  target: null,
  unit: null,
  is_optional: false,
  is_nullable: false,
};

/** How a field can be filtered. */
export function filterKind(field: FieldFacts): 'is' | 'range' | 'has' | null {
  switch (field.kind) {
    case 'keyword':
    case 'bool':
    case 'bool_or_keyword':
    case 'ref':
    case 'refs':
      return 'is';
    case 'keywords':
      return field.values === null ? 'has' : 'is';
    case 'long':
    case 'double':
    case 'number':
    case 'instant':
    case 'inst':
    case 'local_date':
      return 'range';
    case 'json':
      return null;
    default:
      return 'has';
  }
}

/** Whether a record meets a condition. @param time_zone the user's, for records that name none */
export function meets(record: StoredRecord, filter: RecordFilter, field: FieldFacts, time_zone: string): boolean {
  const value: Json | undefined = record[filter.field];
  if (filter.is !== undefined) {
    const wanted = filter.is;
    return (Array.isArray(value) ? value : [value]).some((each) => wanted.includes(String(each)));
  }
  if (filter.has !== undefined) {
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
    return text.toLocaleLowerCase().includes(filter.has.toLocaleLowerCase());
  }
  if (value === undefined || value === null) return false;
  if (field.kind === 'instant' || field.kind === 'inst') {
    const day = localDay(Date.parse(String(value)), zoneOf(record, time_zone));
    return (filter.min === undefined || day >= filter.min) && (filter.max === undefined || day <= filter.max);
  }
  if (field.kind === 'local_date') {
    const day = String(value);
    return (filter.min === undefined || day >= filter.min) && (filter.max === undefined || day <= filter.max);
  }
  const number = Number(value);
  return (
    (filter.min === undefined || number >= Number(filter.min)) &&
    (filter.max === undefined || number <= Number(filter.max))
  );
}
