import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { CALENDAR_TYPES, FIRST_CALENDAR_TYPE } from '../../records/calendar-types.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { Freshness } from '../../time/freshness.tsx';
import { heatLevels } from './heat-levels.ts';
import { HeatmapChart } from './heatmap-chart.tsx';
import { HeatmapLegend } from './heatmap-legend.tsx';
import { HeatmapTable } from './heatmap-table.tsx';
import { amountOf, type Measure } from './measure.ts';
import { summarize } from './summarize.ts';
import { YearChoice } from './year-choice.tsx';
import { YearSummary } from './year-summary.tsx';

/** A year of one entity type, a square a day: darker is more. */
export function CalendarScreen() {
  const { api } = useRouteContext({ from: '/app' });
  const search = useSearch({ from: '/app/calendar' });
  const navigate = useNavigate({ from: '/calendar' });
  const [wanted, setWanted] = useState<Measure>('records');
  const type = search.type ?? FIRST_CALENDAR_TYPE;
  const year = search.year ?? new Date().getFullYear();
  const heatmap = useQuery({
    queryKey: ['heatmap', type, year],
    queryFn: ({ signal }) => api.heatmap({ entity_type: type, year }, signal),
    placeholderData: keepPreviousData,
  });
  const { many } = typeAppearance(type);
  const has_minutes = heatmap.data?.days.some((day) => day.minutes > 0) ?? false;
  const measure = has_minutes ? wanted : 'records';
  const levels = useMemo(
    () => heatLevels(heatmap.data?.days.map((day) => amountOf(day, measure)) ?? []),
    [heatmap.data, measure],
  );

  return (
    <>
      <title>Calendar · Annals</title>
      <header className="screen-header">
        <h1>Calendar</h1>
        <p>
          {many} in {year}
        </p>
      </header>
      <div className="controls">
        <label className="field">
          <span>Type</span>
          <select value={type} onChange={(event) => navigate({ search: { type: event.target.value, year } })}>
            {[...new Set([...CALENDAR_TYPES, type])].map((each) => (
              <option key={each} value={each}>
                {typeAppearance(each).many}
              </option>
            ))}
          </select>
        </label>
        <YearChoice
          year={year}
          years={heatmap.data?.years ?? []}
          choose={(chosen) => navigate({ search: { type, year: chosen } })}
        />
        {has_minutes && (
          <fieldset className="segments">
            <legend className="visually-hidden">Measure</legend>
            {(['records', 'minutes'] as const).map((each) => (
              <label key={each}>
                <input type="radio" name="measure" checked={measure === each} onChange={() => setWanted(each)} />
                <span>{each === 'records' ? 'Records' : 'Minutes'}</span>
              </label>
            ))}
          </fieldset>
        )}
      </div>
      {heatmap.data === undefined ? (
        heatmap.isError ? (
          <FailureNotice error={heatmap.error} retry={() => heatmap.refetch()} />
        ) : (
          <HeatmapSkeleton />
        )
      ) : (
        <div className="calendar" aria-busy={heatmap.isPlaceholderData}>
          <YearSummary summary={summarize(heatmap.data.days)} />
          <section className="card heatmap-card" aria-label={`${many} in ${heatmap.data.year}, day by day`}>
            <HeatmapChart heatmap={heatmap.data} measure={measure} levels={levels} />
            <HeatmapLegend levels={levels} measure={measure} />
            {heatmap.data.days.length === 0 && (
              <Notice title={`Nothing in ${heatmap.data.year}`}>
                {heatmap.data.years.length > 0
                  ? `There are records in ${heatmap.data.years.join(', ')}.`
                  : 'A day gets its colour from the records on it. As soon as there is one, it shows here.'}
              </Notice>
            )}
          </section>
          <HeatmapTable heatmap={heatmap.data} />
          <footer className="screen-footer">
            <Freshness as_of={heatmap.data.as_of} time_zone={heatmap.data.time_zone} />
          </footer>
        </div>
      )}
    </>
  );
}

function HeatmapSkeleton() {
  return (
    <div className="calendar" role="status" aria-label="Loading the calendar">
      <div className="summary">
        {['a', 'b', 'c', 'd'].map((key) => (
          <div className="card summary-item" key={key}>
            <Skeleton width="4rem" />
            <Skeleton width="3rem" height="1.75rem" />
          </div>
        ))}
      </div>
      <div className="card heatmap-card">
        <div className="heatmap">
          <Skeleton width="100%" height="100%" />
        </div>
      </div>
    </div>
  );
}
