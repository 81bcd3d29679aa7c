import * as z from 'zod';
import { type DocIssue, encodeDoc, encodePart } from '../domain/codec/native-doc.ts';
import { encodePointerPatch, type PointerPatch } from '../domain/codec/native-edits.ts';
import { pointerStep } from '../domain/codec/pointer.ts';
import type { EntityType } from '../domain/define-entity-type.ts';
import { entityType } from '../domain/entity-type.ts';
import { emptyJsonObject, type JsonObject } from '../domain/json/json-value.ts';
import type { StoredOperation } from '../store/transact.ts';
import { type FieldProblem, invalid, problemsOf } from './invalid.ts';
import { jsonObject } from './json-object.ts';
import { entityId, entityTypeName, instant } from './parameters.ts';

export const MAX_OPERATIONS = 1_000;
const MAX_META_CHARS = 4_096;

const id = entityId;
const version = z.int().positive();
/** A version; null: the entity must be absent; "*": it must be there, at whatever version. */
const expected_version = version.or(z.literal('*')).nullable();
const expectation = { expected_version: expected_version.optional() };
const valid = { valid_from: instant.optional(), valid_to: instant.optional() };

/** A patch by JSON pointers: what is set, and what is unset. */
export const pointerPatch = z.strictObject({
  set: jsonObject.optional(),
  unset: z.array(z.string()).max(MAX_OPERATIONS).optional(),
});

/** The operations of a transaction, as a client words them. */
export const operation = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('put'),
    id: id.optional(),
    entity_type: entityTypeName,
    doc: jsonObject,
    ...expectation,
    ...valid,
  }),
  z.strictObject({
    op: z.literal('patch'),
    id,
    entity_type: entityTypeName,
    ...pointerPatch.shape,
    ...expectation,
    ...valid,
  }),
  z.strictObject({ op: z.literal('delete'), id, entity_type: entityTypeName.optional(), ...expectation, ...valid }),
  z.strictObject({
    op: z.literal('restore'),
    id,
    version: version.optional(),
    valid_time: instant.optional(),
    tx_time: instant.optional(),
    ...expectation,
    ...valid,
  }),
  z.strictObject({ op: z.literal('match'), id, expected_version }),
  z.strictObject({ op: z.literal('evict'), id, ...expectation }),
]);

export const transactionRequest = z.strictObject({
  operations: z.array(operation).min(1).max(MAX_OPERATIONS),
  /** Why, from which screen: whatever the client wants kept with the transaction. */
  meta: jsonObject.optional(),
});

type SentOperation = z.output<typeof operation>;
type Patch = Extract<SentOperation, { op: 'patch' }> & Pick<PointerPatch, 'objects'>;
/** As a client sends it, or a merge patch, which says more than pointers can. */
export type Operation = Exclude<SentOperation, { op: 'patch' }> | Patch;

/** A transaction as the store takes it; `meta` is JSON text. */
export interface PlannedTransaction {
  readonly operations: StoredOperation[];
  readonly meta: string | null;
}

/**
 * A transaction as the store takes it: every doc validated by its type's schema and encoded.
 * @param body the request's JSON
 * @param newId makes the id of a put that has none
 * @throws Failure AN422 that names every field that is wrong, in all operations
 */
export function planTransaction(body: JsonObject, userId: string, newId: () => string): PlannedTransaction {
  const parsed = transactionRequest.safeParse(body);
  if (!parsed.success) throw invalid(problemsOf(parsed.error));
  const problems: FieldProblem[] = [];
  const operations = parsed.data.operations.flatMap((op, index) => {
    const planned = planOperation(op, userId, newId);
    if (!Array.isArray(planned)) return [planned];
    problems.push(...planned.map(({ field, message }) => ({ field: `/operations/${index}${field}`, message })));
    return [];
  });
  const meta = parsed.data.meta === undefined ? null : metaText(parsed.data.meta, problems);
  if (problems.length > 0) throw invalid(problems);
  return { operations, meta };
}

/** The JSON text of a transaction's metadata; NUL and lone surrogates become readable stand-ins. */
export function metaText(meta: JsonObject, problems: FieldProblem[]): string | null {
  const part = encodePart(meta, '');
  if (typeof part !== 'string' && part.json.length <= MAX_META_CHARS) return part.json;
  problems.push({
    field: '/meta',
    message: typeof part === 'string' ? part : `is over ${MAX_META_CHARS} characters of JSON`,
  });
  return null;
}

/** One operation as the store takes it, or what is wrong with it. */
export function planOperation(op: Operation, userId: string, newId: () => string): StoredOperation | FieldProblem[] {
  const common = {
    op: op.op,
    ...('entity_type' in op && op.entity_type !== undefined && { entity_type: op.entity_type }),
    ...('valid_from' in op && op.valid_from !== undefined && { valid_from: op.valid_from }),
    ...('valid_to' in op && op.valid_to !== undefined && { valid_to: op.valid_to }),
    ...(op.expected_version !== undefined && {
      expected_version: op.expected_version === null ? null : String(op.expected_version),
    }),
  };
  if (isEmptyRange(common)) return [{ field: '/valid_to', message: 'must come after valid_from' }];
  switch (op.op) {
    case 'match':
    case 'evict':
    case 'delete':
      return { ...common, entity_id: op.id };
    case 'restore':
      return planRestore(op, common);
    case 'put':
    case 'patch': {
      const schema = entityType(op.entity_type);
      if (schema === undefined) return [{ field: '/entity_type', message: 'is not an entity type' }];
      return op.op === 'patch' ? planPatch(op, schema, userId, common) : planPut(op, schema, userId, newId, common);
    }
  }
}

/** Instants of canonical text, compared without their Z: of equal seconds the one with a fraction is the later. */
const isEmptyRange = ({ valid_from, valid_to }: Common): boolean =>
  valid_from !== undefined && valid_to !== undefined && valid_to.slice(0, -1) <= valid_from.slice(0, -1);

type Common = Omit<StoredOperation, 'entity_id'>;

function planRestore(op: Extract<Operation, { op: 'restore' }>, common: Common): StoredOperation | FieldProblem[] {
  const { version, valid_time, tx_time } = op;
  if ((version === undefined) === (valid_time === undefined && tx_time === undefined)) {
    return [{ field: '/version', message: 'or else valid_time, tx_time or both must say which version comes back' }];
  }
  return {
    ...common,
    entity_id: op.id,
    ...(version !== undefined && { version: String(version) }),
    ...(valid_time !== undefined && { valid_time }),
    ...(tx_time !== undefined && { tx_time }),
  };
}

function planPut(
  op: Extract<Operation, { op: 'put' }>,
  schema: EntityType,
  userId: string,
  newId: () => string,
  common: Common,
): StoredOperation | FieldProblem[] {
  const entity_id = op.id ?? newId();
  const stripped = withoutEnvelope(op.doc, { id: entity_id, entity_type: op.entity_type, user_id: userId });
  if (Array.isArray(stripped)) return at('/doc', stripped);
  const encoded = encodeDoc(schema, stripped);
  return encoded.ok ? { ...common, entity_id, doc: encoded.doc, hints: encoded.hints } : at('/doc', encoded.issues);
}

function planPatch(op: Patch, schema: EntityType, userId: string, common: Common): StoredOperation | FieldProblem[] {
  const set = withoutEnvelope(op.set ?? emptyJsonObject(), {
    '/id': op.id,
    '/entity_type': op.entity_type,
    '/user_id': userId,
  });
  if (Array.isArray(set)) return at('/set', set);
  const encoded = encodePointerPatch(schema, { set, unset: op.unset ?? [], objects: op.objects ?? [] });
  if (!encoded.ok) return encoded.issues;
  const { edits, unset, hints } = encoded;
  return { ...common, entity_id: op.id, set: encoded.set, unset, hints, ...(edits.length > 0 && { edits }) };
}

/** The envelope's names that a client may send back, since it read them here, and that are passed over. */
export const READ_ONLY: ReadonlySet<string> = new Set(['version', 'occurred_at', 'occurred_until', 'updated_at']);
const fieldName = (key: string): string => (key.startsWith('/') ? key.slice(1) : key);

/** The doc's own fields, of a record that was read here and is written again; or what its envelope contradicts. */
function withoutEnvelope(doc: JsonObject, own: Readonly<Record<string, string>>): JsonObject | DocIssue[] {
  const issues: DocIssue[] = [];
  const kept = emptyJsonObject();
  for (const [name, value] of Object.entries(doc)) {
    if (Object.hasOwn(own, name)) {
      if (value !== own[name])
        issues.push({ field: name, message: `is set beside the doc, to ${own[name]}: leave it out` });
    } else if (!READ_ONLY.has(fieldName(name)) && !(fieldName(name) === 'deleted_at' && value === null)) {
      kept[name] = value;
    }
  }
  return issues.length > 0 ? issues : kept;
}

const at = (prefix: string, issues: readonly DocIssue[]): FieldProblem[] =>
  issues.map(({ field, message }) => ({
    field: prefix + (field.startsWith('/') ? field : pointerStep(field)),
    message,
  }));
