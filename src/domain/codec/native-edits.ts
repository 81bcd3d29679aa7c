import type { EntityType } from '../define-entity-type.ts';
import { isKeywordName } from '../edn/keyword-name.ts';
import type { FieldKind } from '../fields.ts';
import { emptyJsonObject, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import { attributeTable, unknownAttribute, unknownKind } from './attributes.ts';
import { type DocIssue, encodePart, encodePatch } from './native-doc.ts';
import { pointerKeys, pointerStep } from './pointer.ts';

/** A change deeper than a field, as the SQL function `patched` takes it; `value` and `hints` are JSON text. */
export interface StoredEdit {
  /** `add` and `remove` are of a set's members; `object` sets an empty one unless an object is there. */
  readonly action: 'set' | 'unset' | 'add' | 'remove' | 'object';
  readonly path: readonly string[];
  readonly pointer: string;
  readonly value?: string;
  readonly hints?: string;
}

/** A patch as a client words it: JSON pointers of any depth. */
export interface PointerPatch {
  readonly set: JsonObject;
  readonly unset: readonly string[];
  /** Places in free JSON that must hold an object before the rest is done, those above others first: what else is there gives way. */
  readonly objects?: readonly string[];
}

export type EncodedPatch =
  | { ok: true; set: string; unset: string[]; hints: string | null; edits: StoredEdit[] }
  | { ok: false; issues: DocIssue[] };

const POINTER = /^\/(?:[^~]|~[01])+$/;
/** Deeper than any document that was met; keeps the SQL function's recursion small. */
const MAX_POINTER_KEYS = 32;

/**
 * A patch by JSON pointers as the store takes it, or what is wrong with each pointer.
 *
 * Nobody reads the document before it is written, so only what is right whatever the document holds is let through: a
 * field is set whole, checked by its schema; of a set, a member is added (`/habit_ids/-`) or removed (`/habit_ids/MEMBER`);
 * in free JSON (a field of kind `json`, an attribute that no schema knows) any place may be set or unset.
 */
export const encodePointerPatch = (type: EntityType, { set, unset, objects = [] }: PointerPatch): EncodedPatch => {
  const issues: DocIssue[] = [];
  const fields = emptyJsonObject();
  const unsetFields: string[] = [];
  const edits: StoredEdit[] = [];
  const changes = [
    ...Object.entries(set).map(([pointer, value]) => ({ pointer, value, field: `/set${pointerStep(pointer)}` })),
    ...unset.map((pointer, i) => ({ pointer, value: undefined, field: `/unset/${i}` })),
  ];
  for (const pointer of objects) {
    const edit = encodeEdit(type, pointer, pointerKeys(pointer), emptyJsonObject());
    if (typeof edit === 'string') issues.push({ field: pointer, message: edit });
    else edits.push({ ...edit, action: 'object' });
  }
  const whole = new Set<string>();
  for (const { pointer, value, field } of changes) {
    const keys = pointerKeys(pointer);
    const [name, ...below] = keys;
    if (!POINTER.test(pointer) || name === undefined || name === '' || keys.length > MAX_POINTER_KEYS) {
      issues.push({ field, message: 'is not a JSON pointer to a part of the doc: write /notes' });
      continue;
    }
    const edit = below.length === 0 ? null : encodeEdit(type, pointer, keys, value);
    if (typeof edit === 'string') issues.push({ field, message: edit });
    else if (edit !== null) edits.push(edit);
    else if (value === undefined) unsetFields.push(name);
    else fields[name] = value;
    if (edit === null || (typeof edit !== 'string' && (edit.action === 'set' || edit.action === 'unset'))) {
      // An append has a place of its own each time.
      if (whole.has(pointer) && !pointer.endsWith('/-')) issues.push({ field, message: 'is changed twice' });
      whole.add(pointer);
    }
  }
  for (const { pointer, field } of changes) {
    const above = pointerKeys(pointer)
      .map((_, i, keys) => keys.slice(0, i).map(pointerStep).join(''))
      .find((part) => part !== '' && whole.has(part));
    if (above !== undefined) issues.push({ field, message: `lies within ${above}, which is changed too` });
  }
  const encoded = encodePatch(type, fields, unsetFields);
  if (!encoded.ok)
    issues.push(
      ...encoded.issues.map((issue) => ({
        ...issue,
        field: `/set${issue.field.startsWith('/') ? issue.field : pointerStep(issue.field)}`,
      })),
    );
  if (!encoded.ok || issues.length > 0) return { ok: false, issues };
  return { ok: true, set: encoded.doc, unset: unsetFields, hints: encoded.hints, edits };
};

/** The edit, or why there can be none. */
const encodeEdit = (
  type: EntityType,
  pointer: string,
  keys: readonly string[],
  value: JsonValue | undefined,
): StoredEdit | string => {
  const [name = '', ...below] = keys;
  const kind = attributeTable(type).byName.get(name)?.field.facts.kind ?? unknownKind(unknownAttribute(name));
  const named = kind === 'json' ? encodePatch(type, objectOf(name, emptyJsonObject()), []) : null;
  if (named !== null && !named.ok) return named.issues[0]?.message ?? 'is no place in this type';
  if (kind === 'refs' || kind === 'keywords') return encodeMembership(type, pointer, name, below, value);
  if (kind !== 'json') return `leads into ${name}, which is ${KIND_NAMES[kind]}: set ${pointerStep(name)} whole`;
  const strange = below.find((key, i) => !isKeywordName(key) && !(key === '-' && i === below.length - 1));
  if (strange !== undefined)
    return `has a key that is no keyword, ${JSON.stringify(strange)}: set ${pointerStep(name)} whole`;
  if (value === undefined) {
    return below.at(-1) === '-'
      ? 'names no element: - is the place after the last'
      : { action: 'unset', path: keys, pointer };
  }
  const part = encodePart(value, pointer);
  if (typeof part === 'string') return part;
  if (part.hints !== null && below.at(-1) === '-')
    return 'holds text that is kept beside the doc by its place: set the array whole';
  return { action: 'set', path: keys, pointer, value: part.json, ...(part.hints !== null && { hints: part.hints }) };
};

const encodeMembership = (
  type: EntityType,
  pointer: string,
  name: string,
  below: readonly string[],
  value: JsonValue | undefined,
): StoredEdit | string => {
  const field = pointerStep(name);
  const [key = ''] = below;
  if (below.length > 1 || (value === undefined ? key === '-' : key !== '-')) {
    return `is no place in a set: add a member with set ${field}/-, remove one with unset ${field}/MEMBER`;
  }
  const member = value === undefined ? key : value;
  const encoded = encodePatch(type, objectOf(name, [member]), []);
  if (!encoded.ok) return encoded.issues[0]?.message ?? 'is no member of the set';
  const [canonical] = Object.values(parseJson(encoded.doc) as JsonObject).flat();
  return {
    action: value === undefined ? 'remove' : 'add',
    path: [name],
    pointer,
    value: JSON.stringify(canonical),
  };
};

const objectOf = (name: string, value: JsonValue): JsonObject => {
  const object = emptyJsonObject();
  object[name] = value;
  return object;
};

const KIND_NAMES: Readonly<Record<Exclude<FieldKind, 'json' | 'refs' | 'keywords'>, string>> = {
  text: 'a text',
  keyword: 'a keyword',
  instant: 'an instant',
  inst: 'an instant',
  local_date: 'a date',
  long: 'a number',
  double: 'a number',
  number: 'a number',
  bool: 'a boolean',
  bool_or_keyword: 'a boolean or a keyword',
  ref: 'an id',
};
