/** A history as it lies somewhere: on a disk for the command, behind a file input in a browser. It is read more than once. */
export interface HistorySource {
  readonly name: string;
  /** Its bytes, decompressed, from the beginning. */
  bytes(): AsyncIterable<Uint8Array>;
}

export interface Fingerprint {
  /** SHA-256 of all bytes, in hex. */
  readonly sha256: string;
  readonly bytes: number;
}
