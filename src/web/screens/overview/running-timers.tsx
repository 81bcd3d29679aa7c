import { useRouteContext } from '@tanstack/react-router';
import { useState } from 'react';
import { isoSeconds } from '../../../domain/time/zoned-time.ts';
import type { Entity } from '../../api.ts';
import { RecordLink } from '../../records/record-link.tsx';
import { recordTitle } from '../../records/record-title.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { typeFacts } from '../../records/type-facts.ts';
import { TypeIcon } from '../../records/type-icon.tsx';
import { failureText } from '../../shell/failure-text.ts';
import { showToast } from '../../shell/toasts.ts';
import { formatClock, formatDuration } from '../../time/format-duration.ts';
import { localDay, localTime, shortDay } from '../../time/local-day.ts';
import { useNow } from '../../time/use-now.ts';

/** So many timers are shown before someone asks for all: forgotten ones must not push the rest away. */
const FIRST_TIMERS = 3;

/** What has begun and not ended, with live clocks. */
export function RunningTimers({ running, time_zone }: { running: readonly Entity[]; time_zone: string }) {
  const [all, setAll] = useState(false);
  return (
    <section className="card" aria-labelledby="running-heading">
      <h2 id="running-heading">Running now</h2>
      {running.length === 0 ? (
        <p className="card-empty">
          Nothing is running. Add the time of a project, a book or a meditation, and its clock runs here.
        </p>
      ) : (
        <ul className="running-list">
          {running.slice(0, all ? running.length : FIRST_TIMERS).map((entity) => (
            <RunningTimer key={entity.id} entity={entity} time_zone={time_zone} />
          ))}
        </ul>
      )}
      {running.length > FIRST_TIMERS && (
        <button type="button" className="link-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${running.length} timers`}
        </button>
      )}
    </section>
  );
}

function RunningTimer({ entity, time_zone }: { entity: Entity; time_zone: string }) {
  const { data, moment } = useRouteContext({ from: '/app' });
  const ticking_ms = useNow();
  const now_ms = moment === null ? ticking_ms : Date.parse(moment);
  const began_ms = Date.parse(entity.occurred_at ?? entity.created_at);
  const began_day = localDay(began_ms, time_zone);
  const today = localDay(now_ms, time_zone);
  const since = `${began_day === today ? '' : `${shortDay(began_day, today)}, `}${localTime(began_ms, time_zone)}`;
  const title = recordTitle(entity);
  const type_name = typeAppearance(entity.entity_type).one;

  async function stop(): Promise<void> {
    const { until } = typeFacts(entity.entity_type);
    if (until === null) return;
    const operation = {
      op: 'patch',
      id: entity.id,
      entity_type: entity.entity_type,
      set: { [`/${until}`]: isoSeconds(Date.now()) },
      unset: [],
    } as const;
    try {
      await data.write(
        `Stop ${title}`,
        [operation],
        `“${title}” stopped after ${formatDuration(Date.now() - began_ms)}.`,
      );
    } catch (error) {
      showToast({ text: failureText(error) });
    }
  }

  return (
    <li className="running">
      <TypeIcon entity_type={entity.entity_type} />
      <div className="record-text">
        <RecordLink id={entity.id} className="record-title quiet-link">
          {title}
        </RecordLink>
        <span className="record-about">{type_name === title ? `Since ${since}` : `${type_name} since ${since}`}</span>
      </div>
      <span className="clock" role="timer" aria-label={`Running since ${since}`}>
        {formatClock(now_ms - began_ms)}
      </span>
      {moment === null && (
        <button type="button" className="button running-stop" onClick={stop} aria-label={`Stop ${title}`}>
          Stop
        </button>
      )}
    </li>
  );
}
