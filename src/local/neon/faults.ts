/**
 * What a fault does to a request:
 * - `refuse_connection`: cuts the client's connection at once; nothing runs.
 * - `refuse_unreachable`: answers 500, as when the compute cannot be reached; nothing runs.
 * - `stall`: holds the request until `release`, then runs it (unless its client has left).
 * - `drop_before_commit`: runs every statement, rolls back, then cuts the client's connection. A single statement has
 *   really run too, in its implicit transaction; one that commits by itself (CALL, VACUUM) cannot be taken back.
 * - `drop_after_commit`: runs and commits, then cuts the client's connection without an answer.
 */
export type FaultKind =
  | 'refuse_connection'
  | 'refuse_unreachable'
  | 'stall'
  | 'drop_before_commit'
  | 'drop_after_commit';

export interface FaultOptions {
  /** How many requests it befalls before it is spent. Default 1. */
  times?: number;
  /** Whether a request whose statements include this text is meant. Default: every request. */
  matches?: (query: string) => boolean;
}

/** A fault in wait for requests. */
export class ArmedFault {
  readonly kind: FaultKind;
  #remaining: number;
  readonly #matches: (query: string) => boolean;
  readonly #reached = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();

  constructor(kind: FaultKind, { times = 1, matches = () => true }: FaultOptions) {
    this.kind = kind;
    this.#remaining = times;
    this.#matches = matches;
  }

  /** Resolves when it has befallen its first request. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Of a stall: resolves when requests may go on. */
  get released(): Promise<void> {
    return this.#released.promise;
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** Lets stalled requests go on and befalls no more of them. */
  release(): void {
    this.#remaining = 0;
    this.#released.resolve();
  }

  /** @returns whether this request is hit; it then counts */
  hits(queries: readonly string[]): boolean {
    if (this.#remaining === 0 || !queries.some(this.#matches)) return false;
    this.#remaining--;
    this.#reached.resolve();
    return true;
  }
}

/** Faults of the HTTP road, for tests. */
export class Faults {
  #armed: ArmedFault[] = [];

  arm(kind: FaultKind, options: FaultOptions = {}): ArmedFault {
    const fault = new ArmedFault(kind, options);
    this.#armed.push(fault);
    return fault;
  }

  /** Disarms all, and lets stalled requests go on. */
  clear(): void {
    for (const fault of this.#armed.splice(0)) fault.release();
  }

  /** The first armed fault that hits a request with these statements. */
  strike(queries: readonly string[]): ArmedFault | undefined {
    const struck = this.#armed.find((fault) => fault.hits(queries));
    // A spent stall stays listed: `clear` must find it to let its requests go on.
    this.#armed = this.#armed.filter((fault) => fault.remaining > 0 || fault.kind === 'stall');
    return struck;
  }
}
