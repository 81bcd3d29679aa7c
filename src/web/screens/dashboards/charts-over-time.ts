import type { Dashboard } from '../../api.ts';
import type { ChartCardProps } from '../../charts/chart-card.tsx';
import { formatDuration } from '../../time/format-duration.ts';
import { shortDay } from '../../time/local-day.ts';
import type { Compared } from './compared.ts';
import { bucketsOf, grainOf, type Period, sumsByBucket } from './periods.ts';
import { type Measured, sideBySide } from './side-by-side.ts';

const PER = { day: 'a day', week: 'a week', month: 'a month' } as const;

/** Records and hours by day, week or month. */
export function amountCharts(compared: Compared): ChartCardProps[] {
  const { period, now } = compared;
  const per = PER[grainOf(period)];
  const places = placesOf(period);
  const sums = sumsOf(compared);
  const has_minutes = now.days.some(({ minutes }) => minutes > 0);
  const records = { name: 'Records', ...sums(({ days }, by) => by(days, (day) => day.records)) };
  const hours = { name: 'Hours', ...sums(({ days }, by) => by(days, (day) => day.minutes / 60)) };
  return [
    { title: `Records ${per}`, is_wide: true, ...sideBySide('bar', places, [records]) },
    ...(has_minutes ? [{ title: `Hours ${per}`, is_wide: true, ...sideBySide('bar', places, [hours]) }] : []),
  ];
}

/** Tasks created, done and put off. */
export function flowChart(compared: Compared): ChartCardProps[] {
  const { type, period, now, before } = compared;
  if (type !== 'task' || now.task_flow.length === 0) return [];
  const sums = sumsOf(compared);
  const flow = (name: string, what: 'created' | 'done' | 'snoozed'): Measured => ({
    name,
    ...sums(({ task_flow }, by) => by(task_flow, (day) => day[what] ?? 0)),
  });
  const is_told = ![now, before?.data].some((each) => each?.task_flow.some(({ snoozed }) => snoozed === null));
  return [
    {
      title: 'Task flow',
      is_wide: true,
      ...(!is_told && { note: 'How often tasks were put off is told of the present only.' }),
      ...sideBySide('bar', placesOf(period), [
        { ...flow('Created', 'created'), is_soft: true },
        flow('Done', 'done'),
        ...(is_told ? [{ ...flow('Snoozed', 'snoozed'), is_only_told: true }] : []),
      ]),
    },
  ];
}

/** How long things take, by month. */
export function durationChart({ type, period, now, before }: Compared): ChartCardProps[] {
  const ofType = ({ durations }: Dashboard) => durations.filter(({ entity_type }) => entity_type === type);
  const last = ofType(now).at(-1);
  if (last === undefined || ofType(now).length < 2) return [];
  const months = bucketsOf(period, 'month');
  type Amount = Exclude<keyof typeof last, 'entity_type' | 'month'>;
  const valuesOf = (data: Dashboard, keys: readonly string[], what: Amount) =>
    keys.map((month) => ofType(data).find((each) => each.month === month)?.[what] ?? null);
  const measured = (name: string, what: Amount): Measured => ({
    name,
    values: valuesOf(now, months, what),
    before: before === null ? null : valuesOf(before.data, bucketsOf(before.period, 'month'), what),
  });
  const places = { column: 'Month', keys: months, names: months.map((month) => shortDay(month, period.to)) };
  return [
    {
      title: 'How long it takes, minutes',
      note: `Lately ${formatDuration(last.median_minutes * 60_000)}, in the middle.`,
      ...sideBySide('line', places, [
        { ...measured('Nine in ten are shorter', 'p90_minutes'), is_soft: true },
        measured('Median', 'median_minutes'),
        { ...measured('Longest', 'longest_minutes'), is_only_told: true },
        { ...measured('Records', 'records'), is_only_told: true },
      ]),
    },
  ];
}

function placesOf(period: Period) {
  const keys = bucketsOf(period, grainOf(period));
  return { column: 'From', keys, names: keys.map((bucket) => shortDay(bucket, period.to)) };
}

type Day = { readonly day: string };
type ByBucket = <Each extends Day>(days: readonly Each[], amount: (day: Each) => number) => number[];

/** Sums of both periods by bucket. */
function sumsOf({ period, now, before }: Compared) {
  const grain = grainOf(period);
  const inBuckets =
    (of: Period): ByBucket =>
    (days, amount) =>
      sumsByBucket(days, of, grain, amount);
  return (sum: (data: Dashboard, by: ByBucket) => number[]): Pick<Measured, 'values' | 'before'> => ({
    values: sum(now, inBuckets(period)),
    before: before === null ? null : sum(before.data, inBuckets(before.period)),
  });
}
