import { isJsonHistoryLine } from '../domain/codec/json-history-line.ts';
import type { ChunkAnswer } from '../importer/apply-chunk.ts';
import type { ChunkCheck } from '../importer/check-chunk.ts';
import type { ImportReport } from '../importer/import-report.ts';
import type { ImportStatus } from '../importer/import-status.ts';
import type { RejectsPage } from '../importer/list-rejects.ts';
import type { MendAnswer } from '../importer/mend-reject.ts';
import type { ImportOpening } from '../importer/request-shapes.ts';
import { LOOPBACK_HOSTS } from '../store/loopback-hosts.ts';
import { ApiFailure, apiFailureOf } from './api-failure.ts';
import type { Chunk } from './cut-chunks.ts';
import { retryAfterMs } from './retry-after-ms.ts';

const MAX_ATTEMPTS = 9;
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 120_000;

export interface ImportApiOptions {
  /** Of the import Worker, such as `https://annals-import.example.workers.dev`. */
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly signal: AbortSignal;
  /** Told of each retry: why, and how long it waits. */
  readonly onRetry?: (why: string, wait_ms: number) => void;
}

/** The import Worker's routes. Each call retries what may pass: the network, 5xx, 429; waits longer each time, with jitter, and not for ever. */
export class ImportApi {
  readonly #options: ImportApiOptions;
  readonly #isNear: boolean;

  constructor(options: ImportApiOptions) {
    this.#options = options;
    this.#isNear = LOOPBACK_HOSTS.has(new URL(options.url).hostname);
  }

  open(opening: ImportOpening): Promise<ImportStatus> {
    return this.#json('POST', '/v1/imports', opening);
  }
  async list(): Promise<ImportStatus[]> {
    return (await this.#json<{ imports: ImportStatus[] }>('GET', '/v1/imports')).imports;
  }
  status(id: string): Promise<ImportStatus> {
    return this.#json('GET', `/v1/imports/${encodeURIComponent(id)}`);
  }
  report(id: string): Promise<ImportReport> {
    return this.#json('GET', `/v1/imports/${encodeURIComponent(id)}/report`);
  }
  rejects(id: string, afterLine: number): Promise<RejectsPage> {
    return this.#json('GET', `/v1/imports/${encodeURIComponent(id)}/rejects?after_line=${afterLine}`);
  }
  /** @param reason why the import is finished although the footer disagrees */
  force(id: string, reason: string): Promise<ImportStatus> {
    return this.#json('POST', `/v1/imports/${encodeURIComponent(id)}/finish`, { force: reason });
  }
  mend(id: string, line: number, text: string): Promise<MendAnswer> {
    const path = `/v1/imports/${encodeURIComponent(id)}/rejects/${line}`;
    const type = isJsonHistoryLine(text) ? 'application/x-ndjson' : 'application/edn';
    return this.#request('PUT', path, { 'content-type': type }, text);
  }
  act(id: string, action: 'resume' | 'cancel' | 'finish'): Promise<ImportStatus> {
    return this.#json('POST', `/v1/imports/${encodeURIComponent(id)}/${action}`);
  }
  pause(id: string, reason: string | null): Promise<ImportStatus> {
    return this.#json('POST', `/v1/imports/${encodeURIComponent(id)}/pause`, { reason });
  }
  send(id: string, fingerprint: string, chunk: Chunk): Promise<ChunkAnswer> {
    return this.#chunk(
      `/v1/imports/${encodeURIComponent(id)}/chunks?first_line=${chunk.first_line}&fingerprint=${fingerprint}`,
      chunk,
    );
  }
  check(chunk: Chunk): Promise<ChunkCheck> {
    return this.#chunk(`/v1/dry-run/chunks?first_line=${chunk.first_line}`, chunk);
  }

  #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    if (body === undefined) return this.#request(method, path, {}, null);
    return this.#request(method, path, { 'content-type': 'application/json' }, JSON.stringify(body));
  }

  async #chunk<T>(path: string, chunk: Chunk): Promise<T> {
    // A line of JSON begins with {" and one of EDN does not.
    const type = { 'content-type': chunk.bytes[1] === 0x22 ? 'application/x-ndjson' : 'application/edn' };
    // Over a real distance the line is the bottleneck; on one machine gzip would be.
    if (this.#isNear) return this.#request('POST', path, type, chunk.bytes);
    const packed = await new Response(
      new Blob([chunk.bytes]).stream().pipeThrough(new CompressionStream('gzip')),
    ).bytes();
    return this.#request('POST', path, { ...type, 'content-encoding': 'gzip' }, packed);
  }

  async #request<T>(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | Uint8Array<ArrayBuffer> | null,
  ): Promise<T> {
    const { url, token, signal, onRetry } = this.#options;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      let why: string;
      let wait_ms = Math.random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
      try {
        const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
          method,
          headers: { ...headers, authorization: `Bearer ${await token()}` },
          body,
          signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
        });
        const text = await response.text();
        if (response.ok) return JSON.parse(text) as T;
        const failure = apiFailureOf(response.status, text);
        if (response.status < 500 && response.status !== 429) throw failure;
        if (attempt >= MAX_ATTEMPTS) throw failure;
        why = `${failure.code}: ${failure.message}`;
        wait_ms = Math.max(wait_ms, retryAfterMs(response.headers.get('retry-after')));
      } catch (error) {
        if (signal.aborted || error instanceof ApiFailure || attempt >= MAX_ATTEMPTS || !isNetworkError(error))
          throw error;
        why = 'the import service cannot be reached';
      }
      onRetry?.(why, wait_ms);
      await sleep(wait_ms, signal);
    }
  }
}

/** @throws the signal's reason when it aborts meanwhile */
async function sleep(wait_ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, wait_ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
  signal.throwIfAborted();
}

/** What fetch throws when no answer came: a TypeError, or the timeout. */
function isNetworkError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof SyntaxError ||
    (error instanceof DOMException && error.name === 'TimeoutError')
  );
}

/** Whether a call failed as calls do: refused, unanswered, or given up. Anything else is a mistake of ours, or of the caller's token. */
export function isCallFailure(error: unknown): boolean {
  const isGivenUp = error instanceof DOMException && error.name === 'AbortError';
  return error instanceof ApiFailure || isGivenUp || isNetworkError(error);
}
