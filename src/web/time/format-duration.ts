const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * A length of time in words short enough for a list; a negative one is none.
 *
 * @example formatDuration(5_400_000) // '1 h 30 min'
 */
export function formatDuration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return joined(Math.floor(ms / HOUR_MS), 'h', Math.floor((ms % HOUR_MS) / MINUTE_MS), 'min');
  return joined(Math.floor(ms / DAY_MS), 'd', Math.floor((ms % DAY_MS) / HOUR_MS), 'h');
}

/**
 * A running clock, to the second.
 *
 * @example formatClock(3_725_000) // '1:02:05'
 */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0');
  const clock = `${hours}:${minutes}:${String(seconds % 60).padStart(2, '0')}`;
  return days === 0 ? clock : `${days} d ${clock}`;
}

function joined(big: number, big_unit: string, small: number, small_unit: string): string {
  return small === 0 ? `${big} ${big_unit}` : `${big} ${big_unit} ${small} ${small_unit}`;
}
