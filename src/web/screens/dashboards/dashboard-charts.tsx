import { useMemo } from 'react';
import { ChartCard } from '../../charts/chart-card.tsx';
import { amountCharts, durationChart, flowChart } from './charts-over-time.ts';
import type { Compared } from './compared.ts';
import { Figures } from './figures.tsx';
import { measureCharts } from './measure-charts.ts';
import { adherenceChart, relatedChart, streakChart } from './rank-charts.ts';
import { weekCharts } from './week-charts.ts';

/** In the order of the page. Each is of those types whose numbers it has. */
const CHARTS = [
  amountCharts,
  flowChart,
  relatedChart,
  streakChart,
  adherenceChart,
  weekCharts,
  durationChart,
  measureCharts,
] as const;

/** The charts that make sense of a type. */
export function DashboardCharts({ type, period, today, now, before }: Compared) {
  const charts = useMemo(
    () => CHARTS.flatMap((chartsOf) => chartsOf({ type, period, today, now, before })),
    [type, period, today, now, before],
  );
  return (
    <>
      <Figures now={now} period={period} before={before} />
      <div className="charts">
        {charts.map((chart) => (
          <ChartCard key={chart.title} {...chart} />
        ))}
      </div>
    </>
  );
}
