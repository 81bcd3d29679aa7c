/** A keyword, named without its colon: `habit-log/time-zone` or `plain`. */
export class Keyword {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A symbol, with its namespace if it has one: `quote`, `xtdb.api/q`. */
export class EdnSymbol {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A character: one UTF-16 unit, as in Java. */
export class Char {
  readonly unit: string;
  constructor(unit: string) {
    this.unit = unit;
  }
}

/** `long`: 64 bits. `bigint`: `5N`. `decimal`: `1.50M`. `ratio`: `1/3`. */
export type EdnNumberKind = 'long' | 'bigint' | 'double' | 'decimal' | 'ratio';

/**
 * A number as the canonical text of its kind, without the N or M: two of one kind are equal when their texts are.
 * Text, not a JavaScript number, since a double holds neither longs above 2^53 nor a decimal's scale.
 */
export class EdnNumber {
  readonly kind: EdnNumberKind;
  readonly text: string;
  constructor(kind: EdnNumberKind, text: string) {
    this.kind = kind;
    this.text = text;
  }
}

/** `(a b)`. A vector is a plain array. */
export class List {
  readonly items: readonly EdnValue[];
  constructor(items: readonly EdnValue[]) {
    this.items = items;
  }
}

/** `#{a b}`: distinct items, in the order they were read. */
export class EdnSet {
  readonly items: readonly EdnValue[];
  constructor(items: readonly EdnValue[]) {
    this.items = items;
  }
}

/** `{k v}`: distinct keys, in the order they were read; `values[i]` belongs to `keys[i]`. */
export class EdnMap {
  readonly keys: readonly EdnValue[];
  readonly values: readonly EdnValue[];
  constructor(keys: readonly EdnValue[], values: readonly EdnValue[]) {
    this.keys = keys;
    this.values = values;
  }
}

/**
 * `#tag value`. Tags that mean the same have one name here (`time/instant` for `xtdb/instant`), and known values one
 * text: `inst` is ISO 8601 in UTC to the millisecond, `uuid` is in lower case, `time/instant` as Java prints it.
 */
export class Tagged {
  readonly tag: string;
  readonly value: EdnValue;
  constructor(tag: string, value: EdnValue) {
    this.tag = tag;
    this.value = value;
  }
}

export type EdnValue =
  | null
  | boolean
  | string
  | Keyword
  | EdnSymbol
  | Char
  | EdnNumber
  | List
  | EdnSet
  | EdnMap
  | Tagged
  | readonly EdnValue[];
