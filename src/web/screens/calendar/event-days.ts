import type { StoredRecord } from '../../data/operations.ts';
import { addDays, localDay } from '../../time/local-day.ts';
import { zoneOf } from '../../time/zone-of.ts';

/** An event that never ends must not fill years. */
const MAX_DAYS = 400;

export interface EventOnDay {
  readonly event: StoredRecord;
  readonly starts: boolean;
  readonly ends: boolean;
}

/** The events of each local day; one of several days is on each of them. */
export function eventsByDay(
  events: readonly StoredRecord[],
  time_zone: string,
): ReadonlyMap<string, readonly EventOnDay[]> {
  const by_day = new Map<string, EventOnDay[]>();
  for (const event of events.toReversed()) {
    const zone = zoneOf(event, time_zone);
    const from_ms = Date.parse(event.occurred_at);
    const until_ms = event.occurred_until === null ? from_ms : Date.parse(event.occurred_until);
    const first = localDay(from_ms, zone);
    // An end at midnight is the end of the day before.
    const last = localDay(Math.max(from_ms, until_ms - 1), zone);
    let day = first;
    for (let i = 0; day <= last && i < MAX_DAYS; i++) {
      const on_day = { event, starts: day === first, ends: day === last };
      const known = by_day.get(day);
      if (known === undefined) by_day.set(day, [on_day]);
      else known.push(on_day);
      day = addDays(day, 1);
    }
  }
  return by_day;
}
