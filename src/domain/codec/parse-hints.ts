import { JsonNumber } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import type { Hint, Hints, HintType } from './hint.ts';
import { HintMismatchError } from './json-to-value.ts';

/** The hints of a stored event; null where it has none. */
export const parseHints = (text: string | null): Hints | null => {
  if (text === null) return null;
  const json = parseJson(text);
  const hints = new Map<string, Hint>();
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof JsonNumber) {
    throw new HintMismatchError('', 'map');
  }
  for (const [pointer, hint] of Object.entries(json)) {
    if (typeof hint === 'string') hints.set(pointer, hint as HintType);
    else if (Array.isArray(hint) && typeof hint[0] === 'string' && typeof hint[1] === 'string') {
      hints.set(pointer, [hint[0] as HintType, hint[1]]);
    } else throw new HintMismatchError(pointer, 'map');
  }
  return hints;
};
