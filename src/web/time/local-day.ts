import { LOCALE } from './locale.ts';

const DAY_MS = 86_400_000;

const day_formats = new Map<string, Intl.DateTimeFormat>();
const time_formats = new Map<string, Intl.DateTimeFormat>();

/** The local day of an instant in a zone, as `YYYY-MM-DD`. */
export function localDay(instant_ms: number, time_zone: string): string {
  let format = day_formats.get(time_zone);
  if (format === undefined) {
    // Sweden writes dates as ISO 8601 does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: time_zone });
    day_formats.set(time_zone, format);
  }
  return format.format(instant_ms);
}

/** @example addDays('2026-06-30', 1) // '2026-07-01' */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** @example daysBetween('2026-06-30', '2026-07-02') // 2 */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** The time of day in a zone, in the reader's own manner: `14:05` or `2:05 PM`. */
export function localTime(instant_ms: number, time_zone: string): string {
  let format = time_formats.get(time_zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(LOCALE, { timeZone: time_zone, hour: 'numeric', minute: '2-digit' });
    time_formats.set(time_zone, format);
  }
  return format.format(instant_ms);
}

/**
 * A day's heading: "Today", "Yesterday", or the date with its weekday, with the year when it is another than today's.
 *
 * @param day `YYYY-MM-DD`
 * @param today `YYYY-MM-DD`
 */
export function dayHeading(day: string, today: string): string {
  if (day === today) return 'Today';
  if (day === addDays(today, -1)) return 'Yesterday';
  return dayInWords(day, day.slice(0, 4) !== today.slice(0, 4));
}

/** @example dayInWords('2026-06-30', true) // 'Tuesday 30 June 2026', in the reader's own order */
export function dayInWords(day: string, with_year: boolean): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(with_year && { year: 'numeric' }),
  }).format(Date.parse(day));
}

/** @example shortDay('2025-12-21', '2026-06-30') // '21 Dec 2025' */
export function shortDay(day: string, today: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(day.slice(0, 4) !== today.slice(0, 4) && { year: 'numeric' }),
  }).format(Date.parse(day));
}
