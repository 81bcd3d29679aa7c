import { ApiFailure } from '../../import-client/api-failure.ts';
import { HistoryFailure } from '../../import-client/history-failure.ts';
import { sendHistory } from '../../import-client/send-history.ts';
import { Speed } from '../../import-client/speed.ts';
import type { ImportStatus } from '../../importer/import-status.ts';
import type { ImportArguments } from '../../importer/request-shapes.ts';
import type { Session } from '../session.ts';
import { failureText } from '../shell/failure-text.ts';
import { fileHistory } from './file-history.ts';
import { type HistoryProgress, type HistoryTasks, runHistoryTask } from './history-task.ts';

export type RunPhase = 'checking' | 'reading' | 'sending' | 'finishing';

export interface RunProgress {
  readonly phase: RunPhase;
  /** From 0 to 1. */
  readonly share: number;
  readonly rows: number;
  readonly rejects: number;
  /** 0 while it is not known. */
  readonly rows_per_s: number;
  readonly left_s: number | null;
  /** Why the last try is made again, while it is. */
  readonly retrying: string | null;
}

/** What this page does with the file that was chosen last. */
export interface ImportRun {
  readonly file: File | null;
  readonly arguments: ImportArguments;
  /** Null while nothing is under way. */
  readonly progress: RunProgress | null;
  readonly is_stopping: boolean;
  /** Of this file, as soon as it is known. */
  readonly import_id: string | null;
  readonly check: HistoryTasks['check'] | null;
  readonly outcome: ImportStatus | null;
  readonly problem: string | null;
}

const NOTHING: ImportRun = {
  file: null,
  arguments: {},
  progress: null,
  is_stopping: false,
  import_id: null,
  check: null,
  outcome: null,
  problem: null,
};

/**
 * Imports a file from the page: one at a time, and whichever screen is open meanwhile. The file's fingerprint and a dry run are
 * a Web Worker's business; sending is the command's own code.
 */
export class ImportRunner {
  readonly #session: Session;
  readonly #listeners = new Set<() => void>();
  #run: ImportRun = NOTHING;
  #stopping = new AbortController();

  constructor(session: Session) {
    this.#session = session;
  }

  readonly snapshot = (): ImportRun => this.#run;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** @param chosen what of it to bring in: as the import that it goes on with was told */
  choose(file: File | null, chosen: ImportArguments = {}): void {
    if (this.#run.progress === null) this.#set({ ...NOTHING, file, arguments: chosen });
  }

  /** Decodes and counts everything on this device; nothing is sent. */
  async check(): Promise<void> {
    await this.#work('checking', async (file, signal) => {
      const tell = this.#teller('checking', file);
      const check = await runHistoryTask('check', file, this.#run.arguments, tell, signal);
      this.#change({ check });
    });
  }

  /** Brings the file in, or goes on where its import was. */
  async import(): Promise<void> {
    await this.#work('reading', async (file, signal) => {
      const chosen = this.#run.arguments;
      const fingerprint = await runHistoryTask('fingerprint', file, chosen, this.#teller('reading', file), signal);
      const speed = new Speed();
      const outcome = await sendHistory({
        history: fileHistory(file),
        fingerprint,
        arguments: chosen,
        url: location.origin,
        token: () => this.#session.accessToken(),
        signal,
        onOpened: ({ import_id }) => this.#change({ import_id }),
        onProgress: ({ phase, bytes, rows, rows_sent, rejects }) => {
          speed.add(performance.now(), rows_sent, bytes);
          this.#progress({
            phase,
            share: bytes / fingerprint.bytes,
            rows,
            rejects,
            rows_per_s: speed.rows_per_s,
            left_s: speed.secondsLeft(fingerprint.bytes),
          });
        },
        onRetry: (why, wait_ms) => {
          const { progress } = this.#run;
          const retrying = `${why}; trying again in ${(wait_ms / 1_000).toFixed(0)} s`;
          if (progress !== null) this.#change({ progress: { ...progress, retrying } });
        },
      });
      this.#change({ outcome });
    });
  }

  /** Ends what is under way; an import waits for its last chunks and is then paused. */
  stop(): void {
    this.#change({ is_stopping: true });
    this.#stopping.abort(new HistoryFailure('interrupted', 'Stopped.'));
  }

  async #work(phase: RunPhase, work: (file: File, signal: AbortSignal) => Promise<void>): Promise<void> {
    const { file, progress } = this.#run;
    if (file === null || progress !== null) return;
    this.#stopping = new AbortController();
    const leaving = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', leaving);
    this.#change({ problem: null, outcome: null, check: null });
    this.#progress({ phase, share: 0, rows: 0, rejects: 0, rows_per_s: 0, left_s: null });
    try {
      await work(file, this.#stopping.signal);
    } catch (error) {
      const stopped = error instanceof HistoryFailure && error.kind === 'interrupted';
      const hint = error instanceof HistoryFailure || error instanceof ApiFailure ? error.hint : null;
      this.#change({ problem: stopped ? null : [failureText(error), hint].filter(Boolean).join(' ') });
    } finally {
      removeEventListener('beforeunload', leaving);
      this.#change({ progress: null, is_stopping: false });
    }
  }

  #teller(phase: RunPhase, file: File): (progress: HistoryProgress) => void {
    const speed = new Speed();
    return ({ bytes, rows, rejects }) => {
      speed.add(performance.now(), rows, bytes);
      const share = file.size === 0 ? 0 : bytes / file.size;
      this.#progress({
        phase,
        share,
        rows,
        rejects,
        rows_per_s: speed.rows_per_s,
        left_s: speed.secondsLeft(file.size),
      });
    };
  }

  #progress(progress: Omit<RunProgress, 'retrying'>): void {
    this.#change({ progress: { ...progress, retrying: null } });
  }

  #change(part: Partial<ImportRun>): void {
    this.#set({ ...this.#run, ...part });
  }

  #set(run: ImportRun): void {
    this.#run = run;
    for (const listener of this.#listeners) listener();
  }
}
