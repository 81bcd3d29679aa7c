import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { RouteHour } from '../../api.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { seriesOption } from '../../charts/chart-option.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { NumbersTable } from './numbers-table.tsx';
import { useInstantInWords } from './use-instant-in-words.ts';

/** How fast the routes answered in a day: each as a line of a table, and one hour by hour. */
export function RoutesCards() {
  const { api } = useRouteContext({ from: '/app' });
  const hours = useQuery({ queryKey: ['ops', 'performance'], queryFn: ({ signal }) => api.performance(signal) });
  const rows = useMemo(() => byRoute(hours.data ?? []), [hours.data]);
  return (
    <>
      {hours.data !== undefined && hours.data.length > 0 && (
        <RouteHours hours={hours.data} routes={rows.map(([route]) => String(route))} />
      )}
      <section className="card chart-card" aria-labelledby="routes-heading">
        <h2 id="routes-heading">Routes, 24 hours</h2>
        {hours.data === undefined ? (
          hours.isError ? (
            <FailureNotice error={hours.error} retry={() => hours.refetch()} />
          ) : (
            <Skeleton width="100%" height="12rem" />
          )
        ) : rows.length === 0 ? (
          <p className="card-empty">No requests in this time.</p>
        ) : (
          <NumbersTable
            label="Routes"
            columns={['Route', 'Requests', 'Refused', 'Failed', 'Mean ms', 'Worst p99 ms']}
            rows={rows}
          />
        )}
      </section>
    </>
  );
}

function RouteHours({ hours, routes }: { hours: readonly RouteHour[]; routes: readonly string[] }) {
  const instantInWords = useInstantInWords();
  const [chosen, choose] = useState('');
  const route = routes.includes(chosen) ? chosen : (routes[0] ?? '');
  const chart = useMemo(() => {
    const shown = hours.filter((hour) => hour.route === route).toReversed();
    return {
      option: seriesOption(
        'bar',
        shown.map(({ hour }) => instantInWords(hour)),
        [
          { name: '99% under', values: shown.map(({ p99_ms }) => p99_ms), is_soft: true },
          { name: 'Mean', values: shown.map(({ mean_ms }) => Math.round(mean_ms * 10) / 10) },
        ],
      ),
      table: {
        columns: ['Hour', 'Requests', 'Refused', 'Failed', 'Mean ms', 'p50 ms', 'p90 ms', 'p99 ms', 'Longest ms'],
        rows: shown.map((each) => [
          instantInWords(each.hour),
          each.requests,
          each.refused,
          each.failed,
          each.mean_ms,
          each.p50_ms,
          each.p90_ms,
          each.p99_ms,
          each.max_ms,
        ]),
      },
    };
  }, [hours, route, instantInWords]);
  return (
    <ChartCard
      is_wide
      title="Latency by hour, ms"
      note={
        <label className="field">
          <span className="visually-hidden">Route</span>
          <select value={route} onChange={(event) => choose(event.target.value)}>
            {routes.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      }
      option={chart.option}
      table={chart.table}
    />
  );
}

function byRoute(hours: readonly RouteHour[]): (string | number | null)[][] {
  return [...Map.groupBy(hours, ({ route }) => route)]
    .map(([route, each]) => {
      const sum = (of: (hour: RouteHour) => number): number => each.reduce((total, hour) => total + of(hour), 0);
      const requests = sum((hour) => hour.requests);
      return [
        route,
        requests,
        sum((hour) => hour.refused),
        sum((hour) => hour.failed),
        sum((hour) => hour.mean_ms * hour.requests) / Math.max(1, requests),
        Math.max(...each.map((hour) => hour.p99_ms ?? 0)),
      ];
    })
    .sort((a, b) => Number(b[1]) - Number(a[1]));
}
