import type { JsonObject } from '../json/json-value.ts';
import { unknownName } from './attributes.ts';
import { childOf, depth, parentOf, renameKey, replaceText, unfitText } from './doc-for-json.ts';
import type { Hints } from './hint.ts';
import { readableText } from './jsonb-text.ts';
import { pointerKeys } from './pointer.ts';

/**
 * Makes of a document that `docForJson` gave out what the store holds again, in place: texts that jsonb cannot hold become
 * their stand-ins. What the hints do not name stays as it is.
 */
export const docFromJson = (doc: JsonObject, hints: Hints | null): void => {
  const noted = [...(hints ?? [])].sort(([a], [b]) => depth(a) - depth(b));
  // Pointers are of the keys as they are stored, so keys are put back from the outside in, before the values.
  for (const [pointer, hint] of noted) {
    const exact = pointer.startsWith('#') ? unfitText(hint) : null;
    if (exact === null) continue;
    const keys = pointerKeys(pointer.slice(1));
    renameKey(parentOf(doc, keys), keys.length > 1 ? exact : unknownName(exact), keys.at(-1) ?? '');
  }
  for (const [pointer, hint] of noted) {
    const exact = pointer.startsWith('#') ? null : unfitText(hint);
    const keys = pointerKeys(pointer);
    const [parent, key] = [parentOf(doc, keys), keys.at(-1) ?? ''];
    if (exact !== null && childOf(parent, key) === exact) replaceText(parent, key, readableText(exact));
  }
};
