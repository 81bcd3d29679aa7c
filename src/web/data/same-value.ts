import type { Json } from '../../api/answer-types.ts';

/** Whether two fields hold the same; undefined is a field that is not there. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
