import { canonicalEdn } from '../edn/canonical.ts';
import { parseDecimal, plainDecimalText } from '../edn/decimal.ts';
import { doubleAsJson } from '../edn/double-text.ts';
import { isCanonicalTag } from '../edn/tags.ts';
import { Char, EdnMap, EdnNumber, EdnSet, EdnSymbol, type EdnValue, Keyword, List, Tagged } from '../edn/value.ts';
import type { FieldKind } from '../fields.ts';
import { arrayType, type HintType, itemKind, stringType } from './hint.ts';
import { HintNotes } from './hint-notes.ts';
import { fitsJsonNumber, integerNeedsNoHint, MAX_JSON_DIGITS } from './json-number.ts';
import { escapeExact, fitsJsonb, readableText, storableKeys } from './jsonb-text.ts';
import { pointerStep } from './pointer.ts';

/**
 * Writes the values of one document as JSON text and notes hints on the way. The path is where the writer stands;
 * pointers are only made of it when there is something to note.
 */
export class JsonWriter {
  private readonly path: (string | number)[] = [];
  readonly notes = new HintNotes();

  /** The value of a field as JSON text. */
  field(name: string, value: EdnValue, kind: FieldKind): string {
    return this.at(name, value, kind);
  }

  private at(key: string | number, value: EdnValue, kind: FieldKind): string {
    this.path.push(key);
    const json = this.value(value, kind);
    this.path.pop();
    return json;
  }

  private hint(type: HintType, exact?: string): void {
    let pointer = '';
    for (const key of this.path) pointer += pointerStep(key);
    this.notes.note(pointer, exact === undefined ? type : [type, escapeExact(exact)]);
  }

  private value(value: EdnValue, kind: FieldKind): string {
    if (typeof value === 'string') return this.text(value, 'string', kind);
    if (value === null) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (value instanceof Tagged) return this.tagged(value, kind);
    if (value instanceof Keyword) return this.text(value.name, 'keyword', kind);
    if (value instanceof EdnNumber) return this.number(value, kind);
    if (value instanceof EdnSet) return this.items(inOrder(value.items), 'set', kind);
    if (value instanceof EdnMap) return this.map(value);
    if (value instanceof List) return this.items(value.items, 'list', kind);
    if (value instanceof EdnSymbol) return this.text(value.name, 'symbol', kind);
    if (value instanceof Char) return this.text(value.unit, 'char', kind);
    return this.items(value, 'vector', kind);
  }

  private text(text: string, type: HintType, kind: FieldKind): string {
    if (!fitsJsonb(text)) {
      this.hint(type, text);
      return JSON.stringify(readableText(text));
    }
    if (type !== stringType(kind)) this.hint(type);
    return JSON.stringify(text);
  }

  private tagged({ tag, value }: Tagged, kind: FieldKind): string {
    const type: HintType = `#${tag}`;
    if (typeof value === 'string' && isCanonicalTag(tag)) {
      if (type !== stringType(kind)) this.hint(type);
      return `"${value}"`;
    }
    if (typeof value === 'string') return this.text(value, type, kind);
    this.hint('tag', tag);
    return `[${this.at(0, value, 'json')}]`;
  }

  private number({ kind: type, text }: EdnNumber, kind: FieldKind): string {
    if (type === 'double') return this.double(text);
    if (type === 'ratio') return this.text(text, 'ratio', kind);
    if (type === 'decimal') return this.decimal(text);
    if (text.length > MAX_JSON_DIGITS) return this.text(text, type, kind);
    if (!integerNeedsNoHint(type, text, kind)) this.hint(type);
    return text;
  }

  private double(text: string): string {
    const last = text.charCodeAt(text.length - 1);
    // Infinity, -Infinity and NaN end in a letter.
    if (last > 57) {
      this.hint('double');
      return `"${text}"`;
    }
    if (text !== '-0.0') return doubleAsJson(text);
    this.hint('double', text);
    return '0.0';
  }

  private decimal(text: string): string {
    const decimal = parseDecimal(text);
    if (decimal === null || !fitsJsonNumber(decimal)) {
      this.hint('decimal', text);
      return JSON.stringify(text);
    }
    if (decimal.scale < 0 || decimal.unscaled === '-0') this.hint('decimal', text);
    else this.hint('decimal');
    return plainDecimalText(decimal);
  }

  private items(items: readonly EdnValue[], type: HintType, kind: FieldKind): string {
    if (type !== arrayType(kind)) this.hint(type);
    const item = itemKind(kind);
    let json = '[';
    for (let i = 0; i < items.length; i++) json += `${i === 0 ? '' : ','}${this.at(i, items[i] ?? null, item)}`;
    return `${json}]`;
  }

  private map(map: EdnMap): string {
    const names = nameKeys(map.keys);
    if (names === null) return this.pairs(map);
    if (typeof map.keys[0] === 'string') this.hint('string-keys');
    const keys = storableKeys(names);
    let json = '{';
    for (let i = 0; i < names.length; i++) {
      const name = names[i] ?? '';
      const written = keys[i] ?? '';
      if (written !== name) this.keyHint(written, name);
      json += `${i === 0 ? '' : ','}${JSON.stringify(written)}:${this.at(written, map.values[i] ?? null, 'json')}`;
    }
    return `${json}}`;
  }

  private keyHint(written: string, exact: string): void {
    this.notes.note(`#${this.path.map(pointerStep).join('')}${pointerStep(written)}`, ['key', escapeExact(exact)]);
  }

  private pairs(map: EdnMap): string {
    this.hint('pairs');
    const order = map.keys.map((key, i) => ({ text: canonicalEdn(key), key, value: map.values[i] ?? null }));
    order.sort((a, b) => (a.text < b.text ? -1 : 1));
    const pairs = order.map(({ key, value }, i) => {
      this.path.push(i);
      const pair = `[${this.at(0, key, 'json')},${this.at(1, value, 'json')}]`;
      this.path.pop();
      return pair;
    });
    return `[${pairs.join(',')}]`;
  }
}

/** The names of a map's keys when they are all keywords or all strings; else null. */
const nameKeys = (keys: readonly EdnValue[]): string[] | null => {
  const strings = typeof keys[0] === 'string';
  const names: string[] = [];
  for (const key of keys) {
    const name = strings ? key : key instanceof Keyword ? key.name : null;
    if (typeof name !== 'string') return null;
    names.push(name);
  }
  return names;
};

const setKey = (item: EdnValue): string => {
  if (item instanceof Keyword) return `:${item.name}`;
  return item instanceof Tagged && item.tag === 'uuid' && typeof item.value === 'string'
    ? `#uuid "${item.value}"`
    : canonicalEdn(item);
};

/** A set's items in the order of their canonical texts, so that equal sets are equal arrays. */
const inOrder = (items: readonly EdnValue[]): readonly EdnValue[] => {
  if (items.length < 2) return items;
  const keyed = items.map((item) => ({ key: setKey(item), item }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return keyed.map(({ item }) => item);
};
