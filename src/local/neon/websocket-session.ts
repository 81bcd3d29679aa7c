import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { ClientGreeting } from './client-greeting.ts';
import type { Delay } from './delay.ts';
import { DelayLine } from './delay-line.ts';
import { openBackend, type PostgresAddress, sendCancelRequest } from './open-backend.ts';
import { startupParameters } from './startup-options.ts';
import { messageBytes } from './websocket-message.ts';
import { cleartextPasswordRequest, errorResponse, negotiateProtocolVersion } from './wire-replies.ts';

/** A client that does not get through its greeting in this time is cut off. */
const GREETING_TIMEOUT_MS = 15_000;
/** What may wait on its way to a slow client before Postgres is told to wait. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** The endpoint's name in front of the password, for clients that can name it nowhere else. */
const ENDPOINT_IN_PASSWORD = /^(?:endpoint|project)=[a-z0-9-]+[;$]/;
const REFUSED = 'N';

export interface WebSocketSessionParts {
  webSocket: WebSocket;
  postgres: PostgresAddress;
  delay: Delay;
  /** Called when the client has left and Postgres has closed too. */
  onOver: () => void;
}

/**
 * One client: asks for the password in clear text, whatever Postgres asks of us, then passes bytes both ways.
 *
 *   startup -> password -> connecting -> through
 *
 * Bytes that come early (the driver sends startup, password and first query in one frame) wait for their state.
 */
export class WebSocketSession {
  readonly #webSocket: WebSocket;
  readonly #postgres: PostgresAddress;
  readonly #greeting = new ClientGreeting();
  readonly #toClient: DelayLine<Buffer | 'end'>;
  readonly #toPostgres: DelayLine<Buffer | 'end'>;
  readonly #patience: NodeJS.Timeout;
  readonly #onOver: () => void;
  #state: 'startup' | 'password' | 'connecting' | 'through' | 'over' = 'startup';
  #parameters = new Map<string, string>();
  #backend: Socket | undefined;

  constructor({ webSocket, postgres, delay, onOver }: WebSocketSessionParts) {
    this.#webSocket = webSocket;
    this.#postgres = postgres;
    this.#onOver = onOver;
    this.#toClient = new DelayLine(delay, (item) => this.#sendToClient(item));
    this.#toPostgres = new DelayLine(delay, (item) => this.#takeFromClient(item));
    this.#patience = setTimeout(() => this.destroy(), GREETING_TIMEOUT_MS);
    webSocket.on('message', (data, isBinary) => {
      // Neon ends a connection that sends text.
      if (isBinary) this.#toPostgres.add(messageBytes(data));
      else this.destroy();
    });
    webSocket.on('error', () => this.destroy());
    webSocket.on('close', () => this.#toPostgres.add('end'));
  }

  destroy(): void {
    this.#state = 'over';
    clearTimeout(this.#patience);
    this.#toClient.stop();
    this.#toPostgres.stop();
    this.#webSocket.terminate();
    this.#backend?.destroy();
  }

  #takeFromClient(item: Buffer | 'end'): void {
    if (item === 'end') this.#clientLeft();
    else if (this.#state === 'through') this.#writeToPostgres(item);
    else {
      this.#greeting.add(item);
      try {
        this.#greet();
      } catch (error) {
        this.#refuse(error);
      }
    }
  }

  #clientLeft(): void {
    clearTimeout(this.#patience);
    this.#state = 'over';
    this.#toClient.stop();
    const backend = this.#backend;
    if (!backend || backend.closed) {
      this.#onOver();
      return;
    }
    backend.once('close', this.#onOver);
    // What was asked runs to its end, whose answer nobody reads: left unread, Postgres would wait in its midst for ever.
    backend.removeAllListeners('data').resume();
    backend.end();
  }

  #greet(): void {
    while (this.#state === 'startup') {
      const packet = this.#greeting.startup();
      if (!packet) return;
      if (packet.type === 'encryption') this.#toClient.add(Buffer.from(REFUSED));
      else if (packet.type === 'cancel') {
        this.#state = 'over';
        void sendCancelRequest(this.#postgres, packet.packet).then(() => this.#toClient.add('end'));
      } else if (packet.type === 'startup') this.#started(packet.parameters, packet.minorVersion);
    }
    if (this.#state !== 'password') return;
    const packet = this.#greeting.password();
    if (packet?.type !== 'password') return;
    this.#state = 'connecting';
    this.#connect(packet.password.replace(ENDPOINT_IN_PASSWORD, '')).catch((error: unknown) => this.#refuse(error));
  }

  #started(sent: Map<string, string>, minorVersion: number): void {
    const user = sent.get('user');
    if (!user) throw new Error('missing user in startup packet');
    if (!sent.get('database')) sent.set('database', user);
    this.#parameters = startupParameters(sent);
    const unknown = [...sent.keys()].filter((name) => name.startsWith('_pq_.'));
    if (minorVersion > 0 || unknown.length > 0) this.#toClient.add(negotiateProtocolVersion(unknown));
    this.#toClient.add(cleartextPasswordRequest());
    this.#state = 'password';
  }

  async #connect(password: string): Promise<void> {
    const { socket, greeting, rest } = await openBackend({
      address: this.#postgres,
      parameters: this.#parameters,
      password,
    });
    clearTimeout(this.#patience);
    socket.on('error', () => {});
    socket.on('close', () => this.#toClient.add('end'));
    this.#backend = socket;
    if (this.#state !== 'connecting') {
      socket.destroy();
      return;
    }
    socket.on('data', (chunk: Buffer) => this.#toClient.add(chunk));
    this.#state = 'through';
    this.#toClient.add(greeting);
    if (rest.length > 0) this.#toClient.add(rest);
    const early = this.#greeting.rest();
    if (early.length > 0) this.#writeToPostgres(early);
  }

  /** Whatever goes wrong before bytes pass through is an XX000. */
  #refuse(error: unknown): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#patience);
    this.#toClient.add(errorResponse(error instanceof Error ? error.message : 'internal error'));
    this.#toClient.add('end');
  }

  #writeToPostgres(bytes: Buffer): void {
    const socket = this.#backend;
    if (!socket || socket.write(bytes)) return;
    this.#webSocket.pause();
    socket.once('drain', () => this.#webSocket.resume());
  }

  #sendToClient(item: Buffer | 'end'): void {
    if (item === 'end') {
      this.#webSocket.close();
      return;
    }
    this.#webSocket.send(item, { binary: true }, () => {
      if (this.#webSocket.bufferedAmount <= MAX_UNSENT_BYTES) this.#backend?.resume();
    });
    if (this.#webSocket.bufferedAmount > MAX_UNSENT_BYTES) this.#backend?.pause();
  }
}
