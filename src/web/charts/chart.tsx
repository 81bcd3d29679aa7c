import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useCallback } from 'react';
import { readColour } from './read-colour.ts';
import { useChart } from './use-chart.ts';

use([
  BarChart,
  LineChart,
  HeatmapChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
  SVGRenderer,
]);

/** The page's colours as ECharts knows them. */
export interface ChartColours {
  readonly ink: string;
  readonly ink_soft: string;
  readonly line: string;
  readonly accent: string;
  readonly accent_soft: string;
  readonly card: string;
  readonly heat: readonly string[];
  readonly font: string;
}

/** A chart in the page's colours. It is hidden from screen readers, for which there is a table. */
export function Chart({
  option,
  height_px,
}: {
  option: (colours: ChartColours) => EChartsCoreOption;
  height_px: number;
}) {
  const container = useChart(useCallback((element) => option(coloursOf(element)), [option]));
  return <div ref={container} style={{ height: height_px }} aria-hidden="true" />;
}

function coloursOf(element: HTMLElement): ChartColours {
  const read = (property: string): string => readColour(element, property);
  return {
    ink: read('--ink'),
    ink_soft: read('--ink-soft'),
    line: read('--line'),
    accent: read('--heat-4'),
    accent_soft: read('--heat-2'),
    card: read('--card-raised'),
    heat: ['--heat-0', '--heat-1', '--heat-2', '--heat-3', '--heat-4', '--heat-5'].map(read),
    font: getComputedStyle(element).fontFamily,
  };
}
