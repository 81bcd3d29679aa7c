import { instantOf } from '../../../domain/time/zoned-time.ts';
import type { HeatmapDay } from '../../api.ts';
import type { StoredRecord } from '../../data/operations.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { addDays, localDay } from '../../time/local-day.ts';
import { zoneOf } from '../../time/zone-of.ts';

/** As the API's: an interval that never ended must not fill years. */
const MAX_DAYS = 367;

/** The records that relate to one. */
export function recordsAbout(records: readonly StoredRecord[], about: string): StoredRecord[] {
  return records.filter((record) =>
    typeFacts(record.entity_type).fields.some(({ name, target }) => {
      const value = record[name];
      return target !== null && (Array.isArray(value) ? value.includes(about) : value === about);
    }),
  );
}

/** The zone whose days a record counts by; a date without a time is the same day in every zone. */
export function zoneOfDays(record: StoredRecord, time_zone: string): string {
  const at = record[typeFacts(record.entity_type).from[0] ?? ''];
  return typeof at === 'string' && at.length === 10 ? 'UTC' : zoneOf(record, time_zone);
}

/**
 * The local days that a record falls on, as the API has them: it counts on the first, the day it begins in its own zone; an interval's
 * minutes are on each day that it reaches into, those of a running timer up to now.
 */
export function localDays(
  record: StoredRecord,
  time_zone: string,
  now_ms: number,
): readonly { readonly day: string; readonly minutes: number }[] {
  const zone = zoneOfDays(record, time_zone);
  let at_ms = Date.parse(record.occurred_at);
  const is_timer = typeFacts(record.entity_type).timer_parent !== null;
  const until_ms = record.occurred_until === null ? (is_timer ? now_ms : at_ms) : Date.parse(record.occurred_until);
  let day = localDay(at_ms, zone);
  const days: { day: string; minutes: number }[] = [];
  do {
    const next_day = addDays(day, 1);
    const end_ms = Math.min(until_ms, Date.parse(instantOf(`${next_day}T00:00`, zone)));
    days.push({ day, minutes: Math.max(0, end_ms - at_ms) / 60_000 });
    at_ms = end_ms;
    day = next_day;
  } while (at_ms < until_ms && days.length < MAX_DAYS);
  return days;
}

/**
 * Records and minutes of a year by local day, as the API counts them: for what it has no count of, the records about one thing.
 */
export function localHeatmap(
  records: readonly StoredRecord[],
  year: number,
  time_zone: string,
  now_ms: number,
): HeatmapDay[] {
  const by_day = new Map<string, { records: number; minutes: number }>();
  for (const record of records) {
    for (const [i, { day, minutes }] of localDays(record, time_zone, now_ms).entries()) {
      if (!day.startsWith(`${year}-`)) continue;
      const known = by_day.get(day) ?? { records: 0, minutes: 0 };
      by_day.set(day, { records: known.records + (i === 0 ? 1 : 0), minutes: known.minutes + minutes });
    }
  }
  return [...by_day]
    .map(([day, { records: count, minutes }]) => ({ day, records: count, minutes: Math.round(minutes * 100) / 100 }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** What the records of each day are called, for tooltips. */
export function titlesByDay(
  records: readonly StoredRecord[],
  time_zone: string,
  titleOf: (record: StoredRecord) => string,
): ReadonlyMap<string, readonly string[]> {
  const titles = new Map<string, string[]>();
  for (const record of records) {
    const day = localDay(Date.parse(record.occurred_at), zoneOfDays(record, time_zone));
    const known = titles.get(day);
    if (known === undefined) titles.set(day, [titleOf(record)]);
    else known.push(titleOf(record));
  }
  return titles;
}
