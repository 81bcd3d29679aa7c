import * as z from 'zod';
import type { Place } from '../store/list-entities.ts';
import { invalid } from './invalid.ts';

const place = z.object({ occurred_at: z.string(), id: z.guid() });

/** A place in a list as opaque text for a client to send back. */
export function encodeCursor({ occurred_at, id }: Place): string {
  return btoa(JSON.stringify({ occurred_at, id })).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Failure AN422 for text that is no cursor of ours */
export function decodeCursor(text: string): Place {
  try {
    return place.parse(JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/'))));
  } catch {
    throw invalid([{ field: '/after', message: 'is not a cursor; send `next` of the page before, unchanged' }]);
  }
}
