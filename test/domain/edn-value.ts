import { readEdn } from '../../src/domain/edn/read.ts';
import type { EdnValue } from '../../src/domain/edn/value.ts';

/** The value of a text that is known to be EDN. */
export const edn = (text: string): EdnValue => {
  const read = readEdn(text);
  if (!read.ok) throw new Error(`${read.error.reason} at ${read.error.offset} in ${text.slice(0, 200)}`);
  return read.value;
};
