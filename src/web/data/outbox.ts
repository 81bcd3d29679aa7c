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

/** Whoever wrote it has dropped it before it was sent. */
export class Dropped extends Error {
  override readonly name = 'Dropped';

  constructor() {
    super('This change was dropped, and is not saved.');
  }
}

interface Waiting {
  resolve(outcome: WriteOutcome): void;
  reject(error: unknown): void;
}

/** Versions of records by their ids. */
type Versions = ReadonlyMap<string, number>;

interface OutboxParts {
  readonly user: string;
  readonly database: LocalDatabase;
  send(write: QueuedWrite): Promise<Written>;
  /** Called before a write that the server took leaves the outbox, so that its effect never flickers. */
  onWritten(write: QueuedWrite, answer: Written): void;
  /**
   * Called when another tab has sent some, likewise before they leave, and when one is dropped that the server may have taken
   * without an answer; does not throw.
   */
  onSentElsewhere(writes: readonly QueuedWrite[]): Promise<void>;
}

const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;
/** A tab may live for weeks. */
const MAX_LED_TO = 100;

/**
 * The writes on their way. Each goes into the local database first, then to the server, one after the other in order; what
 * the network loses is sent again with the same key, which the server answers as it did at first.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Set<() => void>();
  /**
   * To which versions the last writes that this tab sent have led, by their keys: for edits that were begun before. One that was
   * begun on top of an older write, or of one that another tab sent, meets an honest 412.
   */
  readonly #led_to = new Map<string, Versions>();
  #writes: readonly QueuedWrite[] = [];
  #is_sending = false;
  /** The key of the write that is on its way. */
  #sending: string | null = null;
  #retry_ms = FIRST_RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Until then a service that failed is left alone, unless a person asks for it or the network comes back. */
  #not_before_ms = 0;
  #hindrance: Hindrance | null = null;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Takes up what an earlier visit left. */
  async start(): Promise<void> {
    await this.#read();
    addEventListener('online', () => this.flush());
    // What a tab leaves that is closed is sent by the one that comes into view.
    addEventListener('focus', () => {
      if (!this.#isHeldBack()) void this.flush();
    });
    void this.flush();
  }

  /** In order; with what was refused and waits for a decision. */
  writes(): readonly QueuedWrite[] {
    return this.#writes;
  }

  /** Keys of the writes of a record that wait: what is shown of it is on top of them. */
  waitingFor(id: string): readonly string[] {
    const waiting = this.#writes.filter(({ refusal }) => refusal === null);
    return waiting.filter(({ operations }) => operations.some((each) => each.id === id)).map(({ key }) => key);
  }

  /** Why the last attempt did not come through; null when it did. */
  hindrance(): Hindrance | null {
    return this.#hindrance;
  }

  /** The key of the write that is on its way, which nothing takes back. */
  sending(): string | null {
    return this.#sending;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Writes, here at once and at the server when it can be reached.
   * @throws ApiError when the server refuses it, Dropped when a person drops it: then nothing of it is kept
   */
  async submit(title: string, given: readonly Operation[]): Promise<WriteOutcome> {
    const order = Math.max(Date.now(), (this.#writes.at(-1)?.order ?? 0) + 1);
    const operations = given.map((operation) => expecting(operation, this.#led_to));
    const write: QueuedWrite = { key: crypto.randomUUID(), order, title, operations, refusal: null };
    const outcome = new Promise<WriteOutcome>((resolve, reject) => this.#waiting.set(write.key, { resolve, reject }));
    this.#change([...this.#writes, write]);
    try {
      await this.#parts.database.put('outbox', write);
    } catch (error) {
      // Whoever wrote it is told, and has it still.
      this.#waiting.delete(write.key);
      this.#change(this.#writes.filter(({ key }) => key !== write.key));
      throw error;
    }
    if (this.#isHeldBack()) this.#settle(write.key, 'queued');
    else void this.flush();
    return outcome;
  }

  /** Forgets a write that waits, or was refused; one that is on its way goes on. */
  async discard(key: string): Promise<void> {
    if (key === this.#sending) return;
    const dropped = this.#writes.filter((write) => write.key === key && write.refusal === null);
    await this.#forget(key);
    this.#waiting.get(key)?.reject(new Dropped());
    this.#waiting.delete(key);
    if (dropped.length > 0) await this.#parts.onSentElsewhere(dropped);
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
    try {
      // Two tabs share the outbox: the order holds across them.
      await navigator.locks.request(`annals.outbox.${this.#parts.user}`, () => this.#sendAll());
    } catch (error) {
      // There was no lock to be had.
      this.#is_sending = false;
      this.#holdUp(error);
    }
  }

  async #sendAll(): Promise<void> {
    try {
      for (let next = await this.#next(); next !== undefined; next = await this.#next())
        await this.#sendOne(next).finally(() => this.#sends(null));
      this.#goesOn();
    } catch (error) {
      this.#holdUp(error);
    }
    // With the last look into the outbox, not with the lock: what comes after it must be sent by another pass.
    this.#is_sending = false;
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
    const writes = [...kept.sort((a, b) => a.order - b.order), ...added];
    if (JSON.stringify(writes) !== JSON.stringify(this.#writes)) this.#change(writes);
    for (const { key } of sent) this.#settle(key, 'saved');
    for (const write of kept) {
      const { key, refusal } = write;
      // Another tab was told; who waits for it is here.
      if (refusal !== null && this.#waiting.has(key))
        await this.#refuse(write, new ApiError(refusal.status, refusal, 0));
    }
  }

  async #forget(key: string): Promise<void> {
    await this.#parts.database.delete('outbox', key);
    this.#change(this.#writes.filter((write) => write.key !== key));
  }

  #settle(key: string, outcome: WriteOutcome): void {
    this.#waiting.get(key)?.resolve(outcome);
    this.#waiting.delete(key);
  }

  /** @throws what says that there is no use in going on */
  async #sendOne(write: QueuedWrite): Promise<void> {
    this.#sends(write.key);
    let answer: Written;
    try {
      answer = await this.#parts.send(write);
    } catch (error) {
      if (!(error instanceof ApiError && error.status < 500 && error.status !== 401 && error.status !== 429))
        throw error;
      this.#goesOn();
      await this.#refuse(write, error);
      return;
    }
    this.#goesOn();
    this.#parts.onWritten(write, answer);
    await this.#advance(write, answer);
    this.#settle(write.key, 'saved');
  }

  /** Goes on later, and tells whoever waits. */
  #holdUp(error: unknown): void {
    const is_answer = error instanceof ApiError;
    const is_known = is_answer || error instanceof SignedOut || error instanceof Unreachable;
    if (!is_known) reportError(error);
    this.#hinderedBy(error instanceof Unreachable ? 'network' : 'service');
    for (const [key, each] of this.#waiting) {
      this.#waiting.delete(key);
      if (error instanceof SignedOut) each.reject(error);
      else each.resolve('queued');
    }
    const wait_ms = Math.max(this.#retry_ms, is_answer ? error.retry_after_ms : 0);
    if (is_answer) this.#not_before_ms = Date.now() + wait_ms;
    this.#retry = setTimeout(() => this.flush(), wait_ms);
    this.#retry_ms = Math.min(MAX_RETRY_MS, this.#retry_ms * 2);
  }

  /** Later edits that were made on top of this one expect what it became; one that was made without it must not pass over it. */
  async #advance(write: QueuedWrite, answer: Written): Promise<void> {
    const versions = new Map(
      answer.entities.flatMap((entity) =>
        'version' in entity && entity.version !== null ? [[entity.id, entity.version] as const] : [],
      ),
    );
    this.#led_to.set(write.key, versions);
    const [oldest = ''] = this.#led_to.keys();
    if (this.#led_to.size > MAX_LED_TO) this.#led_to.delete(oldest);
    const transaction = this.#parts.database.transaction('outbox', 'readwrite');
    const kept = await transaction.store.getAll();
    const later = kept.filter(({ key, refusal }) => key !== write.key && refusal === null);
    await Promise.all([
      transaction.store.delete(write.key),
      ...later.map((each) => {
        const operations = each.operations.map((operation) => expecting(operation, new Map([[write.key, versions]])));
        return transaction.store.put({ ...each, operations });
      }),
      transaction.done,
    ]);
    this.#change(this.#writes.filter(({ key }) => key !== write.key));
  }

  /** Whoever waits decides now; with nobody waiting, the write is kept for a decision. */
  async #refuse(write: QueuedWrite, error: ApiError): Promise<void> {
    const waiting = this.#waiting.get(write.key);
    if (waiting !== undefined) {
      await this.#forget(write.key);
      this.#waiting.delete(write.key);
      waiting.reject(error);
      return;
    }
    const { status, code, message, hint, details } = error;
    const refused = { ...write, refusal: { status, code, message, hint, details } };
    const transaction = this.#parts.database.transaction('outbox', 'readwrite');
    // Another tab may have dropped it meanwhile.
    if ((await transaction.store.get(write.key)) === undefined) return;
    await Promise.all([transaction.store.put(refused), transaction.done]);
  }

  #isHeldBack(): boolean {
    return Date.now() < this.#not_before_ms;
  }

  #goesOn(): void {
    this.#retry_ms = FIRST_RETRY_MS;
    this.#not_before_ms = 0;
    this.#hinderedBy(null);
  }

  #hinderedBy(hindrance: Hindrance | null): void {
    if (this.#hindrance === hindrance) return;
    this.#hindrance = hindrance;
    for (const listener of this.#listeners) listener();
  }

  #sends(key: string | null): void {
    this.#sending = key;
    for (const listener of this.#listeners) listener();
  }

  #change(writes: readonly QueuedWrite[]): void {
    this.#writes = writes;
    for (const listener of this.#listeners) listener();
  }
}

/** @param led_to versions by the keys of writes that are at the server */
function expecting(operation: Operation, led_to: ReadonlyMap<string, Versions>): Operation {
  if (operation.op !== 'patch') return operation;
  const version = operation.on_top_of
    ?.map((key) => led_to.get(key)?.get(operation.id))
    .findLast((each) => each !== undefined);
  return version === undefined ? operation : { ...operation, expected_version: version };
}
