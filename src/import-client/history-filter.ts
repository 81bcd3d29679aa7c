import type { LineValue } from '../domain/codec/history-digest.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';

/** A line of a history, as it is; or, of one that is left out, the type of its row. */
export type FilteredLine<L> =
  | { readonly line: L; readonly skipped: null }
  | { readonly line: null; readonly skipped: string };

const MINUTE_MS = 60_000;
/** Deletes that an entity begins with wait for the doc that says their type; no real one has so many. */
const MAX_HELD = 10_000;

/**
 * Leaves out of a history what an import's arguments say, line by line, in order: what comes out depends on the file and the
 * arguments alone. A delete is of its entity's type. Of a type that is thinned, a version stays when the entity's next line is
 * of another stretch of minutes (by valid time), or a delete.
 */
export class HistoryFilter<L> {
  readonly #arguments: ImportArguments;
  /** Deletes before an entity's first doc, or the one version that waits for the next. */
  #held: L[] = [];
  #heldStretch: number | null = null;
  #entity = '';
  #type: string | null = null;

  constructor(chosen: ImportArguments) {
    this.#arguments = chosen;
  }

  /**
   * @param value what `lineValue` makes of the line's text
   * @returns the lines that are decided now: none, this one, or earlier ones with it
   */
  push(line: L, value: LineValue | string): FilteredLine<L>[] {
    // What cannot be read is for the import to say.
    if (typeof value === 'string' || value.kind !== 'row') return [...this.end(), kept(line)];
    const decided = value.entity_id === this.#entity ? [] : this.end();
    this.#entity = value.entity_id;
    if (value.doc === 'nil') {
      if (this.#type !== null) return [...decided, ...this.#flush(), this.#decide(line, this.#type)];
      this.#held.push(line);
      return this.#held.length > MAX_HELD ? [...decided, ...this.#flush()] : decided;
    }
    const { type } = value;
    const minutes = this.#isIn(type) ? this.#arguments.thin?.[type] : undefined;
    const stretch = minutes === undefined ? null : Math.floor(Date.parse(value.valid_time) / (minutes * MINUTE_MS));
    if (stretch !== null && stretch === this.#heldStretch && type === this.#type) {
      decided.push(...this.#held.map(() => skipped<L>(type)));
      this.#held = [];
    }
    // Deletes at the beginning are of the type that the doc after them says.
    this.#type ??= type;
    decided.push(...this.#flush());
    this.#type = type;
    if (stretch === null) return [...decided, this.#decide(line, type)];
    this.#held = [line];
    this.#heldStretch = stretch;
    return decided;
  }

  /** The lines that still waited: after the last line. */
  end(): FilteredLine<L>[] {
    const decided = this.#flush();
    this.#entity = '';
    this.#type = null;
    return decided;
  }

  #flush(): FilteredLine<L>[] {
    const type = this.#type ?? '(no type)';
    const decided = this.#held.map((line) => this.#decide(line, type));
    this.#held = [];
    this.#heldStretch = null;
    return decided;
  }

  #decide(line: L, type: string): FilteredLine<L> {
    return this.#isIn(type) ? kept(line) : skipped(type);
  }

  #isIn(type: string): boolean {
    const { only, except } = this.#arguments;
    return (only === undefined || only.includes(type)) && except?.includes(type) !== true;
  }
}

function kept<L>(line: L): FilteredLine<L> {
  return { line, skipped: null };
}

function skipped<L>(type: string): FilteredLine<L> {
  return { line: null, skipped: type };
}
