import { daysFromGregorian, gregorianFromDays, isGregorianDate, isoYear, twoDigits } from './calendar.ts';

const INSTANT =
  /^([+-]\d{4,10}|\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{0,9}))?)?([Zz]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)$/;

/** java.time.Instant reaches from -1000000000-01-01 to +1000000000-12-31. */
const MAX_YEAR = 1_000_000_000;

const digit = (text: string, i: number): boolean => {
  const c = text.charCodeAt(i);
  return c >= 48 && c <= 57;
};
const two = (text: string, i: number): number => (text.charCodeAt(i) - 48) * 10 + text.charCodeAt(i + 1) - 48;

/** Whether the text is already what java.time.Instant prints, for the usual years 0000 to 9999. No allocation. */
const isCanonical = (text: string): boolean => {
  const n = text.length;
  if ((n !== 20 && n !== 24 && n !== 27 && n !== 30) || text.charCodeAt(n - 1) !== 90) return false;
  for (let i = 0; i < 19; i++) {
    const c = text.charCodeAt(i);
    if (i === 4 || i === 7 ? c !== 45 : i === 10 ? c !== 84 : i === 13 || i === 16 ? c !== 58 : c < 48 || c > 57)
      return false;
  }
  const day = two(text, 8);
  if (two(text, 11) > 23 || two(text, 14) > 59 || two(text, 17) > 59) return false;
  if (!isGregorianDate(two(text, 0) * 100 + two(text, 2), two(text, 5), day)) return false;
  if (n === 20) return true;
  if (text.charCodeAt(19) !== 46) return false;
  let lastGroupHasDigits = false;
  for (let i = 20; i < n - 1; i++) {
    if (!digit(text, i)) return false;
    if (i >= n - 4 && text.charCodeAt(i) !== 48) lastGroupHasDigits = true;
  }
  return lastGroupHasDigits;
};

const fraction = (digits: string): string => {
  const nanos = digits.padEnd(9, '0');
  if (nanos === '000000000') return '';
  if (nanos.endsWith('000000')) return `.${nanos.slice(0, 3)}`;
  return nanos.endsWith('000') ? `.${nanos.slice(0, 6)}` : `.${nanos}`;
};

const offsetSeconds = (zone: string): number | null => {
  if (zone === 'Z' || zone === 'z') return 0;
  const digits = zone.slice(1).replaceAll(':', '').padEnd(6, '0');
  const [hours, minutes, seconds] = [two(digits, 0), two(digits, 2), two(digits, 4)];
  if (hours > 18 || minutes > 59 || seconds > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds);
};

/**
 * An ISO 8601 instant with Z or an offset, up to nanoseconds, as java.time.Instant.toString() prints it: in UTC, with
 * 0, 3, 6 or 9 digits of a second. Null when it is no instant, or a date that no calendar has.
 */
export const canonicalInstant = (text: string): string | null => {
  if (isCanonical(text)) return text;
  const m = INSTANT.exec(text);
  if (m === null) return null;
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6]].map((part) =>
    Number(part ?? 0),
  );
  if (year === undefined || month === undefined || day === undefined) return null;
  if (hour === undefined || minute === undefined || second === undefined) return null;
  const offset = offsetSeconds(m[8] ?? '');
  if (offset === null || hour > 23 || minute > 59 || second > 59) return null;
  if (Math.abs(year) > MAX_YEAR || !isGregorianDate(year, month, day)) return null;
  // Days and seconds apart: the seconds of Instant.MAX's year are beyond what a double counts.
  const seconds = hour * 3_600 + minute * 60 + second - offset;
  const shift = Math.floor(seconds / 86_400);
  const date = gregorianFromDays(daysFromGregorian(year, month, day) + shift);
  if (Math.abs(date.year) > MAX_YEAR) return null;
  const inDay = seconds - shift * 86_400;
  const time = `${twoDigits(Math.floor(inDay / 3_600))}:${twoDigits(Math.floor(inDay / 60) % 60)}:${twoDigits(inDay % 60)}`;
  return `${isoYear(date.year)}-${twoDigits(date.month)}-${twoDigits(date.day)}T${time}${fraction(m[7] ?? '')}Z`;
};
