import { Failure } from '../store/failure.ts';
import { readBytes } from './read-bytes.ts';
import { utf8Text } from './utf8-text.ts';

/** A transaction of a thousand ordinary records is about 1 MB; Neon itself takes 10 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * A request's body as text, every character as it was sent: `Request.text()` would put replacement characters for what is not UTF-8.
 * @throws Failure AN413 over 4 MiB, AN415 compressed, AN400 broken off or not UTF-8
 */
export async function bodyText(request: Request): Promise<string> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw new Failure('AN415', 'The body is compressed.', { hint: 'Send it plain, without Content-Encoding.' });
  }
  return utf8Text(await wholeBody(request));
}

async function wholeBody(request: Request): Promise<ArrayBuffer | Uint8Array> {
  const length = request.headers.get('content-length');
  if (Number(length ?? 0) > MAX_BODY_BYTES) {
    throw new Failure('AN413', `The body is over ${MAX_BODY_BYTES} bytes.`, { hint: 'Send less at a time.' });
  }
  try {
    // A body that says its length is that long at most, and comes faster in one piece.
    return length === null ? await readBytes(request.body, MAX_BODY_BYTES) : await request.arrayBuffer();
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('AN400', 'The body broke off.', { hint: 'Send the request again.', cause });
  }
}
