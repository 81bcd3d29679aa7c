import type { Entity } from '../../api.ts';
import { RecordRow } from '../../records/record-row.tsx';
import { Notice } from '../../shell/notice.tsx';
import { dayHeading, localDay } from '../../time/local-day.ts';

/** The newest records of all types, under a heading for each local day. */
export function Timeline(props: { timeline: readonly Entity[]; time_zone: string; today: string }) {
  if (props.timeline.length === 0) {
    return (
      <section className="timeline" aria-label="Timeline">
        <Notice
          title="Your timeline starts here"
          action={
            <p>
              Begin with Add
              <span className="key-hint">
                , or press <kbd>N</kbd> anywhere
              </span>
              .
            </p>
          }
        >
          Each record that you add, of whatever type, shows up on its day: what it was, when, and how long it took.
        </Notice>
      </section>
    );
  }
  return (
    <section className="timeline" aria-label="Timeline">
      {days(props.timeline, props.time_zone).map(([day, entities]) => (
        <section className="day" key={day} aria-labelledby={`day-${day}`}>
          <h2 id={`day-${day}`}>{dayHeading(day, props.today)}</h2>
          <ol className="card record-list">
            {entities.map((entity) => (
              <RecordRow key={entity.id} entity={entity} time_zone={props.time_zone} />
            ))}
          </ol>
        </section>
      ))}
    </section>
  );
}

/** Records by local day, both in the order in which they came. */
function days(timeline: readonly Entity[], time_zone: string): [string, Entity[]][] {
  const by_day = new Map<string, Entity[]>();
  for (const entity of timeline) {
    const day = localDay(Date.parse(entity.occurred_at ?? entity.created_at), time_zone);
    const entities = by_day.get(day);
    if (entities === undefined) by_day.set(day, [entity]);
    else entities.push(entity);
  }
  return [...by_day];
}
