import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, localDateTime } from '../../src/domain/time/zoned-time.ts';

describe('clock times in a zone', () => {
  it.each([
    ['2026-07-01T12:00:00Z', 'America/Detroit', '2026-07-01T08:00:00'],
    ['2026-01-01T04:59:59Z', 'America/Detroit', '2025-12-31T23:59:59'],
    ['2026-03-01T00:00:00Z', 'Asia/Kathmandu', '2026-03-01T05:45:00'],
    ['2026-06-30T23:30:00Z', 'Europe/Berlin', '2026-07-01T01:30:00'],
  ])('%s in %s is %s, there and back', (instant, zone, local) => {
    expect(localDateTime(instant, zone)).toBe(local);
    expect(instantOf(local, zone)).toBe(instant);
  });

  it('a time that clocks skip is as much later as they skip, and of one shown twice the first counts', () => {
    // Detroit skipped 02:00 to 03:00 on 8 March 2026, and showed 01:00 to 02:00 twice on 1 November.
    expect(instantOf('2026-03-08T02:30', 'America/Detroit')).toBe('2026-03-08T07:30:00Z');
    expect(instantOf('2026-11-01T01:30', 'America/Detroit')).toBe('2026-11-01T05:30:00Z');
  });

  it('what is shown of an instant leads back to what is shown', () => {
    const zones = fc.constantFrom('America/Detroit', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC');
    const times = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2035, 0, 1) });
    fc.assert(
      fc.property(zones, times, (zone, ms) => {
        const local = localDateTime(new Date(ms).toISOString(), zone);
        expect(localDateTime(instantOf(local, zone), zone)).toBe(local);
      }),
    );
  });
});
