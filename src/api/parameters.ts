import * as z from 'zod';

const MAX_PAGE = 1_000;

/** How many a page holds. @param standard when nothing is said */
export const limit = (standard: number) => z.coerce.number().int().min(1).max(MAX_PAGE).default(standard);

const MIN_TIME = Date.parse('0001-01-01T00:00:00Z');
const MAX_TIME = Date.parse('9999-12-31T23:59:59.999Z');

/** ISO 8601 with Z or an offset, of the years 0001 to 9999 in UTC. */
export const instant = z.iso
  .datetime({ offset: true, message: 'is not an instant: write 2026-07-01T12:00:00Z' })
  .refine((text) => Date.parse(text) >= MIN_TIME && Date.parse(text) <= MAX_TIME, 'is not of the years 0001 to 9999');

/** Text that Postgres can hold. */
export const plainText = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'holds a character that no name has');

export const flag = z.enum(['true', 'false']).default('false');

export const entityId = z.guid('is not a UUID').toLowerCase();

/** A number of the database's, such as a version, as text. */
export const digits = z.string().regex(/^\d{1,18}$/, 'is not a number');
