import { readBytes } from '../api/read-bytes.ts';
import { Failure } from '../store/failure.ts';
import { MAX_CHUNK_BYTES } from './limits.ts';

/**
 * The bytes of a chunk: lines of EDN or NDJSON, as they are in the file, perhaps gzipped on the way (Workers do not unpack requests).
 * @throws Failure AN400 broken gzip or no body, AN413 too large, AN415 another content type or encoding
 */
export async function readChunkBody(request: Request): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(edn|x-ndjson) *(;|$)/i.test(type)) {
    throw new Failure('AN415', 'A chunk is lines of EDN or NDJSON.', {
      hint: 'Send them with Content-Type: application/edn or application/x-ndjson.',
    });
  }
  const bytes = await readBytes(decompressed(request), MAX_CHUNK_BYTES).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    throw new Failure('AN400', 'The body is not whole, or not gzip as its Content-Encoding says.', {
      hint: 'Send the chunk again.',
      cause: error,
    });
  });
  if (bytes.length === 0) throw new Failure('AN400', 'The chunk is empty.', { hint: 'Send at least one line.' });
  return bytes;
}

function decompressed(request: Request): ReadableStream<Uint8Array> | null {
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return request.body;
  if (encoding === 'gzip') return request.body?.pipeThrough(new DecompressionStream('gzip')) ?? null;
  throw new Failure('AN415', 'The chunk is compressed in a way that is not known here.', {
    hint: 'Send it plain, or with Content-Encoding: gzip.',
  });
}
