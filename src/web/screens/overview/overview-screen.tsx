import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { useStore } from '../../data/use-records.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { isVisible, shownKinds, useVisibility } from '../../records/visibility.ts';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Freshness } from '../../time/freshness.tsx';
import { dayInWords, localDay } from '../../time/local-day.ts';
import { ComingEvents } from './coming-events.tsx';
import { Counts } from './counts.tsx';
import { FocusList } from './focus-list.tsx';
import { OverviewSkeleton } from './overview-skeleton.tsx';
import { RunningTimers } from './running-timers.tsx';
import { Timeline } from './timeline.tsx';
import { withOwnChanges } from './with-own-changes.ts';

/**
 * What is going on: running timers, today's tasks, what comes, the newest records of all types, and how much there was.
 * It is asked for again when the window gets the focus, and never by a timer: an idle tab must cost the service nothing.
 */
export function OverviewScreen() {
  const { api, moment } = useRouteContext({ from: '/app' });
  const store = useStore();
  const visibility = useVisibility();
  useSyncExternalStore(store.subscribe, () => store.revision());
  const show = shownKinds(visibility);
  const overview = useQuery({
    queryKey: ['overview', moment, show],
    queryFn: ({ signal }) => api.overview(show, signal),
    placeholderData: keepPreviousData,
  });
  if (overview.data === undefined) {
    if (overview.isError) return <FailureNotice error={overview.error} retry={() => overview.refetch()} />;
    return <OverviewSkeleton />;
  }
  const { time_zone, counts, as_of } = overview.data;
  const since_ms = overview.dataUpdatedAt;
  const now_ms = moment === null ? Date.now() : Date.parse(moment);
  const today = localDay(now_ms, time_zone);
  const running = withOwnChanges(
    overview.data.running,
    store,
    since_ms,
    (record) =>
      typeFacts(record.entity_type).timer_parent !== null &&
      record.occurred_until === null &&
      isVisible(record, store, visibility),
  );
  const timeline = withOwnChanges(
    overview.data.timeline,
    store,
    since_ms,
    (record) =>
      typeFacts(record.entity_type).timeline &&
      Date.parse(record.occurred_at) <= now_ms &&
      isVisible(record, store, visibility),
  );
  return (
    <>
      <title>Overview · Annals</title>
      <header className="screen-header">
        <h1>Overview</h1>
        <p>{dayInWords(today, true)}</p>
      </header>
      <div className="overview">
        <div className="overview-aside">
          <FocusList today={today} />
          <RunningTimers running={running} time_zone={time_zone} />
          <ComingEvents now_ms={now_ms} time_zone={time_zone} today={today} />
          <Counts counts={counts} />
        </div>
        <Timeline timeline={timeline} time_zone={time_zone} today={today} />
      </div>
      <footer className="screen-footer">
        <Freshness as_of={as_of} time_zone={time_zone} />
        {overview.isRefetchError && ' · could not be brought up to date'}
      </footer>
    </>
  );
}
