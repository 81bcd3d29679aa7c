import { HeatmapChart as HeatmapSeries } from 'echarts/charts';
import { CalendarComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useCallback } from 'react';
import type { Heatmap } from '../../api.ts';
import { useChart } from '../../charts/use-chart.ts';
import type { HeatLevel } from './heat-levels.ts';
import { heatmapOption } from './heatmap-option.ts';
import type { Measure } from './measure.ts';

use([HeatmapSeries, CalendarComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

/** The chart itself. It is hidden from screen readers, for which there is a table. */
export function HeatmapChart(props: {
  heatmap: Heatmap;
  measure: Measure;
  levels: readonly HeatLevel[];
  /** What the records of a day are called. */
  titles: ReadonlyMap<string, readonly string[]>;
  openDay: (day: string) => void;
}) {
  const { heatmap, measure, levels, titles } = props;
  const option = useCallback(
    (element: HTMLElement) => heatmapOption(heatmap, measure, levels, titles, element),
    [heatmap, measure, levels, titles],
  );
  const container = useChart(option, (value) => {
    if (Array.isArray(value)) props.openDay(String(value[0]));
  });
  return <div ref={container} className="heatmap" aria-hidden="true" />;
}
