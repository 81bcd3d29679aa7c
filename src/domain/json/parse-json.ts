import { emptyJsonObject, JsonNumber, type JsonObject, type JsonValue } from './json-value.ts';

/** Where the text stopped being JSON: UTF-16 units from its start. */
export class JsonSyntaxError extends Error {
  readonly offset: number;
  constructor(offset: number, reason: string) {
    super(`${reason} at offset ${offset}`);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

/** Deeper nesting than any document has; keeps hostile input from exhausting the stack. */
export const MAX_JSON_DEPTH = 512;

/** An object takes 200 bytes, several times any other value. */
const VALUES_AN_OBJECT = 5;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS: readonly (readonly [string, null | boolean])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
];

class Parser {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private values = 0;
  private readonly maxValues: number;
  constructor(text: string, maxValues: number) {
    this.text = text;
    this.maxValues = maxValues;
  }

  document(): JsonValue {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw new JsonSyntaxError(this.at, 'more text after the value');
    return value;
  }

  private space(): number {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(this.at);
      if (c === 32 || c === 10 || c === 13 || c === 9) this.at++;
      else return c;
    }
  }

  private value(): JsonValue {
    const c = this.space();
    if (++this.values > this.maxValues) throw new JsonSyntaxError(this.at, `more than ${this.maxValues} values`);
    if (c === 34) return this.string();
    if (c === 123) return this.object();
    if (c === 91) return this.array();
    if (c === 45 || (c >= 48 && c <= 57)) return this.number();
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    if (this.at >= this.text.length) throw new JsonSyntaxError(this.at, 'the text ends where a value should be');
    throw new JsonSyntaxError(this.at, `unexpected ${JSON.stringify(this.text.charAt(this.at))}`);
  }

  private open(): void {
    this.at++;
    if (++this.depth > MAX_JSON_DEPTH) throw new JsonSyntaxError(this.at, `nested deeper than ${MAX_JSON_DEPTH}`);
  }

  /** After an item: true when another follows, false when the bracket closed. */
  private more(close: number): boolean {
    const c = this.space();
    if (c === 44) {
      this.at++;
      return true;
    }
    if (c !== close) throw new JsonSyntaxError(this.at, `expected "," or "${String.fromCharCode(close)}"`);
    this.at++;
    this.depth--;
    return false;
  }

  private closesEmpty(close: number): boolean {
    if (this.space() !== close) return false;
    this.at++;
    this.depth--;
    return true;
  }

  private array(): JsonValue[] {
    this.open();
    const items: JsonValue[] = [];
    if (this.closesEmpty(93)) return items;
    do items.push(this.value());
    while (this.more(93));
    return items;
  }

  private object(): JsonObject {
    this.open();
    this.values += VALUES_AN_OBJECT - 1;
    const object = emptyJsonObject();
    if (this.closesEmpty(125)) return object;
    do {
      if (this.space() !== 34) throw new JsonSyntaxError(this.at, 'expected a key in double quotes');
      const key = this.string();
      if (this.space() !== 58) throw new JsonSyntaxError(this.at, 'expected ":"');
      this.at++;
      object[key] = this.value();
    } while (this.more(125));
    return object;
  }

  private number(): number | JsonNumber {
    NUMBER.lastIndex = this.at;
    const text = NUMBER.exec(this.text)?.[0];
    if (text === undefined) throw new JsonSyntaxError(this.at, 'a number needs digits');
    this.at += text.length;
    const value = Number(text);
    return String(value) === text ? value : new JsonNumber(text);
  }

  private string(): string {
    const { text } = this;
    const start = this.at;
    for (let at = start + 1; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 34) {
        this.at = at + 1;
        return text.slice(start + 1, at);
      }
      if (c === 92) return this.escapedString(start, at);
      if (c < 32) throw new JsonSyntaxError(at, 'a control character in a string must be escaped');
    }
    throw new JsonSyntaxError(start, 'a string is never closed');
  }

  /** Finds the end of a string that has escapes and leaves their meaning to the engine. */
  private escapedString(start: number, firstEscape: number): string {
    const { text } = this;
    let at = firstEscape;
    while (at < text.length && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1;
    if (at >= text.length) throw new JsonSyntaxError(start, 'a string is never closed');
    this.at = at + 1;
    try {
      const value: unknown = JSON.parse(text.slice(start, this.at));
      if (typeof value === 'string') return value;
    } catch {
      // Told below, with the offset in the whole text.
    }
    throw new JsonSyntaxError(start, 'a string has a bad escape or an unescaped control character');
  }
}

/**
 * Parses JSON keeping every number exact. Of a key that comes twice the last wins, as with JSON.parse.
 * @throws {JsonSyntaxError} when the text is not JSON, nested deeper than {@link MAX_JSON_DEPTH}, or of more than `maxValues` values,
 *   of which an object is {@link VALUES_AN_OBJECT}
 */
export const parseJson = (text: string, maxValues = Number.POSITIVE_INFINITY): JsonValue =>
  new Parser(text, maxValues).document();
