import type { Entity } from '../api.ts';
import { formatDuration } from '../time/format-duration.ts';
import { localTime } from '../time/local-day.ts';
import { RecordLink } from './record-link.tsx';
import { recordDetails, recordTitle } from './record-title.ts';
import { TypeIcon } from './type-icon.tsx';

/** One record in a list: when, what, what it relates to, and how long it took. */
export function RecordRow({ entity, time_zone }: { entity: Entity; time_zone: string }) {
  const details = recordDetails(entity);
  return (
    <li className="record-row">
      <RecordTime entity={entity} time_zone={time_zone} />
      <TypeIcon entity_type={entity.entity_type} />
      <div className="record-text">
        <RecordLink id={entity.id} className="record-title quiet-link">
          {recordTitle(entity)}
        </RecordLink>
        {details.length > 0 && <span className="record-about">{details.join(' · ')}</span>}
      </div>
      <RecordLength entity={entity} />
    </li>
  );
}

function RecordTime({ entity, time_zone }: { entity: Entity; time_zone: string }) {
  if (entity.occurred_at === null) return <span className="record-time" />;
  if (entity.all_day === true) return <span className="record-time">All day</span>;
  return (
    <time className="record-time" dateTime={entity.occurred_at}>
      {localTime(Date.parse(entity.occurred_at), time_zone)}
    </time>
  );
}

function RecordLength({ entity }: { entity: Entity }) {
  if (entity.occurred_at === null || entity.occurred_until === null || entity.all_day === true) return null;
  const ms = Date.parse(entity.occurred_until) - Date.parse(entity.occurred_at);
  return ms > 0 ? <span className="record-length">{formatDuration(ms)}</span> : null;
}
