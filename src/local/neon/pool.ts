import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BackendConnection } from './backend-connection.ts';
import type { PostgresAddress } from './open-backend.ts';
import { MessageWriter, REPLY } from './wire.ts';

/** Neon's defaults. */
const KEPT_CONNECTIONS = 20;
const IDLE_TIMEOUT_MS = 5 * 60_000;
const SWEEP_INTERVAL_MS = 30_000;

/** What Neon sends when a connection comes back, so that no session state reaches the next request. */
const RESET = new MessageWriter()
  .simpleQuery(
    'ROLLBACK; CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *; ' +
      'SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES',
  )
  .bytes();

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
}

/**
 * Connections kept per user and database, last used first. More are opened when all are out, and thrown away after
 * use; nobody queues. A request with another password than the last good one has to open a connection of its own,
 * so Postgres decides.
 */
export class BackendPool {
  readonly #address: PostgresAddress;
  readonly #entries = new Map<string, Entry>();
  readonly #open = new Set<BackendConnection>();
  readonly #salt = randomBytes(16).toString('hex');
  readonly #sweeper: NodeJS.Timeout;

  constructor(address: PostgresAddress) {
    this.#address = address;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** @throws what `openBackend` throws */
  async acquire({ user, database, password }: Credentials): Promise<Lease> {
    const key = `${user}\0${database}`;
    const passwordHash = hash('sha256', `${this.#salt}${password}`, 'buffer');
    const known = this.#entries.get(key);
    if (known && timingSafeEqual(known.passwordHash, passwordHash)) {
      const reused = known.idle.pop();
      if (reused) return { connection: reused.connection, elementTypes: known.elementTypes, entry: known };
    }
    const parameters = new Map([
      ['user', user],
      ['database', database],
      ['client_encoding', 'UTF8'],
    ]);
    const connection = await BackendConnection.open({ address: this.#address, parameters, password });
    this.#open.add(connection);
    const entry = this.#entries.get(key) ?? { idle: [], passwordHash, elementTypes: new Map() };
    entry.passwordHash = passwordHash;
    this.#entries.set(key, entry);
    connection.onClose = () => {
      this.#open.delete(connection);
      entry.idle = entry.idle.filter((idle) => idle.connection !== connection);
    };
    return { connection, elementTypes: entry.elementTypes, entry };
  }

  /** Resets the session and keeps the connection; the reset runs ahead of whatever comes next on it. */
  release({ connection, entry }: Lease): void {
    if (connection.closed) return;
    if (entry.idle.length >= KEPT_CONNECTIONS) {
      void connection.terminate();
      return;
    }
    // Busy clients send their next request within the same turn: reset and query then share one write.
    connection.submitSoon(RESET, {
      message: (type) => {
        if (type === REPLY.error) connection.destroy();
        return type === REPLY.readyForQuery;
      },
      lost: () => {},
    });
    entry.idle.push({ connection, since_ms: Date.now() });
  }

  /** Closes a connection that is not to be used again. */
  discard({ connection }: Lease): void {
    void connection.terminate();
  }

  stop(): void {
    clearInterval(this.#sweeper);
    for (const connection of [...this.#open]) connection.destroy();
  }

  #sweep(): void {
    const expired_ms = Date.now() - IDLE_TIMEOUT_MS;
    for (const entry of this.#entries.values()) {
      for (const { connection, since_ms } of [...entry.idle]) if (since_ms < expired_ms) connection.destroy();
    }
  }
}
