import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatLevels } from '../../src/web/screens/calendar/heat-levels.ts';
import { summarize } from '../../src/web/screens/calendar/summarize.ts';

describe('heatLevels', () => {
  const ranges = (amounts: number[]) => heatLevels(amounts).map(({ min, max }) => [min, max]);

  it('has none for a year without records', () => expect(ranges([])).toEqual([]));

  it('has one when all days are alike', () => expect(ranges([1, 1, 1])).toEqual([[1, Number.POSITIVE_INFINITY]]));

  it('lets the few busy days of a year stand out', () => {
    expect(ranges([...Array(100).fill(1), 7])).toEqual([
      [1, 1],
      [2, Number.POSITIVE_INFINITY],
    ]);
  });

  it('gives every amount exactly one level, and more never a lower one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 366 }), (amounts) => {
        const levels = heatLevels(amounts);
        expect(levels.length).toBeLessThanOrEqual(5);
        expect(new Set(levels.map((level) => level.colour)).size).toBe(levels.length);
        for (const amount of amounts) {
          expect(levels.filter(({ min, max }) => amount >= min && amount <= max)).toHaveLength(1);
        }
        expect(levels.map((level) => level.min)).toEqual(levels.map((level) => level.min).toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('summarize', () => {
  const day = (name: string, records = 1, minutes = 0) => ({ day: name, records, minutes });

  it('is all zero for a year without records', () => {
    expect(summarize([])).toEqual({ records: 0, minutes: 0, active_days: 0, longest_streak: 0, busiest: null });
  });

  it('counts a streak over the end of a month and over the change of the clocks', () => {
    const days = ['2025-02-27', '2025-02-28', '2025-03-01', '2025-03-29', '2025-03-30', '2025-03-31', '2025-04-01'];
    expect(summarize(days.map((name) => day(name))).longest_streak).toBe(4);
  });

  it('does not count a day into which the night before only reaches', () => {
    const nights = [day('2025-01-01', 1, 60), day('2025-01-02', 0, 300), day('2025-01-03', 1, 10)];
    expect(summarize(nights)).toMatchObject({ records: 2, minutes: 370, active_days: 2, longest_streak: 1 });
  });

  it('names the first of the busiest days', () => {
    const days = [day('2025-01-01', 2, 10), day('2025-01-03', 5, 20), day('2025-01-09', 5, 30)];
    expect(summarize(days)).toEqual({
      records: 12,
      minutes: 60,
      active_days: 3,
      longest_streak: 1,
      busiest: days[1],
    });
  });
});
