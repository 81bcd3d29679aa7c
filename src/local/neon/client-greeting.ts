import { CANCEL_REQUEST, GSSENC_REQUEST, SSL_REQUEST } from './wire.ts';

const MAX_STARTUP_BYTES = 10_000;
const MAX_PASSWORD_BYTES = 512;
const MIN_PACKET_BYTES = 8;
const PROTOCOL_MAJOR = 3;

/** One packet that a client sends before it is authenticated. */
export type ClientPacket =
  /** It asks whether the connection can be encrypted. */
  | { type: 'encryption' }
  | { type: 'cancel'; packet: Buffer }
  | { type: 'startup'; parameters: Map<string, string>; minorVersion: number }
  | { type: 'password'; password: string };

/** What the client sent is not the beginning of a Postgres connection. */
class GreetingError extends Error {
  override name = 'GreetingError';
}

/** Collects a client's first bytes and cuts packets off them; frames and packets have nothing to do with each other. */
export class ClientGreeting {
  #received: Buffer = Buffer.alloc(0);

  add(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
  }

  /** What came after the packets that were read. */
  rest(): Buffer {
    return this.#received;
  }

  /** The first packet; undefined while it is not all there. */
  startup(): ClientPacket | undefined {
    const packet = this.#cut(0, MAX_STARTUP_BYTES, 'startup packet');
    if (!packet) return undefined;
    const code = packet.readUInt32BE(4);
    if (code === SSL_REQUEST || code === GSSENC_REQUEST) return { type: 'encryption' };
    if (code === CANCEL_REQUEST) return { type: 'cancel', packet };
    if (code >>> 16 !== PROTOCOL_MAJOR) throw new GreetingError('unsupported frontend protocol');
    const words = packet.toString('utf8', MIN_PACKET_BYTES).split('\0');
    const parameters = new Map<string, string>();
    for (let at = 0; words[at] !== undefined && words[at] !== ''; at += 2) {
      parameters.set(words[at] ?? '', words[at + 1] ?? '');
    }
    return { type: 'startup', parameters, minorVersion: code & 0xffff };
  }

  /** The password message; undefined while it is not all there. */
  password(): ClientPacket | undefined {
    if (this.#received.length > 0 && this.#received[0] !== 0x70) throw new GreetingError('expected a password message');
    const packet = this.#cut(1, MAX_PASSWORD_BYTES, 'password message');
    if (!packet) return undefined;
    const end = packet.indexOf(0, 5);
    return { type: 'password', password: packet.toString('utf8', 5, end === -1 ? packet.length : end) };
  }

  #cut(typeBytes: number, maxBytes: number, what: string): Buffer | undefined {
    if (this.#received.length < typeBytes + 4) return undefined;
    const length = this.#received.readInt32BE(typeBytes);
    const least = typeBytes === 0 ? MIN_PACKET_BYTES : 4;
    if (length < least || length > maxBytes) throw new GreetingError(`invalid length of ${what}`);
    const end = typeBytes + length;
    if (this.#received.length < end) return undefined;
    const packet = this.#received.subarray(0, end);
    this.#received = this.#received.subarray(end);
    return packet;
  }
}
