import { MAX_ROW_BYTES } from './limits.ts';

/** Bytes of a text in a request to the database, as the driver sends it: a JSON string inside JSON. Of what is within any limit, a bound. */
export function requestBytes(text: string): number {
  // A UTF-16 unit is three bytes at most, an escaped control character six.
  if (text.length * 6 < MAX_ROW_BYTES) return text.length * 6;
  return new TextEncoder().encode(JSON.stringify(text)).length;
}
