import {
  daysFromGregorian,
  daysFromJulian,
  gregorianFromDays,
  isGregorianDate,
  isJulianDate,
  isoYear,
  julianFromDays,
  twoDigits,
} from '../time/calendar.ts';

/**
 * `#inst` is a java.util.Date, and Clojure reads and prints it through java.util.GregorianCalendar: dates before
 * 1582-10-15 are written in the Julian calendar. Inside Annals an inst is ISO 8601 (proleptic Gregorian) everywhere.
 */
const FIRST_GREGORIAN_DAY = daysFromGregorian(1582, 10, 15);
const MS_A_DAY = 86_400_000;

const INST =
  /^([+-]?\d{4,9})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?)?)?(?:Z|([+-])(\d\d):(\d\d))?$/;

/** `2023-01-27T02:41:31.362-00:00`, of a year from 1583 on: only the zone's text needs to change. */
const usual = (text: string): string | null => {
  if (text.length !== 29 || text.charCodeAt(23) !== 45 || !text.endsWith('-00:00')) return null;
  for (let i = 0; i < 23; i++) {
    const c = text.charCodeAt(i);
    if (
      i === 4 || i === 7
        ? c !== 45
        : i === 10
          ? c !== 84
          : i === 13 || i === 16
            ? c !== 58
            : i === 19
              ? c !== 46
              : c < 48 || c > 57
    )
      return null;
  }
  const number = (at: number): number => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
  const year = number(0) * 100 + number(2);
  if (year < 1583 || number(11) > 23 || number(14) > 59 || number(17) > 59) return null;
  return isGregorianDate(year, number(5), number(8)) ? `${text.slice(0, 23)}Z` : null;
};

const isoOf = (days: number, msInDay: number): string => {
  const { year, month, day } = gregorianFromDays(days);
  return `${isoYear(year)}-${twoDigits(month)}-${twoDigits(day)}T${clock(msInDay)}Z`;
};

const clock = (msInDay: number): string => {
  const seconds = Math.floor(msInDay / 1_000);
  const ms = String(msInDay % 1_000).padStart(3, '0');
  return `${twoDigits(Math.floor(seconds / 3_600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}.${ms}`;
};

/** The text of an `#inst` as ISO 8601 in UTC to the millisecond, or null when it is none. */
export const isoFromInstText = (text: string): string | null => {
  const quick = usual(text);
  if (quick !== null) return quick;
  const m = INST.exec(text);
  if (m === null) return null;
  const at = (group: number, absent: number): number => (m[group] === undefined ? absent : Number(m[group]));
  const [year, month, day] = [at(1, 0), at(2, 1), at(3, 1)];
  const [hour, minute, second] = [at(4, 0), at(5, 0), at(6, 0)];
  const [offsetHours, offsetMinutes] = [at(9, 0), at(10, 0)];
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return null;
  const julian = year * 10_000 + month * 100 + day < 15_821_015;
  if (!(julian ? isJulianDate(year, month, day) : isGregorianDate(year, month, day))) return null;
  const days = julian ? daysFromJulian(year, month, day) : daysFromGregorian(year, month, day);
  const ms = Number((m[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = (m[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const inDay = ((hour * 60 + minute) * 60 + second) * 1_000 + ms - offset;
  const shift = Math.floor(inDay / MS_A_DAY);
  return isoOf(days + shift, inDay - shift * MS_A_DAY);
};

const ISO = /^([+-]\d{4,10}|\d{4})-(\d\d)-(\d\d)T(.{12})Z$/;

/** The text that Clojure prints inside `#inst "…"` for an ISO text made by {@link isoFromInstText}. */
export const instTextFromIso = (iso: string): string => {
  const m = ISO.exec(iso);
  if (m === null) throw new Error(`not an inst in ISO 8601 to the millisecond: ${iso}`);
  const days = daysFromGregorian(Number(m[1]), Number(m[2]), Number(m[3]));
  if (days >= FIRST_GREGORIAN_DAY) return `${m[1]}-${m[2]}-${m[3]}T${m[4]}-00:00`;
  const { year, month, day } = julianFromDays(days);
  return `${isoYear(year)}-${twoDigits(month)}-${twoDigits(day)}T${m[4]}-00:00`;
};

/** Whether the text is ISO 8601 as {@link isoFromInstText} makes it, which {@link instTextFromIso} can print. */
export const isInstIso = (text: string): boolean => ISO.test(text) && isoFromInstText(instTextFromIso(text)) === text;
