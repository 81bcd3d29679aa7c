import { type AnnalsApi, ApiError, type Written } from '../api.ts';
import { SignedOut } from '../session.ts';
import { Unreachable } from '../unreachable.ts';
import type { LocalDatabase } from './local-database.ts';
import { applyOperation, type Operation, type StoredRecord } from './operations.ts';
import type { QueuedWrite } from './queued-write.ts';

/** `partial`: some records are here, the rest is on its way. */
export type LoadState = 'absent' | 'partial' | 'complete';

export interface TypeSnapshot {
  /** Newest first. */
  readonly records: readonly StoredRecord[];
  readonly state: LoadState;
  /** Why the last attempt to load failed; null when it did not. */
  readonly error: unknown;
}

interface StoreParts {
  readonly api: Pick<AnnalsApi, 'entities' | 'entitiesById' | 'entity'>;
  /** Null for a store that lives with the page only. */
  readonly database: LocalDatabase | null;
}

const FIRST_PAGE = 100;
const NEXT_PAGES = 1_000;
/** Of one request for records by their ids: well inside what an address may hold. */
const MAX_IDS = 100;
/** A type is asked for again when it comes into view and is older than this. */
const FRESH_MS = 15_000;
/** Records that a write changed are fetched one by one up to here; beyond, the whole type is. */
const MAX_SINGLE_READS = 12;
const NOTHING: TypeSnapshot = { records: [], state: 'absent', error: null };

/**
 * The records that this client knows: what the server said, and on top of it what waits in the outbox. Every screen reads
 * from here, so that it shows at once what is known, and works without the network.
 */
export class RecordStore {
  readonly #parts: StoreParts;
  readonly #truth = new Map<string, StoredRecord>();
  readonly #ids_by_type = new Map<string, Set<string>>();
  readonly #snapshots = new Map<string, TypeSnapshot>();
  readonly #status = new Map<string, { state: LoadState; error: unknown; loaded_ms: number }>();
  readonly #loading = new Map<string, Promise<void>>();
  /** When this client's own writes changed a record. */
  readonly #written_ms = new Map<string, number>();
  /** Counts questions to the server and this client's own writes. */
  #turn = 0;
  /** The turn that a record is known by: what answers an earlier question does not take that back. */
  readonly #known_by = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  #overlay: ReadonlyMap<string, StoredRecord | null> = new Map();
  #queued: readonly QueuedWrite[] = [];
  #revision = 0;
  #is_followed = false;
  #catching_up: Promise<void> = Promise.resolve();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A type's records as they are known now; the same object until something changes. */
  snapshot(type: string): TypeSnapshot {
    const known = this.#snapshots.get(type);
    if (known !== undefined) return known;
    const made = this.#makeSnapshot(type);
    this.#snapshots.set(type, made);
    return made;
  }

  /** Grows with every change. */
  revision(): number {
    return this.#revision;
  }

  /** A record that is known, of whatever type. */
  get(id: string): StoredRecord | null {
    const pending = this.#overlay.get(id);
    return pending === undefined ? (this.#truth.get(id) ?? null) : pending;
  }

  /** A record as the server last told of it, without what waits in the outbox. */
  confirmed(id: string): StoredRecord | null {
    return this.#truth.get(id) ?? null;
  }

  /** Sees to it that a type's records are here and fresh. Does not throw: the snapshot tells. */
  load(type: string): Promise<void> {
    const running = this.#loading.get(type);
    if (running !== undefined) return running;
    const status = this.#status.get(type);
    if (status?.state === 'complete' && status.error === null) {
      if (this.#is_followed || Date.now() - status.loaded_ms < FRESH_MS) return Promise.resolve();
    }
    const loading = this.#load(type).finally(() => this.#loading.delete(type));
    this.#loading.set(type, loading);
    return loading;
  }

  /** Takes over what the server has now of records that were written elsewhere. @throws as AnnalsApi.entitiesById */
  async refetch(entity_type: string, ids: readonly string[]): Promise<void> {
    if (!this.#status.has(entity_type)) await this.#loadFromDatabase(entity_type);
    for (let start = 0; start < ids.length; start += MAX_IDS) {
      const asked = ids.slice(start, start + MAX_IDS);
      const turn = ++this.#turn;
      const found = await this.#parts.api.entitiesById(entity_type, asked);
      const there = new Set(found.map(({ id }) => id));
      this.#take(found, turn);
      for (const id of asked) if (!there.has(id)) this.#drop(id, turn);
      await this.#persist(asked);
    }
    this.#notify([entity_type]);
  }

  /** Loads wait for this before they ask for what may be here. @param done never rejects */
  catchUp(done: Promise<void>): void {
    this.#catching_up = done;
  }

  /** From now on somebody follows the change feed: what is here stays fresh, and need not be asked for again. */
  follow(): void {
    this.#is_followed = true;
  }

  /** What is here may be out of date: everything is asked for again when it comes into view. */
  async distrust(): Promise<void> {
    this.#is_followed = false;
    for (const type of this.#status.keys()) this.#forgetFreshness(type);
    const kept = this.#parts.database?.transaction(['records', 'types'], 'readwrite');
    // The records too: what is deleted elsewhere by the time that its type is whole again would be back with it.
    await Promise.all([kept?.objectStore('records').clear(), kept?.objectStore('types').clear(), kept?.done]);
  }

  /** What this device keeps of a type, without asking the server. */
  loadKept(type: string): Promise<void> {
    return this.#loadFromDatabase(type);
  }

  /** One record, from the server when it is not here. @throws as AnnalsApi.entity */
  async fetch(id: string): Promise<StoredRecord> {
    const turn = ++this.#turn;
    const record = await this.#parts.api.entity(id);
    this.#take([record], turn);
    this.#notify([record.entity_type]);
    return this.get(id) ?? record;
  }

  /** What this client itself changed since then, or has not sent yet; null is gone. @param since_ms milliseconds since 1970 */
  ownChanges(since_ms: number): ReadonlyMap<string, StoredRecord | null> {
    const changes = new Map<string, StoredRecord | null>();
    for (const [id, written_ms] of this.#written_ms)
      if (written_ms >= since_ms) changes.set(id, this.#truth.get(id) ?? null);
    for (const [id, record] of this.#overlay) changes.set(id, record);
    return changes;
  }

  /** Puts what waits in the outbox on top of what the server said. */
  overlay(queued: readonly QueuedWrite[]): void {
    if (queued === this.#queued || queued.length + this.#queued.length === 0) return;
    const types = typesOf([...this.#queued, ...queued]);
    this.#queued = queued;
    this.#overlay = this.#applied();
    this.#notify(types);
  }

  /** Takes over what the server made of a write. */
  written(write: QueuedWrite, answer: Written): void {
    const versions = new Map(
      answer.entities.flatMap((entity) => ('version' in entity ? [[entity.id, entity.version] as const] : [])),
    );
    const turn = ++this.#turn;
    const gone = new Set<string>();
    for (const operation of write.operations) {
      const before = this.#truth.get(operation.id) ?? null;
      if (isUnknown(before, operation)) continue;
      const after = applyOperation(before, operation, answer.tx_time);
      this.#written_ms.set(operation.id, Date.now());
      if (after === null) {
        gone.add(operation.id);
        this.#drop(operation.id, turn);
      } else this.#take([{ ...after, version: versions.get(operation.id) ?? after.version }], turn);
    }
    const types = typesOf([write]);
    this.#notify(types);
    void this.#settle(write, types, gone);
  }

  /** What the server computes (the time axis, canonical forms) is read back; what cannot be read now comes later. */
  async #settle(write: QueuedWrite, types: ReadonlySet<string>, gone: ReadonlySet<string>): Promise<void> {
    const ids = [...new Set(write.operations.map(({ id }) => id))];
    const there = ids.filter((id) => !gone.has(id));
    try {
      if (there.length <= MAX_SINGLE_READS) {
        const turn = ++this.#turn;
        this.#take(await Promise.all(there.map((id) => this.#parts.api.entity(id))), turn);
        this.#notify(types);
      } else {
        for (const type of types) await this.#loadFromServer(type);
      }
    } catch (error) {
      for (const type of types) this.#forgetFreshness(type);
      if (!(error instanceof ApiError || error instanceof SignedOut || error instanceof Unreachable))
        reportError(error);
    }
    await this.#persist(ids.filter((id) => gone.has(id) || this.#truth.has(id)));
  }

  async #load(type: string): Promise<void> {
    try {
      await this.#loadFromDatabase(type);
      // What is kept is shown already; if the feed says what changed, the rest need not be asked for.
      if (this.#status.get(type)?.state === 'complete') await this.#catching_up;
      if (!this.#is_followed || this.#status.get(type)?.state !== 'complete') await this.#loadFromServer(type);
    } catch (error) {
      const { state = 'absent' } = this.#status.get(type) ?? {};
      this.#status.set(type, { state, error, loaded_ms: 0 });
      this.#notify([type]);
    }
  }

  async #loadFromDatabase(type: string): Promise<void> {
    const { database } = this.#parts;
    if (database === null || this.#status.has(type)) return;
    if ((await database.get('types', type)) === undefined) return;
    this.#take(await database.getAllFromIndex('records', 'entity_type', type), 0);
    this.#status.set(type, { state: 'complete', error: null, loaded_ms: 0 });
    this.#notify([type]);
  }

  async #loadFromServer(type: string): Promise<void> {
    const turn = ++this.#turn;
    const seen = new Set<string>();
    let after: string | null = null;
    do {
      const limit: number = after === null ? FIRST_PAGE : NEXT_PAGES;
      const page = await this.#parts.api.entities({ entity_type: type, limit, after });
      for (const { id } of page.records) seen.add(id);
      this.#take(page.records, turn);
      if (this.#status.get(type)?.state !== 'complete')
        this.#status.set(type, { state: 'partial', error: null, loaded_ms: 0 });
      this.#notify([type]);
      after = page.next;
    } while (after !== null);
    const unseen = [...(this.#ids_by_type.get(type) ?? [])].filter((id) => !seen.has(id));
    for (const id of unseen) this.#drop(id, turn);
    await this.#persist([...seen, ...unseen], type);
    this.#status.set(type, { state: 'complete', error: null, loaded_ms: Date.now() });
    this.#notify([type]);
  }

  /**
   * Not by versions: one that was written for a later time comes into force with a lower number than an edit before then.
   * @param turn of the question; what this device kept was known before any
   */
  #take(records: readonly StoredRecord[], turn: number): void {
    for (const record of records) {
      if ((this.#known_by.get(record.id) ?? 0) > turn) continue;
      this.#known_by.set(record.id, turn);
      this.#truth.set(record.id, record);
      const ids = this.#ids_by_type.get(record.entity_type);
      if (ids === undefined) this.#ids_by_type.set(record.entity_type, new Set([record.id]));
      else ids.add(record.id);
    }
  }

  #drop(id: string, turn: number): void {
    if ((this.#known_by.get(id) ?? 0) > turn) return;
    this.#known_by.set(id, turn);
    const known = this.#truth.get(id);
    if (known === undefined) return;
    this.#truth.delete(id);
    this.#ids_by_type.get(known.entity_type)?.delete(id);
  }

  /** Keeps of these records what is known. @param whole a type of which these are all, also after a reload without the network */
  async #persist(ids: readonly string[], whole: string | null = null): Promise<void> {
    const { database } = this.#parts;
    if (database === null) return;
    const transaction = database.transaction(['records', 'types'], 'readwrite');
    const records = transaction.objectStore('records');
    await Promise.all([
      ...ids.map((id) => {
        const record = this.#truth.get(id);
        return record === undefined ? records.delete(id) : records.put(record);
      }),
      whole !== null && transaction.objectStore('types').put({ name: whole, loaded_at: new Date().toISOString() }),
      transaction.done,
    ]);
  }

  #applied(): ReadonlyMap<string, StoredRecord | null> {
    const overlay = new Map<string, StoredRecord | null>();
    for (const { operations, order, refusal } of this.#queued) {
      if (refusal !== null) continue;
      for (const operation of operations) {
        const pending = overlay.get(operation.id);
        const before = pending === undefined ? (this.#truth.get(operation.id) ?? null) : pending;
        if (isUnknown(before, operation)) continue;
        overlay.set(operation.id, applyOperation(before, operation, new Date(order).toISOString()));
      }
    }
    return overlay;
  }

  #forgetFreshness(type: string): void {
    const status = this.#status.get(type);
    if (status !== undefined) this.#status.set(type, { ...status, loaded_ms: 0 });
  }

  #makeSnapshot(type: string): TypeSnapshot {
    const status = this.#status.get(type);
    const records: StoredRecord[] = [];
    for (const id of this.#ids_by_type.get(type) ?? []) {
      const record = this.get(id);
      if (record !== null) records.push(record);
    }
    for (const [id, record] of this.#overlay) {
      if (record?.entity_type === type && !this.#truth.has(id)) records.push(record);
    }
    if (status === undefined && records.length === 0) return NOTHING;
    records.sort(newestFirst);
    return { records, state: status?.state ?? 'absent', error: status?.error ?? null };
  }

  #notify(types: Iterable<string>): void {
    if (this.#queued.length > 0) this.#overlay = this.#applied();
    for (const type of types) this.#snapshots.delete(type);
    this.#revision++;
    for (const listener of this.#listeners) listener();
  }
}

/** A change of a record that is not loaded: what becomes of it cannot be said here, least of all that it is gone. */
function isUnknown(before: StoredRecord | null, operation: Operation): boolean {
  return before === null && operation.op === 'patch';
}

function typesOf(writes: readonly QueuedWrite[]): ReadonlySet<string> {
  return new Set(writes.flatMap(({ operations }) => operations.map(({ entity_type }) => entity_type)));
}

function newestFirst(a: StoredRecord, b: StoredRecord): number {
  if (a.occurred_at === b.occurred_at) return a.id < b.id ? -1 : 1;
  return a.occurred_at < b.occurred_at ? 1 : -1;
}
