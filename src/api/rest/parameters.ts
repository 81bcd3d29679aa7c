import { fitsJsonb } from '../../domain/codec/jsonb-text.ts';
import type { ColumnKind } from './columns.ts';
import { RestProblem } from './rest-problem.ts';

/**
 * The values of a statement, all in its one parameter `$1`, an array of text: so a part of it can be compiled before it is
 * known which statement it lands in. Whatever came from a client is in here, never in the statement's text.
 */
export class Parameters {
  readonly #values: string[] = [];
  readonly #places = new Map<string, string>();
  /** Whether the statement has the type's projection beside its rows. */
  readonly isProjected: boolean;
  /** The fields that it takes from there, or could, with their kinds. */
  readonly projectable = new Map<string, ColumnKind>();

  constructor(isProjected = false) {
    this.isProjected = isProjected;
  }

  /** @returns the SQL that stands for the value, as text. @throws RestProblem 22021 for text that Postgres cannot hold */
  add(value: string): string {
    if (!fitsJsonb(value)) throw new RestProblem(400, '22021', 'invalid byte sequence for encoding "UTF8"');
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    this.#values.push(value);
    const place = `($1::text[])[${this.#values.length}]`;
    this.#places.set(value, place);
    return place;
  }

  /** As {@link add}, for a list: an expression of type text[]. */
  addList(values: readonly string[]): string {
    return `${this.add(textArray(values))}::text[]`;
  }

  /** The value of `$1`. */
  get text(): string {
    return textArray(this.#values);
  }
}

/** An array as Postgres reads it. */
const textArray = (values: readonly string[]): string =>
  `{${values.map((value) => `"${value.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;
