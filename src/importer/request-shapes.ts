import * as z from 'zod';
import { cursor, digits, entityId, integer, limit, storedInstant, storedTx } from '../api/parameters.ts';
import { readableText } from '../domain/codec/jsonb-text.ts';
import { MAX_REASON_CHARS } from './limits.ts';

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');
const first_line = integer(1, Number.MAX_SAFE_INTEGER);

/** What people or programs say, perhaps quoting a broken file: Postgres holds no NUL. */
const reason = z.string().max(MAX_REASON_CHARS).transform(readableText);

export const importPath = z.object({ id: z.uuid('is not the id of an import') });

/** XTDB's name of an entity type, as rows say it. */
const typeName = z.string().min(1).max(200);
/** In one order and each once: the same choice is the same import. */
const typeNames = z
  .array(typeName)
  .min(1)
  .max(200)
  .transform((names) => [...new Set(names)].sort());

/** What of a file is brought in: all of it when empty. */
export const importArguments = z.strictObject({
  only: typeNames.optional(),
  except: typeNames.optional(),
  /** Of each entity of the type at most one version per so many minutes of valid time, the newest. */
  thin: z.record(typeName, z.number().int().positive().max(1_000_000)).optional(),
});
export type ImportArguments = z.infer<typeof importArguments>;

export const importOpening = z.strictObject({
  /** SHA-256 of the whole file, decompressed. */
  fingerprint,
  file_name: z.string().min(1).max(400).transform(readableText),
  /** Of the file, decompressed. */
  total_bytes: z.number().int().nonnegative(),
  arguments: importArguments.default({}),
});
export type ImportOpening = z.input<typeof importOpening>;

export const importPause = z.strictObject({
  /** Why, for whoever looks later. */
  reason: reason.nullable(),
});

export const importFinish = z.strictObject({
  /** Why it is finished although the footer disagrees; null finishes it only when the footer agrees. */
  force: z.string().min(1).pipe(reason).nullable().default(null),
});

export const mendPath = z.object({ id: z.uuid('is not the id of an import'), line: first_line });

export const chunkQuery = z.strictObject({
  /** Number of the chunk's first line in the file, counted from 1. */
  first_line,
  fingerprint,
});

export const dryRunQuery = z.strictObject({ first_line });

export const rejectsQuery = z.strictObject({
  after_line: integer(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: limit(100),
});
export type RejectsQuery = z.infer<typeof rejectsQuery>;

export const digestsQuery = z.strictObject({ after: cursor.optional() });
const rowPlace = z.object({
  entity_id: entityId,
  valid_time: storedInstant,
  tx_time: storedInstant,
  tx: storedTx,
});
export type RowPlace = z.infer<typeof rowPlace>;
/** The last of the page before: evictions come first. */
export const digestPlace = z.union([z.object({ eviction_id: digits }), rowPlace]);
export type DigestPlace = z.infer<typeof digestPlace>;
