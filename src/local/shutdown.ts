import { childrenOf, send } from './processes.ts';

/** Something that was started and must be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

const SIGNALS: readonly (string | symbol)[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One Ctrl-C comes twice: from the terminal, and from npm, which hands it on. */
const SAME_PRESS_MS = 500;
/** What a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Collects what was started; on Ctrl-C (or SIGTERM) it asks for the end, and everything is stopped in reverse order. Who asks
 * again does not want to wait: the processes that were started are told to end at once, and this one does.
 */
export class Shutdown {
  readonly #started: Stoppable[] = [];
  readonly #asked = new AbortController();
  /** Resolves when the end is asked for. */
  readonly requested: Promise<void>;
  #asked_ms = 0;

  constructor() {
    this.requested = new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
    for (const name of SIGNALS) process.on(name, () => this.#ask());
    // Nobody else's: Miniflare's exit hook ends the process at the first signal, with Postgres still running.
    process.on('newListener', (name, listener) => {
      if (SIGNALS.includes(name)) queueMicrotask(() => process.off(name, listener));
    });
  }

  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** @throws the signal's reason when the end was asked for while this was started; it is stopped with the others */
  add(started: Stoppable): void {
    this.#started.push(started);
    this.signal.throwIfAborted();
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
      this.#asked_ms = performance.now();
      this.#asked.abort();
    } else if (performance.now() - this.#asked_ms > SAME_PRESS_MS) void this.#leave();
  }

  async #leave(): Promise<void> {
    // Postgres' immediate shutdown: it recovers from its log at the next start.
    for (const pid of await childrenOf(process.pid)) send(pid, 'SIGQUIT');
    process.exit(INTERRUPTED);
  }
}
