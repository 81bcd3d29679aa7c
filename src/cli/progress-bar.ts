import { Speed } from '../import-client/speed.ts';

const BAR_CHARS = 24;
const TERMINAL_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;

interface Step {
  readonly what: string;
  /** Of `total`, in the same unit; null total draws no bar. */
  readonly done: number;
  readonly total: number | null;
  /** Of this run, for the speed. */
  readonly rows: number;
  /** Such as `3 rejects`. */
  readonly note: string | null;
}

/** Shows how far something is: percent, rows a second, time left. */
export class ProgressBar {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  #speed = new Speed();
  #shown_ms = Number.NEGATIVE_INFINITY;
  #what = '';

  /** @param isTerminal a terminal gets one line that changes, anything else a line now and then */
  constructor(write: (text: string) => void, isTerminal: boolean) {
    this.#write = write;
    this.#isTerminal = isTerminal;
  }

  show(step: Step): void {
    const now = performance.now();
    if (step.what !== this.#what) this.#speed = new Speed();
    this.#speed.add(now, step.rows, step.done);
    const every_ms = this.#isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (step.what === this.#what && now - this.#shown_ms < every_ms) return;
    this.#what = step.what;
    this.#shown_ms = now;
    const line = this.#line(step);
    this.#write(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Clears the line that changes, so that something else can be written. */
  clear(): void {
    if (this.#isTerminal && this.#what !== '') this.#write('\r\x1b[K');
    this.#shown_ms = Number.NEGATIVE_INFINITY;
  }

  #line({ what, done, total, rows, note }: Step): string {
    const speed = this.#speed.rows_per_s;
    const left_s = total === null ? null : this.#speed.secondsLeft(total);
    const parts = [what.padEnd(10)];
    if (total !== null && total > 0) {
      const share = Math.min(1, done / total);
      const full = Math.round(share * BAR_CHARS);
      if (this.#isTerminal) parts.push(`${'█'.repeat(full)}${'░'.repeat(BAR_CHARS - full)}`);
      parts.push(`${(share * 100).toFixed(1).padStart(5)} %`);
    }
    if (rows > 0) parts.push(`${grouped(rows)} rows`);
    if (speed > 0) parts.push(`${grouped(Math.round(speed))} rows/s`);
    if (left_s !== null) parts.push(`${duration(left_s)} left`);
    if (note !== null) parts.push(note);
    return parts.join('  ');
  }
}

/** `1 234 567`: digits in threes. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `4 s`, `3 min 20 s`, `2 h 5 min`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
