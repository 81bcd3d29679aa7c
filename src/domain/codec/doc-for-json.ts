import { isJsonObject, type JsonValue } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import { writeJson } from '../json/write-json.ts';
import { unknownName } from './attributes.ts';
import type { Hint } from './hint.ts';
import { fitsJsonb, mayHoldExactText, unescapeExact } from './jsonb-text.ts';
import { parseHints } from './parse-hints.ts';
import { pointerKeys } from './pointer.ts';

export const childOf = (parent: JsonValue | undefined, key: string): JsonValue | undefined => {
  if (Array.isArray(parent)) return parent[Number(key)];
  return isJsonObject(parent) ? parent[key] : undefined;
};

export const parentOf = (doc: JsonValue, keys: readonly string[]): JsonValue | undefined =>
  keys.slice(0, -1).reduce<JsonValue | undefined>(childOf, doc);

/** Puts a text in place of another text; anything else that stands there stays. */
export const replaceText = (parent: JsonValue | undefined, key: string, text: string): void => {
  if (typeof childOf(parent, key) !== 'string') return;
  if (Array.isArray(parent)) parent[Number(key)] = text;
  else if (isJsonObject(parent)) parent[key] = text;
};

/** Gives a member another name, in its place among the others. */
export const renameKey = (parent: JsonValue | undefined, from: string, to: string): void => {
  if (!isJsonObject(parent) || !Object.hasOwn(parent, from)) return;
  const entries = Object.entries(parent);
  for (const [name] of entries) delete parent[name];
  for (const [name, value] of entries) parent[name === from ? to : name] = value;
};

export const depth = (pointer: string): number => pointer.split('/').length - 1;

/** The text that jsonb could not hold, if that is what the hint is for: an XTDB id is beside a UUID, not in its place. */
export const unfitText = (hint: Hint | undefined): string | null => {
  if (hint === undefined || typeof hint === 'string' || hint[0] === 'id' || hint[0] === 'id-unsaid') return null;
  const exact = unescapeExact(hint[1]);
  return fitsJsonb(exact) ? null : exact;
};

/**
 * A stored document as an API gives it out: as it is, but for texts that jsonb cannot hold, which come back exactly
 * (JSON itself can write them). `doc` and `hints` are JSON texts.
 */
export const docForJson = (doc: string, hints: string | null): string => {
  if (hints === null || !mayHoldExactText(hints)) return doc;
  const noted = [...(parseHints(hints) ?? [])].sort(([a], [b]) => depth(b) - depth(a));
  const json = parseJson(doc);
  for (const [pointer, hint] of noted) {
    const exact = pointer.startsWith('#') ? null : unfitText(hint);
    const keys = pointerKeys(pointer);
    if (exact !== null) replaceText(parentOf(json, keys), keys.at(-1) ?? '', exact);
  }
  // Pointers are of the keys as they are stored, so keys come back from the inside out, after the values.
  for (const [pointer, hint] of noted) {
    const exact = pointer.startsWith('#') ? unfitText(hint) : null;
    if (exact === null) continue;
    const keys = pointerKeys(pointer.slice(1));
    renameKey(parentOf(json, keys), keys.at(-1) ?? '', keys.length > 1 ? exact : unknownName(exact));
  }
  return writeJson(json);
};
