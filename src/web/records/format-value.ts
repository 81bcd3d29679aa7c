import type { Json } from '../../api/answer-types.ts';
import type { RecordStore } from '../data/record-store.ts';
import { localDay, localTime, shortDay } from '../time/local-day.ts';
import { inWords } from './field-name.ts';
import { recordTitle } from './record-title.ts';
import type { FieldFacts } from './type-facts.ts';
import { withLabels } from './with-labels.ts';

export interface ValueContext {
  readonly store: RecordStore;
  readonly time_zone: string;
  /** `YYYY-MM-DD`; years are left out where they are the same. */
  readonly today: string;
}

/** A field's value in a line of words; empty when there is none. */
export function formatValue(
  value: Json | undefined,
  field: Pick<FieldFacts, 'kind' | 'unit'>,
  context: ValueContext,
): string {
  if (value === undefined || value === null) return '';
  switch (field.kind) {
    case 'keyword':
      return typeof value === 'string' ? inWords(value) : String(value);
    case 'keywords':
      return Array.isArray(value) ? value.map((item) => inWords(String(item))).join(', ') : String(value);
    case 'bool':
    case 'bool_or_keyword':
      return value === true ? 'Yes' : value === false ? 'No' : inWords(String(value));
    case 'instant':
    case 'inst':
      return typeof value === 'string' ? formatInstant(value, context) : String(value);
    case 'local_date':
      return typeof value === 'string' ? shortDay(value, context.today) : String(value);
    case 'ref':
      return relatedTitle(value, context);
    case 'refs':
      return Array.isArray(value) ? value.map((id) => relatedTitle(id, context)).join(', ') : '';
    case 'long':
    case 'double':
    case 'number': {
      const number = typeof value === 'number' ? value.toLocaleString('en') : String(value);
      return field.unit === null ? number : `${number} ${field.unit}`;
    }
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

/** @example formatInstant('2026-07-01T12:00:00Z', context) // '1 Jul, 08:00' */
export function formatInstant(instant: string, { time_zone, today }: ValueContext): string {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) return instant;
  return `${shortDay(localDay(ms, time_zone), today)}, ${localTime(ms, time_zone)}`;
}

function relatedTitle(id: Json, { store }: ValueContext): string {
  const record = typeof id === 'string' ? store.get(id) : null;
  return record === null ? '…' : recordTitle(withLabels(record, store));
}
