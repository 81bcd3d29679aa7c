import { useNavigate, useRouteContext, useSearch } from '@tanstack/react-router';
import { localDay } from '../../time/local-day.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { EventsCalendar } from './events-calendar.tsx';
import { HeatmapCalendar } from './heatmap-calendar.tsx';

/** A year at a glance: how much of something there was each day, or the events. */
export function CalendarScreen() {
  const { moment } = useRouteContext({ from: '/app' });
  const search = useSearch({ from: '/app/calendar' });
  const navigate = useNavigate({ from: '/calendar' });
  const time_zone = useTimeZone();
  const view = search.view ?? 'heatmap';
  const today = localDay(moment === null ? Date.now() : Date.parse(moment), time_zone);
  const year = search.year ?? Number(today.slice(0, 4));
  const views = (
    <fieldset className="segments">
      <legend className="visually-hidden">View</legend>
      {(['heatmap', 'events'] as const).map((each) => (
        <label key={each}>
          <input
            type="radio"
            name="view"
            checked={view === each}
            onChange={() =>
              navigate({ search: (before) => ({ ...before, view: each === 'events' ? 'events' : undefined }) })
            }
          />
          <span>{each === 'heatmap' ? 'Heatmap' : 'Events'}</span>
        </label>
      ))}
    </fieldset>
  );
  return view === 'events' ? (
    <EventsCalendar year={year} views={views} />
  ) : (
    <HeatmapCalendar year={year} views={views} />
  );
}
