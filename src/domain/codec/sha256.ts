const BLOCK_BYTES = 64;
const ROUNDS = 64;

/** The first 32 bits of the fractional part of a root of each of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
const rootBits = (root: (prime: number) => number, count: number): Int32Array => {
  const bits = new Int32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    let is_prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) is_prime = false;
    if (is_prime) bits[found++] = ((root(n) % 1) * 0x1_0000_0000) | 0;
  }
  return bits;
};
const CONSTANTS = rootBits(Math.cbrt, ROUNDS);
const START = rootBits(Math.sqrt, 8);

/**
 * SHA-256, synchronously and piece by piece: WebCrypto's takes a whole file at once, and is slow for many short texts.
 * The same in Workers, in a browser and on Node.
 */
export class Sha256 {
  readonly #state = START.slice();
  readonly #words = new Int32Array(ROUNDS);
  readonly #rest = new Uint8Array(BLOCK_BYTES);
  #rest_bytes = 0;
  #bytes = 0;

  update(bytes: Uint8Array): this {
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#rest_bytes > 0) {
      at = Math.min(BLOCK_BYTES - this.#rest_bytes, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#rest_bytes);
      this.#rest_bytes += at;
      if (this.#rest_bytes < BLOCK_BYTES) return this;
      this.#block(this.#rest, 0);
      this.#rest_bytes = 0;
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#block(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#rest_bytes = bytes.length - at;
    return this;
  }

  /** The 32 bytes; nothing can be added after. */
  digest(): Uint8Array {
    const bytes = this.#bytes;
    const padding = new Uint8Array(paddingBytes(bytes));
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bytes / 0x2000_0000));
    view.setUint32(padding.length - 4, bytes << 3);
    this.update(padding);
    const out = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, i) => {
      out.setInt32(i * 4, word);
    });
    return new Uint8Array(out.buffer);
  }

  #block(bytes: Uint8Array, at: number): void {
    const w = this.#words;
    for (let i = 0; i < 16; i++) {
      const p = at + i * 4;
      w[i] = ((bytes[p] ?? 0) << 24) | ((bytes[p + 1] ?? 0) << 16) | ((bytes[p + 2] ?? 0) << 8) | (bytes[p + 3] ?? 0);
    }
    for (let i = 16; i < ROUNDS; i++) {
      const x = w[i - 15] ?? 0;
      const y = w[i - 2] ?? 0;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[i] = ((w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1) | 0;
    }
    const state = this.#state;
    // One by one: taken apart as an array, each block would make an iterator and cost three times as much.
    let a = state[0] ?? 0;
    let b = state[1] ?? 0;
    let c = state[2] ?? 0;
    let d = state[3] ?? 0;
    let e = state[4] ?? 0;
    let f = state[5] ?? 0;
    let g = state[6] ?? 0;
    let h = state[7] ?? 0;
    for (let i = 0; i < ROUNDS; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (CONSTANTS[i] ?? 0) + (w[i] ?? 0)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] = (state[0] ?? 0) + a;
    state[1] = (state[1] ?? 0) + b;
    state[2] = (state[2] ?? 0) + c;
    state[3] = (state[3] ?? 0) + d;
    state[4] = (state[4] ?? 0) + e;
    state[5] = (state[5] ?? 0) + f;
    state[6] = (state[6] ?? 0) + g;
    state[7] = (state[7] ?? 0) + h;
  }
}

/** From the end of the message to the end of a block: a bit, zeros, and the length in eight bytes. */
const paddingBytes = (bytes: number): number => ((119 - (bytes % BLOCK_BYTES)) % BLOCK_BYTES) + 9;

const rotate = (n: number, by: number): number => (n >>> by) | (n << (32 - by));
