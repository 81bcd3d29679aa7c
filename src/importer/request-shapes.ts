import * as z from 'zod';

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');
const first_line = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

export const importPath = z.object({ id: z.uuid('is not the id of an import') });

export const importOpening = z.strictObject({
  /** SHA-256 of the whole file, decompressed. */
  fingerprint,
  file_name: z.string().min(1).max(400),
  /** Of the file, decompressed. */
  total_bytes: z.number().int().nonnegative(),
});
export type ImportOpening = z.infer<typeof importOpening>;

export const importPause = z.strictObject({
  /** Why, for whoever looks later. */
  reason: z.string().max(1_000).nullable(),
});

export const chunkQuery = z.strictObject({
  /** Number of the chunk's first line in the file, counted from 1. */
  first_line,
  fingerprint,
});

export const dryRunQuery = z.strictObject({ first_line });

export const rejectsQuery = z.strictObject({
  after_line: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().positive().max(1_000).default(100),
});
export type RejectsQuery = z.infer<typeof rejectsQuery>;
