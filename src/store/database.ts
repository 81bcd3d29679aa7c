import { NeonDbError, type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless';
import { Failure, type FailureCode, isFailureCode } from './failure.ts';
import { LOOPBACK_HOSTS } from './loopback-hosts.ts';

/**
 * The one road to the database: each call is one HTTP request to Neon, or to the local endpoint that speaks its protocol.
 * Statements ask for text (`::text`) wherever a JavaScript value would lose something: JSON, bigint, time.
 */
export interface Database {
  /**
   * One statement, committed by itself.
   * @param name what log lines and measurements call it
   * @throws Failure AN4xx as the SQL functions raise them, AN413 for an answer over Neon's 10 MiB, AN422 for a value that Postgres refuses,
   * AN503 when the database can't be reached or is too busy, AN504 when it takes too long, AN500 else
   */
  call<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<Row[]>;
  /**
   * One statement, read only, seeing only what this user may see: row-level security asks `caller()` (I7).
   * Two statements in one request: the setting must be there before the planner's first look at a policy.
   */
  read<Row>(name: string, userId: string, text: string, parameters: readonly unknown[]): Promise<Row[]>;
  /** As `call`, of a statement that writes the log: what it wrote is told to `Road.onWritten`. */
  write<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<Row[]>;
}

/** A snapshot of the log that later reads can have again; see enter_basis() in migrations. */
export interface LogBasis {
  readonly log: string;
  readonly snapshot: string;
  readonly at: string;
}

/** How one request reaches the database. */
export interface Road {
  /** Of a read replica, connection string as in the secret DATABASE_READ_URL; without one all goes to the primary. */
  readonly replicaUrl?: string | undefined;
  /** A transaction's id: reads must see it. A replica that does not yet costs a second request, to the primary. */
  readonly position?: string | undefined;
  /** Reads see this snapshot of the log, or the present one and say which that was: from the primary, as it alone knows what runs. */
  readonly basis?: LogBasis | 'now' | null;
  readonly onBasis?: (basis: LogBasis) => void;
  readonly onWritten?: (position: string) => void;
}

/** A loopback host is the local Neon endpoint, in plain HTTP on the port of the connection string. */
const endpointOfNeon = neonConfig.fetchEndpoint;
neonConfig.fetchEndpoint = (host, port, options) => {
  if (LOOPBACK_HOSTS.has(host)) return `http://${host}:${port}/sql`;
  return typeof endpointOfNeon === 'string' ? endpointOfNeon : endpointOfNeon(host, port, options);
};

/** A read that takes longer is given up, before Neon's proxy or the Worker's own time would. Writes have 15 s: transact() says so. */
const READ_TIMEOUT_MS = 8_000;
const BEFORE_READ = `select set_config('annals.user_id', $1::text, true), set_config('statement_timeout', '${READ_TIMEOUT_MS}', true)`;
const BEFORE_REPLICA_READ = `${BEFORE_READ}, require_position($2::text::xid8)`;
const BEFORE_BASIS_READ = `${BEFORE_READ}, enter_basis($2::text::jsonb) as basis`;

/** Opens the road. Nothing is sent yet. @param url as in the Worker's secret DATABASE_URL */
export function openDatabase(url: string, road: Road = {}): Database {
  const sql = connect(url);
  const { replicaUrl, position = '0', basis = null } = road;
  const replica = replicaUrl === undefined || basis !== null ? null : connect(replicaUrl);

  async function call<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<Row[]> {
    try {
      return (await sql.query(text, [...parameters])) as Row[];
    } catch (error) {
      throw failureOf(name, error);
    }
  }

  async function readOnPrimary<Row>(userId: string, text: string, parameters: readonly unknown[]): Promise<Row[]> {
    if (basis === null) {
      const before = sql.query(BEFORE_READ, [userId]);
      const [, rows] = await sql.transaction([before, sql.query(text, [...parameters])], { readOnly: true });
      return rows as Row[];
    }
    const before = sql.query(BEFORE_BASIS_READ, [userId, basis === 'now' ? null : JSON.stringify(basis)]);
    const [entered, rows] = await sql.transaction([before, sql.query(text, [...parameters])], {
      readOnly: true,
      isolationLevel: 'RepeatableRead',
    });
    const [row] = entered as { basis: LogBasis }[];
    if (row !== undefined) road.onBasis?.(row.basis);
    return rows as Row[];
  }

  return {
    call,
    async read<Row>(name: string, userId: string, text: string, parameters: readonly unknown[]): Promise<Row[]> {
      if (replica !== null) {
        try {
          const before = replica.query(BEFORE_REPLICA_READ, [userId, position]);
          const [, rows] = await replica.transaction([before, replica.query(text, [...parameters])], {
            readOnly: true,
          });
          return rows as Row[];
        } catch (error) {
          // Behind, out of reach, or it cancelled the read to get on with replaying: the primary answers what the replica cannot.
          const failure = failureOf(name, error);
          if (!isBehind(error) && failure.code !== 'AN503') throw failure;
        }
      }
      try {
        return await readOnPrimary<Row>(userId, text, parameters);
      } catch (error) {
        throw failureOf(name, error);
      }
    },
    async write<Row>(name: string, text: string, parameters: readonly unknown[]): Promise<Row[]> {
      // Asked after the statement ran, and null when it wrote nothing.
      const rows = await call<Row & { position: string | null }>(
        name,
        `select w.*, pg_current_xact_id_if_assigned()::text as position from (${text}) w`,
        parameters,
      );
      const position = rows[0]?.position ?? null;
      if (position !== null) road.onWritten?.(position);
      return rows;
    },
  };
}

function connect(url: string): NeonQueryFunction<false, false> {
  try {
    return neon(url, { disableWarningInBrowsers: true });
  } catch {
    // The driver's own message holds the whole connection string, password included.
    throw new Failure('AN500', 'DATABASE_URL is not a Postgres connection string', {
      hint: 'It should look like postgresql://user:password@host/database. Perhaps the secret has not been set?',
    });
  }
}

/** SQLSTATE classes that a client may try again: connection lost, resources, operator intervention, serialization, deadlock, a lock waited for too long. */
const TRANSIENT_SQLSTATE = /^(08|53|57|58|40|55P03)/;

/** SQLSTATE class of values that Postgres cannot take: ours are in the statements' text and tested, so it is one that the caller sent. */
const DATA_SQLSTATE = /^22/;

/** `statement_timeout` and `transaction_timeout`, each of which undoes all that the request did. */
const TIMED_OUT: ReadonlySet<string> = new Set(['57014', '25P04']);

/** Neon bounds every answer in bytes, ours of a thousand rows included. The driver tells the status in words alone. */
const ANSWER_TOO_LARGE = /^Server error \(HTTP status 507\)/;

/** And every request. */
const REQUEST_TOO_LARGE = /^Server error \(HTTP status 413\)/;

/** Row-level security refused a row: somebody else's id, which a rival took between the look and the write. */
const INSUFFICIENT_PRIVILEGE = '42501';

const isBehind = (error: unknown): boolean => error instanceof NeonDbError && error.code === 'AN425';

function failureOf(name: string, error: unknown): Failure {
  if (!(error instanceof NeonDbError)) return new Failure('AN500', `${name} failed`, { cause: error });
  if (isFailureCode(error.code)) {
    return new Failure(error.code, error.message, {
      details: error.detail ?? null,
      hint: error.hint ?? null,
      cause: error,
    });
  }
  if (error.code === INSUFFICIENT_PRIVILEGE && error.message.includes('row-level security')) {
    return new Failure('AN404', 'no such entity', { cause: error });
  }
  if (TIMED_OUT.has(error.code ?? '')) {
    return new Failure('AN504', 'The database took too long; nothing was written.', {
      hint: 'Ask for less at once: a smaller page, a narrower filter, fewer operations.',
      cause: error,
    });
  }
  if (REQUEST_TOO_LARGE.test(error.message)) {
    return new Failure('AN413', 'The request is more than the database takes at once; nothing was written.', {
      hint: 'Send several smaller ones.',
      cause: error,
    });
  }
  if (ANSWER_TOO_LARGE.test(error.message)) {
    return new Failure('AN413', 'The answer would be over 10 MiB.', {
      hint: 'Ask for a smaller page, or for fewer columns. A write may have been committed all the same.',
      cause: error,
    });
  }
  if (DATA_SQLSTATE.test(error.code ?? '')) {
    // Not Postgres' own words: they quote the value, and a view without a barrier may look at other people's rows first.
    return new Failure('AN422', 'A value of the request is not one that the database can hold.', {
      details: { sqlstate: error.code },
      hint: 'Look for a NUL, a number that is out of range, or an instant with an offset of 16 hours or more.',
      cause: error,
    });
  }
  // Without a code it never reached Postgres: the network, Neon's proxy, or a compute that would not wake.
  const code: FailureCode =
    error.code === undefined || error.code === '' || TRANSIENT_SQLSTATE.test(error.code) ? 'AN503' : 'AN500';
  return new Failure(code, code === 'AN503' ? 'The database cannot be reached at the moment.' : `${name} failed`, {
    hint: code === 'AN503' ? 'Try again in a moment.' : null,
    cause: error,
  });
}
