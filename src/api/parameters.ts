import * as z from 'zod';
import { isEntityTypeName } from '../domain/entity-type.ts';
import { entityTypes } from '../domain/entity-types.generated.ts';
import { canonicalInstant } from '../domain/time/instant.ts';
import { postgresInstant } from '../domain/time/postgres-instant.ts';

const MAX_PAGE = 1_000;

/** A whole number of the query's or the path's, in digits: `Number` would also take an empty text, `1e2` and `0x64`. */
export const integer = (least: number, most: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text), 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({ type: 'integer', minimum: least, maximum: most });

export const entityTypeName = z
  .string()
  .refine(isEntityTypeName, 'is not an entity type')
  .meta({ enum: Object.keys(entityTypes).sort() });

/** How many a page holds. @param standard when nothing is said */
export const limit = (standard: number) => integer(1, MAX_PAGE).default(standard).meta({ default: standard });

/** What Postgres and HTTP dates can both say. */
const YEAR_0001_TO_9999 = /^(?!0000)\d{4}-/;

/** ISO 8601 with Z or an offset, of the years 0001 to 9999 in UTC; becomes UTC. */
export const instant = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    // A plus that was not encoded has become a space.
    const canonical = canonicalInstant(text.replace(/ (\d\d(?::?\d\d)?)$/, '+$1'));
    if (canonical !== null && YEAR_0001_TO_9999.test(canonical)) return canonical;
    context.addIssue({
      code: 'custom',
      message:
        canonical === null ? 'is not an instant: write 2026-07-01T12:00:00Z' : 'is not of the years 0001 to 9999',
    });
    return z.NEVER;
  });

/** A place in a list, as an answer gave it. */
export const cursor = z.string().meta({ pattern: '^[A-Za-z0-9_-]+$', description: 'As an answer gave it, unchanged' });

/** Text that Postgres can hold. */
export const plainText = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'holds a character that no name has');

/** An instant of a place in a list, as the store said it, for Postgres: of the year 0000 too, which people cannot ask for. */
export const storedInstant = z.iso.datetime().transform(postgresInstant);

/** The number of a transaction, as the store said it: one that was imported may be negative. */
export const storedTx = z.string().regex(/^-?\d{1,18}$/, 'is not a number');

export const flag = z.enum(['true', 'false']).default('false');

export const entityId = z.guid('is not a UUID').toLowerCase();

/** A number of the database's, such as a version, as text. */
export const digits = z.string().regex(/^\d{1,18}$/, 'is not a number');
