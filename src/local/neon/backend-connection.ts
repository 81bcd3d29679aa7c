import type { Socket } from 'node:net';
import {
  type BackendRequest,
  type OpenBackend,
  openBackend,
  type PostgresAddress,
  sendCancelRequest,
} from './open-backend.ts';
import { CANCEL_REQUEST, MessageWriter, REPLY } from './wire.ts';

const HEADER_BYTES = 5;
/** What ReadyForQuery says of a session that is in no transaction. */
const IDLE = 0x49;
/** Postgres has rolled back by the time it closes a connection; this bounds the wait for one that is busy. */
const TERMINATE_TIMEOUT_MS = 10_000;

/** Takes the messages that answer one submission. */
export interface ReplyHandler {
  /** @returns true when this message was the last one of the answer */
  message(type: number, buffer: Buffer, start: number, end: number): boolean;
  /** The connection closed before the answer was complete. */
  lost(): void;
}

/** An authenticated connection to Postgres on which submissions are answered in order, so they may be pipelined. */
export class BackendConnection {
  readonly #address: PostgresAddress;
  readonly #socket: Socket;
  readonly #cancelKey: Buffer;
  readonly #handlers: ReplyHandler[] = [];
  #chunks: Buffer[] = [];
  #received = 0;
  #needed = HEADER_BYTES;
  #closed = false;
  #inTransaction = false;
  /** Called once, when the connection closes for whatever reason. */
  onClose: (() => void) | undefined;

  static async open(request: BackendRequest): Promise<BackendConnection> {
    return new BackendConnection(request.address, await openBackend(request));
  }

  private constructor(address: PostgresAddress, { socket, rest, cancelKey }: OpenBackend) {
    this.#address = address;
    this.#socket = socket;
    this.#cancelKey = cancelKey;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#close());
    if (rest.length > 0) this.#take(rest);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a transaction was open when Postgres last was ready for a query. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** Sends messages and gives what Postgres answers to the handlers, one after another as each has had its last one. */
  submit(bytes: Buffer, ...handlers: ReplyHandler[]): void {
    if (this.#closed) {
      for (const handler of handlers) handler.lost();
      return;
    }
    this.#handlers.push(...handlers);
    this.#socket.write(bytes);
  }

  /** Asks Postgres to cancel the running statement, on a connection of its own. */
  cancel(): Promise<void> {
    const head = Buffer.alloc(8);
    head.writeInt32BE(head.length + this.#cancelKey.length, 0);
    head.writeInt32BE(CANCEL_REQUEST, 4);
    return sendCancelRequest(this.#address, Buffer.concat([head, this.#cancelKey]));
  }

  /** Leaves politely and waits until Postgres is done: what was not committed is rolled back when this resolves. */
  terminate(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve();
        return;
      }
      this.#socket.once('close', () => resolve());
      this.#socket.setTimeout(TERMINATE_TIMEOUT_MS, () => this.#socket.destroy());
      this.#socket.end(new MessageWriter().terminate().bytes());
    });
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const handler of this.#handlers.splice(0)) handler.lost();
    this.onClose?.();
  }

  #take(chunk: Buffer): void {
    // A long message comes in many chunks: join them once, when all are there.
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return;
    const buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#received);
    let at = 0;
    this.#needed = HEADER_BYTES;
    while (buffer.length - at >= HEADER_BYTES && !this.#closed) {
      const end = at + 1 + buffer.readInt32BE(at + 1);
      if (buffer.length < end) {
        this.#needed = end - at;
        break;
      }
      this.#dispatch(buffer, at, end);
      at = end;
    }
    this.#received = buffer.length - at;
    this.#chunks = this.#received === 0 ? [] : [buffer.subarray(at)];
  }

  #dispatch(buffer: Buffer, at: number, end: number): void {
    const type = buffer[at] ?? 0;
    if (type === REPLY.readyForQuery) this.#inTransaction = buffer[at + HEADER_BYTES] !== IDLE;
    const handler = this.#handlers[0];
    // With nothing under way these are notices, notifications and setting changes, which HTTP has no place for, or the
    // reason why Postgres is about to close the connection.
    if (handler?.message(type, buffer, at + HEADER_BYTES, end)) this.#handlers.shift();
    else if (!handler && type === REPLY.error) this.destroy();
  }
}
