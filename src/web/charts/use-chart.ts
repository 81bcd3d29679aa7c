import { type EChartsCoreOption, type EChartsType, init } from 'echarts/core';
import { type RefObject, useEffect, useEffectEvent, useRef } from 'react';
import { onThemeChange } from '../shell/theme.ts';

/**
 * A chart in an element, drawn again when that changes its size, the page its theme, or `option` is another function.
 * @param option what ECharts needs to draw it in the element's space and colours
 * @param onClick told of what is clicked on, as the series has it
 */
export function useChart(
  option: (element: HTMLElement) => EChartsCoreOption,
  onClick: (value: unknown) => void = () => {},
): RefObject<HTMLDivElement | null> {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const clicked = useEffectEvent(onClick);

  useEffect(() => {
    if (container.current === null) return;
    const created = init(container.current, null, { renderer: 'svg' });
    chart.current = created;
    created.on('click', ({ value }) => clicked(value));
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
      chart.current?.setOption(option(element), { notMerge: true });
    };
    // It calls back once at the start, too: that is the first drawing.
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      resized.disconnect();
      stop();
    };
  }, [option]);

  return container;
}
