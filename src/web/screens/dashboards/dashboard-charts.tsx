import { useMemo } from 'react';
import type { Dashboard } from '../../api.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { rankOption, seriesOption, weekOption } from '../../charts/chart-option.ts';
import { fieldName } from '../../records/field-name.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { formatDuration } from '../../time/format-duration.ts';
import { shortDay } from '../../time/local-day.ts';
import { adherence } from './adherence.ts';
import { Figures } from './figures.tsx';
import { bucketsOf, grainOf, type Period, sumsByBucket } from './periods.ts';

interface DashboardChartsProps {
  readonly type: string;
  readonly period: Period;
  /** The local day. */
  readonly today: string;
  readonly now: Dashboard;
  readonly before: { readonly period: Period; readonly data: Dashboard } | null;
}

const MAX_RANKED = 10;
const MAX_MEASURES = 6;
const ROW_PX = 26;
const WEEKDAYS = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The charts that make sense of a type: those whose numbers it has. */
export function DashboardCharts({ type, period, today, now, before }: DashboardChartsProps) {
  const grain = grainOf(period);
  const buckets = useMemo(() => bucketsOf(period, grain), [period, grain]);
  const places = useMemo(() => buckets.map((bucket) => shortDay(bucket, period.to)), [buckets, period]);
  const has_minutes = now.days.some(({ minutes }) => minutes > 0);
  const per = grain === 'day' ? 'a day' : grain === 'week' ? 'a week' : 'a month';

  const over_time = useMemo(
    () =>
      (['records', 'minutes'] as const).map((what) => {
        const scale = what === 'minutes' ? 1 / 60 : 1;
        const values = sumsByBucket(now.days, period, grain, (day) => day[what] * scale);
        const earlier =
          before === null ? null : sumsByBucket(before.data.days, before.period, grain, (day) => day[what] * scale);
        const name = what === 'minutes' ? 'Hours' : 'Records';
        const series = [
          ...(earlier === null ? [] : [{ name: 'The period before', values: earlier, is_soft: true }]),
          { name, values },
        ];
        return {
          name,
          option: seriesOption('bar', places, series),
          table: {
            columns: ['From', name, ...(earlier === null ? [] : ['The period before'])],
            rows: buckets.map((bucket, i) => [
              bucket,
              values[i] ?? 0,
              ...(earlier === null ? [] : [earlier[i] ?? null]),
            ]),
          },
        };
      }),
    [now, before, period, grain, places, buckets],
  );

  const related = useMemo(() => {
    const top = now.related.slice(0, MAX_RANKED);
    const by_minutes = top.some(({ minutes }) => minutes > 0);
    const names = top.map(({ label }) => label ?? 'Without a name');
    const amounts = top.map(({ minutes, records }) => (by_minutes ? Math.round(minutes / 6) / 10 : records));
    return {
      height_px: Math.max(3, top.length) * ROW_PX,
      by_minutes,
      option: rankOption(names, amounts),
      table: {
        columns: ['Name', 'Records', 'Hours', 'Days'],
        rows: now.related.map((each) => [
          each.label ?? '',
          each.records,
          Math.round(each.minutes / 6) / 10,
          each.active_days,
        ]),
      },
    };
  }, [now]);

  const week = useMemo(
    () => ({
      option: weekOption(now.hours),
      table: {
        columns: ['Weekday', 'Hour', 'Records'],
        rows: now.hours.map(({ weekday, hour, records }) => [WEEKDAYS[weekday] ?? '', hour, records]),
      },
    }),
    [now],
  );

  const durations = useMemo(() => {
    const months = now.durations.filter(({ entity_type }) => entity_type === type);
    return {
      months,
      option: seriesOption(
        'line',
        months.map(({ month }) => shortDay(month, period.to)),
        [
          { name: 'Nine in ten are shorter', values: months.map(({ p90_minutes }) => p90_minutes), is_soft: true },
          { name: 'Median', values: months.map(({ median_minutes }) => median_minutes) },
        ],
      ),
      table: {
        columns: ['Month', 'Records', 'Median, min', '90%, min', 'Longest, min'],
        rows: months.map((each) => [
          each.month,
          each.records,
          each.median_minutes,
          each.p90_minutes,
          each.longest_minutes,
        ]),
      },
    };
  }, [now, type, period]);

  const flow = useMemo(() => {
    const created = sumsByBucket(now.task_flow, period, grain, (day) => day.created);
    const done = sumsByBucket(now.task_flow, period, grain, (day) => day.done);
    const snoozed = sumsByBucket(now.task_flow, period, grain, (day) => day.snoozed);
    return {
      option: seriesOption('bar', places, [
        { name: 'Created', values: created, is_soft: true },
        { name: 'Done', values: done },
      ]),
      table: {
        columns: ['From', 'Created', 'Done', 'Snoozed'],
        rows: buckets.map((bucket, i) => [bucket, created[i] ?? 0, done[i] ?? 0, snoozed[i] ?? 0]),
      },
    };
  }, [now, period, grain, places, buckets]);

  const streaks = useMemo(() => {
    const top = now.streaks.toSorted((a, b) => b.longest_streak_days - a.longest_streak_days).slice(0, MAX_RANKED);
    return {
      height_px: Math.max(3, top.length) * ROW_PX,
      option: rankOption(
        top.map(({ label }) => label ?? 'Without a name'),
        top.map(({ longest_streak_days }) => longest_streak_days),
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
    };
  }, [now]);

  const taken = useMemo(() => {
    if (type !== 'medication_log') return null;
    const each = adherence(now, period, today);
    const earlier = new Map(
      before === null ? [] : adherence(before.data, before.period, today).map(({ id, percent }) => [id, percent]),
    );
    const top = each.slice(0, MAX_RANKED);
    return {
      is_empty: each.length === 0,
      height_px: Math.max(3, top.length) * ROW_PX,
      option: rankOption(
        top.map(({ label }) => label),
        top.map(({ percent }) => percent),
      ),
      table: {
        columns: [
          'Medication',
          'Of 100 days',
          ...(before === null ? [] : ['The period before']),
          'Days taken',
          'Days since the first',
          'Doses',
          'Longest gap, days',
          'Last day',
        ],
        rows: each.map((one) => [
          one.label,
          one.percent,
          ...(before === null ? [] : [earlier.get(one.id) ?? null]),
          one.days_taken,
          one.days,
          one.doses,
          one.longest_gap_days,
          one.last_day,
        ]),
      },
    };
  }, [now, before, type, period, today]);

  const measures = useMemo(
    () =>
      // A task's numbers are its place in the focus list and counts of its own changes: they measure nothing.
      (type === 'task' ? [] : now.measures.toSorted((a, b) => b.count - a.count))
        .slice(0, MAX_MEASURES)
        .map((measure) => {
          const field = typeFacts(measure.entity_type).fields.find(({ name }) => name === measure.field);
          const points = measure.points ?? [];
          const unit = measure.unit === '' ? '' : `, ${measure.unit}`;
          const name = `${field === undefined ? measure.field : fieldName(field)}${unit}`;
          return {
            key: `${measure.field} ${measure.unit} ${measure.of_id ?? ''}`,
            title: measure.of_label === null ? name : `${measure.of_label}: ${name.toLowerCase()}`,
            note:
              measure.count === 1
                ? `Once: ${measure.last}`
                : `${measure.count.toLocaleString('en')} times, from ${measure.min} to ${measure.max}, last ${measure.last}`,
            option: seriesOption(
              'line',
              points.map(({ day }) => shortDay(day, period.to)),
              [{ name, values: points.map(({ sum, count }) => Math.round((sum / Math.max(1, count)) * 100) / 100) }],
            ),
            table: {
              columns: ['Day', 'Count', 'Sum', 'Least', 'Most', 'Last'],
              rows: points.map((each) => [each.day, each.count, each.sum, each.min, each.max, each.last]),
            },
          };
        })
        // Two things may have one name, but no two charts.
        .map((chart, i, all) => {
          const earlier = all.slice(0, i).filter(({ title }) => title === chart.title).length;
          return earlier === 0 ? chart : { ...chart, title: `${chart.title} (${earlier + 1})` };
        }),
    [now, type, period],
  );

  const [records_over_time, hours_over_time] = over_time;
  return (
    <>
      <Figures now={now} period={period} before={before} />
      <div className="charts">
        {records_over_time !== undefined && (
          <ChartCard
            is_wide
            title={`Records ${per}`}
            option={records_over_time.option}
            table={records_over_time.table}
          />
        )}
        {has_minutes && hours_over_time !== undefined && (
          <ChartCard is_wide title={`Hours ${per}`} option={hours_over_time.option} table={hours_over_time.table} />
        )}
        {type === 'task' && now.task_flow.length > 0 && (
          <ChartCard
            is_wide
            title="Task flow"
            note="Created, softly; done, strongly."
            option={flow.option}
            table={flow.table}
          />
        )}
        {now.related.length > 0 && (
          <ChartCard
            title={related.by_minutes ? 'Hours by what it was about' : 'Records by what it was about'}
            option={related.option}
            table={related.table}
            height_px={related.height_px}
          />
        )}
        {type === 'habit_log' && now.streaks.length > 0 && (
          <ChartCard
            title="Longest streaks, days"
            option={streaks.option}
            table={streaks.table}
            height_px={streaks.height_px}
          />
        )}
        {taken !== null && !taken.is_empty && (
          <ChartCard
            title="Adherence: of 100 days, those with a dose"
            note="Counted from the first dose in this time."
            option={taken.option}
            table={taken.table}
            height_px={taken.height_px}
          />
        )}
        {now.hours.length > 0 && <ChartCard title="The week by hour" option={week.option} table={week.table} />}
        {durations.months.length > 1 && (
          <ChartCard
            title="How long it takes, minutes"
            note={`Lately ${formatDuration((durations.months.at(-1)?.median_minutes ?? 0) * 60_000)}, in the middle.`}
            option={durations.option}
            table={durations.table}
          />
        )}
        {measures.map(({ key, title, note, option, table }) => (
          <ChartCard key={key} title={title} note={note} option={option} table={table} />
        ))}
      </div>
    </>
  );
}
