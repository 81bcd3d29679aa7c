import type * as z from 'zod';
import type { EntityType } from '../define-entity-type.ts';
import { docSchema, patchSchema } from '../doc-schema.ts';
import { isKeywordName } from '../edn/keyword-name.ts';
import type { FieldKind } from '../fields.ts';
import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { canonicalInstant } from '../time/instant.ts';
import { attributeTable, unknownKind } from './attributes.ts';
import { HintNotes } from './hint-notes.ts';
import { MAX_JSON_DIGITS, normalizedJsonNumber } from './json-number.ts';
import { escapeExact, fitsJsonb, readableText, storableKeys } from './jsonb-text.ts';
import { pointerStep } from './pointer.ts';
import { UnstorableError } from './unstorable-error.ts';

/** What is wrong with a field: its name, or a JSON pointer where the fault is deeper. */
export type DocIssue = { field: string; message: string };
export type EncodedDoc = { ok: true; doc: string; hints: string | null } | { ok: false; issues: DocIssue[] };

/** Well inside what the EDN reader takes, so that an export can always be imported. */
const MAX_DOC_DEPTH = 200;

/** Writes JSON values that came from an API as the store holds them. */
class NativeWriter {
  readonly notes = new HintNotes();
  private depth = 0;

  value(value: JsonValue, kind: FieldKind, pointer: string): string {
    if (++this.depth > MAX_DOC_DEPTH) throw new UnstorableError(`is nested deeper than ${MAX_DOC_DEPTH}`);
    const json = this.write(value, kind, pointer);
    this.depth--;
    return json;
  }

  private object(object: JsonObject, pointer: string): string {
    const names = Object.keys(object);
    const keys = storableKeys(names);
    const parts = names.map((name, i) => {
      const key = keys[i] ?? '';
      const here = pointer + pointerStep(key);
      if (key !== name) this.notes.note(`#${here}`, ['key', escapeExact(name)]);
      return `${JSON.stringify(key)}:${this.value(object[name] ?? null, 'json', here)}`;
    });
    // Without a hint the keys would be keywords, and not every text can be one.
    if (!names.every(isKeywordName)) this.notes.note(pointer, 'string-keys');
    return `{${parts.join(',')}}`;
  }

  private write(value: JsonValue, kind: FieldKind, pointer: string): string {
    if (typeof value === 'string') {
      if (fitsJsonb(value)) return JSON.stringify(value);
      this.notes.note(pointer, ['string', escapeExact(value)]);
      return JSON.stringify(readableText(value));
    }
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'number' || value instanceof JsonNumber) {
      const literal = typeof value === 'number' ? String(value) : value.text;
      const normal = normalizedJsonNumber(literal, kind);
      if (normal === null) throw new UnstorableError(`has a number of more than ${MAX_JSON_DIGITS} digits`);
      return normal;
    }
    if (!Array.isArray(value)) return this.object(value, pointer);
    return `[${value.map((item, i) => this.value(item, 'json', `${pointer}/${i}`)).join(',')}]`;
  }
}

/** Zod knows JavaScript's numbers only. The number's text is kept beside it. */
const forZod = (json: JsonObject): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, value instanceof JsonNumber ? Number(value.text) : value]),
  );

const issuesOf = (error: z.ZodError): DocIssue[] =>
  error.issues.map(({ path, message }) => ({
    field:
      path.length > 1
        ? path.map((key) => pointerStep(typeof key === 'number' ? key : String(key))).join('')
        : String(path[0] ?? ''),
    message,
  }));

const whyLegacyRefused = (kind: FieldKind, value: JsonValue): string | null => {
  if (kind === 'instant') {
    const isInstant = typeof value === 'string' && canonicalInstant(value) === value;
    return isInstant ? null : 'is not an instant in UTC, as 2026-07-01T12:00:00Z';
  }
  if (kind !== 'keyword') return null;
  return typeof value === 'string' && isKeywordName(value) ? null : 'is not a keyword';
};

/** Older documents have attributes of known kinds that no schema names. */
const legacyIssues = (json: JsonObject): DocIssue[] =>
  Object.entries(json).flatMap(([name, value]) => {
    const message = whyLegacyRefused(unknownKind(name), value);
    return message === null ? [] : [{ field: name, message }];
  });

const encode = (type: EntityType, json: JsonObject, schema: z.ZodType<Record<string, unknown>>): EncodedDoc => {
  const parsed = schema.safeParse(forZod(json));
  const issues = [...(parsed.success ? [] : issuesOf(parsed.error)), ...legacyIssues(json)];
  // Zod passes this one over without a word.
  if (Object.hasOwn(json, '__proto__')) {
    issues.push({ field: '__proto__', message: `${type.name} has no field of this name` });
  }
  if (!parsed.success || issues.length > 0) return { ok: false, issues };
  const table = attributeTable(type);
  const writer = new NativeWriter();
  const parts: string[] = [];
  for (const [name, given] of Object.entries(json)) {
    const checked = parsed.data[name];
    const kind = table.byName.get(name)?.field.facts.kind ?? unknownKind(name);
    // The schema may have put text and sets in their canonical form; a number keeps the text that it came with.
    const value = typeof checked === 'string' || isStrings(checked) ? checked : given;
    try {
      parts.push(`${JSON.stringify(name)}:${writer.value(value, kind, pointerStep(name))}`);
    } catch (error) {
      if (!(error instanceof UnstorableError)) throw error;
      issues.push({ field: name, message: error.message });
    }
  }
  if (issues.length > 0) return { ok: false, issues };
  return { ok: true, doc: `{${parts.join(',')}}`, hints: writer.notes.text() };
};

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const docSchemas = new Map<EntityType, z.ZodType<Record<string, unknown>>>();
const patchSchemas = new Map<EntityType, z.ZodType<Record<string, unknown>>>();

const schemaIn = (
  schemas: Map<EntityType, z.ZodType<Record<string, unknown>>>,
  type: EntityType,
  make: (type: EntityType) => z.ZodType<Record<string, unknown>>,
): z.ZodType<Record<string, unknown>> => {
  const made = schemas.get(type) ?? make(type);
  schemas.set(type, made);
  return made;
};

/**
 * A document from an API body, without envelope names, as the store holds it; or every field that its schema refuses.
 * Instants become UTC, sets are sorted, numbers keep their digits.
 */
export const encodeDoc = (type: EntityType, json: JsonObject): EncodedDoc =>
  encode(type, json, schemaIn(docSchemas, type, docSchema));

/**
 * The fields that a patch sets, as {@link encodeDoc} would write them, after checking that what it unsets may be
 * missing. Whoever applies it drops the hints of every field that it sets or unsets: `/name`, `/name/…`, `#/name` and
 * `#/name/…`.
 */
export const encodePatch = (type: EntityType, set: JsonObject, unset: readonly string[]): EncodedDoc => {
  const encoded = encode(type, set, schemaIn(patchSchemas, type, patchSchema));
  const required = unset.filter(
    (name) => Object.hasOwn(type.fields, name) && attributeTable(type).required.includes(name),
  );
  if (required.length === 0) return encoded;
  const issues = required.map((field) => ({ field, message: 'is required: it cannot be unset' }));
  return { ok: false, issues: encoded.ok ? issues : [...encoded.issues, ...issues] };
};

/** A value of no field's kind as the store holds it, with the hints it needs where it stands; or why it cannot be stored. */
export const encodePart = (value: JsonValue, pointer: string): { json: string; hints: string | null } | string => {
  const writer = new NativeWriter();
  try {
    const json = writer.value(value, 'json', pointer);
    return { json, hints: writer.notes.text() };
  } catch (error) {
    if (error instanceof UnstorableError) return error.message;
    throw error;
  }
};
