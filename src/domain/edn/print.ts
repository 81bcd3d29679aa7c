import { instTextFromIso } from './inst.ts';
import { readsAsKeyword, readsAsSymbol } from './keyword-name.ts';
import { KEYWORD_TAG, SYMBOL_TAG } from './tags.ts';
import { Char, EdnMap, EdnNumber, EdnSet, EdnSymbol, type EdnValue, Keyword, List, Tagged } from './value.ts';

const CHAR_NAMES: ReadonlyMap<string, string> = new Map([
  ['\n', 'newline'],
  [' ', 'space'],
  ['\t', 'tab'],
  ['\r', 'return'],
  ['\f', 'formfeed'],
  ['\b', 'backspace'],
]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b'],
]);
// The u flag makes a surrogate match only where it stands alone.
const NEEDS_ESCAPE = /["\\\n\r\t\f\b]|\p{Cs}/gu;
const LONE_SURROGATE = /\p{Cs}/u;

const unicodeEscape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

const stringText = (value: string): string =>
  `"${value.replace(NEEDS_ESCAPE, (unit) => ESCAPES.get(unit) ?? unicodeEscape(unit))}"`;

const charText = ({ unit }: Char): string => {
  if (LONE_SURROGATE.test(unit)) return unicodeEscape(unit);
  return `\\${CHAR_NAMES.get(unit) ?? unit}`;
};

const keywordText = ({ name }: Keyword): string =>
  readsAsKeyword(name) ? `:${name}` : `#${KEYWORD_TAG} ${stringText(name)}`;

const symbolText = ({ name }: EdnSymbol): string => (readsAsSymbol(name) ? name : `#${SYMBOL_TAG} ${stringText(name)}`);

const numberText = ({ kind, text }: EdnNumber): string => {
  if (kind === 'bigint') return `${text}N`;
  if (kind === 'decimal') return `${text}M`;
  if (text === 'Infinity') return '##Inf';
  if (text === '-Infinity') return '##-Inf';
  return text === 'NaN' ? '##NaN' : text;
};

const taggedText = ({ tag, value }: Tagged, sorted: boolean): string => {
  if (tag === 'inst' && typeof value === 'string') return `#inst "${instTextFromIso(value)}"`;
  return `#${tag} ${print(value, sorted)}`;
};

const print = (value: EdnValue, sorted: boolean): string => {
  if (typeof value === 'string') return stringText(value);
  if (value === null) return 'nil';
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Keyword) return keywordText(value);
  if (value instanceof EdnNumber) return numberText(value);
  if (value instanceof Tagged) return taggedText(value, sorted);
  if (value instanceof EdnMap) {
    const entries = value.keys.map((key, i) => `${print(key, sorted)} ${print(value.values[i] ?? null, sorted)}`);
    return `{${(sorted ? entries.sort() : entries).join(', ')}}`;
  }
  if (value instanceof EdnSet) {
    const items = value.items.map((item) => print(item, sorted));
    return `#{${(sorted ? items.sort() : items).join(' ')}}`;
  }
  if (value instanceof List) return `(${value.items.map((item) => print(item, sorted)).join(' ')})`;
  if (value instanceof EdnSymbol) return symbolText(value);
  if (value instanceof Char) return charText(value);
  return `[${value.map((item) => print(item, sorted)).join(' ')}]`;
};

/** EDN in plain notation: full keywords, `#time/…` tags, no namespace maps, only the standard escapes. */
export const printEdn = (value: EdnValue): string => print(value, false);

/** EDN with the items of sets and the entries of maps in the order of their texts. */
export const printSortedEdn = (value: EdnValue): string => print(value, true);
