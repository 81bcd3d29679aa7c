const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(time_zone: string): Intl.DateTimeFormat {
  let format = formats.get(time_zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: time_zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    formats.set(time_zone, format);
  }
  return format;
}

/**
 * What clocks in a zone show at an instant, as an input of type `datetime-local` has it.
 *
 * @example localDateTime('2026-07-01T12:00:00Z', 'America/Detroit') // '2026-07-01T08:00:00'
 */
export function localDateTime(instant: string, time_zone: string): string {
  return formatFor(time_zone).format(Date.parse(instant)).replace(' ', 'T');
}

/**
 * The instant at which clocks in a zone show this. A time that the clocks skip in spring is as much later as they skip;
 * of one that they show twice in autumn, the first.
 *
 * @param local `2026-07-01T08:00` or `2026-07-01T08:00:30`
 * @example instantOf('2026-07-01T08:00', 'America/Detroit') // '2026-07-01T12:00:00Z'
 */
export function instantOf(local: string, time_zone: string): string {
  const as_utc_ms = Date.parse(`${local}Z`);
  const offsetAt = (ms: number): number =>
    Date.parse(`${localDateTime(new Date(ms).toISOString(), time_zone)}Z`) - Math.floor(ms / 1000) * 1000;
  const day_ms = 86_400_000;
  const before = offsetAt(as_utc_ms - day_ms);
  const after = offsetAt(as_utc_ms + day_ms);
  const first = as_utc_ms - before;
  if (offsetAt(first) === before) return isoSeconds(first);
  const second = as_utc_ms - after;
  return isoSeconds(offsetAt(second) === after ? second : first);
}

/** Whether this machine knows the zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatFor(name);
    return true;
  } catch {
    return false;
  }
}

/** @example isoSeconds(1_782_907_200_999) // '2026-07-01T12:00:00Z' */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
