import type { ResultSink } from './answer.ts';
import { columnForm, type ElementTypes } from './column-types.ts';
import { RequestError } from './request-error.ts';

/** A value takes 4 bytes and its text on the wire, and at least 2/5 of that in JSON: past this an answer is too large. */
const WIRE_PER_JSON_BYTE = 2.5;

type Piece = (sink: ResultSink) => void;

/** Keeps results until the types of their columns are known: typed answers need the catalogue, which rows do not wait for. */
export class StoredResults implements ResultSink {
  readonly #pieces: Piece[] = [];
  readonly #types = new Set<number>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxAnswerBytes: number) {
    this.#maxBytes = maxAnswerBytes;
  }

  begin(arrayMode: boolean): void {
    this.#pieces.push((sink) => sink.begin(arrayMode));
  }

  columns(buffer: Buffer, start: number, end: number): void {
    let at = start + 2;
    while (at < end) {
      const numbers = buffer.indexOf(0, at) + 1;
      this.#types.add(buffer.readUInt32BE(numbers + 6));
      at = numbers + 18;
    }
    this.#pieces.push((sink) => sink.columns(buffer, start, end));
  }

  row(buffer: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes > this.#maxBytes * WIRE_PER_JSON_BYTE) {
      throw new RequestError(507, `response is too large (max is ${this.#maxBytes} bytes)`);
    }
    this.#pieces.push((sink) => sink.row(buffer, start, end));
  }

  complete(tag: string): void {
    this.#pieces.push((sink) => sink.complete(tag));
  }

  /** Column types that `known` cannot tell the form of. */
  unknownTypes(known: ElementTypes): number[] {
    return [...this.#types].filter((type) => columnForm(type, known) === undefined);
  }

  replay(sink: ResultSink): void {
    for (const piece of this.#pieces) piece(sink);
  }
}
