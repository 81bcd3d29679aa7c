import type { Delay } from './delay.ts';

/** Hands things on in order, each no sooner than one way of the delay after it came. */
export class DelayLine<T> {
  readonly #delay: Delay;
  readonly #deliver: (item: T) => void;
  readonly #queue: { item: T; due_ms: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(delay: Delay, deliver: (item: T) => void) {
    this.#delay = delay;
    this.#deliver = deliver;
  }

  add(item: T): void {
    if (this.#queue.length === 0 && this.#delay.oneWay_ms === 0) {
      this.#deliver(item);
      return;
    }
    this.#queue.push({ item, due_ms: performance.now() + this.#delay.oneWay_ms });
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  #wait(): void {
    const next = this.#queue[0];
    if (!next || this.#timer) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#queue.shift();
        this.#deliver(next.item);
        this.#wait();
      },
      Math.max(0, next.due_ms - performance.now()),
    );
  }
}
