import { canonicalEdn } from './canonical.ts';
import { double, integer, parseNumber } from './number.ts';
import { isCanonicalTag, tagged } from './tags.ts';
import { Char, EdnMap, EdnNumber, EdnSet, EdnSymbol, type EdnValue, Keyword, List } from './value.ts';

/** Where reading stopped (UTF-16 units from the start of the text) and why. */
export type EdnError = { offset: number; reason: string };
export type EdnResult = { ok: true; value: EdnValue } | { ok: false; error: EdnError };

/** Deeper nesting than any document has; keeps hostile input from exhausting the stack. */
export const MAX_EDN_DEPTH = 256;

class Failure extends Error {
  readonly offset: number;
  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

const NONE = 0;
const SPACE = 1;
const END = 2;

/** What a unit means to the reader: part of a token, white space, or the end of a token. */
const CLASS = new Uint8Array(65_536);
for (const space of [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 44, 0x1680, 0x2028, 0x2029, 0x205f, 0x3000])
  CLASS[space] = SPACE;
for (let c = 0x2000; c <= 0x200a; c++) if (c !== 0x2007) CLASS[c] = SPACE;
for (const c of '"();[]{}\\^') CLASS[c.charCodeAt(0)] = END;

const NAMED_CHARS: ReadonlyMap<string, string> = new Map([
  ['newline', '\n'],
  ['space', ' '],
  ['tab', '\t'],
  ['return', '\r'],
  ['formfeed', '\f'],
  ['backspace', '\b'],
]);
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['r', '\r'],
  ['n', '\n'],
  ['b', '\b'],
  ['f', '\f'],
  ['\\', '\\'],
  ['"', '"'],
]);
const HEX4 = /^[0-9A-Fa-f]{4}$/;
const OCTAL = /^[0-3]?[0-7]{1,2}$/;

/** Small maps and sets are searched for a repeated key pair by pair; larger ones by a table. */
const PAIRWISE_LIMIT = 8;

class Reader {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private values = 0;
  private readonly maxValues: number;
  constructor(text: string, maxValues: number) {
    this.text = text;
    this.maxValues = maxValues;
  }

  document(): EdnValue {
    if (this.text.startsWith('\ufeff')) throw new Failure(0, 'a byte order mark stands before the form: take it off');
    const value = this.form();
    if (this.skip()) throw new Failure(this.at, 'more text after the form');
    return value;
  }

  /** Moves past white space, comments and discarded forms; false at the end of the text. */
  private skip(): boolean {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (CLASS[c] === SPACE) this.at++;
      else if (c === 59) {
        const end = text.indexOf('\n', this.at);
        this.at = end < 0 ? text.length : end + 1;
      } else if (c === 35 && text.charCodeAt(this.at + 1) === 95) {
        this.at += 2;
        this.nested(() => this.form());
      } else return this.at < text.length;
    }
  }

  private form(): EdnValue {
    if (!this.skip()) throw new Failure(this.at, 'the text ends where a form should be');
    if (++this.values > this.maxValues) throw new Failure(this.at, `more than ${this.maxValues} values`);
    const c = this.text.charCodeAt(this.at);
    switch (c) {
      case 34:
        return this.string();
      case 58:
        return this.keyword();
      case 123:
        return this.map('');
      case 91:
        return this.items(93);
      case 40:
        return new List(this.items(41));
      case 35:
        return this.dispatch();
      case 92:
        return this.char();
      case 94:
        // Metadata is no part of a value: (= ^:a [] []) in Clojure.
        this.at++;
        return this.nested(() => {
          this.form();
          return this.form();
        });
      case 93:
      case 125:
      case 41:
        throw new Failure(this.at, `"${String.fromCharCode(c)}" closes nothing`);
      default:
        return this.token();
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_EDN_DEPTH) throw new Failure(this.at, `nested deeper than ${MAX_EDN_DEPTH}`);
    const value = read();
    this.depth--;
    return value;
  }

  /** The items up to a closing bracket; the reader stands at the opening one. */
  private items(close: number): EdnValue[] {
    const start = this.open();
    const items: EdnValue[] = [];
    while (!this.closes(close, start)) items.push(this.form());
    this.close();
    return items;
  }

  /** Moves past an opening bracket. @returns where it stands */
  private open(): number {
    if (++this.depth > MAX_EDN_DEPTH) throw new Failure(this.at, `nested deeper than ${MAX_EDN_DEPTH}`);
    return this.at++;
  }

  private closes(bracket: number, start: number): boolean {
    if (!this.skip()) throw new Failure(start, `"${this.text.charAt(start)}" is never closed`);
    return this.text.charCodeAt(this.at) === bracket;
  }

  private close(): void {
    this.at++;
    this.depth--;
  }

  private map(namespace: string): EdnMap {
    const start = this.open();
    const keys: EdnValue[] = [];
    const values: EdnValue[] = [];
    while (!this.closes(125, start)) {
      const key = this.form();
      if (this.closes(125, start)) throw new Failure(start, 'a map needs a value for every key');
      keys.push(namespace === '' ? key : inNamespace(key, namespace));
      values.push(this.form());
    }
    this.close();
    this.refuseRepeats(keys, start, 'a map has this key twice');
    return new EdnMap(keys, values);
  }

  private refuseRepeats(values: readonly EdnValue[], start: number, reason: string): void {
    const repeated = values.length <= PAIRWISE_LIMIT ? repeatedOfFew(values) : repeatedOfMany(values);
    if (repeated !== null) throw new Failure(start, `${reason}: ${repeated.slice(0, 80)}`);
  }

  private dispatch(): EdnValue {
    const start = this.at;
    const next = this.text.charCodeAt(start + 1);
    if (next === 123) {
      this.at++;
      const items = this.items(125);
      this.refuseRepeats(items, start, 'a set has this item twice');
      return new EdnSet(items);
    }
    if (next === 58) return this.namespaceMap(start);
    if (next === 35) return this.symbolic(start);
    this.at++;
    const tag = this.span();
    if (!isCanonicalTag(tag) && !isTag(tag)) throw new Failure(start, `"#${tag.slice(0, 40)}" is not a tag`);
    const value = this.skip() && this.text.charCodeAt(this.at) === 34 ? this.string() : this.nested(() => this.form());
    const result = tagged(tag, value);
    if (typeof result === 'string') throw new Failure(start, result);
    return result;
  }

  private namespaceMap(start: number): EdnMap {
    this.at += 2;
    const namespace = this.span();
    if (namespace === '' || namespace.includes('/') || namespace.startsWith(':')) {
      throw new Failure(start, 'a namespace map needs a plain namespace, as in #:a{:b 1}');
    }
    if (!this.skip() || this.text.charCodeAt(this.at) !== 123)
      throw new Failure(this.at, 'a namespace map needs a map');
    return this.map(namespace);
  }

  private symbolic(start: number): EdnNumber {
    this.at += 2;
    const name = this.span();
    if (name === 'Inf') return double(Number.POSITIVE_INFINITY);
    if (name === '-Inf') return double(Number.NEGATIVE_INFINITY);
    if (name === 'NaN') return double(Number.NaN);
    throw new Failure(start, `"##${name.slice(0, 40)}" is none of ##Inf, ##-Inf, ##NaN`);
  }

  /** The text up to the next delimiter; maybe empty. */
  private span(): string {
    const { text } = this;
    const start = this.at;
    let at = start;
    while (at < text.length && CLASS[text.charCodeAt(at)] === NONE) at++;
    this.at = at;
    return text.slice(start, at);
  }

  private keyword(): Keyword {
    const start = this.at++;
    const name = this.span();
    if (name === '' || name.startsWith(':') || endsInNoName(name) || (name.startsWith('/') && name !== '/')) {
      throw new Failure(start, `":${name.slice(0, 40)}" is not a keyword`);
    }
    return new Keyword(name);
  }

  private token(): EdnValue {
    const start = this.at;
    const first = this.text.charCodeAt(start);
    const second = this.text.charCodeAt(start + 1);
    const token = this.span();
    if (isDigit(first) || ((first === 43 || first === 45) && isDigit(second))) return this.number(token, start, first);
    if (token === 'nil') return null;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (endsInNoName(token)) throw new Failure(start, `"${token.slice(0, 40)}" is not a symbol`);
    return new EdnSymbol(token);
  }

  private number(token: string, start: number, first: number): EdnNumber {
    // Most numbers are short longs: keep them off the general road.
    if (token.length < 16 && first !== 43 && (first !== 48 || token.length === 1)) {
      let i = first === 45 ? 1 : 0;
      if (token.charCodeAt(i) !== 48) {
        while (i < token.length && isDigit(token.charCodeAt(i))) i++;
        if (i === token.length) return new EdnNumber('long', token);
      } else if (first === 48) return integer(token);
    }
    const number = parseNumber(token);
    if (typeof number === 'string') throw new Failure(start, number);
    return number;
  }

  private char(): Char {
    const start = this.at++;
    if (this.at >= this.text.length) throw new Failure(start, 'the text ends in a character');
    const first = this.text.charAt(this.at++);
    const token = first + this.span();
    if (token.length === 1) return new Char(token);
    const named = NAMED_CHARS.get(token);
    if (named !== undefined) return new Char(named);
    const code = token.slice(1);
    if (first === 'u' && HEX4.test(code)) return new Char(String.fromCharCode(Number.parseInt(code, 16)));
    if (first === 'o' && OCTAL.test(code)) return new Char(String.fromCharCode(Number.parseInt(code, 8)));
    throw new Failure(start, `"\\${token.slice(0, 40)}" is not a character`);
  }

  private string(): string {
    const { text } = this;
    const start = this.at;
    let at = start + 1;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 34) {
        this.at = at + 1;
        return text.slice(start + 1, at);
      }
      if (c === 92) break;
    }
    return this.escapedString(start, at);
  }

  private escapedString(start: number, firstEscape: number): string {
    const { text } = this;
    let done = text.slice(start + 1, firstEscape);
    let from = firstEscape;
    for (let at = firstEscape; at < text.length; ) {
      const c = text.charCodeAt(at);
      if (c === 34) {
        this.at = at + 1;
        return done + text.slice(from, at);
      }
      if (c !== 92) {
        at++;
        continue;
      }
      done += text.slice(from, at);
      const [unit, length] = this.escape(at);
      done += unit;
      at += length;
      from = at;
    }
    throw new Failure(start, 'a string is never closed');
  }

  /** What the escape at a backslash stands for, and how long it is. */
  private escape(at: number): [unit: string, length: number] {
    const letter = this.text.charAt(at + 1);
    const known = ESCAPES.get(letter);
    if (known !== undefined) return [known, 2];
    if (letter === 'u') {
      const code = this.text.slice(at + 2, at + 6);
      if (HEX4.test(code)) return [String.fromCharCode(Number.parseInt(code, 16)), 6];
    }
    const octal = /^[0-7]{1,3}/.exec(this.text.slice(at + 1, at + 4))?.[0] ?? '';
    if (OCTAL.test(octal)) return [String.fromCharCode(Number.parseInt(octal, 8)), 1 + octal.length];
    throw new Failure(at, `"\\${letter}" is not an escape`);
  }
}

const isDigit = (c: number): boolean => c >= 48 && c <= 57;

/** Whether only a namespace is there, as in `a/`. The name may be a slash: `clojure.core//`. */
const endsInNoName = (name: string): boolean => name.endsWith('/') && name !== '/' && !/[^/]\/\/$/.test(name);

const isTag = (tag: string): boolean => /^\p{L}[^#]*$/u.test(tag) && !tag.endsWith('/');

/** `#:a{:b 1, :_/c 2, :x/y 3}` is `{:a/b 1, :c 2, :x/y 3}`. */
const inNamespace = (key: EdnValue, namespace: string): EdnValue => {
  if (!(key instanceof Keyword || key instanceof EdnSymbol)) return key;
  const { name } = key;
  const plain = name.startsWith('_/') ? name.slice(2) : name.includes('/') ? name : `${namespace}/${name}`;
  return key instanceof Keyword ? new Keyword(plain) : new EdnSymbol(plain);
};

const repeatedOfFew = (values: readonly EdnValue[]): string | null => {
  for (let i = 1; i < values.length; i++) {
    const value = values[i];
    if (!(value instanceof Keyword)) return repeatedText(values);
    for (let j = 0; j < i; j++) {
      const other = values[j];
      if (other instanceof Keyword && other.name === value.name) return `:${value.name}`;
    }
  }
  return null;
};

const repeatedOfMany = (values: readonly EdnValue[]): string | null => {
  const names = new Set<string>();
  for (const value of values) {
    if (!(value instanceof Keyword)) return repeatedText(values);
    if (names.size === names.add(value.name).size) return `:${value.name}`;
  }
  return null;
};

const repeatedText = (values: readonly EdnValue[]): string | null => {
  if (values.length < 2) return null;
  const seen = new Set<string>();
  for (const value of values) {
    const text = value instanceof Keyword ? `:${value.name}` : canonicalEdn(value);
    if (seen.has(text)) return text;
    seen.add(text);
  }
  return null;
};

/**
 * Reads one EDN form, as Clojure's EDN reader does, with XTDB's and java.time's tags. Unknown tags are kept. A text of
 * anything else, of more than one form, or of more than `maxValues` values at all depths, is an error, never an exception.
 */
export const readEdn = (text: string, maxValues = Number.POSITIVE_INFINITY): EdnResult => {
  try {
    return { ok: true, value: new Reader(text, maxValues).document() };
  } catch (error) {
    if (error instanceof Failure) return { ok: false, error: { offset: error.offset, reason: error.message } };
    throw error;
  }
};
