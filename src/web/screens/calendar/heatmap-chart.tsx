import { HeatmapChart as HeatmapSeries } from 'echarts/charts';
import { CalendarComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsType, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { Heatmap } from '../../api.ts';
import { onThemeChange } from '../../shell/theme.ts';
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
  const openDay = useEffectEvent(props.openDay);
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const created = init(element, null, { renderer: 'svg' });
    chart.current = created;
    created.on('click', ({ value }) => {
      if (Array.isArray(value)) openDay(String(value[0]));
    });
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
      chart.current?.setOption(heatmapOption(heatmap, measure, levels, titles, element), { notMerge: true });
    };
    // It calls back once at the start, too: that is the first drawing.
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      resized.disconnect();
      stop();
    };
  }, [heatmap, measure, levels, titles]);

  return <div ref={container} className="heatmap" aria-hidden="true" />;
}
