import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export const SCRAM_SHA_256 = 'SCRAM-SHA-256';

const KEY_BYTES = 32;
/** "n": no channel binding, no authorisation identity (RFC 5802). */
const GS2_HEADER = 'n,,';

const deriveKey = promisify(pbkdf2);

/** One SCRAM-SHA-256 exchange as a client (RFC 5802, RFC 7677). Postgres takes the user from the startup packet. */
export class ScramClient {
  readonly #nonce = randomBytes(18).toString('base64');
  readonly #password: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  constructor(password: string) {
    // Postgres normalises by SASLprep and falls back to the bytes as they are; NFKC is the part that matters.
    this.#password = password.normalize('NFKC');
  }

  first(): string {
    return `${GS2_HEADER}${this.#firstBare()}`;
  }

  /** The answer to the server's challenge. */
  async final(challenge: string): Promise<string> {
    const { r: nonce, s: salt, i: iterations } = attributes(challenge);
    if (!nonce?.startsWith(this.#nonce) || !salt || !iterations) throw new Error('Postgres sent a broken challenge.');
    const salted = await deriveKey(
      this.#password,
      Buffer.from(salt, 'base64'),
      Number(iterations),
      KEY_BYTES,
      'sha256',
    );
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const unproven = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`;
    const transcript = `${this.#firstBare()},${challenge},${unproven}`;
    const signature = hmac(storedKey, transcript);
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), transcript);
    return `${unproven},p=${proof.toString('base64')}`;
  }

  /** The server must know the password too. */
  verify(outcome: string): void {
    const signature = Buffer.from(attributes(outcome).v ?? '', 'base64');
    if (signature.length !== this.#serverSignature.length || !timingSafeEqual(signature, this.#serverSignature)) {
      throw new Error('Postgres did not prove that it knows the password.');
    }
  }

  #firstBare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

function attributes(message: string): Record<string, string | undefined> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
