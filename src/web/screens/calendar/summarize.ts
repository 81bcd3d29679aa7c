import type { HeatmapDay } from '../../api.ts';

export interface Summary {
  readonly records: number;
  readonly minutes: number;
  readonly active_days: number;
  /** The most days in a row that have records. */
  readonly longest_streak: number;
  /** The day with the most records, the earliest of several. */
  readonly busiest: HeatmapDay | null;
}

const DAY_MS = 86_400_000;

/** What a year amounts to. @param days in order, each with at least one record */
export function summarize(days: readonly HeatmapDay[]): Summary {
  let records = 0;
  let minutes = 0;
  let longest_streak = 0;
  let streak = 0;
  let previous_ms = Number.NaN;
  let busiest: HeatmapDay | null = null;
  for (const day of days) {
    const day_ms = Date.parse(day.day);
    streak = day_ms - previous_ms === DAY_MS ? streak + 1 : 1;
    previous_ms = day_ms;
    longest_streak = Math.max(longest_streak, streak);
    records += day.records;
    minutes += day.minutes;
    if (busiest === null || day.records > busiest.records) busiest = day;
  }
  return { records, minutes, active_days: days.length, longest_streak, busiest };
}
