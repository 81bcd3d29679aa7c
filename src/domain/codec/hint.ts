import type { FieldKind } from '../fields.ts';

/**
 * What a value was in XTDB, where its JSON and the field's kind do not say so: see docs/hints.md. A type that begins
 * with `#` is an EDN tag on a text.
 */
export type HintType =
  | 'string'
  | 'keyword'
  | 'symbol'
  | 'char'
  | 'long'
  | 'bigint'
  | 'double'
  | 'decimal'
  | 'ratio'
  | 'vector'
  | 'list'
  | 'set'
  | 'pairs'
  | 'string-keys'
  | 'tag'
  | 'key'
  | 'id'
  | 'id-unsaid'
  | 'legacy'
  | 'said'
  | `#${string}`;

/** A type, or a type with the exact text where the JSON only has a stand-in. */
export type Hint = HintType | readonly [type: HintType, exact: string];

/** By JSON pointer; a pointer with `#` before it is about the key rather than the value, and has the type `key`. */
export type Hints = ReadonlyMap<string, Hint>;

/** What a kind's JSON string stands for without a hint. */
const STRING_TYPE: Readonly<Record<FieldKind, HintType>> = {
  text: 'string',
  keyword: 'keyword',
  keywords: 'string',
  instant: '#time/instant',
  inst: '#inst',
  local_date: '#time/date',
  long: 'string',
  double: 'string',
  number: 'string',
  bool: 'string',
  bool_or_keyword: 'keyword',
  ref: '#uuid',
  refs: 'string',
  json: 'string',
};

export const stringType = (kind: FieldKind): HintType => STRING_TYPE[kind];

/** What a kind's JSON array stands for without a hint. */
export const arrayType = (kind: FieldKind): HintType => (kind === 'keywords' || kind === 'refs' ? 'set' : 'vector');

/** The kind of an array's items. */
export const itemKind = (kind: FieldKind): FieldKind => {
  if (kind === 'keywords') return 'keyword';
  return kind === 'refs' ? 'ref' : 'json';
};
