/** Microseconds since 1970 of an instant as the store writes it: ISO 8601 in UTC, with up to six digits of a second. */
export const epochMicros = (iso: string): number => {
  const [, below = ''] = /\.\d{3}(\d{1,3})Z$/.exec(iso) ?? [];
  // Date.parse takes the milliseconds and drops the rest.
  return Date.parse(iso) * 1_000 + Number(below.padEnd(3, '0'));
};
