import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { type CSSProperties, type ReactNode, useMemo, useState } from 'react';
import { useStore } from '../../data/use-records.ts';
import { RecordRow } from '../../records/record-row.tsx';
import { recordTitle } from '../../records/record-title.ts';
import { useVisibleRecords } from '../../records/visibility.ts';
import { withLabels } from '../../records/with-labels.ts';
import { Notice } from '../../shell/notice.tsx';
import { Skeleton } from '../../shell/skeleton.tsx';
import { dayInWords, localDay } from '../../time/local-day.ts';
import { LOCALE } from '../../time/locale.ts';
import { useTimeZone } from '../../time/use-time-zone.ts';
import { zoneOf } from '../../time/zone-of.ts';
import { type EventOnDay, eventsByDay } from './event-days.ts';
import { YearChoice } from './year-choice.tsx';

const MAX_MARKS = 3;
const MONTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;
const WEEKDAYS = ['M', 'T', 'W', 'T', 'F', 'S', 'S'] as const;
const HUES: Readonly<Record<string, number>> = { blue: 250, cyan: 205, green: 150, violet: 300, red: 25, orange: 60 };
const OWN_HUE = 205;

/** A year's events, month by month: all-day ones and those of several days run through their days. */
export function EventsCalendar({ year, views }: { year: number; views: ReactNode }) {
  const { moment } = useRouteContext({ from: '/app' });
  const navigate = useNavigate({ from: '/calendar' });
  const store = useStore();
  const time_zone = useTimeZone();
  const { records, state } = useVisibleRecords('calendar_event');
  const [chosen, setChosen] = useState<string | null>(null);
  const by_day = useMemo(() => eventsByDay(records, time_zone), [records, time_zone]);
  const today = localDay(moment === null ? Date.now() : Date.parse(moment), time_zone);
  const years = [...new Set([...by_day.keys()].map((day) => Number(day.slice(0, 4))))];
  const count = new Set(
    [...by_day]
      .filter(([day]) => day.startsWith(`${year}-`))
      .flatMap(([, on_day]) => on_day.map(({ event }) => event.id)),
  ).size;
  const on_chosen = chosen === null ? [] : (by_day.get(chosen) ?? []);
  return (
    <>
      <title>Calendar · Annals</title>
      <header className="screen-header">
        <h1>Calendar</h1>
        <p>{state === 'absent' ? '' : `${count} ${count === 1 ? 'event' : 'events'} in ${year}`}</p>
      </header>
      <div className="controls">
        {views}
        <YearChoice
          year={year}
          years={years}
          choose={(next) => navigate({ search: (before) => ({ ...before, year: next }) })}
        />
      </div>
      {state === 'absent' ? (
        <Skeleton width="100%" height="40rem" />
      ) : (
        <div className="overview">
          <div className="overview-aside">
            <section className="card" aria-live="polite" aria-label="The chosen day">
              <h2>{chosen === null ? 'Choose a day' : dayInWords(chosen, true)}</h2>
              {on_chosen.length === 0 ? (
                <p className="card-empty">{chosen === null ? 'Its events show here.' : 'Nothing on this day.'}</p>
              ) : (
                <ul>
                  {on_chosen.map(({ event }) => (
                    <RecordRow key={event.id} entity={withLabels(event, store)} time_zone={zoneOf(event, time_zone)} />
                  ))}
                </ul>
              )}
            </section>
          </div>
          <div className="months timeline">
            {count === 0 && (
              <Notice title={`No events in ${year}`}>
                An event has a beginning, an end, or all day. Add one, and it shows on its days.
              </Notice>
            )}
            {MONTHS.map((month) => (
              <Month
                key={month}
                year={year}
                month={month}
                by_day={by_day}
                today={today}
                choose={setChosen}
                titleOf={titleOf}
              />
            ))}
          </div>
        </div>
      )}
    </>
  );

  function titleOf({ event }: EventOnDay): string {
    return recordTitle(withLabels(event, store));
  }
}

interface MonthProps {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly by_day: ReadonlyMap<string, readonly EventOnDay[]>;
  readonly today: string;
  readonly choose: (day: string) => void;
  readonly titleOf: (on_day: EventOnDay) => string;
}

function Month({ year, month, by_day, today, choose, titleOf }: MonthProps) {
  const first = new Date(Date.UTC(year, month, 1));
  const name = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', month: 'long' }).format(first);
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const blanks = (first.getUTCDay() + 6) % 7;
  return (
    <section className="card month" aria-label={`${name} ${year}`}>
      <h3>{name}</h3>
      <div className="month-grid">
        {WEEKDAYS.map((day, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two days of the week share a letter
          <span key={i} className="month-weekday" aria-hidden="true" style={i === 0 ? { gridColumn: 1 } : undefined}>
            {day}
          </span>
        ))}
        {Array.from({ length }, (_, i) => {
          const day = `${year}-${String(month + 1).padStart(2, '0')}-${String(i + 1).padStart(2, '0')}`;
          const on_day = by_day.get(day) ?? [];
          const style: CSSProperties = i === 0 ? { gridColumn: blanks + 1 } : {};
          if (on_day.length === 0) {
            return (
              <span key={day} className="month-day" style={style} data-today={day === today}>
                {i + 1}
              </span>
            );
          }
          const titles = on_day.map(titleOf).join(', ');
          return (
            <button
              key={day}
              type="button"
              className="month-day"
              style={style}
              data-today={day === today}
              title={titles}
              aria-label={`${dayInWords(day, false)}: ${titles}`}
              onClick={() => choose(day)}
            >
              {i + 1}
              <span className="event-marks">
                {on_day.slice(0, MAX_MARKS).map(({ event, starts, ends }) => (
                  <span
                    key={event.id}
                    className="event-mark"
                    data-starts={starts}
                    data-ends={ends}
                    style={{ '--hue': HUES[String(event.color_neon)] ?? OWN_HUE } as CSSProperties}
                  />
                ))}
              </span>
            </button>
          );
        })}
      </div>
    </section>
  );
}
