import { addDays, daysBetween } from '../../time/local-day.ts';
import type { Period } from './periods.ts';

/** How regularly something was taken in a period. */
export interface Adherence {
  readonly id: string;
  readonly label: string;
  readonly doses: number;
  readonly days_taken: number;
  /** From its first dose in the period to the period's end, or to today. */
  readonly days: number;
  /** Of 100 days, those with a dose. */
  readonly percent: number;
  readonly longest_gap_days: number;
  readonly last_day: string;
}

/** What is read of a dashboard's answer. */
interface Taken {
  readonly measures: readonly {
    readonly field: string;
    readonly of_id: string | null;
    readonly of_label: string | null;
    readonly points: readonly { readonly day: string; readonly count: number }[] | null;
  }[];
}

/** Each medication of a dashboard's answer, the one taken on most days first. */
export function adherence({ measures }: Taken, period: Period, today: string): Adherence[] {
  const end = period.to < today ? period.to : today;
  const days_by_id = new Map<string, Set<string>>();
  const doses_by_id = new Map<string, number>();
  const label_by_id = new Map<string, string | null>();
  for (const { field, of_id, of_label, points } of measures) {
    if (field !== 'dosage' || of_id === null || points === null) continue;
    const days = days_by_id.get(of_id) ?? new Set();
    days_by_id.set(of_id, days);
    label_by_id.set(of_id, of_label);
    for (const { day, count } of points) {
      days.add(day);
      doses_by_id.set(of_id, (doses_by_id.get(of_id) ?? 0) + count);
    }
  }
  return [...days_by_id]
    .flatMap(([id, taken_on]) => {
      const taken = [...taken_on].sort();
      const [first, last] = [taken[0], taken.at(-1)];
      if (first === undefined || last === undefined) return [];
      const days = daysBetween(first, end) + 1;
      const gaps = [...taken.slice(1), addDays(end, 1)].map((day, i) => daysBetween(taken[i] ?? day, day) - 1);
      return [
        {
          id,
          label: label_by_id.get(id) ?? 'Without a name',
          doses: doses_by_id.get(id) ?? 0,
          days_taken: taken.length,
          days,
          percent: Math.round((taken.length / days) * 100),
          longest_gap_days: Math.max(...gaps),
          last_day: last,
        },
      ];
    })
    .sort((a, b) => b.days_taken - a.days_taken);
}
