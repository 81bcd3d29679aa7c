import * as z from 'zod';
import type { ChunkAnswer } from '../../importer/apply-chunk.ts';
import type { StoredDigests } from '../../importer/digest-stored.ts';
import type { ImportReport } from '../../importer/import-report.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import type { RejectsPage } from '../../importer/list-rejects.ts';
import type { MendAnswer } from '../../importer/mend-reject.ts';
import { importArguments } from '../../importer/request-shapes.ts';

/** What the import routes answer, for the OpenAPI document; the types they are made of say what each field means. */

const instant = () => z.string().meta({ format: 'date-time' });
const count = () => z.int();

const importStatus = z.object({
  import_id: z.string().meta({ format: 'uuid' }),
  state: z.enum(['running', 'paused', 'cancelled', 'finished']),
  fingerprint: z.string(),
  arguments: importArguments,
  file_name: z.string(),
  total_bytes: count(),
  created_by: z.string(),
  created_at: instant(),
  state_since: instant(),
  running_ms: z.number(),
  last_chunk_at: instant().nullable(),
  last_heartbeat_at: instant(),
  last_error: z.string().nullable(),
  header: z
    .looseObject({
      exported_at: z.string().nullable(),
      store: z.string().nullable(),
      version: z.string().nullable(),
      since: z.string().nullable().optional(),
    })
    .nullable(),
  footer: z
    .looseObject({ rows: count(), entities: count(), evicted: count(), transactions: count().optional() })
    .nullable(),
  applied_lines: z.array(z.array(count()).meta({ description: 'First and last line, both inclusive' })),
  next_line: count(),
  chunks: count(),
  lines: count(),
  bytes: count(),
  rows: count(),
  inserted: count(),
  tombstones: count(),
  evictions: count(),
  skipped: count(),
  transactions: count(),
  rejects: count(),
  conflicts: count(),
  nonconforming: count(),
  mended: count(),
  erased: count(),
  forced_by: z.string().nullable(),
  forced_reason: z.string().nullable(),
});
type Plain = Omit<ImportStatus, 'applied_lines' | 'arguments' | 'header' | 'footer'>;
export const importAnswer = importStatus satisfies z.ZodType<Plain>;
export const importsAnswer = z.object({ imports: z.array(importStatus) });

const finding = z.object({ count: count(), line: count() });
const typeReport = z.object({
  rows: count(),
  entities: count(),
  versions: count(),
  tombstones: count(),
  back_dated: count(),
  future: count(),
  nonconforming: count(),
  without_user: count(),
});
export const reportAnswer = z.object({
  types: z.record(z.string(), typeReport),
  nonconforming: z.record(z.string(), finding),
  unknown_attributes: z.record(z.string(), finding),
  other_ids: finding.nullable(),
  skipped: z.record(z.string(), count()),
}) satisfies z.ZodType<ImportReport>;

export const rejectsAnswer = z.object({
  rejects: z.array(
    z.object({
      line: count(),
      reason: z.string(),
      raw: z.string().meta({ contentEncoding: 'base64' }),
      mended: z.boolean(),
    }),
  ),
  next_after_line: count().nullable(),
}) satisfies z.ZodType<RejectsPage>;

export const chunkAnswer = z.object({
  applied: z.boolean().meta({ description: 'False: it was in already, and this is what became of it then' }),
  first_line: count(),
  last_line: count(),
  rows: count(),
  inserted: count(),
  tombstones: count(),
  evictions: count(),
  skipped: count(),
  rejects: z.array(z.object({ line: count(), reason: z.string() })),
  nonconforming: count(),
}) satisfies z.ZodType<ChunkAnswer>;

export const mendAnswer = z.object({ applied: z.boolean(), line: count() }) satisfies z.ZodType<MendAnswer>;

export const digestsAnswer = z.object({
  entries: z.array(z.array(z.unknown()).meta({ description: 'Entity, lines, digest of the lines' })),
  next: z.string().nullable(),
}) satisfies z.ZodType<Pick<StoredDigests, 'next'>>;
