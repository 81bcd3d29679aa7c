import type { ZodType } from 'zod';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { invalid } from './invalid.ts';

/** A place in a list as opaque text for a client to send back. */
export function encodeCursor(place: Readonly<Record<string, string | number>>): string {
  return toBase64Url(JSON.stringify(place));
}

/** @param parameter where the text came in, for the error. @throws Failure AN422 for text that is none of ours */
export function decodeCursor<T>(text: string, place: ZodType<T>, parameter = 'after'): T {
  try {
    return place.parse(JSON.parse(fromBase64Url(text)));
  } catch {
    throw invalid([{ field: `/${parameter}`, message: 'is none of ours: send what an answer gave, unchanged' }]);
  }
}
