import { attributeTable, unknownAttribute, unknownKind } from '../domain/codec/attributes.ts';
import type { PointerPatch } from '../domain/codec/native-edits.ts';
import { pointerStep } from '../domain/codec/pointer.ts';
import type { EntityType } from '../domain/define-entity-type.ts';
import { emptyJsonObject, isJsonObject, type JsonObject } from '../domain/json/json-value.ts';

/**
 * A JSON merge patch (RFC 7396) as JSON pointers: null unsets, an object within free JSON merges (into an empty one, where there
 * is none), anything else is set whole. What the RFC cannot say (a field set to null, one member of a set) the pointers of `application/json` can.
 */
export function pointersOfMergePatch(type: EntityType, patch: JsonObject): Required<PointerPatch> {
  const set = emptyJsonObject();
  const unset: string[] = [];
  const objects: string[] = [];
  const merge = (object: JsonObject, above: string): void => {
    for (const [name, value] of Object.entries(object)) {
      const pointer = above + pointerStep(name);
      const isFree = above !== '' || kindOf(type, name) === 'json';
      if (value === null) unset.push(pointer);
      else if (isFree && isJsonObject(value)) {
        objects.push(pointer);
        merge(value, pointer);
      } else set[pointer] = value;
    }
  };
  merge(patch, '');
  return { set, unset, objects };
}

const kindOf = (type: EntityType, name: string) =>
  attributeTable(type).byName.get(name)?.field.facts.kind ?? unknownKind(unknownAttribute(name));
