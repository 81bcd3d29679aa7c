import { describe, expect, it } from 'vitest';
import { csvText } from '../../src/web/charts/csv-text.ts';
import { clientName } from '../../src/web/records/client-name.ts';
import { adherence } from '../../src/web/screens/dashboards/adherence.ts';
import { bucketsOf, periodBefore, sumsByBucket } from '../../src/web/screens/dashboards/periods.ts';
import { placeAfter } from '../../src/web/screens/overview/focus-order.ts';
import { exportedShare } from '../../src/web/screens/settings/exported-share.ts';
import { changedFields } from '../../src/web/sheet/changed-fields.ts';
import { formatClock } from '../../src/web/time/format-duration.ts';

describe('what screens compute', () => {
  it('a table as CSV keeps its cells apart, and no spreadsheet takes one for a formula', () => {
    const table = {
      columns: ['Name', 'Days'],
      rows: [
        ['a "b", c', 1.5],
        ['=1+1', null],
        ['two\nlines', 0],
      ],
    };
    expect(csvText(table)).toBe('Name,Days\r\n"a ""b"", c",1.5\r\n\'=1+1,\r\n"two\nlines",0\r\n');
  });

  it('the period before has as many days and ends the day before, also over a leap day', () => {
    expect(periodBefore({ from: '2024-03-01', to: '2024-03-31' })).toEqual({ from: '2024-01-30', to: '2024-02-29' });
  });

  it('weeks begin on Monday, and a bucket without records is there as nothing', () => {
    const period = { from: '2026-06-30', to: '2026-07-14' };
    expect(bucketsOf(period, 'week')).toEqual(['2026-06-29', '2026-07-06', '2026-07-13']);
    const days = [
      { day: '2026-07-05', n: 2 },
      { day: '2026-07-13', n: 1 },
      { day: '2026-07-14', n: 4 },
    ];
    expect(sumsByBucket(days, period, 'week', ({ n }) => n)).toEqual([2, 0, 5]);
  });

  it('a diff names what was added, removed and changed, and nothing else', () => {
    const before = { label: 'a', notes: 'x', tags: ['one'], kept: 1 };
    const after = { label: 'b', tags: ['one', 'two'], kept: 1, new: null };
    expect(changedFields(before, after)).toEqual([
      { name: 'label', before: 'a', after: 'b' },
      { name: 'tags', before: ['one'], after: ['one', 'two'] },
      { name: 'new', before: undefined, after: null },
      { name: 'notes', before: 'x', after: undefined },
    ]);
  });

  it('a task comes into the focus below all that are there, also when an earlier one was finished', () => {
    const task = {
      id: 'a',
      entity_type: 'task',
      user_id: 'u',
      version: 1,
      occurred_at: '2026-07-01T12:00:00Z',
      occurred_until: '2026-07-01T12:00:00Z',
      created_at: '2026-07-01T12:00:00Z',
      updated_at: '2026-07-01T12:00:00Z',
      deleted_at: null,
    };
    expect(placeAfter([])).toBe(0);
    expect(placeAfter([{ ...task, focus_order: 1 }, { ...task, focus_order: 2 }, task])).toBe(3);
  });

  it('a clock of over a day says its days', () => {
    expect(formatClock(90_061_000)).toBe('1 d 1:01:01');
  });

  it('adherence counts days with a dose since the first one, and the longest stretch without', () => {
    const point = (day: string, count: number) => ({ day, count });
    const answer = {
      measures: [
        // In two units: a day with both is one day.
        {
          field: 'dosage',
          of_id: 'd',
          of_label: 'Vitamin D',
          points: [point('2026-03-02', 1), point('2026-03-03', 2), point('2026-03-07', 1)],
        },
        { field: 'dosage', of_id: 'd', of_label: 'Vitamin D', points: [point('2026-03-03', 1)] },
        { field: 'weight', of_id: 'n', of_label: null, points: [point('2026-03-01', 1)] },
      ],
    };
    const period = { from: '2026-03-01', to: '2026-03-31' };
    expect(adherence(answer, period, '2026-03-09')).toEqual([
      {
        id: 'd',
        label: 'Vitamin D',
        doses: 5,
        days_taken: 3,
        days: 8,
        percent: 38,
        longest_gap_days: 3,
        last_day: '2026-03-07',
      },
    ]);
  });

  it('an export knows how far it is by the last id of a page, in either format', () => {
    const id = '80000000-0000-4000-8000-000000000000';
    expect(exportedShare(`{"id":"00000000-0000-4000-8000-000000000000"}\n{"id":"${id}"}\n{"end":true}\n`)).toBe(0.5);
    expect(exportedShare(`{:eid #uuid "${id}", :vt nil}\n{:eid :other, :vt nil}\n`)).toBe(0.5);
    expect(exportedShare('{:annals/format 1}\n')).toBeNull();
  });

  it('a program is named by its User-Agent', () => {
    const chrome =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36';
    expect(clientName(chrome)).toBe('Chrome on Linux');
    expect(clientName('curl/8.5.0')).toBe('curl');
  });
});
