import { type ColumnForm, columnForm, type ElementTypes } from './column-types.ts';
import { JsonBytes } from './json-bytes.ts';
import { RequestError } from './request-error.ts';
import { typedValue } from './typed-value.ts';
import { readCString } from './wire.ts';

/** What Postgres answers to one statement, piece by piece: bodies of its messages. */
export interface ResultSink {
  begin(arrayMode: boolean): void;
  columns(buffer: Buffer, start: number, end: number): void;
  row(buffer: Buffer, start: number, end: number): void;
  /** @param tag the command tag; empty for an empty query */
  complete(tag: string): void;
}

interface Column {
  name: string;
  type: number;
  form: ColumnForm | undefined;
}

/**
 * Writes the JSON answer of a request while the rows come in.
 * Keys of a result, in this order: fields, rows, command, rowCount, rowAsArray.
 */
export class Answer implements ResultSink {
  readonly #json = new JsonBytes();
  readonly #batch: boolean;
  readonly #types: ElementTypes | undefined;
  readonly #maxBytes: number;
  #columns: Column[] = [];
  #arrayMode = false;
  #results = 0;
  #rows = 0;
  #inResult = false;

  /** @param types what is known of types; undefined writes every value as text */
  constructor(options: { batch: boolean; types: ElementTypes | undefined; maxBytes: number }) {
    this.#batch = options.batch;
    this.#types = options.types;
    this.#maxBytes = options.maxBytes;
    if (this.#batch) this.#json.raw('{"results":[');
  }

  begin(arrayMode: boolean): void {
    if (this.#results++ > 0) this.#json.raw(',');
    this.#arrayMode = arrayMode;
    this.#rows = 0;
    this.#columns = [];
    this.#inResult = false;
  }

  columns(buffer: Buffer, start: number): void {
    const count = buffer.readUInt16BE(start);
    let at = start + 2;
    this.#json.raw('{"fields":[');
    for (let index = 0; index < count; index++) {
      const nameEnd = buffer.indexOf(0, at);
      if (index > 0) this.#json.raw(',');
      this.#json.raw('{"name":');
      this.#json.string(buffer, at, nameEnd);
      const numbers = nameEnd + 1;
      const type = buffer.readUInt32BE(numbers + 6);
      this.#json.raw(
        `,"dataTypeID":${type},"tableID":${buffer.readUInt32BE(numbers)},"columnID":${buffer.readInt16BE(numbers + 4)}` +
          `,"dataTypeSize":${buffer.readInt16BE(numbers + 10)},"dataTypeModifier":${buffer.readInt32BE(numbers + 12)}` +
          ',"format":"text"}',
      );
      const name = this.#arrayMode ? '' : `${JSON.stringify(readCString(buffer, at))}:`;
      this.#columns.push({ name, type, form: this.#types && columnForm(type, this.#types) });
      at = numbers + 18;
    }
    this.#json.raw('],"rows":[');
    this.#inResult = true;
  }

  row(buffer: Buffer, start: number): void {
    if (this.#json.length > this.#maxBytes) {
      throw new RequestError(507, `response is too large (max is ${this.#maxBytes} bytes)`);
    }
    const json = this.#json;
    if (this.#rows++ > 0) json.raw(',');
    json.raw(this.#arrayMode ? '[' : '{');
    let at = start + 2;
    let first = true;
    for (const { name, form } of this.#columns) {
      if (!first) json.raw(',');
      first = false;
      if (name !== '') json.raw(name);
      const length = buffer.readInt32BE(at);
      at += 4;
      if (length === -1) {
        json.raw('null');
        continue;
      }
      if (form === undefined || (form.form === 'text' && !form.array)) json.string(buffer, at, at + length);
      else json.raw(typedValue(buffer.toString('utf8', at, at + length), form));
      at += length;
    }
    json.raw(this.#arrayMode ? ']' : '}');
  }

  complete(tag: string): void {
    if (!this.#inResult) this.#json.raw('{"fields":[],"rows":[');
    const words = tag.split(' ');
    const command = words[0] ?? '';
    const count = command === 'INSERT' ? words[2] : words[1];
    const rowCount = count !== undefined && /^\d+$/.test(count) ? count : 'null';
    this.#json.raw(
      `],"command":${JSON.stringify(command)},"rowCount":${rowCount},"rowAsArray":${String(this.#arrayMode)}}`,
    );
  }

  bytes(): Buffer {
    if (this.#batch) this.#json.raw(']}');
    return this.#json.bytes();
  }
}
