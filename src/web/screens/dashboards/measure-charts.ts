import type { Dashboard } from '../../api.ts';
import type { ChartCardProps } from '../../charts/chart-card.tsx';
import { fieldName } from '../../records/field-name.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { addDays, shortDay } from '../../time/local-day.ts';
import type { Compared } from './compared.ts';
import { lengthOf } from './periods.ts';
import { type Measured, sideBySide } from './side-by-side.ts';

const MAX_MEASURES = 6;

type Measure = Dashboard['measures'][number];
type Point = NonNullable<Measure['points']>[number];

/** The numbers that a type's records hold, by day: those that were measured most often. */
export function measureCharts({ type, period, now, before }: Compared): ChartCardProps[] {
  // A task's numbers are its place in the focus list and counts of its own changes: they measure nothing.
  if (type === 'task') return [];
  const earlier = new Map(before?.data.measures.map((measure) => [keyOf(measure), measure.points ?? []]));
  const charts = now.measures
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MAX_MEASURES)
    .map((measure): ChartCardProps => {
      const points = new Map(measure.points?.map((point) => [point.day, point]));
      // As many days into the period before.
      const points_before = new Map(
        earlier.get(keyOf(measure))?.map((point) => [addDays(point.day, lengthOf(period)), point]),
      );
      const days = [...new Set([...points.keys(), ...points_before.keys()])].sort();
      const measured = (name: string, amount: (point: Point) => number): Measured => {
        const valuesOf = (those: ReadonlyMap<string, Point>) =>
          days.map((day) => {
            const point = those.get(day);
            return point === undefined ? null : amount(point);
          });
        return { name, values: valuesOf(points), before: before && valuesOf(points_before) };
      };
      return {
        title: titleOf(measure),
        note:
          measure.count === 1
            ? `Once: ${measure.last}`
            : `${measure.count.toLocaleString('en')} times, from ${measure.min} to ${measure.max}, last ${measure.last}`,
        ...sideBySide('line', { column: 'Day', keys: days, names: days.map((day) => shortDay(day, period.to)) }, [
          measured('On average', ({ sum, count }) => Math.round((sum / Math.max(1, count)) * 100) / 100),
          ...(['count', 'sum', 'min', 'max', 'last'] as const).map((what) => ({
            ...measured(COLUMNS[what], (point) => point[what]),
            is_only_told: true,
          })),
        ]),
      };
    });
  // Two things may have one name, but no two charts.
  return charts.map((chart, i) => {
    const same = charts.slice(0, i).filter(({ title }) => title === chart.title).length;
    return same === 0 ? chart : { ...chart, title: `${chart.title} (${same + 1})` };
  });
}

const COLUMNS = { count: 'Count', sum: 'Sum', min: 'Least', max: 'Most', last: 'Last' } as const;

function keyOf({ field, unit, of_id }: Measure): string {
  return `${field} ${unit} ${of_id ?? ''}`;
}

function titleOf({ entity_type, field, unit, of_label }: Measure): string {
  const known = typeFacts(entity_type).fields.find(({ name }) => name === field);
  const name = `${known === undefined ? field : fieldName(known)}${unit === '' ? '' : `, ${unit}`}`;
  return of_label === null ? name : `${of_label}: ${name.toLowerCase()}`;
}
