import { concatBytes } from '../domain/concat-bytes.ts';
import { Failure } from '../store/failure.ts';

/** Asked for at a time: as they come, 4 KiB each, the bytes of a chunk take twice as long. */
const PART_BYTES = 64 * 1024;

/**
 * All bytes of a body, which is given up as soon as it is over the limit: nobody's gzip bomb is unpacked to its end.
 * @throws Failure AN413 over `max_bytes`
 */
export async function readBytes(body: ReadableStream<Uint8Array> | null, max_bytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader({ mode: 'byob' });
  for (;;) {
    const { value: part, done } = await reader.read(new Uint8Array(PART_BYTES));
    length += part?.length ?? 0;
    if (length > max_bytes) {
      await reader.cancel();
      throw new Failure('AN413', `The body is over ${max_bytes} bytes (counted decompressed).`, {
        hint: 'Send less at a time.',
      });
    }
    if (part !== undefined) parts.push(part);
    if (done) break;
  }
  return concatBytes(parts);
}
