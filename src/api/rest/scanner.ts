import { unreadable } from './rest-problem.ts';

/** Characters of a name that needs no quotes; a dash too, unless it begins an arrow. */
const NAME = /(?:[A-Za-z0-9_$/ ]|-(?!>))+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/** Reads one parameter of the query string from left to right. */
export class Scanner {
  readonly #parameter: string;
  readonly #text: string;
  #at = 0;

  constructor(parameter: string, text: string) {
    this.#parameter = parameter;
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Whether the text goes on so; then it is passed. */
  eat(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  sees(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  expect(token: string): void {
    if (!this.eat(token)) throw this.fail(`"${token}"`);
  }

  /** A bare or quoted name. */
  name(): string {
    return this.quoted() ?? this.match(NAME) ?? this.#missing('a name');
  }

  /** Text in double quotes, with backslashes before a quote or a backslash; null when there is none here. */
  quoted(): string | null {
    QUOTED.lastIndex = this.#at;
    const found = QUOTED.exec(this.#text);
    if (found === null) return null;
    this.#at = QUOTED.lastIndex;
    return (found[1] ?? '').replace(/\\(.)/g, '$1');
  }

  /** What a sticky pattern finds here. */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || found === '') return null;
    this.#at += found.length;
    return found;
  }

  rest(): string {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    return rest;
  }

  fail(expected: string): Error {
    return unreadable(this.#parameter, this.#text, this.#at + 1, expected);
  }

  #missing(what: string): never {
    throw this.fail(what);
  }
}
