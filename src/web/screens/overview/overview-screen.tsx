import { useQuery } from '@tanstack/react-query';
import { useRouteContext } from '@tanstack/react-router';
import { FailureNotice } from '../../shell/failure-notice.tsx';
import { Freshness } from '../../time/freshness.tsx';
import { dayInWords, localDay } from '../../time/local-day.ts';
import { Counts } from './counts.tsx';
import { OverviewSkeleton } from './overview-skeleton.tsx';
import { RunningTimers } from './running-timers.tsx';
import { Timeline } from './timeline.tsx';

/**
 * What is going on: running timers, the newest records of all types, and how much there was today and this week.
 * It is asked for again when the window gets the focus, and never by a timer: an idle tab must cost the service nothing.
 */
export function OverviewScreen() {
  const { api } = useRouteContext({ from: '/app' });
  const overview = useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => api.overview(signal) });
  if (overview.data === undefined) {
    if (overview.isError) return <FailureNotice error={overview.error} retry={() => overview.refetch()} />;
    return <OverviewSkeleton />;
  }
  const { time_zone, timeline, running, counts, as_of } = overview.data;
  const today = localDay(Date.parse(as_of), time_zone);
  return (
    <>
      <title>Overview · Annals</title>
      <header className="screen-header">
        <h1>Overview</h1>
        <p>{dayInWords(today, true)}</p>
      </header>
      <div className="overview">
        <div className="overview-aside">
          <RunningTimers running={running} time_zone={time_zone} />
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
