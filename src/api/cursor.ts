import type { ZodType } from 'zod';
import { invalid } from './invalid.ts';

/** A place in a list as opaque text for a client to send back. */
export function encodeCursor(place: Readonly<Record<string, string | number>>): string {
  return btoa(JSON.stringify(place)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Failure AN422 for text that is no cursor of ours */
export function decodeCursor<T>(text: string, place: ZodType<T>, parameter = 'after'): T {
  try {
    return place.parse(JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/'))));
  } catch {
    throw invalid([{ field: `/${parameter}`, message: 'is not a cursor; send `next` of the page before, unchanged' }]);
  }
}
