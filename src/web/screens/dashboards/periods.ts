import { addDays, daysBetween } from '../../time/local-day.ts';

/** Days, both ends included, `YYYY-MM-DD`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** How many days a period has. */
export function lengthOf({ from, to }: Period): number {
  return daysBetween(from, to) + 1;
}

/** The period of the same length that ends the day before. */
export function periodBefore(period: Period): Period {
  return { from: addDays(period.from, -lengthOf(period)), to: addDays(period.from, -1) };
}

/** Up to two months are shown by day, up to a year by week, more by month. */
export type Grain = 'day' | 'week' | 'month';

export function grainOf(period: Period): Grain {
  const days = lengthOf(period);
  return days <= 62 ? 'day' : days <= 366 ? 'week' : 'month';
}

/** The day that a bucket is named by: its first. Weeks begin on Monday. */
function bucketOf(day: string, grain: Grain): string {
  if (grain === 'day') return day;
  if (grain === 'month') return `${day.slice(0, 7)}-01`;
  return addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
}

/** Every bucket of a period in order, also those without records. */
export function bucketsOf(period: Period, grain: Grain): string[] {
  const buckets = new Set<string>();
  for (let day = period.from; day <= period.to; day = addDays(day, 1)) buckets.add(bucketOf(day, grain));
  return [...buckets];
}

/** Sums by bucket, in the order of {@link bucketsOf}. */
export function sumsByBucket<Day extends { readonly day: string }>(
  days: readonly Day[],
  period: Period,
  grain: Grain,
  amount: (day: Day) => number,
): number[] {
  const sums = new Map(bucketsOf(period, grain).map((bucket) => [bucket, 0]));
  for (const day of days) {
    const bucket = bucketOf(day.day, grain);
    const sum = sums.get(bucket);
    if (sum !== undefined) sums.set(bucket, sum + amount(day));
  }
  return [...sums.values()].map((sum) => Math.round(sum * 10) / 10);
}
