/** Milliseconds in a table: to a tenth, a dash for none. */
export const shownMs = (value: number | null): number | string => (value === null ? '–' : Math.round(value * 10) / 10);
