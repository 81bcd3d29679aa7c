import type { ChartCardProps } from '../../charts/chart-card.tsx';
import { rankOption } from '../../charts/chart-option.ts';
import { adherence } from './adherence.ts';
import type { Compared } from './compared.ts';

const MAX_RANKED = 10;
const ROW_PX = 26;
/** Two bars and a legend want more. */
const COMPARED_ROW_PX = 38;

/** What a type's records were about: hours of what takes time, else records. */
export function relatedChart({ now, before }: Compared): ChartCardProps[] {
  if (now.related.length === 0) return [];
  const by_minutes = now.related.slice(0, MAX_RANKED).some(({ minutes }) => minutes > 0);
  const amountOf = (each: { minutes: number; records: number }) => (by_minutes ? hours(each) : each.records);
  const earlier = new Map(before?.data.related.map((each) => [each.id, each]));
  return [
    {
      title: by_minutes ? 'Hours by what it was about' : 'Records by what it was about',
      ...ranked(
        now.related,
        ({ label }) => label ?? 'Without a name',
        amountOf,
        before &&
          (({ id }) => {
            const each = earlier.get(id);
            return each === undefined ? null : amountOf(each);
          }),
      ),
      table: {
        columns: ['Name', 'Records', 'Hours', 'Days', ...(before ? ['Records, before', 'Hours, before'] : [])],
        rows: now.related.map((each) => {
          const then = earlier.get(each.id);
          const told = then === undefined ? [null, null] : [then.records, hours(then)];
          return [each.label ?? '', each.records, hours(each), each.active_days, ...(before ? told : [])];
        }),
      },
    },
  ];
}

/** How many days in a row a habit was kept. */
export function streakChart({ type, now }: Compared): ChartCardProps[] {
  if (type !== 'habit_log' || now.streaks.length === 0) return [];
  const longest = now.streaks.toSorted((a, b) => b.longest_streak_days - a.longest_streak_days);
  return [
    {
      title: 'Longest streaks, days',
      note: 'Of all time, whatever the range.',
      ...ranked(
        longest,
        ({ label }) => label ?? 'Without a name',
        ({ longest_streak_days }) => longest_streak_days,
        null,
      ),
      table: {
        columns: ['Habit', 'Longest, days', 'Current, days', 'Longest gap, days', 'Last day'],
        rows: now.streaks.map((each) => [
          each.label ?? '',
          each.longest_streak_days,
          each.current_streak_days,
          each.longest_gap_days,
          each.last_day,
        ]),
      },
    },
  ];
}

/** How regularly medication was taken. */
export function adherenceChart({ type, period, today, now, before }: Compared): ChartCardProps[] {
  const taken = type === 'medication_log' ? adherence(now, period, today) : [];
  if (taken.length === 0) return [];
  const earlier = new Map(
    before === null ? [] : adherence(before.data, before.period, today).map(({ id, percent }) => [id, percent]),
  );
  const percentBefore = ({ id }: { id: string }) => earlier.get(id) ?? null;
  return [
    {
      title: 'Adherence: of 100 days, those with a dose',
      note: 'Counted from the first dose in this time.',
      ...ranked(
        taken,
        ({ label }) => label,
        ({ percent }) => percent,
        before && percentBefore,
      ),
      table: {
        columns: [
          'Medication',
          'Of 100 days',
          ...(before === null ? [] : ['Of 100 days, before']),
          'Days taken',
          'Days since the first',
          'Doses',
          'Longest gap, days',
          'Last day',
        ],
        rows: taken.map((one) => [
          one.label,
          one.percent,
          ...(before === null ? [] : [percentBefore(one)]),
          one.days_taken,
          one.days,
          one.doses,
          one.longest_gap_days,
          one.last_day,
        ]),
      },
    },
  ];
}

/** The first of a list as bars. */
function ranked<Each>(
  all: readonly Each[],
  nameOf: (each: Each) => string,
  amountOf: (each: Each) => number,
  beforeOf: ((each: Each) => number | null) | null,
): Pick<ChartCardProps, 'option' | 'height_px'> {
  const top = all.slice(0, MAX_RANKED);
  return {
    option: rankOption(top.map(nameOf), top.map(amountOf), beforeOf && top.map(beforeOf)),
    height_px: Math.max(3, top.length) * (beforeOf === null ? ROW_PX : COMPARED_ROW_PX),
  };
}

function hours({ minutes }: { minutes: number }): number {
  return Math.round(minutes / 6) / 10;
}
