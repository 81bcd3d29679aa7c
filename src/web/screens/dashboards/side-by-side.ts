import type { ChartCardProps } from '../../charts/chart-card.tsx';
import { seriesOption } from '../../charts/chart-option.ts';

/** Numbers at places, which are the same number of places from the beginning of both periods. */
export interface Measured {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Null when the period before is not asked for. */
  readonly before: readonly (number | null)[] | null;
  readonly is_soft?: boolean;
  /** To be read in the table alone. */
  readonly is_only_told?: boolean;
}

interface Places {
  /** The heading of `keys`. */
  readonly column: string;
  /** As the table names them. */
  readonly keys: readonly string[];
  /** As the chart does. */
  readonly names: readonly string[];
}

/** Bars or lines of a period, those of the period before dashed beside them, and the table of both. */
export function sideBySide(
  kind: 'bar' | 'line',
  { column, keys, names }: Places,
  measured: readonly Measured[],
): Pick<ChartCardProps, 'option' | 'table'> {
  const drawn = measured.filter(({ is_only_told }) => !is_only_told);
  const earlier = measured.flatMap((each) =>
    each.before === null ? [] : [{ ...each, name: `${each.name}, before`, values: each.before, is_before: true }],
  );
  const told = [...measured, ...earlier];
  return {
    option: seriesOption(kind, names, [...drawn, ...earlier.filter(({ is_only_told }) => !is_only_told)]),
    table: {
      columns: [column, ...told.map(({ name }) => name)],
      rows: keys.map((key, i) => [key, ...told.map(({ values }) => values[i] ?? null)]),
    },
  };
}
