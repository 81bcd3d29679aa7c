import type { ColumnForm, ValueForm } from './column-types.ts';
import { RequestError } from './request-error.ts';

/**
 * The JSON text of a value in typed mode.
 * @param text the value in Postgres' text form
 * @throws RequestError 500 when the text is not of the form that its type promises
 */
export function typedValue(text: string, { form, array }: ColumnForm): string {
  return array ? new ArrayReader(text, form).read() : scalar(text, form);
}

function scalar(text: string, form: ValueForm): string {
  switch (form) {
    case 'boolean':
      return text === 't' ? 'true' : 'false';
    case 'integer':
    case 'json':
      return text;
    case 'float': {
      const number = Number(text);
      return Number.isFinite(number) ? String(number) : JSON.stringify(text);
    }
    case 'text':
      return JSON.stringify(text);
    default:
      return form satisfies never;
  }
}

/** Reads an array literal such as `[0:1]={{1,NULL},{"a b",c}}`. The delimiter is always a comma, as with Neon. */
class ArrayReader {
  readonly #text: string;
  readonly #form: ValueForm;
  #at: number;

  constructor(text: string, form: ValueForm) {
    this.#text = text;
    this.#form = form;
    // Bounds other than 1 stand before the braces.
    this.#at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  }

  read(): string {
    const json = this.#array();
    if (this.#at !== this.#text.length) throw broken();
    return json;
  }

  #array(): string {
    if (this.#text[this.#at] !== '{') throw broken();
    this.#at++;
    const items: string[] = [];
    while (this.#text[this.#at] !== '}') {
      items.push(this.#item());
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== '}') throw broken();
    }
    this.#at++;
    return `[${items.join(',')}]`;
  }

  #item(): string {
    const first = this.#text[this.#at];
    if (first === '{') return this.#array();
    if (first === '"') return scalar(this.#quoted(), this.#form);
    const bare = /[^,}]*/y;
    bare.lastIndex = this.#at;
    const text = bare.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text === 'NULL' ? 'null' : scalar(text, this.#form);
  }

  #quoted(): string {
    const quoted = /"((?:[^"\\]|\\.)*)"/sy;
    quoted.lastIndex = this.#at;
    const match = quoted.exec(this.#text);
    if (!match) throw broken();
    this.#at += match[0].length;
    return (match[1] ?? '').replaceAll(/\\(.)/gs, '$1');
  }
}

function broken(): RequestError {
  return new RequestError(500, 'could not parse postgres response');
}
