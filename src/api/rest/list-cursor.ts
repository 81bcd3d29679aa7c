import { fromBase64Url, toBase64Url } from '../base64url.ts';
import { badCursor } from './order-sql.ts';

/**
 * A row's place in a list, as text to send back: the values of the keys that the list is ordered by, the id last. It stays
 * right whatever is written in between, since it is no count of rows but a place between them.
 */
export function encodePlace(place: string): string {
  const bytes = new TextEncoder().encode(place);
  return toBase64Url(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** @throws RestProblem for text that is no cursor */
export function decodePlace(cursor: string): unknown {
  try {
    const bytes = Uint8Array.from(fromBase64Url(cursor), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw badCursor();
  }
}
