import * as z from 'zod';

/** What the routes answer, for the OpenAPI document; a test holds real answers against these. */

const instant = () => z.string().meta({ format: 'date-time' });
const uuid = () => z.string().meta({ format: 'uuid' });
const doc = () => z.record(z.string(), z.unknown());
const next = z.string().nullable().meta({ description: 'The `after` of the page that follows; null after the last' });

/** The envelope; the doc's own fields stand beside it. */
export const record = z
  .looseObject({
    id: uuid(),
    entity_type: z.string().nullable(),
    user_id: uuid(),
    version: z.int(),
    occurred_at: instant(),
    occurred_until: instant().nullable(),
    created_at: instant(),
    updated_at: instant(),
    deleted_at: instant().nullable(),
  })
  .meta({ description: 'An envelope, and beside it the document’s own fields' });

const written = z.object({
  id: uuid(),
  entity_type: z.string().nullable().meta({ description: 'Null: a delete before anything was there' }),
  version: z.int().nullable().meta({ description: 'Null: nothing holds now, but something will' }),
  updated_at: instant(),
  deleted_at: instant().nullable(),
});
const replayed = z
  .literal(true)
  .optional()
  .meta({ description: 'The Idempotency-Key was known: this is the first answer' });

export const entitiesAnswer = z.object({ records: z.array(record), next });
export const writtenAnswer = z.object({ ...written.shape, tx: z.int(), tx_time: instant(), replayed });
export const transactionAnswer = z.object({
  tx: z.int(),
  tx_time: instant(),
  entities: z.array(z.union([written, z.object({ id: uuid(), evicted: z.literal(true) })])),
  replayed,
});
const transaction = z.object({
  tx: z.int(),
  tx_time: instant(),
  client: z.string().nullable(),
  meta: doc().nullable(),
  events: z.int(),
});
export const transactionsAnswer = z.object({ transactions: z.array(transaction), next });
export const transactionDetail = z.object({
  ...transaction.shape,
  changes: z.array(
    z.object({
      id: uuid(),
      entity_type: z.string().nullable(),
      version: z.int(),
      valid_time: instant().nullable(),
      op: z.enum(['put', 'delete', 'evict']),
    }),
  ),
});
const version = z.object({
  version: z.int(),
  valid_time: instant(),
  tx_time: instant(),
  tx: z.int(),
  entity_type: z.string().nullable(),
  changed: z.array(z.string()),
  doc: doc().nullable().meta({ description: 'Null is a delete' }),
  transaction: transaction.nullable().meta({ description: 'What wrote it; null when it came by an import' }),
});
export const historyAnswer = z.object({ id: uuid(), versions: z.array(version), next });
export const userHistoryAnswer = z.object({ versions: z.array(z.object({ id: uuid(), ...version.shape })), next });

const shown = z.looseObject({
  ...record.shape,
  label: z.string().nullable(),
  related: z.array(z.object({ id: uuid(), entity_type: z.string(), label: z.string().nullable() })),
});
const counts = z.record(z.string(), z.int());
export const overviewAnswer = z.object({
  as_of: instant(),
  time_zone: z.string(),
  user: z.object({ id: uuid(), email: z.string().nullable(), label: z.string().nullable() }),
  timeline: z.array(shown),
  running: z.array(shown),
  counts: z.object({ today: counts, last_7_days: counts }),
});
export const heatmapAnswer = z.object({
  entity_type: z.string(),
  year: z.int(),
  time_zone: z.string(),
  as_of: instant(),
  rolled_up_at: instant().nullable().meta({ description: 'When the rollup behind it was brought up to date' }),
  lag_ms: z.number().nullable().meta({ description: 'How far the rollup alone is behind; the answer is not' }),
  years: z.array(z.int()),
  days: z.array(z.object({ day: z.string().meta({ format: 'date' }), records: z.int(), minutes: z.number() })),
});
export const changesAnswer = z.object({
  changes: z.array(
    z.object({
      op: z.enum(['put', 'delete', 'evict']),
      id: uuid(),
      entity_type: z.string().nullable(),
      version: z.int(),
      valid_time: instant().nullable(),
      tx_time: instant(),
      tx: z.int(),
      doc: doc().nullable(),
    }),
  ),
  next: z.string().nullable(),
  up_to_date: z.boolean(),
  must_refetch: z.literal(true).optional(),
});
export const exportAnswer = z
  .string()
  .meta({ description: 'A line a version, then a line an eviction, and a last line that counts them' });
export const schemasAnswer = z.object({
  entity_types: z.array(z.looseObject({ name: z.string(), xtdb_name: z.string() })),
});
export const schemaAnswer = z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema, draft 2020-12' });

export const failure = z.object({
  code: z.string().meta({ description: 'docs/errors.md says what each means' }),
  message: z.string(),
  details: z.unknown(),
  hint: z.string().nullable(),
});
