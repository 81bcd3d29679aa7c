import type { ChunkAnswer } from '../importer/apply-chunk.ts';
import type { CsvMapping } from '../importer/csv/csv-history.ts';
import type { ImportStatus } from '../importer/import-status.ts';
import { MAX_REASON_CHARS } from '../importer/limits.ts';
import type { ImportArguments } from '../importer/request-shapes.ts';
import { CliFailure, EXIT } from './cli-failure.ts';
import { csvAsHistory } from './csv-file.ts';
import { type Chunk, cutChunks, halves } from './cut-chunks.ts';
import { filteredBytes } from './filtered-bytes.ts';
import { fingerprintOf, type HistoryFile, openHistoryFile } from './history-file.ts';
import { ApiFailure, ImportApi } from './import-api.ts';
import { MAX_IN_FLIGHT, Pace } from './pace.ts';

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

export interface ImportFileOptions {
  /** Path of a history, plain or gzipped; `-` is standard input. */
  readonly file: string;
  /** How to make a history of the file, when it is CSV. */
  readonly csv?: CsvMapping | null;
  /** What of the file to bring in; everything, unless said. The same file with other arguments is another import. */
  readonly arguments?: ImportArguments;
  /** Of the import Worker. */
  readonly url: string;
  readonly token: () => Promise<string>;
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
 * @throws CliFailure when it stops short; ApiFailure with the service's words. The import is then paused and can go on.
 */
export async function importFile(options: ImportFileOptions): Promise<ImportStatus> {
  const signal = options.signal ?? new AbortController().signal;
  const file = await openImportFile(options);
  try {
    const fingerprint = await fingerprintOf(
      file,
      (bytes) =>
        options.onProgress?.({ phase: 'reading', bytes, total_bytes: null, rows: 0, rows_sent: 0, rejects: 0 }),
      signal,
    );
    if (fingerprint.bytes === 0) throw new CliFailure(EXIT.bad_file, `${file.name} is empty.`);
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
      file_name: file.name,
      total_bytes: fingerprint.bytes,
      arguments: options.arguments ?? {},
    });
    if (opened.state === 'finished') return opened;
    const status = opened.state === 'paused' ? await api.act(opened.import_id, 'resume') : opened;

    const sender = new Sender({ api, pace, status, options, signal });
    const giveUp = () => setTimeout(() => leaving.abort(), LEAVE_MS).unref();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const chunks = cutChunks(filteredBytes(file.bytes(), opened.arguments), status.applied_lines, () => pace.size);
      await sender.sendAll(chunks);
      if (signal.aborted)
        throw new CliFailure(EXIT.interrupted, 'Interrupted. The import is paused.', {
          hint: 'Start it again to go on.',
        });
      sender.tell('finishing');
      return await api.act(status.import_id, 'finish');
    } catch (error) {
      const stopped = await stoppedByAnother(api, status.import_id, error);
      if (stopped !== null) throw stopped;
      await pause(api, status.import_id, error);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  } finally {
    await file.close();
  }
}

/** The file as a history, whatever it is. */
export async function openImportFile({ file: path, csv = null }: ImportFileOptions): Promise<HistoryFile> {
  const file = await openHistoryFile(path);
  return csv === null ? file : csvAsHistory(file, csv);
}

/** What a refused chunk or end means when somebody else pressed a button meanwhile; null when nobody did. */
async function stoppedByAnother(api: ImportApi, id: string, error: unknown): Promise<CliFailure | null> {
  if (!(error instanceof ApiFailure) || error.status !== 409) return null;
  const state = await api.status(id).then(
    (now) => now.state,
    () => null,
  );
  if (state !== 'paused' && state !== 'cancelled') return null;
  return new CliFailure(EXIT.failed, `Somebody else ${state} import ${id} meanwhile.`, {
    hint:
      state === 'paused'
        ? 'Start it again to go on.'
        : 'Start it again for a new import: what is in is not written twice.',
    cause: error,
  });
}

/** Leaves word of why; when that fails too, what stopped the import is the better news. */
async function pause(api: ImportApi, id: string, error: unknown): Promise<void> {
  const reason =
    error instanceof ApiFailure ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : null;
  // What a broken line is quoted with can be long; a reason that is refused would leave the import running.
  await api.pause(id, reason?.slice(0, MAX_REASON_CHARS) ?? null).catch(() => {});
}

interface SenderOptions {
  readonly api: ImportApi;
  readonly pace: Pace;
  readonly status: ImportStatus;
  readonly options: ImportFileOptions;
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
        if (under_way.size >= Math.min(pace.inFlight, MAX_IN_FLIGHT)) {
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
      throw new CliFailure(EXIT.findings, `More than ${most} lines were rejected. The import is paused.`, {
        hint: 'See them with: annals rejects',
      });
    }
  }
}
