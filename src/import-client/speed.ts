/** Speed is that of the last seconds: what an import did an hour ago says little about when it ends. */
const WINDOW_MS = 10_000;

/** How fast something goes and when it will be done, from the last seconds. */
export class Speed {
  readonly #samples: { at_ms: number; rows: number; done: number }[] = [];

  /** @param done in whatever unit the end is told in */
  add(at_ms: number, rows: number, done: number): void {
    this.#samples.push({ at_ms, rows, done });
    while ((this.#samples[1]?.at_ms ?? at_ms) < at_ms - WINDOW_MS) this.#samples.shift();
  }

  /** 0 while it is not known. */
  get rows_per_s(): number {
    return this.#perSecond('rows');
  }

  /** Null while it is not known, and when it is there. */
  secondsLeft(total: number): number | null {
    const pace = this.#perSecond('done');
    const done = this.#samples.at(-1)?.done ?? 0;
    return pace > 0 && total > done ? (total - done) / pace : null;
  }

  #perSecond(what: 'rows' | 'done'): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at_ms === first.at_ms) return 0;
    return ((last[what] - first[what]) * 1_000) / (last.at_ms - first.at_ms);
  }
}
