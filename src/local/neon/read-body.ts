import type { IncomingMessage } from 'node:http';
import { RequestError } from './request-error.ts';

/**
 * Reads a request's body; of one that is too long the rest is read and thrown away, so that the answer gets through.
 * @throws RequestError 413
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => {
      request.removeAllListeners('data').resume();
      reject(new RequestError(413, `request is too large (max is ${maxBytes} bytes)`));
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) tooLarge();
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length)));
    request.once('error', reject);
  });
}
