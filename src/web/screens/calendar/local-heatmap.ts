import { instantOf } from '../../../domain/time/zoned-time.ts';
import type { HeatmapDay } from '../../api.ts';
import type { StoredRecord } from '../../data/operations.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { zoneOf } from '../../records/view/record-filter.ts';
import { localDay } from '../../time/local-day.ts';

const DAY_MS = 86_400_000;
/** An interval that never ended must not fill years. */
const MAX_DAYS = 400;

/** The records that relate to one. */
export function recordsAbout(records: readonly StoredRecord[], about: string): StoredRecord[] {
  return records.filter((record) =>
    typeFacts(record.entity_type).fields.some(({ name, target }) => {
      const value = record[name];
      return target !== null && (Array.isArray(value) ? value.includes(about) : value === about);
    }),
  );
}

/**
 * Records and minutes by local day, as the API counts them: a record on the day it begins, in its own zone; an
 * interval's minutes on each day that it reaches into. For what the API has no count of: the records about one thing.
 */
export function localHeatmap(records: readonly StoredRecord[], year: number, time_zone: string): HeatmapDay[] {
  const days = new Map<string, { records: number; minutes: number }>();
  const dayOf = (day: string): { records: number; minutes: number } => {
    const known = days.get(day) ?? { records: 0, minutes: 0 };
    days.set(day, known);
    return known;
  };
  for (const record of records) {
    const zone = zoneOf(record, time_zone);
    const from_ms = Date.parse(record.occurred_at);
    const first = localDay(from_ms, zone);
    dayOf(first).records++;
    if (record.occurred_until === null) continue;
    const until_ms = Date.parse(record.occurred_until);
    let at_ms = from_ms;
    let day = first;
    for (let i = 0; at_ms < until_ms && i < MAX_DAYS; i++) {
      const next_day = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
      const end_ms = Math.min(until_ms, Date.parse(instantOf(`${next_day}T00:00`, zone)));
      dayOf(day).minutes += (end_ms - at_ms) / 60_000;
      at_ms = end_ms;
      day = next_day;
    }
  }
  return [...days]
    .filter(([day]) => day.startsWith(`${year}-`))
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
    const day = localDay(Date.parse(record.occurred_at), zoneOf(record, time_zone));
    const known = titles.get(day);
    if (known === undefined) titles.set(day, [titleOf(record)]);
    else known.push(titleOf(record));
  }
  return titles;
}
