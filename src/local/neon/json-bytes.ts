const SMALLEST_BUFFER_BYTES = 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/** JSON grows here as UTF-8, so that text from Postgres, which is UTF-8 too, is copied and never decoded. */
export class JsonBytes {
  #buffer = Buffer.allocUnsafe(SMALLEST_BUFFER_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** JSON text as it is. */
  raw(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** UTF-8 bytes as a JSON string. */
  string(source: Buffer, start: number, end: number): void {
    // At worst every byte becomes \u00xx.
    this.#reserve((end - start) * 6 + 2);
    const target = this.#buffer;
    let to = this.#length;
    target[to++] = QUOTE;
    for (let from = start; from < end; from++) {
      const byte = source[from] ?? 0;
      if (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH) target[to++] = byte;
      else to += target.write(ESCAPES[byte] ?? '', to, 'latin1');
    }
    target[to++] = QUOTE;
    this.#length = to;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** What JSON writes for the bytes that cannot stand in a string, by byte. */
const ESCAPES = Array.from({ length: 128 }, (_, byte) => JSON.stringify(String.fromCharCode(byte)).slice(1, -1));
