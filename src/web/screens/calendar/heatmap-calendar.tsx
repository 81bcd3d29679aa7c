import { keepPreviousData, type UseQueryResult, useQueries } from '@tanstack/react-query';
import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router';
import { type ReactNode, useId, useMemo, useState } from 'react';
import type { Heatmap } from '../../api.ts';
import { useLoadedTypes } from '../../data/use-loaded-types.ts';
import { useStore } from '../../data/use-records.ts';
import { Combobox } from '../../forms/combobox.tsx';
import { findRecords, optionOf } from '../../forms/find-records.ts';
import { FIRST_CALENDAR_TYPE } from '../../records/calendar-types.ts';
import { recordTitle } from '../../records/record-title.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { TypeChoice } from '../../records/type-choice.tsx';
import { typeFacts } from '../../records/type-facts.ts';
import { shownKinds, useVisibility, useVisibleRecords } from '../../records/visibility.ts';
import { withLabels } from '../../records/with-labels.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { Freshness } from '../../time/freshness.tsx';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { heatLevels } from './heat-levels.ts';
import { HeatmapChart } from './heatmap-chart.tsx';
import { HeatmapLegend } from './heatmap-legend.tsx';
import { HeatmapTable } from './heatmap-table.tsx';
import { localHeatmap, recordsAbout, titlesByDay } from './local-heatmap.ts';
import { amountOf, type Measure } from './measure.ts';
import { summarize } from './summarize.ts';
import { YearChoice } from './year-choice.tsx';
import { YearSummary } from './year-summary.tsx';

const SPANS = [1, 3, 5] as const;

/** Years of one entity type or of one thing, a square a day: darker is more. */
export function HeatmapCalendar({ year, views }: { year: number; views: ReactNode }) {
  const { api, moment } = useRouteContext({ from: '/app' });
  const { type = FIRST_CALENDAR_TYPE, span = 1, of } = useSearch({ from: '/app/calendar' });
  const navigate = useNavigate({ from: '/calendar' });
  const store = useStore();
  const time_zone = useTimeZone();
  const of_id = useId();
  const [wanted, setWanted] = useState<Measure>('records');
  const { many } = typeAppearance(type);
  const relation = typeFacts(type).fields.find(({ target }) => target !== null && target !== 'location');
  const target = relation?.target ?? null;
  useLoadedTypes(target === null ? [] : [target]);
  const { records } = useVisibleRecords(type);
  const about = of === undefined ? null : store.get(of);

  const show = shownKinds(useVisibility());
  const years = Array.from({ length: span }, (_, i) => year - i);
  const { loaded, error, refetch, is_busy } = useQueries({
    queries: years.map((each) => ({
      queryKey: ['heatmap', type, each, moment, show],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.heatmap({ entity_type: type, year: each, show }, signal),
      placeholderData: keepPreviousData,
    })),
    combine: together,
  });
  const [newest] = loaded;
  const about_it = useMemo(() => (of === undefined ? records : recordsAbout(records, of)), [records, of]);
  const heatmaps: readonly Heatmap[] = useMemo(
    () =>
      loaded.flatMap((data, i) => {
        const asked = year - i;
        if (data === undefined) return [];
        if (of === undefined) return [data];
        return [{ ...data, year: asked, days: localHeatmap(about_it, asked, data.time_zone, Date.parse(data.as_of)) }];
      }),
    [loaded, about_it, of, year],
  );
  const titles = useMemo(
    () => titlesByDay(about_it, time_zone, (record) => recordTitle(withLabels(record, store))),
    [about_it, store, time_zone],
  );
  const has_minutes = heatmaps.some(({ days }) => days.some((day) => day.minutes > 0));
  const measure = has_minutes ? wanted : 'records';
  // One scale for all the years, so that they can be compared.
  const levels = useMemo(
    () => heatLevels(heatmaps.flatMap(({ days }) => days.map((day) => amountOf(day, measure)))),
    [heatmaps, measure],
  );
  const name = about === null ? many : recordTitle(withLabels(about, store));

  function openDay(day: string): void {
    const where = [
      { field: 'occurred_at', min: day, max: day },
      ...(of === undefined || relation === undefined ? [] : [{ field: relation.name, is: [of] }]),
    ];
    void navigate({ to: '/records/$type', params: { type }, search: { where } });
  }

  return (
    <>
      <title>Calendar · Annals</title>
      <header className="screen-header">
        <h1>Calendar</h1>
        <p>
          {name} {span === 1 ? `in ${year}` : `from ${year - span + 1} to ${year}`}
        </p>
      </header>
      <div className="controls">
        {views}
        <TypeChoice type={type} choose={(type) => navigate({ search: { type, year, ...(span !== 1 && { span }) } })} />
        {target !== null && (
          <div className="field">
            <label htmlFor={of_id}>{typeAppearance(target).one}</label>
            <div className="input-row">
              <Combobox
                key={target}
                id={of_id}
                label={typeAppearance(target).many}
                shown={about === null ? '' : optionOf(about, store, time_zone).label}
                placeholder="All of them"
                find={(text) => findRecords(store, target, text, time_zone)}
                choose={(option) => navigate({ search: (before) => ({ ...before, of: option.id }) })}
              />
              {of !== undefined && (
                <button
                  type="button"
                  className="button button-quiet"
                  onClick={() => navigate({ search: ({ of: _, ...before }) => before })}
                >
                  All
                </button>
              )}
            </div>
          </div>
        )}
        <YearChoice
          year={year}
          years={newest?.years ?? []}
          choose={(chosen) => navigate({ search: (before) => ({ ...before, type, year: chosen }) })}
        />
        <label className="field">
          <span>Span</span>
          <select
            value={span}
            onChange={(event) => {
              const next = SPANS.find((each) => each === Number(event.target.value));
              void navigate({ search: (before) => ({ ...before, span: next === 1 ? undefined : next }) });
            }}
          >
            {SPANS.map((each) => (
              <option key={each} value={each}>
                {each === 1 ? '1 year' : `${each} years`}
              </option>
            ))}
          </select>
        </label>
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
      {newest === undefined ? (
        error !== null ? (
          <FailureNotice error={error} retry={() => refetch?.()} />
        ) : (
          <HeatmapSkeleton />
        )
      ) : (
        <div className="calendar" aria-busy={is_busy}>
          <YearSummary summary={summarize(heatmaps.toReversed().flatMap(({ days }) => days))} />
          <section className="card heatmap-card" aria-label={`${name}, day by day`}>
            <div className="calendar-stack">
              {heatmaps.map((heatmap) => (
                <div key={heatmap.year}>
                  {span !== 1 && <h2 className="calendar-year">{heatmap.year}</h2>}
                  <HeatmapChart heatmap={heatmap} measure={measure} levels={levels} titles={titles} openDay={openDay} />
                </div>
              ))}
            </div>
            <HeatmapLegend levels={levels} measure={measure} />
            {levels.length === 0 && (
              <Notice title={`Nothing in ${year}`}>
                {newest.years.length > 0
                  ? `There are records in ${newest.years.join(', ')}.`
                  : 'A day gets its colour from the records on it. As soon as there is one, it shows here.'}
              </Notice>
            )}
          </section>
          {heatmaps.map((heatmap) => (
            <HeatmapTable key={heatmap.year} heatmap={heatmap} with_year={span !== 1} openDay={openDay} />
          ))}
          <footer className="screen-footer">
            <Freshness as_of={newest.as_of} time_zone={newest.time_zone} />
          </footer>
        </div>
      )}
    </>
  );
}

/** The years' answers as one, whose parts stay the same objects until an answer changes: new ones would be drawn again. */
function together(answers: readonly UseQueryResult<Heatmap>[]) {
  const [newest] = answers;
  return {
    loaded: answers.map(({ data }) => data),
    error: newest?.error ?? null,
    refetch: newest?.refetch,
    is_busy: answers.some(({ isPlaceholderData }) => isPlaceholderData),
  };
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
