import type { HeatmapDay } from '../../api.ts';

export interface Summary {
  readonly records: number;
  readonly minutes: number;
  /** Days on which a record began. */
  readonly active_days: number;
  /** The most of them in a row. */
  readonly longest_streak: number;
  /** The day with the most records, the earliest of several. */
  readonly busiest: HeatmapDay | null;
}

const DAY_MS = 86_400_000;

/**
 * What a year amounts to.
 *
 * @param days in order; one into which a record of the day before reaches may have minutes and no record of its own
 */
export function summarize(days: readonly HeatmapDay[]): Summary {
  let records = 0;
  let minutes = 0;
  let active_days = 0;
  let longest_streak = 0;
  let streak = 0;
  let previous_ms = Number.NaN;
  let busiest: HeatmapDay | null = null;
  for (const day of days) {
    minutes += day.minutes;
    if (day.records === 0) continue;
    active_days++;
    const day_ms = Date.parse(day.day);
    streak = day_ms - previous_ms === DAY_MS ? streak + 1 : 1;
    previous_ms = day_ms;
    longest_streak = Math.max(longest_streak, streak);
    records += day.records;
    if (busiest === null || day.records > busiest.records) busiest = day;
  }
  return { records, minutes, active_days, longest_streak, busiest };
}
