import { HeatmapChart as HeatmapSeries } from 'echarts/charts';
import { CalendarComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsType, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { Heatmap } from '../../api.ts';
import { onThemeChange } from '../../shell/theme.ts';
import type { HeatLevel } from './heat-levels.ts';
import { heatmapOption } from './heatmap-option.ts';
import type { Measure } from './measure.ts';

use([HeatmapSeries, CalendarComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

/** The chart itself. It is hidden from screen readers, for which there is a table. */
export function HeatmapChart(props: { heatmap: Heatmap; measure: Measure; levels: readonly HeatLevel[] }) {
  const { heatmap, measure, levels } = props;
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const created = init(element, null, { renderer: 'svg' });
    chart.current = created;
    return () => {
      chart.current = null;
      created.dispose();
    };
  }, []);

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const draw = (): void => {
      chart.current?.resize();
      chart.current?.setOption(heatmapOption(heatmap, measure, levels, element), { notMerge: true });
    };
    // It calls back once at the start, too: that is the first drawing.
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      resized.disconnect();
      stop();
    };
  }, [heatmap, measure, levels]);

  return <div ref={container} className="heatmap" aria-hidden="true" />;
}
