import { describe, expect, it } from 'vitest';
import { formatClock, formatDuration } from '../../src/web/time/format-duration.ts';
import { dayHeading, localDay } from '../../src/web/time/local-day.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('formatDuration', () => {
  it.each([
    [-5_000, '0 s'],
    [0, '0 s'],
    [59_999, '59 s'],
    [MINUTE_MS, '1 min'],
    [HOUR_MS - 1, '59 min'],
    [HOUR_MS, '1 h'],
    [1.5 * HOUR_MS, '1 h 30 min'],
    [DAY_MS, '1 d'],
    [DAY_MS + 2 * HOUR_MS + MINUTE_MS, '1 d 2 h'],
  ])('says %d ms as %s', (ms, words) => expect(formatDuration(ms)).toBe(words));
});

describe('formatClock', () => {
  it.each([
    [-1, '0:00:00'],
    [999, '0:00:00'],
    [3_725_000, '1:02:05'],
    [DAY_MS - 1_000, '23:59:59'],
    [DAY_MS + 61_000, '1 d 0:01:01'],
  ])('shows %d ms as %s', (ms, clock) => expect(formatClock(ms)).toBe(clock));
});

describe('localDay', () => {
  it.each([
    ['2025-03-02T04:59:00Z', 'America/Detroit', '2025-03-01'],
    ['2025-03-02T05:00:00Z', 'America/Detroit', '2025-03-02'],
    ['2025-03-30T00:59:59Z', 'Europe/Berlin', '2025-03-30'],
    ['2025-12-31T18:30:00Z', 'Asia/Kolkata', '2026-01-01'],
  ])('puts %s in %s on %s', (instant, zone, day) => expect(localDay(Date.parse(instant), zone)).toBe(day));
});

describe('dayHeading', () => {
  it.each([
    ['2026-03-01', '2026-03-01', 'Today'],
    ['2026-02-28', '2026-03-01', 'Yesterday'],
    ['2025-12-31', '2026-01-01', 'Yesterday'],
  ])('calls %s on %s %s', (day, today, heading) => expect(dayHeading(day, today)).toBe(heading));

  it('names the year of a day in another one', () => {
    expect(dayHeading('2025-07-04', '2026-07-04')).toContain('2025');
    expect(dayHeading('2026-07-01', '2026-07-04')).not.toContain('2026');
  });
});
