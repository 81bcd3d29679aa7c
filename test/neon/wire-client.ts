import { once } from 'node:events';
import { WebSocket } from 'ws';

const PROTOCOL_3_0 = 196608;

/** A message from the server: its type letter and its body. */
export interface WireMessage {
  type: string;
  body: Buffer;
}

/** A bare WebSocket that speaks Postgres' protocol by hand, for what no driver would send. */
export class WireClient {
  readonly #socket: WebSocket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  static async connect(port: number, path = '/v2'): Promise<WireClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    const client = new WireClient(socket);
    await once(socket, 'open');
    return client;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  send(data: Buffer | string): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.close();
  }

  /** Reads nothing from the network until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Leaves without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Bytes without a frame around them, such as the answer to an SSLRequest. */
  async bytes(count: number): Promise<Buffer> {
    while (this.#received.length < count) await this.#more();
    const bytes = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return bytes;
  }

  async message(): Promise<WireMessage> {
    const head = await this.bytes(5);
    return { type: head.toString('latin1', 0, 1), body: await this.bytes(head.readInt32BE(1) - 4) };
  }

  /** Messages up to and including the first of this type. */
  async until(type: string): Promise<WireMessage[]> {
    const messages: WireMessage[] = [];
    do messages.push(await this.message());
    while (messages.at(-1)?.type !== type);
    return messages;
  }

  /** Resolves when the server has closed the connection; what it said before stays readable. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#more();
  }

  #more(): Promise<void> {
    if (this.#closed) throw new Error('The server closed the connection.');
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export function startup(parameters: Record<string, string>, version = PROTOCOL_3_0): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join('')}\0`);
  return Buffer.concat([int32(body.length + 8), int32(version), body]);
}

export function request(code: number, ...rest: Buffer[]): Buffer {
  const body = Buffer.concat([int32(code), ...rest]);
  return Buffer.concat([int32(body.length + 4), body]);
}

export function password(text: string): Buffer {
  return message('p', `${text}\0`);
}

export function query(text: string): Buffer {
  return message('Q', `${text}\0`);
}

/** The fields of an ErrorResponse by letter. */
export function errorFields({ body }: WireMessage): Record<string, string> {
  const parts = body
    .toString('utf8')
    .split('\0')
    .filter((part) => part !== '');
  return Object.fromEntries(parts.map((part) => [part.slice(0, 1), part.slice(1)]));
}

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
