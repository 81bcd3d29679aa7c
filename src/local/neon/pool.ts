import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BackendConnection } from './backend-connection.ts';
import { type PostgresAddress, UnreachableError } from './open-backend.ts';
import { RESET, ROLLBACK_AND_RESET, resetReplies } from './session-reset.ts';

/** Neon's defaults. */
const KEPT_CONNECTIONS = 20;
const IDLE_TIMEOUT_MS = 5 * 60_000;
const SWEEP_INTERVAL_MS = 30_000;

/** Requests that wait for a connection, and for how long, as in Neon's pooler. */
const MAX_WAITING = 10_000;
const WAIT_TIMEOUT_MS = 120_000;

export interface Credentials {
  user: string;
  database: string;
  password: string;
}

interface IdleConnection {
  connection: BackendConnection;
  since_ms: number;
}

interface Entry {
  /** Last used at the end. */
  idle: IdleConnection[];
  /** Salted hash of the password that Postgres took last. */
  passwordHash: Buffer;
  /** Element type by array type, 0 for what is no array: what typed answers had to ask the catalogue. */
  elementTypes: Map<number, number>;
}

/** A connection lent for one request; hand it back with `release` or `discard`. */
export interface Lease {
  connection: BackendConnection;
  elementTypes: Map<number, number>;
  entry: Entry;
  /** Whether the reset went to Postgres together with the request's last messages. */
  resetSent: boolean;
}

/**
 * Connections kept per user and database, last used first. More are opened when all are out, and thrown away after
 * use; when there are as many as there may be, requests wait their turn. A request with another password than the last
 * good one has to open a connection of its own, so Postgres decides.
 */
export class BackendPool {
  readonly #address: PostgresAddress;
  readonly #maxConnections: number;
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Set<BackendConnection>();
  readonly #waiting: (() => void)[] = [];
  readonly #salt = randomBytes(16).toString('hex');
  /** The same connection string comes again and again, and is read to the same credentials. */
  readonly #hashes = new WeakMap<Credentials, Buffer>();
  readonly #sweeper: NodeJS.Timeout;
  #opening = 0;
  #stopped = false;

  constructor(address: PostgresAddress, maxConnections: number) {
    this.#address = address;
    this.#maxConnections = maxConnections;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** @throws what `openBackend` throws; UnreachableError when no connection came free in time */
  async acquire(credentials: Credentials): Promise<Lease> {
    const passwordHash = this.#hash(credentials);
    const key = `${credentials.user}\0${credentials.database}`;
    for (let newcomer = true; !this.#stopped; newcomer = false) {
      if (!newcomer || this.#waiting.length === 0) {
        const lease =
          this.#reuse(key, passwordHash) ??
          (this.#hasRoom() ? this.#openFor(credentials, key, passwordHash) : undefined);
        if (lease) {
          // Who waits behind a request with other credentials may find something too.
          if (this.#hasRoom() || this.#hasIdle()) this.#next();
          return lease;
        }
        this.#closeOneIdle();
      }
      await this.#turn(newcomer);
    }
    throw stopped();
  }

  /** Keeps the connection; the session's reset runs ahead of whatever comes next on it. */
  release({ connection, entry, resetSent }: Lease): void {
    if (connection.closed) return;
    if (entry.idle.length >= KEPT_CONNECTIONS && this.#waiting.length === 0) {
      void connection.terminate();
      return;
    }
    if (connection.inTransaction) connection.submit(ROLLBACK_AND_RESET, resetReplies(connection));
    else if (!resetSent) connection.submit(RESET, resetReplies(connection));
    entry.idle.push({ connection, since_ms: Date.now() });
    this.#next();
  }

  /** Closes a connection that is not to be used again. */
  discard({ connection }: Lease): void {
    void connection.terminate();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#sweeper);
    for (const go of this.#waiting.splice(0)) go();
    for (const connection of [...this.#open]) connection.destroy();
  }

  #hash(credentials: Credentials): Buffer {
    const known = this.#hashes.get(credentials);
    if (known) return known;
    const made = hash('sha256', `${this.#salt}${credentials.password}`, 'buffer');
    this.#hashes.set(credentials, made);
    return made;
  }

  #reuse(key: string, passwordHash: Buffer): Lease | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !timingSafeEqual(entry.passwordHash, passwordHash)) return undefined;
    const idle = entry.idle.pop();
    return idle && { connection: idle.connection, elementTypes: entry.elementTypes, entry, resetSent: false };
  }

  async #openFor({ user, database, password }: Credentials, key: string, passwordHash: Buffer): Promise<Lease> {
    const parameters = new Map([
      ['user', user],
      ['database', database],
      ['client_encoding', 'UTF8'],
    ]);
    this.#opening++;
    let connection: BackendConnection;
    try {
      connection = await BackendConnection.open({ address: this.#address, parameters, password });
    } catch (error) {
      this.#next();
      throw error;
    } finally {
      this.#opening--;
    }
    if (this.#stopped) {
      connection.destroy();
      throw stopped();
    }
    this.#open.add(connection);
    const entry = this.#entries.get(key) ?? { idle: [], passwordHash, elementTypes: new Map() };
    entry.passwordHash = passwordHash;
    this.#entries.set(key, entry);
    connection.onClose = () => {
      this.#open.delete(connection);
      entry.idle = entry.idle.filter((idle) => idle.connection !== connection);
      this.#next();
    };
    return { connection, elementTypes: entry.elementTypes, entry, resetSent: false };
  }

  #hasRoom(): boolean {
    return this.#open.size + this.#opening < this.#maxConnections;
  }

  #hasIdle(): boolean {
    return this.#entries.values().some(({ idle }) => idle.length > 0);
  }

  /** Makes room for other credentials. */
  #closeOneIdle(): void {
    for (const { idle } of this.#entries.values()) {
      const oldest = idle.shift();
      if (!oldest) continue;
      void oldest.connection.terminate();
      return;
    }
  }

  /** Waits until a connection has come back or closed; one that found it taken goes to the head of the queue. */
  #turn(newcomer: boolean): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) throw new UnreachableError('Too many requests wait for a connection.');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new UnreachableError('No connection to Postgres came free in time.'));
      }, WAIT_TIMEOUT_MS);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      if (newcomer) this.#waiting.push(go);
      else this.#waiting.unshift(go);
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
  }

  #sweep(): void {
    const expired_ms = Date.now() - IDLE_TIMEOUT_MS;
    for (const entry of this.#entries.values()) {
      for (const { connection, since_ms } of [...entry.idle]) if (since_ms < expired_ms) connection.destroy();
    }
  }
}

function stopped(): UnreachableError {
  return new UnreachableError('The local Neon endpoint has stopped.');
}
