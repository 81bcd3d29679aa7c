import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Dashboard } from '../../api.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { TypeChoice } from '../../records/type-choice.tsx';
import { shownKinds, useVisibility } from '../../records/visibility.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { Freshness } from '../../time/freshness.tsx';
import { addDays, localDay, shortDay } from '../../time/local-day.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { DashboardCharts } from './dashboard-charts.tsx';
import { lengthOf, type Period, periodBefore } from './periods.ts';

const RANGES = [
  [30, '30 days'],
  [90, '90 days'],
  [365, 'A year'],
  [1095, '3 years'],
] as const;
const FIRST_TYPE = 'habit_log';
const FIRST_RANGE_DAYS = 365;

/** What a type's records add up to over some time, beside the time before. */
export function DashboardsScreen() {
  const { moment } = useRouteContext({ from: '/app' });
  const search = useSearch({ from: '/app/dashboards' });
  const navigate = useNavigate({ from: '/dashboards' });
  const time_zone = useTimeZone();
  const today = localDay(moment === null ? Date.now() : Date.parse(moment), time_zone);
  const type = search.type ?? FIRST_TYPE;
  const to = search.to ?? today;
  const from = search.from ?? addDays(to, 1 - FIRST_RANGE_DAYS);
  const period = useMemo<Period>(() => (from <= to ? { from, to } : { from: to, to: from }), [from, to]);
  const before = useMemo(() => periodBefore(period), [period]);
  const is_compared = search.compare === true;
  const now = useDashboard(type, period, true);
  const earlier = useDashboard(type, before, is_compared);
  const compared = useMemo(
    () => (is_compared && earlier.data !== undefined ? { period: before, data: earlier.data } : null),
    [is_compared, earlier.data, before],
  );
  const { many } = typeAppearance(type);
  const is_empty = now.data !== undefined && now.data.days.length === 0 && now.data.task_flow.length === 0;

  return (
    <>
      <title>Dashboards · Annals</title>
      <header className="screen-header">
        <h1>Dashboards</h1>
        <p>
          {many}, {shortDay(period.from, today)} to {shortDay(period.to, today)}
        </p>
      </header>
      <div className="controls">
        <TypeChoice type={type} choose={(type) => navigate({ search: (last) => ({ ...last, type }) })} />
        <fieldset className="segments">
          <legend className="visually-hidden">Range</legend>
          {RANGES.map(([days, name]) => (
            <label key={days}>
              <input
                type="radio"
                name="range"
                checked={period.to === today && lengthOf(period) === days}
                onChange={() =>
                  navigate({ search: (last) => ({ ...last, from: addDays(today, 1 - days), to: undefined }) })
                }
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
        <label className="field">
          <span>From</span>
          <input
            type="date"
            className="input"
            value={period.from}
            max={period.to}
            onChange={(event) =>
              event.target.value !== '' && navigate({ search: (last) => ({ ...last, from: event.target.value }) })
            }
          />
        </label>
        <label className="field">
          <span>To</span>
          <input
            type="date"
            className="input"
            value={period.to}
            min={period.from}
            onChange={(event) =>
              event.target.value !== '' && navigate({ search: (last) => ({ ...last, to: event.target.value }) })
            }
          />
        </label>
        <label className="check-field">
          <input
            type="checkbox"
            checked={is_compared}
            onChange={(event) =>
              navigate({ search: (last) => ({ ...last, compare: event.target.checked ? true : undefined }) })
            }
          />
          Beside the period before
        </label>
      </div>
      {now.data === undefined ? (
        now.isError ? (
          <FailureNotice error={now.error} retry={() => now.refetch()} />
        ) : (
          <div className="charts" role="status" aria-label="Loading the dashboard">
            {['a', 'b', 'c', 'd'].map((key) => (
              <div className="card chart-card" key={key}>
                <Skeleton width="8rem" />
                <Skeleton width="100%" height="220px" />
              </div>
            ))}
          </div>
        )
      ) : is_empty ? (
        <Notice title={`No ${many.toLowerCase()} in this time`}>
          Choose a longer range, or another type. Charts grow from the records that you add.
        </Notice>
      ) : (
        <div className="calendar" aria-busy={now.isPlaceholderData}>
          <DashboardCharts type={type} period={period} today={today} now={now.data} before={compared} />
          <footer className="screen-footer">
            <Freshness as_of={now.data.as_of} time_zone={now.data.time_zone} />
          </footer>
        </div>
      )}
    </>
  );
}

function useDashboard(entity_type: string, period: Period, enabled: boolean) {
  const { api, moment } = useRouteContext({ from: '/app' });
  const show = shownKinds(useVisibility());
  return useQuery<Dashboard>({
    queryKey: ['dashboard', entity_type, period.from, period.to, show, moment],
    queryFn: ({ signal }) => api.dashboard({ entity_type, ...period, show }, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}
