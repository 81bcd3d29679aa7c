import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instTextFromIso, isoFromInstText } from '../../src/domain/edn/inst.ts';
import { canonicalInstant } from '../../src/domain/time/instant.ts';
import { isLocalDate } from '../../src/domain/time/local-date.ts';

describe('an #inst', () => {
  // Pairs as a JVM gives them: java.util.GregorianCalendar's text beside java.time.Instant's.
  test.each([
    ['0001-01-01T00:00:00.000-00:00', '0000-12-30T00:00:00.000Z'],
    ['1582-10-04T23:59:59.999-00:00', '1582-10-14T23:59:59.999Z'],
    ['1582-10-15T00:00:00.000-00:00', '1582-10-15T00:00:00.000Z'],
    ['1500-02-29T12:00:00.000-00:00', '1500-03-10T12:00:00.000Z'],
    ['1969-12-31T23:59:59.999-00:00', '1969-12-31T23:59:59.999Z'],
    ['2024-02-29T00:00:00.000-00:00', '2024-02-29T00:00:00.000Z'],
  ])('%s is the instant %s, both ways', (text, iso) => {
    expect(isoFromInstText(text)).toBe(iso);
    expect(instTextFromIso(iso)).toBe(text);
  });

  test('may be short, or have an offset and more digits than a Date holds', () => {
    expect(isoFromInstText('2024')).toBe('2024-01-01T00:00:00.000Z');
    expect(isoFromInstText('2024-05-06T07')).toBe('2024-05-06T07:00:00.000Z');
    expect(isoFromInstText('2024-05-06T00:30:00.123456789+01:00')).toBe('2024-05-05T23:30:00.123Z');
  });

  test('comes back for any millisecond of 20,000 years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3e14, max: 3e14 }), (ms) => {
        const iso = new Date(ms)
          .toISOString()
          .replace(/^\+0(?=\d{5})/, '+')
          .replace(/^-00(?=\d{4})/, '-');
        return isoFromInstText(instTextFromIso(iso)) === iso;
      }),
    );
  });
});

describe('an instant', () => {
  test.each([
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01T00:00Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01t00:00:00z', '2024-01-01T00:00:00Z'],
    ['2024-01-01T00:00:00.000Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01T00:00:00.1Z', '2024-01-01T00:00:00.100Z'],
    ['2024-01-01T00:00:00.123400000Z', '2024-01-01T00:00:00.123400Z'],
    ['2024-01-01T00:00:00.000000001Z', '2024-01-01T00:00:00.000000001Z'],
    ['2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00Z'],
    ['2024-02-28T23:30:00-0130', '2024-02-29T01:00:00Z'],
    ['0000-01-01T00:00:00+01:00', '-0001-12-31T23:00:00Z'],
    ['9999-12-31T23:00:00-02:00', '+10000-01-01T01:00:00Z'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalInstant(text)).toBe(canonical);
  });

  test.each([
    '2024-01-01T00:00:00',
    '2024-01-01',
    '2023-02-29T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00.1234567890Z',
    '2024-01-01T00:00:00+19:00',
    '+2000000000-01-01T00:00:00Z',
    'now',
    '',
  ])('%s is none', (text) => {
    expect(canonicalInstant(text)).toBeNull();
  });

  test('has one text: canonical text stays, and agrees with Date to the millisecond', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const canonical = canonicalInstant(date.toISOString()) ?? '';
          return canonicalInstant(canonical) === canonical && new Date(canonical).getTime() === date.getTime();
        },
      ),
    );
  });
});

test('a local date exists in the calendar', () => {
  expect(['2024-02-29', '2000-02-29', '-0044-03-15', '0000-02-29', '+12345-01-01'].filter(isLocalDate)).toHaveLength(5);
  expect(
    ['2023-02-29', '1900-02-29', '2024-13-01', '2024-00-10', '2024-1-1', '2024-04-31', ''].filter(isLocalDate),
  ).toEqual([]);
});
