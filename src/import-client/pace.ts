import type { ChunkSize } from './cut-chunks.ts';

/** The knee: under 500 rows the round trip shows, over 2,000 nothing is won. */
const MIN_LINES = 500;
const MAX_LINES = 2_000;
const FIRST_LINES = 1_000;
/** Half of what the service takes, since rows grow on their way to the database. */
const MAX_BYTES = 3 * 1024 * 1024;
const MIN_BYTES = 64 * 1024;
const MAX_IN_FLIGHT = 4;
const QUICK_MS = 700;
const SLOW_MS = 3_000;

/** How large chunks are and how many are under way, by how the answers come: up gently, down at once. */
export class Pace {
  #lines = FIRST_LINES;
  #bytes = MAX_BYTES;
  #in_flight = 2;

  get size(): ChunkSize {
    return { lines: this.#lines, bytes: this.#bytes };
  }
  get inFlight(): number {
    return this.#in_flight;
  }

  answered(after_ms: number): void {
    if (after_ms < QUICK_MS) this.#lines = Math.min(MAX_LINES, Math.ceil(this.#lines * 1.25));
    if (after_ms > SLOW_MS) this.#lines = Math.max(MIN_LINES, Math.floor(this.#lines / 2));
    else if (this.#in_flight < MAX_IN_FLIGHT) this.#in_flight++;
  }
  retried(): void {
    this.#in_flight = Math.max(1, this.#in_flight - 1);
  }
  tooLarge(bytes: number): void {
    this.#bytes = Math.max(MIN_BYTES, Math.min(this.#bytes, Math.floor(bytes / 2)));
  }
}
