import { formatDuration } from '../../time/format-duration.ts';

/** What a day's colour stands for. */
export type Measure = 'records' | 'minutes';

/** @example formatMeasure(1, 'records') // '1 record' */
export function formatMeasure(amount: number, measure: Measure): string {
  if (measure === 'minutes') return formatDuration(amount * 60_000);
  return amount === 1 ? '1 record' : `${amount} records`;
}
