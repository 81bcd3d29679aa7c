import { connect, type Socket } from 'node:net';
import { readDatabaseError } from './database-error.ts';
import { SCRAM_SHA_256, ScramClient } from './scram.ts';
import { MessageWriter, REPLY, startupPacket } from './wire.ts';

/** Neon gives a handshake this long. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
const INVALID_PASSWORD = '28P01';

export interface PostgresAddress {
  host: string;
  port: number;
}

export interface BackendRequest {
  address: PostgresAddress;
  /** Of the startup packet; `user` and `database` at least. */
  parameters: ReadonlyMap<string, string>;
  password: string;
}

export interface OpenBackend {
  socket: Socket;
  /** What Postgres said from AuthenticationOk on, up to and including ReadyForQuery. */
  greeting: Buffer;
  /** What it has said since. */
  rest: Buffer;
  /** Process id and secret, as a CancelRequest wants them. */
  cancelKey: Buffer;
}

/** The role does not exist or the password is not its. */
export class PasswordError extends Error {
  override name = 'PasswordError';

  constructor(user: string) {
    super(`password authentication failed for user '${user}'`);
  }
}

/** Nobody answers at the address, or not in time, or not as Postgres would. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

/**
 * Opens a connection and authenticates by SCRAM-SHA-256. No other method is taken: with `trust` the endpoint would
 * let any password in.
 * @throws PasswordError, DatabaseError (no such database, too many connections), UnreachableError
 */
export function openBackend({ address, parameters, password }: BackendRequest): Promise<OpenBackend> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, noDelay: true });
    const scram = new ScramClient(password);
    let received: Buffer = Buffer.alloc(0);
    let at = 0;
    let authenticatedAt = -1;
    let cancelKey: Buffer = Buffer.alloc(0);

    const finish = (settle: () => void) => {
      socket.removeAllListeners();
      socket.setTimeout(0);
      settle();
    };
    const fail = (error: Error) => {
      finish(() => reject(error));
      // The socket is of no use, and what else it reports of no interest.
      socket.on('error', () => {});
      socket.destroy();
    };
    const unreachable = (why: string) => fail(new UnreachableError(why));

    const authenticate = (buffer: Buffer, start: number, end: number) => {
      const kind = buffer.readInt32BE(start);
      const body = buffer.toString('utf8', start + 4, end);
      if (kind === 10 && body.split('\0').includes(SCRAM_SHA_256)) {
        socket.write(new MessageWriter().saslInitialResponse(SCRAM_SHA_256, scram.first()).bytes());
      } else if (kind === 11) {
        scram
          .final(body)
          .then((answer) => socket.write(new MessageWriter().saslResponse(answer).bytes()))
          .catch((error: Error) => unreachable(error.message));
      } else if (kind === 12) {
        scram.verify(body);
        authenticatedAt = 0;
      } else if (kind === 0 && authenticatedAt === 0) {
        authenticatedAt = start - 5;
      } else {
        unreachable('Postgres must ask for scram-sha-256, and did not. See password_encryption and pg_hba.conf.');
      }
    };

    const message = (type: number, start: number, end: number): boolean => {
      if (type === REPLY.authentication) authenticate(received, start, end);
      else if (type === REPLY.backendKeyData) cancelKey = Buffer.from(received.subarray(start, end));
      else if (type === REPLY.error) {
        const error = readDatabaseError(received, start, end);
        fail(error.fields.code === INVALID_PASSWORD ? new PasswordError(parameters.get('user') ?? '') : error);
        return true;
      } else if (type === REPLY.readyForQuery) {
        const greeting = received.subarray(authenticatedAt, end);
        finish(() => resolve({ socket, greeting, rest: received.subarray(end), cancelKey }));
        return true;
      }
      return false;
    };

    socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => unreachable('Postgres took too long to answer.'));
    socket.on('error', (error) => unreachable(`Could not connect to Postgres: ${error.message}`));
    socket.on('close', () => unreachable('Postgres closed the connection.'));
    socket.on('connect', () => socket.write(startupPacket(parameters)));
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      try {
        while (received.length >= at + 5) {
          const end = at + 1 + received.readInt32BE(at + 1);
          if (received.length < end) return;
          const type = received[at] ?? 0;
          const start = at + 5;
          at = end;
          if (message(type, start, end)) return;
        }
      } catch (error) {
        unreachable(error instanceof Error ? error.message : String(error));
      }
    });
  });
}

/** Asks Postgres to cancel what the backend with this key is doing; resolves when the request has been taken. */
export function sendCancelRequest(address: PostgresAddress, packet: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address, () => socket.end(packet));
    socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}
