/** Days from 1970-01-01 in the proleptic Gregorian calendar; year 0 is 1 BC. */
export const daysFromGregorian = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
};

/** Days from 1970-01-01 of a date that is written in the Julian calendar. */
export const daysFromJulian = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) + dayOfYear - 719_470;
};

export type CalendarDate = { year: number; month: number; day: number };

const fromMarchYear = (y: number, dayOfYear: number): CalendarDate => {
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: month <= 2 ? y + 1 : y, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
};

export const gregorianFromDays = (days: number): CalendarDate => {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return fromMarchYear(era * 400 + yearOfEra, dayOfYear);
};

export const julianFromDays = (days: number): CalendarDate => {
  const shifted = days + 719_470;
  const cycle = Math.floor(shifted / 1_461);
  const dayOfCycle = shifted - cycle * 1_461;
  const yearOfCycle = Math.floor((dayOfCycle - Math.floor(dayOfCycle / 1_460)) / 365);
  return fromMarchYear(cycle * 4 + yearOfCycle, dayOfCycle - 365 * yearOfCycle);
};

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the Gregorian calendar has this date. */
export const isGregorianDate = (year: number, month: number, day: number): boolean => {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (MONTH_DAYS[month - 1] ?? 0) + (leap ? 1 : 0);
};

/** Whether the Julian calendar has this date. */
export const isJulianDate = (year: number, month: number, day: number): boolean => {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= (MONTH_DAYS[month - 1] ?? 0) + (month === 2 && year % 4 === 0 ? 1 : 0);
};

export const twoDigits = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** A year as ISO 8601 and Java write it: four digits, or a sign and more. */
export const isoYear = (year: number): string => {
  const digits = String(Math.abs(year)).padStart(4, '0');
  if (year < 0) return `-${digits}`;
  return year > 9999 ? `+${digits}` : digits;
};
