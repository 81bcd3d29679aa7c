import { Failure } from '../store/failure.ts';

/**
 * All bytes of a body, which is given up as soon as it is over the limit: nobody's gzip bomb is unpacked to its end.
 * @throws Failure AN413 over `max_bytes`
 */
export async function readBytes(body: ReadableStream<Uint8Array> | null, max_bytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > max_bytes) {
      throw new Failure('AN413', `The body is over ${max_bytes} bytes (counted decompressed).`, {
        hint: 'Send fewer lines at a time.',
      });
    }
    parts.push(part);
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
