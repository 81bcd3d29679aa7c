import type { hc, InferRequestType } from 'hono/client';
import type { Json, RecordJson } from '../../api/answer-types.ts';
import type { Api } from '../../api/app.ts';
import { typeFacts } from '../records/type-facts.ts';

type WireOperation = InferRequestType<
  ReturnType<typeof hc<Api>>['v1']['transactions']['$post']
>['json']['operations'][number];

/** A record as it arrives: its envelope, and the doc's own fields beside it. */
export type StoredRecord = RecordJson;
export type Doc = Readonly<Record<string, Json>>;

/** What `POST /v1/transactions` takes of what this client writes. Ids are made here, so that a record can be made offline. */
export type Operation =
  | {
      readonly op: 'put';
      readonly id: string;
      readonly entity_type: string;
      readonly doc: Doc;
      readonly expected_version?: number | null;
    }
  | {
      readonly op: 'patch';
      readonly id: string;
      readonly entity_type: string;
      /** By JSON pointer. */
      readonly set: Doc;
      readonly unset: readonly string[];
      readonly expected_version?: number | null;
      /** Keys of the writes that waited when the edit began, and that it was made on top of. */
      readonly on_top_of?: readonly string[];
    }
  | { readonly op: 'delete'; readonly id: string; readonly entity_type: string; readonly expected_version?: number }
  /** Makes an earlier version hold again, exactly as it is stored; `doc` is what it says, for before the server has. */
  | {
      readonly op: 'restore';
      readonly id: string;
      readonly entity_type: string;
      readonly version: number;
      readonly doc: Doc;
      readonly expected_version?: number;
    }
  /** Forgets a record with all its history, for good. */
  | { readonly op: 'evict'; readonly id: string; readonly entity_type: string; readonly expected_version?: undefined };

const ENVELOPE: ReadonlySet<string> = new Set([
  'id',
  'entity_type',
  'user_id',
  'version',
  'occurred_at',
  'occurred_until',
  'created_at',
  'updated_at',
  'deleted_at',
]);

/** A record's own fields, without what stands beside them. */
export function docOf(record: StoredRecord): Doc {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !ENVELOPE.has(name)));
}

/** A JSON pointer to a field. */
export function pointerTo(field: string): string {
  return `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function fieldOf(pointer: string): string {
  return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}

/**
 * What a record becomes by an operation, before the server has said so: null when it is gone. The version stays the one
 * that the server gave.
 */
export function applyOperation(before: StoredRecord | null, operation: Operation, now: string): StoredRecord | null {
  if (operation.op === 'delete' || operation.op === 'evict') return null;
  if (operation.op === 'put' || operation.op === 'restore')
    return recordOf(operation.id, operation.entity_type, operation.doc, before, now);
  if (before === null) return null;
  const doc: Record<string, Json> = { ...docOf(before) };
  for (const [pointer, value] of Object.entries(operation.set)) doc[fieldOf(pointer)] = value;
  for (const pointer of operation.unset) delete doc[fieldOf(pointer)];
  return recordOf(operation.id, before.entity_type, doc, before, now);
}

function recordOf(id: string, entity_type: string, doc: Doc, before: StoredRecord | null, now: string): StoredRecord {
  const { from, until } = typeFacts(entity_type);
  const created_at = before?.created_at ?? now;
  const begins = from.map((field) => doc[field]).find((value) => typeof value === 'string');
  const occurred_at = typeof begins === 'string' ? begins : created_at;
  const end = until === null ? occurred_at : doc[until];
  return {
    ...doc,
    id,
    entity_type,
    user_id: before?.user_id ?? '',
    version: before?.version ?? 0,
    occurred_at,
    occurred_until: typeof end === 'string' ? end : null,
    created_at,
    updated_at: now,
    deleted_at: null,
  };
}

/**
 * The operations that take others back, last first.
 * @param before what the records were; those that were not are left out
 * @param stored of these, the ones that the server has as they were: it restores them more exactly than JSON could
 */
export function inverseOf(
  operations: readonly Operation[],
  before: ReadonlyMap<string, StoredRecord>,
  stored: ReadonlySet<string>,
): Operation[] {
  return operations.toReversed().map((operation): Operation => {
    const { id, entity_type } = operation;
    const was = before.get(id);
    if (was === undefined) return { op: 'delete', id, entity_type };
    const doc = docOf(was);
    if (operation.op !== 'patch') {
      return stored.has(id)
        ? { op: 'restore', id, entity_type, version: was.version, doc }
        : { op: 'put', id, entity_type, doc };
    }
    const fields = [...Object.keys(operation.set), ...operation.unset].map(fieldOf);
    const had = fields.filter((field) => doc[field] !== undefined);
    return {
      op: 'patch',
      id,
      entity_type,
      set: Object.fromEntries(had.map((field) => [pointerTo(field), doc[field] ?? null])),
      unset: fields.filter((field) => doc[field] === undefined).map(pointerTo),
    };
  });
}

/** An operation as the API takes it: evictions and restores name no type, and nothing tells of the outbox. */
export function wireOperation(operation: Operation): WireOperation {
  switch (operation.op) {
    case 'evict':
      return { op: operation.op, id: operation.id };
    case 'restore': {
      const { entity_type: _, doc: __, ...restore } = operation;
      return restore;
    }
    case 'patch': {
      const { on_top_of: _, ...patch } = operation;
      return { ...patch, unset: [...operation.unset] };
    }
    default:
      return operation;
  }
}
