/** Something that was started and must be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Collects what was started; on Ctrl-C (or SIGTERM) it asks for the end, and everything is stopped in reverse order. */
export class Shutdown {
  readonly #started: Stoppable[] = [];
  readonly #asked = new AbortController();
  /** Resolves when the end is asked for. */
  readonly requested: Promise<void>;

  constructor() {
    this.requested = new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
    this.ownSignals();
  }

  /**
   * Makes signals this class's alone. Called again after Miniflare has started: its exit hook ends the process at the first
   * signal, with Postgres still running.
   */
  ownSignals(): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.removeAllListeners(name);
      process.on(name, () => this.#ask());
    }
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  add(started: Stoppable): void {
    this.#started.push(started);
  }

  /** Stops everything, the last started first; one that fails does not keep the others from stopping. */
  async stopAll(): Promise<void> {
    for (const started of this.#started.splice(0).reverse()) {
      try {
        await started.stop();
      } catch (error) {
        console.error('While stopping:', error instanceof Error ? error.message : error);
        process.exitCode = 1;
      }
    }
  }

  #ask(): void {
    if (!this.signal.aborted) {
      console.log('\nStopping …');
      this.#asked.abort();
    }
  }
}
