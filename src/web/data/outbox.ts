import { ApiError, type Written } from '../api.ts';
import { SignedOut } from '../session.ts';
import { Unreachable } from '../unreachable.ts';
import type { LocalDatabase } from './local-database.ts';
import type { Operation } from './operations.ts';
import type { QueuedWrite } from './queued-write.ts';

/** `queued`: it is safe on this device, and goes to the server when that can be reached. */
export type WriteOutcome = 'saved' | 'queued';

/** What holds up the writes: there is no way to the service, or it takes none now. */
export type Hindrance = 'network' | 'service';

interface Waiting {
  resolve(outcome: WriteOutcome): void;
  reject(error: unknown): void;
}

interface OutboxParts {
  readonly user: string;
  readonly database: LocalDatabase;
  send(write: QueuedWrite): Promise<Written>;
  /** Called before a write that the server took leaves the outbox, so that its effect never flickers. */
  onWritten(write: QueuedWrite, answer: Written): void;
  /** Called when another tab has sent some, likewise before they leave; does not throw. */
  onSentElsewhere(writes: readonly QueuedWrite[]): Promise<void>;
}

const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;

/**
 * The writes on their way. Each goes into the local database first, then to the server, one after the other in order; what
 * the network loses is sent again with the same key, which the server answers as it did at first.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Set<() => void>();
  #writes: readonly QueuedWrite[] = [];
  #is_sending = false;
  #retry_ms = FIRST_RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hindrance: Hindrance | null = null;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier visit left. */
  async start(): Promise<void> {
    await this.#read();
    // What a tab leaves that is closed is sent by the one that comes into view.
    for (const event of ['online', 'focus']) addEventListener(event, () => this.flush());
    void this.flush();
  }

  /** In order; with what was refused and waits for a decision. */
  writes(): readonly QueuedWrite[] {
    return this.#writes;
  }

  /** Why the last attempt did not come through; null when it did. */
  hindrance(): Hindrance | null {
    return this.#hindrance;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Writes, here at once and at the server when it can be reached.
   * @throws ApiError when the server refuses it: then nothing of it is kept
   */
  async submit(title: string, operations: readonly Operation[]): Promise<WriteOutcome> {
    const order = Math.max(Date.now(), (this.#writes.at(-1)?.order ?? 0) + 1);
    const write: QueuedWrite = { key: crypto.randomUUID(), order, title, operations, refusal: null };
    const outcome = new Promise<WriteOutcome>((resolve, reject) => this.#waiting.set(write.key, { resolve, reject }));
    this.#change([...this.#writes, write]);
    await this.#parts.database.put('outbox', write);
    void this.flush();
    return outcome;
  }

  /** Forgets a write that has not been sent, or was refused. */
  async discard(key: string): Promise<void> {
    await this.#parts.database.delete('outbox', key);
    this.#change(this.#writes.filter((write) => write.key !== key));
  }

  /** Sends a refused write again, whatever version its records are at now. */
  async insist(key: string): Promise<void> {
    const transaction = this.#parts.database.transaction('outbox', 'readwrite');
    const refused = await transaction.store.get(key);
    // Another tab may have decided already.
    if (refused === undefined) return;
    const operations = refused.operations.map(({ expected_version: _, ...operation }) => operation);
    // Another write needs another key. Nobody waits for this one: refused again, it is kept again.
    await Promise.all([
      transaction.store.delete(key),
      transaction.store.put({ ...refused, key: crypto.randomUUID(), operations, refusal: null }),
      transaction.done,
    ]);
    await this.#read();
    void this.flush();
  }

  /** Sends what waits, in order, until all is sent or the server cannot be reached. */
  async flush(): Promise<void> {
    if (this.#is_sending) return;
    this.#is_sending = true;
    clearTimeout(this.#retry);
    // Two tabs share the outbox: the order holds across them.
    await navigator.locks.request(`annals.outbox.${this.#parts.user}`, async () => {
      try {
        for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
          if (!(await this.#sendOne(next))) return;
        }
        this.#goesOn();
      } finally {
        // With the last look into the outbox, not with the lock: what comes after it must be sent by another pass.
        this.#is_sending = false;
      }
    });
  }

  async #next(): Promise<QueuedWrite | undefined> {
    await this.#read();
    return this.#writes.find((write) => write.refusal === null);
  }

  /** Takes over what the device keeps: another tab may have added to it, sent some of it, or decided. */
  async #read(): Promise<void> {
    const before = this.#writes;
    const kept = await this.#parts.database.getAll('outbox');
    const keys = new Set(kept.map(({ key }) => key));
    const sent = before.filter(({ key, refusal }) => refusal === null && !keys.has(key));
    if (sent.length > 0) await this.#parts.onSentElsewhere(sent);
    for (const { key } of before) keys.add(key);
    // What was submitted meanwhile is on its way into the database.
    const added = this.#writes.filter(({ key }) => !keys.has(key));
    this.#change([...kept.sort((a, b) => a.order - b.order), ...added]);
    for (const { key } of sent) this.#settle(key, 'saved');
    for (const { key, refusal } of kept) if (refusal !== null) this.#settle(key, 'queued');
  }

  #settle(key: string, outcome: WriteOutcome): void {
    this.#waiting.get(key)?.resolve(outcome);
    this.#waiting.delete(key);
  }

  /** @returns false when there is no use in going on */
  async #sendOne(write: QueuedWrite): Promise<boolean> {
    const waiting = this.#waiting.get(write.key);
    try {
      const answer = await this.#parts.send(write);
      this.#goesOn();
      this.#parts.onWritten(write, answer);
      await this.#advance(write, answer);
      this.#settle(write.key, 'saved');
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 401 && error.status !== 429) {
        this.#goesOn();
        await this.#refuse(write, waiting, error);
        return true;
      }
      this.#hinderedBy(error instanceof Unreachable ? 'network' : 'service');
      for (const [key, each] of this.#waiting) {
        this.#waiting.delete(key);
        if (error instanceof SignedOut) each.reject(error);
        else each.resolve('queued');
      }
      const wanted_ms = error instanceof ApiError ? error.retry_after_ms : 0;
      this.#retry = setTimeout(() => this.flush(), Math.max(this.#retry_ms, wanted_ms));
      this.#retry_ms = Math.min(MAX_RETRY_MS, this.#retry_ms * 2);
      return false;
    }
  }

  /** Later edits of the same records were made on top of this one: they expect what it became. */
  async #advance(write: QueuedWrite, answer: Written): Promise<void> {
    const versions = new Map(
      answer.entities.flatMap((entity) =>
        'version' in entity && entity.version !== null ? [[entity.id, entity.version] as const] : [],
      ),
    );
    const transaction = this.#parts.database.transaction('outbox', 'readwrite');
    const kept = await transaction.store.getAll();
    const later = kept.filter(({ key, refusal }) => key !== write.key && refusal === null);
    await Promise.all([
      transaction.store.delete(write.key),
      ...later.map((each) => {
        const operations = each.operations.map((operation) => expecting(operation, versions));
        return transaction.store.put({ ...each, operations });
      }),
      transaction.done,
    ]);
    this.#change(this.#writes.filter(({ key }) => key !== write.key));
  }

  /** Whoever waits decides now; with nobody waiting, the write is kept for a decision. */
  async #refuse(write: QueuedWrite, waiting: Waiting | undefined, error: ApiError): Promise<void> {
    this.#waiting.delete(write.key);
    if (waiting !== undefined) {
      await this.discard(write.key);
      waiting.reject(error);
      return;
    }
    await this.#parts.database.put('outbox', {
      ...write,
      refusal: { status: error.status, message: error.message },
    });
  }

  #goesOn(): void {
    this.#retry_ms = FIRST_RETRY_MS;
    this.#hinderedBy(null);
  }

  #hinderedBy(hindrance: Hindrance | null): void {
    if (this.#hindrance === hindrance) return;
    this.#hindrance = hindrance;
    for (const listener of this.#listeners) listener();
  }

  #change(writes: readonly QueuedWrite[]): void {
    this.#writes = writes;
    for (const listener of this.#listeners) listener();
  }
}

function expecting(operation: Operation, versions: ReadonlyMap<string, number>): Operation {
  const version = versions.get(operation.id);
  if (version === undefined || operation.expected_version === undefined) return operation;
  return { ...operation, expected_version: version };
}
