export interface TrafficCounts {
  /** `POST /sql`, whatever became of it. */
  http_requests: number;
  /** Those that were batches. */
  batches: number;
  /** Statements over HTTP, in batches or alone. */
  statements: number;
  websocket_connections: number;
}

export type TrafficEvent =
  | { type: 'request'; id: string; batch: boolean; queries: readonly string[] }
  /** The client closed its connection before it had an answer. */
  | { type: 'client_left'; id: string }
  /** Status is `cut` when the connection ended without an answer; `sqlstate` is that of Postgres' error, if it was one. */
  | { type: 'answer'; id: string; status: number | 'cut'; sqlstate: string | null }
  | { type: 'websocket_open' }
  | { type: 'websocket_close' };

/** Counts what passes through the endpoint and tells listeners. */
export class Traffic {
  #counts = zero();
  readonly #listeners = new Set<(event: TrafficEvent) => void>();

  get counts(): Readonly<TrafficCounts> {
    return { ...this.#counts };
  }

  reset(): void {
    this.#counts = zero();
  }

  /** @returns what ends the listening */
  listen(listener: (event: TrafficEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  countHttpRequest(): void {
    this.#counts.http_requests++;
  }

  tell(event: TrafficEvent): void {
    if (event.type === 'request') {
      this.#counts.statements += event.queries.length;
      if (event.batch) this.#counts.batches++;
    } else if (event.type === 'websocket_open') this.#counts.websocket_connections++;
    for (const listener of this.#listeners) listener(event);
  }
}

function zero(): TrafficCounts {
  return { http_requests: 0, batches: 0, statements: 0, websocket_connections: 0 };
}
