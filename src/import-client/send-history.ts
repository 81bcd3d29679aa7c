import type { ChunkAnswer } from '../importer/apply-chunk.ts';
import type { ImportStatus } from '../importer/import-status.ts';
import { MAX_REASON_CHARS } from '../importer/limits.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { ApiFailure } from './api-failure.ts';
import { type Chunk, cutChunks, halves } from './cut-chunks.ts';
import { filteredBytes } from './filtered-bytes.ts';
import { HistoryFailure } from './history-failure.ts';
import type { Fingerprint, HistorySource } from './history-source.ts';
import { ImportApi, isCallFailure } from './import-api.ts';
import { Pace } from './pace.ts';

export interface ImportProgress {
  /** `reading` takes the file's fingerprint; `sending` sends what is not in yet. */
  readonly phase: 'reading' | 'sending' | 'finishing';
  /** Of the file, decompressed; `total_bytes` is null while it is not known. */
  readonly bytes: number;
  readonly total_bytes: number | null;
  /** In this import, those of earlier runs included. */
  readonly rows: number;
  /** Of those, rows that this run sent. */
  readonly rows_sent: number;
  readonly rejects: number;
}

export interface SendHistoryOptions {
  readonly history: HistorySource;
  readonly fingerprint: Fingerprint;
  /** What of the file to bring in; everything, unless said. The same file with other arguments is another import. */
  readonly arguments?: ImportArguments;
  /** Of the import Worker. */
  readonly url: string;
  readonly token: () => Promise<string>;
  /** Told of the import, as soon as it is known. */
  readonly onOpened?: (status: ImportStatus) => void;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Told of each line that could not be taken, as it is found. */
  readonly onReject?: (line: number, reason: string) => void;
  readonly onRetry?: (why: string, wait_ms: number) => void;
  /** Gives up after this many rejects (the import is paused); null never does. */
  readonly maxRejects?: number | null;
  /** Aborted: what is under way is waited for, then the import is paused. */
  readonly signal?: AbortSignal;
}

/** How long an import that stops may take to wait for its last chunks and to say that it is paused. */
const LEAVE_MS = 20_000;

/**
 * Brings a history in through the import Worker: opens its import or finds the one it has, sends the lines that are not in
 * yet, in chunks, a few at once, and finishes it. Started again it goes on where it was; at the end it changes nothing.
 *
 * @throws HistoryFailure when it stops short; ApiFailure with the service's words. The import is then paused and can go on.
 */
export async function sendHistory(options: SendHistoryOptions): Promise<ImportStatus> {
  const { history, fingerprint } = options;
  if (fingerprint.bytes === 0) throw new HistoryFailure('bad_file', `${history.name} is empty.`);
  const signal = options.signal ?? new AbortController().signal;
  const pace = new Pace();
  const leaving = new AbortController();
  const api = new ImportApi({
    url: options.url,
    token: options.token,
    signal: leaving.signal,
    onRetry(why, wait_ms) {
      pace.retried();
      options.onRetry?.(why, wait_ms);
    },
  });
  const opened = await api.open({
    fingerprint: fingerprint.sha256,
    file_name: history.name,
    total_bytes: fingerprint.bytes,
    arguments: options.arguments ?? {},
  });
  options.onOpened?.(opened);
  if (opened.state === 'finished') return opened;
  const status = opened.state === 'paused' ? await api.act(opened.import_id, 'resume') : opened;

  const sender = new Sender({ api, pace, status, options, signal });
  let giving_up: ReturnType<typeof setTimeout> | undefined;
  const giveUp = () => {
    giving_up = setTimeout(() => leaving.abort(), LEAVE_MS);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const chunks = cutChunks(filteredBytes(history.bytes(), opened.arguments), status.applied_lines, () => pace.size);
    await sender.sendAll(chunks);
    if (signal.aborted)
      throw new HistoryFailure('interrupted', 'Interrupted. The import is paused.', 'Start it again to go on.');
    sender.tell('finishing');
    return await api.act(status.import_id, 'finish');
  } catch (error) {
    const stopped = await stoppedByAnother(api, status.import_id, error);
    if (stopped !== null) throw stopped;
    await pause(api, status.import_id, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
    clearTimeout(giving_up);
  }
}

/** What a refused chunk or end means when somebody else pressed a button meanwhile; null when nobody did. */
async function stoppedByAnother(api: ImportApi, id: string, error: unknown): Promise<HistoryFailure | null> {
  if (!(error instanceof ApiFailure) || error.status !== 409) return null;
  const state = (await api.status(id).catch(ignoreCallFailure))?.state;
  if (state !== 'paused' && state !== 'cancelled') return null;
  return new HistoryFailure(
    'stopped',
    `Somebody else ${state} import ${id} meanwhile.`,
    state === 'paused'
      ? 'Start it again to go on.'
      : 'Start it again for a new import: what is in is not written twice.',
  );
}

/** Leaves word of why; when the service does not take that either, what stopped the import is the better news. */
async function pause(api: ImportApi, id: string, error: unknown): Promise<void> {
  const reason =
    error instanceof ApiFailure ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : null;
  // What a broken line is quoted with can be long; a reason that is refused would leave the import running.
  await api.pause(id, reason?.slice(0, MAX_REASON_CHARS) ?? null).catch(ignoreCallFailure);
}

function ignoreCallFailure(error: unknown): undefined {
  if (!isCallFailure(error)) throw error;
}

interface SenderOptions {
  readonly api: ImportApi;
  readonly pace: Pace;
  readonly status: ImportStatus;
  readonly options: SendHistoryOptions;
  /** Aborted: no further chunk is sent. */
  readonly signal: AbortSignal;
}

/** Sends chunks, a few at once, and counts what becomes of them. */
class Sender {
  readonly #with: SenderOptions;
  #bytes: number;
  #rows: number;
  #rejects: number;
  #rows_sent = 0;

  constructor(options: SenderOptions) {
    this.#with = options;
    this.#bytes = options.status.bytes;
    this.#rows = options.status.rows;
    this.#rejects = options.status.rejects + options.status.conflicts;
  }

  tell(phase: ImportProgress['phase']): void {
    this.#with.options.onProgress?.({
      phase,
      bytes: this.#bytes,
      total_bytes: this.#with.status.total_bytes,
      rows: this.#rows,
      rows_sent: this.#rows_sent,
      rejects: this.#rejects,
    });
  }

  /** @throws the first failure of a chunk, once all that were under way have ended */
  async sendAll(chunks: AsyncGenerator<Chunk>): Promise<void> {
    const { pace, signal } = this.#with;
    this.tell('sending');
    const under_way = new Set<Promise<void>>();
    const failures: unknown[] = [];
    try {
      while (!signal.aborted && failures.length === 0) {
        if (under_way.size >= pace.inFlight) {
          await Promise.race(under_way);
          continue;
        }
        const { value: chunk, done } = await chunks.next();
        if (done === true) break;
        const sending = this.#send(chunk)
          .catch((error: unknown) => {
            failures.push(error);
          })
          .finally(() => under_way.delete(sending));
        under_way.add(sending);
      }
    } finally {
      await Promise.all(under_way);
      await chunks.return(undefined);
    }
    if (failures.length > 0) throw failures[0];
  }

  async #send(chunk: Chunk): Promise<void> {
    const { api, pace, status } = this.#with;
    const began_ms = performance.now();
    try {
      const answer = await api.send(status.import_id, status.fingerprint, chunk);
      pace.answered(performance.now() - began_ms);
      this.#count(chunk, answer);
    } catch (error) {
      const parts = error instanceof ApiFailure && error.status === 413 ? halves(chunk) : null;
      if (parts === null) throw error;
      pace.tooLarge(chunk.bytes.length);
      for (const part of parts) await this.#send(part);
    }
  }

  #count(chunk: Chunk, answer: ChunkAnswer): void {
    const { options } = this.#with;
    this.#bytes += chunk.bytes.length;
    this.#rows += answer.rows;
    this.#rows_sent += answer.rows;
    this.#rejects += answer.rejects.length;
    for (const { line, reason } of answer.rejects) options.onReject?.(line, reason);
    this.tell('sending');
    const most = options.maxRejects ?? null;
    if (most !== null && this.#rejects > most) {
      throw new HistoryFailure(
        'rejects',
        `More than ${most} lines were rejected. The import is paused.`,
        `See them with: annals rejects ${this.#with.status.import_id}`,
      );
    }
  }
}
