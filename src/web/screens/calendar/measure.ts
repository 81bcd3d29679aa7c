import type { HeatmapDay } from '../../api.ts';
import { formatDuration } from '../../time/format-duration.ts';

/** What a day's colour stands for. */
export type Measure = 'records' | 'minutes';

/** A day's amount, in whole records or minutes; a minute that was begun counts. */
export function amountOf(day: HeatmapDay, measure: Measure): number {
  return measure === 'minutes' ? Math.ceil(day.minutes) : day.records;
}

/** @example formatMeasure(1, 'records') // '1 record' */
export function formatMeasure(amount: number, measure: Measure): string {
  if (measure === 'minutes') return formatDuration(amount * 60_000);
  return amount === 1 ? '1 record' : `${amount} records`;
}
