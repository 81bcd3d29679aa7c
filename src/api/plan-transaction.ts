import * as z from 'zod';
import { type DocIssue, type EncodedDoc, encodeDoc, encodePatch } from '../domain/codec/native-doc.ts';
import type { EntityType } from '../domain/define-entity-type.ts';
import { entityType } from '../domain/entity-type.ts';
import { emptyJsonObject, isJsonObject, type JsonObject } from '../domain/json/json-value.ts';
import type { StoredOperation } from '../store/transact.ts';
import { type FieldProblem, invalid, problemsOf } from './invalid.ts';

export const MAX_OPERATIONS = 1_000;

const instant = z.iso.datetime({ offset: true, message: 'is not an instant: write 2026-07-01T12:00:00Z' });
const id = z.guid('is not a UUID').toLowerCase();
const type = z.string().refine((name) => entityType(name) !== undefined, 'is not an entity type');
const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value as JsonObject), 'must be an object');
const pointer = z.string().regex(/^\/[^/]+$/, 'is not a JSON pointer to a field: write /notes');
const version = z.int().positive().nullable();
const valid = { valid_from: instant.optional(), valid_to: instant.optional() };

const operation = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('put'),
    id: id.optional(),
    entity_type: type,
    doc: jsonObject,
    expected_version: version.optional(),
    ...valid,
  }),
  z.strictObject({
    op: z.literal('patch'),
    id,
    entity_type: type,
    set: jsonObject.optional(),
    unset: z.array(pointer).optional(),
    expected_version: version.optional(),
    ...valid,
  }),
  z.strictObject({
    op: z.literal('delete'),
    id,
    entity_type: type.optional(),
    expected_version: version.optional(),
    ...valid,
  }),
  z.strictObject({ op: z.literal('match'), id, expected_version: version }),
]);

export const transactionRequest = z.strictObject({ operations: z.array(operation).min(1).max(MAX_OPERATIONS) });

export type Operation = z.output<typeof operation>;

/**
 * A transaction's operations as the store takes them: every doc validated by its type's schema and encoded.
 * @param body the request's JSON
 * @param newId makes the id of a put that has none
 * @throws Failure AN422 that names every field that is wrong, in all operations
 */
export function planTransaction(body: JsonObject, userId: string, newId: () => string): StoredOperation[] {
  const parsed = transactionRequest.safeParse(body);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  const problems: FieldProblem[] = [];
  const stored = parsed.data.operations.map((op, index) => {
    const planned = planOperation(op, userId, newId);
    if (Array.isArray(planned))
      problems.push(...planned.map(({ field, message }) => ({ field: `/operations/${index}${field}`, message })));
    return planned;
  });
  if (problems.length > 0) throw invalid(problems);
  return stored.filter((op): op is StoredOperation => !Array.isArray(op));
}

function planOperation(op: Operation, userId: string, newId: () => string): StoredOperation | FieldProblem[] {
  const common = {
    op: op.op,
    ...('entity_type' in op && op.entity_type !== undefined && { entity_type: op.entity_type }),
    ...('valid_from' in op && op.valid_from !== undefined && { valid_from: op.valid_from }),
    ...('valid_to' in op && op.valid_to !== undefined && { valid_to: op.valid_to }),
    ...(op.expected_version !== undefined && {
      expected_version: op.expected_version === null ? null : String(op.expected_version),
    }),
  };
  if (op.op === 'delete' || op.op === 'match') return { ...common, entity_id: op.id };

  const schema = entityType(op.entity_type);
  if (schema === undefined) return [{ field: '/entity_type', message: 'is not an entity type' }];
  const entity_id = op.id ?? newId();
  if (op.op === 'put') {
    const stripped = withoutEnvelope(op.doc, { id: entity_id, entity_type: op.entity_type, user_id: userId });
    if (Array.isArray(stripped)) return at('/doc', stripped);
    return encoded(encodeDoc(schema, stripped), '/doc', ({ doc, hints }) => ({ ...common, entity_id, doc, hints }));
  }
  return planPatch(op, schema, userId, common);
}

function planPatch(
  op: Extract<Operation, { op: 'patch' }>,
  schema: EntityType,
  userId: string,
  common: Omit<StoredOperation, 'entity_id'>,
): StoredOperation | FieldProblem[] {
  const set = emptyJsonObject();
  for (const [key, value] of Object.entries(op.set ?? {})) {
    if (!pointer.safeParse(key).success)
      return [{ field: `/set/${escaped(key)}`, message: 'is not a JSON pointer to a field: write /notes' }];
    set[fieldOf(key)] = value;
  }
  const stripped = withoutEnvelope(set, { id: op.id, entity_type: op.entity_type, user_id: userId });
  if (Array.isArray(stripped)) return at('/set', stripped);
  const unset = (op.unset ?? []).map(fieldOf);
  return encoded(encodePatch(schema, stripped, unset), '/set', ({ doc, hints }) => ({
    ...common,
    entity_id: op.id,
    set: doc,
    unset,
    hints,
  }));
}

function encoded(
  result: EncodedDoc,
  field: string,
  make: (doc: { doc: string; hints: string | null }) => StoredOperation,
): StoredOperation | FieldProblem[] {
  return result.ok ? make(result) : at(field, result.issues);
}

/** The envelope's names that a client may send back unchanged, since it read them here. */
const READ_ONLY: ReadonlySet<string> = new Set(['version', 'occurred_at', 'occurred_until', 'updated_at']);

/** The doc's own fields, of a record that was read here and is written again; or what its envelope contradicts. */
function withoutEnvelope(doc: JsonObject, own: Readonly<Record<string, string>>): JsonObject | DocIssue[] {
  const issues: DocIssue[] = [];
  const kept = emptyJsonObject();
  for (const [name, value] of Object.entries(doc)) {
    if (Object.hasOwn(own, name)) {
      if (value !== own[name])
        issues.push({ field: name, message: `is set beside the doc, to ${own[name]}: leave it out` });
    } else if (!READ_ONLY.has(name) && !(name === 'deleted_at' && value === null)) {
      kept[name] = value;
    }
  }
  return issues.length > 0 ? issues : kept;
}

const at = (prefix: string, issues: readonly DocIssue[]): FieldProblem[] =>
  issues.map(({ field, message }) => ({
    field: prefix + (field.startsWith('/') ? field : `/${escaped(field)}`),
    message,
  }));

const fieldOf = (pointer: string): string => pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
