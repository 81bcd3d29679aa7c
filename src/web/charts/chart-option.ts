import type { EChartsCoreOption } from 'echarts/core';
import type { ChartColours } from './chart.tsx';

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Drawn in the softer of two colours. */
  readonly is_soft?: boolean;
  /** Of the period before: a dashed line, whatever the others are. */
  readonly is_before?: boolean;
}

/** Up to so many points of a line are marked. */
const MAX_MARKED = 31;
const LEGEND_PX = 28;

/** Bars or lines over named places, one after the other. */
export function seriesOption(
  kind: 'bar' | 'line',
  places: readonly string[],
  series: readonly Series[],
): (colours: ChartColours) => EChartsCoreOption {
  return (colours) => {
    const text = { color: colours.ink_soft, fontFamily: colours.font, fontSize: 12 };
    return {
      animation: false,
      grid: { top: series.length > 1 ? LEGEND_PX + 6 : 10, right: 8, bottom: 4, left: 4, containLabel: true },
      legend: legend(series.length > 1, text),
      tooltip: tooltip(colours),
      xAxis: {
        type: 'category',
        data: places,
        axisLabel: { ...text, hideOverlap: true },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colours.line } },
      },
      yAxis: { type: 'value', axisLabel: text, splitLine: { lineStyle: { color: colours.line } }, minInterval: 1 },
      series: series.map(({ name, values, is_soft, is_before }) => ({
        type: is_before ? 'line' : kind,
        name,
        data: values,
        // A line of one point alone would be nothing to see.
        symbol: values.length <= MAX_MARKED ? 'circle' : 'none',
        symbolSize: 6,
        connectNulls: true,
        barGap: '0%',
        barMaxWidth: 40,
        itemStyle: { color: is_soft ? colours.accent_soft : colours.accent, borderRadius: [2, 2, 0, 0] },
        lineStyle: {
          color: is_soft ? colours.accent_soft : colours.accent,
          width: 2,
          type: is_before ? 'dashed' : 'solid',
        },
      })),
    };
  };
}

/** Bars that lie, the first on top, for names that are long. @param before what each was in the period before */
export function rankOption(
  names: readonly string[],
  values: readonly number[],
  before: readonly (number | null)[] | null,
): (colours: ChartColours) => EChartsCoreOption {
  return (colours) => {
    const text = { color: colours.ink_soft, fontFamily: colours.font, fontSize: 12 };
    return {
      animation: false,
      grid: { top: before === null ? 0 : LEGEND_PX, right: 36, bottom: 0, left: 4, containLabel: true },
      legend: legend(before !== null, text),
      tooltip: tooltip(colours),
      xAxis: { type: 'value', show: false },
      yAxis: {
        type: 'category',
        inverse: true,
        data: names,
        axisLabel: { ...text, width: 130, overflow: 'truncate' },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      series: [
        { name: 'Now', data: values, colour: colours.accent },
        ...(before === null ? [] : [{ name: 'Before', data: before, colour: colours.accent_soft }]),
      ].map(({ name, data, colour }) => ({
        type: 'bar',
        name,
        data,
        barGap: '0%',
        barMaxWidth: 16,
        label: { show: true, position: 'right', ...text },
        itemStyle: { color: colour, borderRadius: [0, 2, 2, 0] },
      })),
    };
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** The week by hour. @param cells weekday 1 is Monday; @param most of records, what the strongest colour means */
export function weekOption(
  cells: readonly { weekday: number; hour: number; records: number }[],
  most: number,
): (colours: ChartColours) => EChartsCoreOption {
  return (colours) => {
    const text = { color: colours.ink_soft, fontFamily: colours.font, fontSize: 12 };
    return {
      animation: false,
      grid: { top: 4, right: 4, bottom: 4, left: 4, containLabel: true },
      tooltip: { ...tooltip(colours), trigger: 'item' },
      visualMap: { show: false, min: 0, max: most, inRange: { color: colours.heat.slice(1) } },
      xAxis: {
        type: 'category',
        data: Array.from({ length: 24 }, (_, hour) => String(hour)),
        axisLabel: text,
        axisTick: { show: false },
        axisLine: { show: false },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: WEEKDAYS,
        axisLabel: text,
        axisTick: { show: false },
        axisLine: { show: false },
      },
      series: {
        type: 'heatmap',
        data: cells.map(({ weekday, hour, records }) => [hour, weekday - 1, records]),
        itemStyle: { borderColor: colours.card, borderWidth: 2, borderRadius: 3 },
      },
    };
  };
}

function legend(
  show: boolean,
  text: { readonly color: string; readonly fontFamily: string; readonly fontSize: number },
) {
  return { show, top: 0, right: 0, itemWidth: 18, itemHeight: 10, textStyle: text };
}

function tooltip(colours: ChartColours) {
  return {
    trigger: 'axis',
    confine: true,
    backgroundColor: colours.card,
    borderColor: colours.line,
    textStyle: { color: colours.ink, fontFamily: colours.font, fontSize: 13 },
  };
}
