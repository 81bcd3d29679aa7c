import { useRecords, useStore } from '../../data/use-records.ts';
import { RecordLink } from '../../records/record-link.tsx';
import { recordTitle } from '../../records/record-title.ts';
import { isVisible, useVisibility } from '../../records/visibility.ts';
import { withLabels } from '../../records/with-labels.ts';
import { Skeleton } from '../../shell/skeleton.tsx';
import { localDay, localTime, shortDay } from '../../time/local-day.ts';
import { zoneOf } from '../../time/zone-of.ts';

const MAX_EVENTS = 5;

/** The next events, the soonest first. */
export function ComingEvents({ now_ms, time_zone, today }: { now_ms: number; time_zone: string; today: string }) {
  const store = useStore();
  const visibility = useVisibility();
  const { records, state } = useRecords('calendar_event');
  const coming = records
    .filter(
      (event) => Date.parse(event.occurred_until ?? event.occurred_at) >= now_ms && typeof event.beginning === 'string',
    )
    .filter((event) => isVisible(event, store, visibility))
    .toReversed()
    .slice(0, MAX_EVENTS);
  return (
    <section className="card" aria-labelledby="events-heading">
      <h2 id="events-heading">Coming up</h2>
      {state === 'absent' ? (
        <Skeleton width="100%" height="3rem" />
      ) : coming.length === 0 ? (
        <p className="card-empty">No events ahead. One that you add shows here until it is over.</p>
      ) : (
        <ul className="event-list">
          {coming.map((event) => {
            const zone = zoneOf(event, time_zone);
            const begins_ms = Date.parse(event.occurred_at);
            return (
              <li key={event.id} className="event-item">
                <span className="event-day">{shortDay(localDay(begins_ms, zone), today)}</span>
                <RecordLink id={event.id} className="quiet-link">
                  {recordTitle(withLabels(event, store))}
                </RecordLink>
                <span className="record-about">{event.all_day === true ? 'All day' : localTime(begins_ms, zone)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
