/** Of the years 0000 to 9999, which the store holds: ISO 8601 in UTC without a sign. */
export const isStorableInstant = (iso: string): boolean => /^\d{4}-/.test(iso);

/** An instant as Postgres takes it: of ISO 8601 it refuses the year 0000, which it calls 1 BC. */
export const postgresInstant = (iso: string): string => (iso.startsWith('0000-') ? `0001${iso.slice(4)} BC` : iso);
