import { EdnMap, EdnNumber, EdnSet, type EdnValue, Keyword, Tagged } from '../edn/value.ts';
import type { Field, FieldKind } from '../fields.ts';

const isTag = (value: EdnValue, tag: string): boolean =>
  value instanceof Tagged && value.tag === tag && typeof value.value === 'string';
const isNumber = (value: EdnValue, kind: EdnNumber['kind']): boolean =>
  value instanceof EdnNumber && value.kind === kind;
const allItems = (value: EdnValue, test: (item: EdnValue) => boolean): boolean =>
  value instanceof EdnSet && value.items.every(test);

const EXPECTED: Readonly<Record<FieldKind, string>> = {
  text: 'a string',
  keyword: 'a keyword',
  keywords: 'a set of keywords',
  instant: 'an instant',
  inst: 'an inst',
  local_date: 'a date',
  long: 'an integer',
  double: 'a double',
  number: 'a number',
  bool: 'a boolean',
  bool_or_keyword: 'a boolean or a keyword',
  ref: 'a UUID',
  refs: 'a set of UUIDs',
  json: 'a map',
};

const HOLDS: Readonly<Record<FieldKind, (value: EdnValue) => boolean>> = {
  text: (value) => typeof value === 'string',
  keyword: (value) => value instanceof Keyword,
  keywords: (value) => allItems(value, (item) => item instanceof Keyword),
  instant: (value) => isTag(value, 'time/instant'),
  inst: (value) => isTag(value, 'inst'),
  local_date: (value) => isTag(value, 'time/date'),
  long: (value) => isNumber(value, 'long') || isNumber(value, 'bigint'),
  double: (value) => isNumber(value, 'double'),
  number: (value) => value instanceof EdnNumber,
  bool: (value) => typeof value === 'boolean',
  bool_or_keyword: (value) => typeof value === 'boolean' || value instanceof Keyword,
  ref: (value) => isTag(value, 'uuid'),
  refs: (value) => allItems(value, (item) => isTag(item, 'uuid')),
  json: (value) => value instanceof EdnMap,
};

const forbidden = (value: EdnValue, values: readonly string[]): string | null => {
  const items = value instanceof EdnSet ? value.items : [value];
  const other = items.find((item) => item instanceof Keyword && !values.includes(item.name));
  return other instanceof Keyword ? `:${other.name.slice(0, 60)} is none of its keywords` : null;
};

/**
 * Why a field does not take a value, or null when it does. It asks the field's facts, of which the zod schema is made
 * too: zod on every row of an import would take most of its time.
 */
export const whyNotTaken = ({ facts }: Field, value: EdnValue): string | null => {
  if (value === null) return facts.isNullable === true ? null : 'is nil';
  if (!HOLDS[facts.kind](value)) return `is not ${EXPECTED[facts.kind]}`;
  return facts.values === undefined ? null : forbidden(value, facts.values);
};
