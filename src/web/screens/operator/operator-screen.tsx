import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ApiError, type Refresh, type RouteHour, type Tripwire } from '../../api.ts';
import { ChartCard } from '../../charts/chart-card.tsx';
import { seriesOption } from '../../charts/chart-option.ts';
import { inWords } from '../../records/field-name.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { failureText } from '../../shell/failure-text.ts';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { showToast } from '../../shell/toasts.ts';
import { localDay, localTime, shortDay } from '../../time/local-day.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';

const SHOWN_ROWS = 20;

/** What the operator watches: refreshes, tripwires, slow calls, and how fast the routes answer. */
export function OperatorScreen() {
  const { api } = useRouteContext({ from: '/app' });
  const queries = useQueryClient();
  const refreshes = useQuery({ queryKey: ['ops', 'refreshes'], queryFn: ({ signal }) => api.refreshes(signal) });
  const refreshNow = useMutation({
    mutationFn: () => api.refreshNow(),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['ops'] }),
    onError: (error) => showToast({ text: failureText(error) }),
  });
  const header = (
    <header className="screen-header screen-header-row">
      <div>
        <h1>Operator</h1>
        <p>How the service itself is doing.</p>
      </div>
      {refreshes.isSuccess && (
        <button
          type="button"
          className="button button-primary"
          disabled={refreshNow.isPending}
          onClick={() => refreshNow.mutate()}
        >
          {refreshNow.isPending ? 'Refreshing…' : 'Refresh now'}
        </button>
      )}
    </header>
  );
  if (refreshes.data === undefined) {
    return (
      <>
        <title>Operator · Annals</title>
        {header}
        {refreshes.isError ? (
          refreshes.error instanceof ApiError && refreshes.error.status === 403 ? (
            <Notice title="This is for the operator">
              Your sign-in has no scope <code>operator</code>. Ask whoever runs the sign-in service for it. On the
              machine that runs Annals, <code>npm run annals</code> shows the same and more, imports included.
            </Notice>
          ) : (
            <FailureNotice error={refreshes.error} retry={() => refreshes.refetch()} />
          )
        ) : (
          <div className="charts" role="status" aria-label="Loading">
            <div className="card chart-card">
              <Skeleton width="8rem" />
              <Skeleton width="100%" height="220px" />
            </div>
          </div>
        )}
      </>
    );
  }
  return (
    <>
      <title>Operator · Annals</title>
      {header}
      <div className="charts">
        <Tripwires />
        <Refreshes refreshes={refreshes.data} />
        <Slow />
        <Routes />
      </div>
    </>
  );
}

function Refreshes({ refreshes }: { refreshes: readonly Refresh[] }) {
  const moment = useMoment();
  const chart = useMemo(() => {
    const finished = refreshes.filter(({ duration_ms }) => duration_ms !== null).toReversed();
    return {
      option: seriesOption(
        'bar',
        finished.map(({ started_at }) => moment(started_at)),
        [{ name: 'ms', values: finished.map(({ duration_ms }) => duration_ms) }],
      ),
      table: {
        columns: ['Started', 'What', 'How', 'ms', 'Events', 'Buckets', 'Rows', 'Error'],
        rows: refreshes.map((each) => [
          moment(each.started_at),
          each.name,
          each.mode,
          each.duration_ms,
          each.events,
          each.buckets,
          each.rows,
          each.error,
        ]),
      },
    };
  }, [refreshes, moment]);
  if (refreshes.length === 0) {
    return (
      <section className="card" data-wide="true">
        <h2>Refreshes</h2>
        <p className="card-empty">None yet. The cron brings the analytics up to date after writes.</p>
      </section>
    );
  }
  return <ChartCard is_wide title="Refreshes, ms" option={chart.option} table={chart.table} />;
}

function Tripwires() {
  const { api } = useRouteContext({ from: '/app' });
  const tripwires = useQuery({ queryKey: ['ops', 'tripwires'], queryFn: ({ signal }) => api.tripwires(signal) });
  return (
    <section className="card chart-card" data-wide="true" aria-labelledby="tripwires-heading">
      <h2 id="tripwires-heading">Tripwires</h2>
      {tripwires.data === undefined ? (
        tripwires.isError ? (
          <FailureNotice error={tripwires.error} retry={() => tripwires.refetch()} />
        ) : (
          <Skeleton width="100%" height="12rem" />
        )
      ) : (
        <table className="days">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="number">
                Now
              </th>
              <th scope="col" className="number">
                Limit
              </th>
              <th scope="col" className="number">
                A day
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {tripwires.data.map((wire) => (
              <TripwireRow key={wire.name} wire={wire} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function TripwireRow({ wire }: { wire: Tripwire }) {
  const trend = wire.trend_per_day;
  return (
    <tr>
      <th scope="row">
        {inWords(wire.name)}
        {wire.detail !== null && <span className="record-about"> {wire.detail}</span>}
      </th>
      <td className="number">{wire.value.toLocaleString('en', { maximumFractionDigits: 1 })}</td>
      <td className="number">{wire.limit.toLocaleString('en')}</td>
      <td className="number">
        {trend === null ? '–' : `${trend > 0 ? '+' : ''}${Math.round(trend).toLocaleString('en')}`}
      </td>
      <td className="tripwire-state" data-tripped={wire.tripped}>
        {wire.tripped ? 'Tripped' : 'In order'}
      </td>
    </tr>
  );
}

function Slow() {
  const { api } = useRouteContext({ from: '/app' });
  const slow = useQuery({ queryKey: ['ops', 'slow'], queryFn: ({ signal }) => api.slowQueries(signal) });
  return (
    <section className="card chart-card" aria-labelledby="slow-heading">
      <h2 id="slow-heading">Calls to the database, 24 hours</h2>
      {slow.data === undefined ? (
        slow.isError ? (
          <FailureNotice error={slow.error} retry={() => slow.refetch()} />
        ) : (
          <Skeleton width="100%" height="12rem" />
        )
      ) : slow.data.calls.length === 0 ? (
        <p className="card-empty">None in this time.</p>
      ) : (
        <Numbers
          columns={['Call', 'Calls', 'Slow', 'p50 ms', 'p99 ms']}
          rows={slow.data.calls
            .slice(0, SHOWN_ROWS)
            .map((call) => [call.name, call.calls, call.slow, call.p50_ms, call.p99_ms])}
        />
      )}
    </section>
  );
}

function Routes() {
  const { api } = useRouteContext({ from: '/app' });
  const hours = useQuery({ queryKey: ['ops', 'performance'], queryFn: ({ signal }) => api.performance(signal) });
  return (
    <section className="card chart-card" aria-labelledby="routes-heading">
      <h2 id="routes-heading">Routes, 24 hours</h2>
      {hours.data === undefined ? (
        hours.isError ? (
          <FailureNotice error={hours.error} retry={() => hours.refetch()} />
        ) : (
          <Skeleton width="100%" height="12rem" />
        )
      ) : hours.data.length === 0 ? (
        <p className="card-empty">No requests in this time.</p>
      ) : (
        <Numbers
          columns={['Route', 'Requests', 'Failed', 'Mean ms', 'Worst p99 ms']}
          rows={byRoute(hours.data).slice(0, SHOWN_ROWS)}
        />
      )}
    </section>
  );
}

function byRoute(hours: readonly RouteHour[]): (string | number | null)[][] {
  const routes = new Map<string, RouteHour[]>();
  for (const hour of hours) routes.set(hour.route, [...(routes.get(hour.route) ?? []), hour]);
  return [...routes]
    .map(([route, each]) => {
      const requests = each.reduce((sum, hour) => sum + hour.requests, 0);
      const total_ms = each.reduce((sum, hour) => sum + hour.mean_ms * hour.requests, 0);
      const failed = each.reduce((sum, hour) => sum + hour.failed, 0);
      return [
        route,
        requests,
        failed,
        total_ms / Math.max(1, requests),
        Math.max(...each.map((hour) => hour.p99_ms ?? 0)),
      ];
    })
    .sort((a, b) => Number(b[1]) - Number(a[1]));
}

function Numbers(props: { columns: readonly string[]; rows: readonly (readonly (string | number | null)[])[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="chart-scroll" tabIndex={0} aria-label={props.columns[0]}>
      <table>
        <thead>
          <tr>
            {props.columns.map((column, i) => (
              <th key={column} scope="col" className={i === 0 ? '' : 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={String(row[0])}>
              {row.map((cell, i) => (
                <td key={props.columns[i]} className={typeof cell === 'number' ? 'number' : ''}>
                  {typeof cell === 'number' ? cell.toLocaleString('en', { maximumFractionDigits: 1 }) : (cell ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function useMoment(): (instant: string) => string {
  const time_zone = useTimeZone();
  return useMemo(() => {
    const today = localDay(Date.now(), time_zone);
    return (instant) => {
      const ms = Date.parse(instant);
      return `${shortDay(localDay(ms, time_zone), today)}, ${localTime(ms, time_zone)}`;
    };
  }, [time_zone]);
}
