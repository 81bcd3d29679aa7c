import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { useEffect, useId, useState } from 'react';
import { instantOf, isoSeconds, localDateTime } from '../../domain/time/zoned-time.ts';
import { useRecords } from '../data/use-records.ts';
import { showToast } from '../shell/toasts.ts';
import { dayInWords, localDay, localTime } from '../time/local-day.ts';
import { useTimeZone } from '../time/use-time-zone.ts';

const DAY_MS = 86_400_000;
/** How far back the slider goes for somebody whose beginning is not known. */
const USUAL_REACH_DAYS = 3 * 365;

/** One slider that puts the whole client at a past moment: what held then, by what was known then. */
export function TimeMachine({ close }: { close: () => void }) {
  const { moment } = useRouteContext({ from: '/app' });
  const navigate = useNavigate();
  const time_zone = useTimeZone();
  const id = useId();
  const [user] = useRecords('user').records;
  const [now_ms] = useState(() => Date.now());
  const joined_ms = typeof user?.joined_at === 'string' ? Date.parse(user.joined_at) : Number.NaN;
  // In the past the user may not have been there yet: the first reach that is known stays.
  const [reach_ms, setReach] = useState(now_ms - USUAL_REACH_DAYS * DAY_MS);
  useEffect(() => {
    if (!Number.isNaN(joined_ms)) setReach((before) => Math.min(before, joined_ms));
  }, [joined_ms]);
  const days = Math.max(1, Math.ceil((now_ms - reach_ms) / DAY_MS));
  const at_ms = moment === null ? now_ms : Date.parse(moment);
  const [held, hold] = useState<number | null>(null);
  const position = held ?? days - Math.round((now_ms - at_ms) / DAY_MS);
  const shown_ms = held === null ? at_ms : msAt(held);

  function msAt(day: number): number {
    return day >= days ? now_ms : now_ms - (days - day) * DAY_MS;
  }

  function travel(to_ms: number): void {
    hold(null);
    const at = to_ms >= now_ms ? undefined : isoSeconds(to_ms);
    void navigate({ to: '.', search: (before) => ({ ...before, at }), resetScroll: false });
  }

  function commit(): void {
    if (held !== null) travel(msAt(held));
  }

  async function share(): Promise<void> {
    await navigator.clipboard.writeText(location.href);
    showToast({ text: 'The link to this moment is copied.' });
  }

  const words = `${dayInWords(localDay(shown_ms, time_zone), true)}, ${localTime(shown_ms, time_zone)}`;
  return (
    <section className="time-machine" data-past={moment !== null} aria-label="Time machine">
      <p className="time-machine-when" aria-live="polite">
        {moment === null && held === null ? (
          'Now. Move the slider to look back.'
        ) : (
          <>
            <strong>{words}</strong>
            {moment !== null && <span className="time-machine-note">The past is read-only.</span>}
          </>
        )}
      </p>
      <label htmlFor={id} className="visually-hidden">
        Moment
      </label>
      <input
        id={id}
        className="time-machine-slider"
        type="range"
        min={0}
        max={days}
        value={position}
        aria-valuetext={words}
        onChange={(event) => hold(Number(event.target.value))}
        onPointerUp={commit}
        onKeyUp={commit}
        onBlur={commit}
      />
      <div className="time-machine-actions">
        <input
          className="input"
          type="datetime-local"
          aria-label="Exact moment"
          value={localDateTime(new Date(shown_ms).toISOString(), time_zone).slice(0, 16)}
          max={localDateTime(new Date(now_ms).toISOString(), time_zone).slice(0, 16)}
          onChange={(event) => {
            if (event.target.value !== '') travel(Date.parse(instantOf(event.target.value, time_zone)));
          }}
        />
        {moment !== null && (
          <button type="button" className="button" onClick={share}>
            Copy link
          </button>
        )}
        <button
          type="button"
          className={moment === null ? 'button' : 'button button-primary'}
          onClick={() => {
            travel(now_ms);
            close();
          }}
        >
          {moment === null ? 'Close' : 'Back to now'}
        </button>
      </div>
    </section>
  );
}
