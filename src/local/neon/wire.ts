/**
 * The Postgres wire protocol, version 3.0: type bytes of messages, and the frontend messages that the endpoint sends.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export const REPLY = {
  authentication: 0x52, // R
  backendKeyData: 0x4b, // K
  bindComplete: 0x32, // 2
  commandComplete: 0x43, // C
  copyBoth: 0x57, // W
  copyIn: 0x47, // G
  copyOut: 0x48, // H
  dataRow: 0x44, // D
  emptyQuery: 0x49, // I
  error: 0x45, // E
  noData: 0x6e, // n
  readyForQuery: 0x5a, // Z
  rowDescription: 0x54, // T
} as const;

/** Protocol version 3.0 as it stands in a startup packet. */
export const PROTOCOL_3_0 = 196608;
export const CANCEL_REQUEST = 80877102;
export const SSL_REQUEST = 80877103;
export const GSSENC_REQUEST = 80877104;

const HEADER_BYTES = 5;
const SMALLEST_BUFFER_BYTES = 1024;

/** Builds frontend messages one after another in one growing buffer. */
export class MessageWriter {
  #buffer = Buffer.allocUnsafe(SMALLEST_BUFFER_BYTES);
  #length = 0;

  /** Unnamed statement; no parameter types, so that Postgres infers every one. */
  parse(query: string): this {
    return this.#message('P', () => {
      this.#cstring('');
      this.#cstring(query);
      this.#int16(0);
    });
  }

  describeStatement(): this {
    return this.#message('D', () => {
      this.#byte(0x53);
      this.#cstring('');
    });
  }

  /** Unnamed portal on the unnamed statement; all values and results in text. */
  bind(values: readonly (string | null)[]): this {
    return this.#message('B', () => {
      this.#cstring('');
      this.#cstring('');
      this.#int16(0);
      this.#int16(values.length);
      for (const value of values) {
        if (value === null) this.#int32(-1);
        else this.#counted(value);
      }
      this.#int16(0);
    });
  }

  execute(): this {
    return this.#message('E', () => {
      this.#cstring('');
      this.#int32(0);
    });
  }

  flush(): this {
    return this.#message('H', () => {});
  }

  sync(): this {
    return this.#message('S', () => {});
  }

  simpleQuery(query: string): this {
    return this.#message('Q', () => this.#cstring(query));
  }

  /** Messages that were built before. */
  append(messages: Buffer): this {
    this.#reserve(messages.length);
    this.#length += messages.copy(this.#buffer, this.#length);
    return this;
  }

  terminate(): this {
    return this.#message('X', () => {});
  }

  saslInitialResponse(mechanism: string, response: string): this {
    return this.#message('p', () => {
      this.#cstring(mechanism);
      this.#counted(response);
    });
  }

  saslResponse(response: string): this {
    return this.#message('p', () => this.#text(response));
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #message(type: string, body: () => void): this {
    this.#reserve(HEADER_BYTES);
    const start = this.#length;
    this.#buffer[start] = type.charCodeAt(0);
    this.#length += HEADER_BYTES;
    body();
    this.#buffer.writeInt32BE(this.#length - start - 1, start + 1);
    return this;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  #int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16BE(value, this.#length);
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  #cstring(text: string): void {
    this.#text(text);
    this.#byte(0);
  }

  #counted(text: string): void {
    this.#int32(0);
    const start = this.#length;
    this.#text(text);
    this.#buffer.writeInt32BE(this.#length - start, start - 4);
  }

  #text(text: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8; only a long text is worth counting first.
    this.#reserve(text.length < SMALLEST_BUFFER_BYTES ? text.length * 3 : Buffer.byteLength(text));
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** The startup packet: the only message without a type byte. */
export function startupPacket(parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('');
  const body = Buffer.from(`${pairs}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + body.length, 0);
  head.writeInt32BE(PROTOCOL_3_0, 4);
  return Buffer.concat([head, body]);
}

/** Reads a NUL-terminated text. */
export function readCString(buffer: Buffer, start: number): string {
  return buffer.toString('utf8', start, buffer.indexOf(0, start));
}
