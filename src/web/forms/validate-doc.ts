import { encodeDoc } from '../../domain/codec/native-doc.ts';
import { entityType } from '../../domain/entity-type.ts';
import type { JsonObject } from '../../domain/json/json-value.ts';
import type { Doc } from '../data/operations.ts';

/**
 * What the server would refuse of a doc, by the same code: field (or JSON pointer, where the fault is deeper) to message.
 * Brings all schemas along, so it is loaded when a form opens.
 */
export function validateDoc(type: string, doc: Doc): ReadonlyMap<string, string> {
  const schema = entityType(type);
  if (schema === undefined) return new Map();
  const result = encodeDoc(schema, doc as JsonObject);
  if (result.ok) return new Map();
  return new Map(
    result.issues.map(({ field, message }) => [field.startsWith('/') ? (field.split('/')[1] ?? '') : field, message]),
  );
}
