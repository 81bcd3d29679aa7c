import * as z from 'zod';

const MAX_PAGE = 1_000;

/** How many a page holds. @param standard when nothing is said */
export const limit = (standard: number) => z.coerce.number().int().min(1).max(MAX_PAGE).default(standard);

const MIN_YEAR = '0001';

/** ISO 8601 with Z or an offset. Postgres' years and JavaScript's both take 0001 to 9999. */
export const instant = z.iso
  .datetime({ offset: true, message: 'is not an instant: write 2026-07-01T12:00:00Z' })
  .refine((text) => text.slice(0, 4) >= MIN_YEAR, 'is before the year 0001');

export const flag = z.enum(['true', 'false']).default('false');

export const entityId = z.guid('is not a UUID').toLowerCase();

/** A number of the database's, such as a version, as text. */
export const digits = z.string().regex(/^\d{1,18}$/, 'is not a number');
