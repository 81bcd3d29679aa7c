import { decimalText, parseDecimal } from '../edn/decimal.ts';
import { isInstIso } from '../edn/inst.ts';
import {
  Char,
  EdnMap,
  EdnNumber,
  type EdnNumberKind,
  EdnSet,
  EdnSymbol,
  type EdnValue,
  Keyword,
  List,
  Tagged,
} from '../edn/value.ts';
import type { FieldKind } from '../fields.ts';
import { JsonNumber, type JsonValue } from '../json/json-value.ts';
import { arrayType, type Hint, type Hints, type HintType, itemKind, stringType } from './hint.ts';
import { numberFromJson } from './json-number.ts';
import { unescapeExact } from './jsonb-text.ts';
import { pointerStep } from './pointer.ts';

/** A stored document whose hints and JSON do not belong together: the store was changed by another hand. */
export class HintMismatchError extends Error {
  constructor(pointer: string, hint: string) {
    super(`the hint ${hint} at ${pointer} does not fit the document there`);
    this.name = 'HintMismatchError';
  }
}

const NUMBER_KINDS: ReadonlySet<string> = new Set<EdnNumberKind>(['long', 'bigint', 'double', 'decimal', 'ratio']);
const isNumberKind = (type: HintType): type is EdnNumberKind => NUMBER_KINDS.has(type);

const textValue = (text: string, type: HintType): EdnValue | undefined => {
  if (type === 'string') return text;
  if (type === 'keyword') return new Keyword(text);
  if (type === 'symbol') return new EdnSymbol(text);
  if (type === 'char') return new Char(text);
  // Printed in another calendar; any other tag's text is printed as it is, and read again by who takes it in.
  if (type === '#inst' && !isInstIso(text)) return undefined;
  if (type.startsWith('#')) return new Tagged(type.slice(1), text);
  return isNumberKind(type) ? new EdnNumber(type, text) : undefined;
};

/** A JSON number under a hint: a long in a field of doubles, a decimal, a BigInt that a long could hold. */
const numberValue = (literal: string, type: EdnNumberKind): EdnNumber => {
  if (type !== 'decimal') return new EdnNumber(type, literal);
  const decimal = parseDecimal(literal);
  return new EdnNumber('decimal', decimal === null ? literal : decimalText(decimal));
};

/** Reads JSON values back to what they were, by the kind of their field and their hints. */
export class JsonReader {
  private readonly hints: Hints | null;
  constructor(hints: Hints | null) {
    this.hints = hints;
  }

  /** The value at a pointer; `kind` says what it is where no hint does. */
  value(json: JsonValue, kind: FieldKind, pointer: string): EdnValue {
    if (this.hints === null) return this.unhinted(json, kind, pointer);
    const hint = this.hints.get(pointer);
    return hint === undefined ? this.unhinted(json, kind, pointer) : this.hinted(json, kind, pointer, hint);
  }

  /** The key that the JSON key at a pointer stands for. */
  key(written: string, pointer: string): string {
    const hint = this.hints?.get(`#${pointer}`);
    return hint === undefined || typeof hint === 'string' ? written : unescapeExact(hint[1]);
  }

  private unhinted(json: JsonValue, kind: FieldKind, pointer: string): EdnValue {
    if (typeof json === 'string') return textValue(json, stringType(kind)) ?? json;
    if (json === null || typeof json === 'boolean') return json;
    if (typeof json === 'number') return numberFromJson(String(json), kind);
    if (json instanceof JsonNumber) return numberFromJson(json.text, kind);
    if (Array.isArray(json)) return this.array(json, arrayType(kind), itemKind(kind), pointer);
    return this.map(json, false, pointer);
  }

  private hinted(json: JsonValue, kind: FieldKind, pointer: string, hint: Hint): EdnValue {
    const [type, exact] = typeof hint === 'string' ? [hint, undefined] : hint;
    const value = this.typed(json, kind, pointer, type, exact === undefined ? undefined : unescapeExact(exact));
    if (value === undefined) throw new HintMismatchError(pointer, type);
    return value;
  }

  private typed(
    json: JsonValue,
    kind: FieldKind,
    pointer: string,
    type: HintType,
    exact: string | undefined,
  ): EdnValue | undefined {
    if (Array.isArray(json)) {
      if (type === 'pairs') return this.pairs(json, pointer);
      if (type === 'tag') return new Tagged(exact ?? '', this.value(json[0] ?? null, 'json', `${pointer}/0`));
      return this.array(json, type, itemKind(kind), pointer);
    }
    if (typeof json === 'string') return textValue(exact ?? json, type);
    if (json === null || typeof json === 'boolean') return undefined;
    if (typeof json === 'number' || json instanceof JsonNumber) {
      if (!isNumberKind(type)) return undefined;
      return exact === undefined ? numberValue(literalOf(json), type) : new EdnNumber(type, exact);
    }
    return type === 'string-keys' ? this.map(json, true, pointer) : undefined;
  }

  private array(json: readonly JsonValue[], type: HintType, kind: FieldKind, pointer: string): EdnValue {
    const items = json.map((item, i) => this.value(item, kind, this.hints === null ? '' : `${pointer}/${i}`));
    if (type === 'set') return new EdnSet(items);
    if (type === 'list') return new List(items);
    if (type === 'vector') return items;
    throw new HintMismatchError(pointer, type);
  }

  private map(json: { [key: string]: JsonValue }, stringKeys: boolean, pointer: string): EdnMap {
    const keys: EdnValue[] = [];
    const values: EdnValue[] = [];
    for (const [written, value] of Object.entries(json)) {
      const here = this.hints === null ? '' : pointer + pointerStep(written);
      const name = this.key(written, here);
      keys.push(stringKeys ? name : new Keyword(name));
      values.push(this.value(value, 'json', here));
    }
    return new EdnMap(keys, values);
  }

  private pairs(json: readonly JsonValue[], pointer: string): EdnMap {
    const keys: EdnValue[] = [];
    const values: EdnValue[] = [];
    json.forEach((pair, i) => {
      if (!Array.isArray(pair)) throw new HintMismatchError(pointer, 'pairs');
      keys.push(this.value(pair[0] ?? null, 'json', `${pointer}/${i}/0`));
      values.push(this.value(pair[1] ?? null, 'json', `${pointer}/${i}/1`));
    });
    return new EdnMap(keys, values);
  }
}

const literalOf = (json: number | JsonNumber): string => (typeof json === 'number' ? String(json) : json.text);
