import { invalid } from './invalid.ts';

const MAX_KEY_CHARS = 255;

/** The Idempotency-Key of a request, null without one. @throws Failure AN422 for one that is empty or too long */
export function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  // The IETF draft makes it a structured-field string, in quotes; most clients send it bare.
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!/^[ -~]+$/.test(key) || key.length > MAX_KEY_CHARS) {
    throw invalid([
      { field: '/headers/Idempotency-Key', message: `must have 1 to ${MAX_KEY_CHARS} printable ASCII characters` },
    ]);
  }
  return key;
}
