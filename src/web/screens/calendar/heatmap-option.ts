import type { HeatmapSeriesOption } from 'echarts/charts';
import type { CalendarComponentOption, TooltipComponentOption, VisualMapComponentOption } from 'echarts/components';
import { type ComposeOption, format } from 'echarts/core';
import type { Heatmap } from '../../api.ts';
import { readColour } from '../../charts/read-colour.ts';
import { dayInWords } from '../../time/local-day.ts';
import type { HeatLevel } from './heat-levels.ts';
import { amountOf, formatMeasure, type Measure } from './measure.ts';

type Option = ComposeOption<
  HeatmapSeriesOption | CalendarComponentOption | TooltipComponentOption | VisualMapComponentOption
>;

/** So many names are in a tooltip, and so much of each. */
const MAX_TITLES = 5;
const MAX_TITLE_CHARS = 40;

/** Below this width a year stands upright, a week a row, so that a day stays large enough for a finger. */
const UPRIGHT_BELOW_PX = 620;

/** What ECharts needs to draw a year in the space and the colours of an element. */
export function heatmapOption(
  heatmap: Heatmap,
  measure: Measure,
  levels: readonly HeatLevel[],
  titles: ReadonlyMap<string, readonly string[]>,
  element: HTMLElement,
): Option {
  const colour = (property: string): string => readColour(element, property);
  const upright = element.clientWidth < UPRIGHT_BELOW_PX;
  const text = { color: colour('--ink-soft'), fontFamily: getComputedStyle(element).fontFamily, fontSize: 12 };
  return {
    animation: false,
    tooltip: {
      backgroundColor: colour('--card-raised'),
      borderColor: colour('--line'),
      textStyle: { ...text, color: colour('--ink'), fontSize: 14 },
      confine: true,
      formatter: (item) => {
        const value = Array.isArray(item) ? undefined : item.value;
        if (!Array.isArray(value)) return '';
        const day = String(value[0]);
        const named = (titles.get(day) ?? []).map((title) => format.encodeHTML(title.slice(0, MAX_TITLE_CHARS)));
        const more = named.length > MAX_TITLES ? `<br>and ${named.length - MAX_TITLES} more` : '';
        const list = named.slice(0, MAX_TITLES).map((title) => `<br>${title}`);
        return `${dayInWords(day, true)}<br><b>${formatMeasure(Number(value[1]), measure)}</b>${list.join('')}${more}`;
      },
    },
    // Maps amounts to colours; the legend is HTML.
    visualMap: {
      type: 'piecewise',
      show: false,
      pieces: levels.map(({ min, max, colour: property }) => ({
        gte: min,
        ...(Number.isFinite(max) && { lt: max + 1 }),
        color: colour(property),
      })),
    },
    calendar: {
      range: String(heatmap.year),
      orient: upright ? 'vertical' : 'horizontal',
      cellSize: upright ? ['auto', 15] : ['auto', 'auto'],
      top: 26,
      left: upright ? 42 : 36,
      right: upright ? 8 : 6,
      ...(upright ? {} : { bottom: 4 }),
      splitLine: { show: false },
      itemStyle: { color: colour('--heat-0'), borderColor: colour('--card'), borderWidth: 3 },
      dayLabel: {
        ...text,
        firstDay: 1,
        nameMap: upright ? ['S', 'M', 'T', 'W', 'T', 'F', 'S'] : ['', 'Mon', '', 'Wed', '', 'Fri', ''],
      },
      monthLabel: text,
      yearLabel: { show: false },
    },
    series: {
      type: 'heatmap',
      coordinateSystem: 'calendar',
      data: heatmap.days.flatMap((day) => (amountOf(day, measure) > 0 ? [[day.day, amountOf(day, measure)]] : [])),
      itemStyle: { borderRadius: 3 },
      emphasis: { itemStyle: { borderColor: colour('--ink'), borderWidth: 1.5 } },
    },
  };
}
