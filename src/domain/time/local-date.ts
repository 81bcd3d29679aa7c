import { isGregorianDate } from './calendar.ts';

const LOCAL_DATE = /^([+-]\d{4,9}|\d{4})-(\d\d)-(\d\d)$/;

/** Whether the text is a date that exists, as java.time.LocalDate prints it: `2024-02-29`, `-0044-03-15`. */
export const isLocalDate = (text: string): boolean => {
  const m = LOCAL_DATE.exec(text);
  return m !== null && isGregorianDate(Number(m[1]), Number(m[2]), Number(m[3]));
};
