import { instantOf, isoSeconds, localDateTime } from '../../domain/time/zoned-time.ts';
import { formatDuration } from '../time/format-duration.ts';
import type { InputProps } from './input-props.ts';

/** An instant as clocks in the record's zone show it. What is not touched keeps its nanoseconds. */
export function InstantInput(props: InputProps & { readonly since: string | null }) {
  const { id, field, value, change, time_zone, described_by, is_invalid, since } = props;
  const local = typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? localDateTime(value, time_zone) : '';
  const length_ms = since === null || typeof value !== 'string' ? null : Date.parse(value) - Date.parse(since);
  return (
    <>
      <div className="input-row">
        <input
          id={id}
          className="input"
          type="datetime-local"
          step={1}
          value={local}
          aria-describedby={described_by}
          aria-invalid={is_invalid}
          onChange={(event) => change(event.target.value === '' ? undefined : instantOf(event.target.value, time_zone))}
        />
        <button type="button" className="button button-quiet" onClick={() => change(isoSeconds(Date.now()))}>
          Now
        </button>
        {value !== undefined && field.is_optional && (
          <button type="button" className="button button-quiet" onClick={() => change(undefined)}>
            Clear
          </button>
        )}
      </div>
      {length_ms !== null && length_ms > 0 && <p className="field-note">{formatDuration(length_ms)}</p>}
      {since !== null && value === undefined && <p className="field-note">Empty while it is still running.</p>}
    </>
  );
}
