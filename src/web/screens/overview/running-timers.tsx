import type { Entity } from '../../api.ts';
import { recordTitle } from '../../records/record-title.ts';
import { typeAppearance } from '../../records/type-appearance.ts';
import { TypeIcon } from '../../records/type-icon.tsx';
import { formatClock } from '../../time/format-duration.ts';
import { localDay, localTime, shortDay } from '../../time/local-day.ts';
import { useNow } from '../../time/use-now.ts';

/** What has begun and not ended, with live clocks. */
export function RunningTimers({ running, time_zone }: { running: readonly Entity[]; time_zone: string }) {
  return (
    <section className="card" aria-labelledby="running-heading">
      <h2 id="running-heading">Running now</h2>
      {running.length === 0 ? (
        <p className="card-empty">Nothing is running. A record that has begun and not ended counts up here.</p>
      ) : (
        <ul className="running-list">
          {running.map((entity) => (
            <RunningTimer key={entity.id} entity={entity} time_zone={time_zone} />
          ))}
        </ul>
      )}
    </section>
  );
}

function RunningTimer({ entity, time_zone }: { entity: Entity; time_zone: string }) {
  const now_ms = useNow();
  const began_ms = Date.parse(entity.occurred_at ?? entity.created_at);
  const began_day = localDay(began_ms, time_zone);
  const today = localDay(now_ms, time_zone);
  const since = `${began_day === today ? '' : `${shortDay(began_day, today)}, `}${localTime(began_ms, time_zone)}`;
  const title = recordTitle(entity);
  const type_name = typeAppearance(entity.entity_type).one;
  return (
    <li className="running">
      <TypeIcon entity_type={entity.entity_type} />
      <div className="record-text">
        <span className="record-title">{title}</span>
        <span className="record-about">{type_name === title ? `Since ${since}` : `${type_name} since ${since}`}</span>
      </div>
      <span className="clock" role="timer" aria-label={`Running since ${since}`}>
        {formatClock(now_ms - began_ms)}
      </span>
    </li>
  );
}
