import { printSortedEdn } from './print.ts';
import { type EdnValue, Tagged } from './value.ts';

/**
 * One text for all equal values, whatever the order of their sets and maps: a key for tables, and something to hash.
 * Numbers of different types differ (`1`, `1N`, `1.0`, `1M`), and decimals of different scale.
 */
export const canonicalEdn = (value: EdnValue): string => printSortedEdn(value);

/** Whether two values are the same, type for type; sets and maps have no order. `##NaN` equals itself. */
export const ednEquals = (a: EdnValue, b: EdnValue): boolean => {
  if (a === b) return true;
  // Most comparisons are of UUIDs and instants.
  if (a instanceof Tagged && b instanceof Tagged && typeof a.value === 'string' && typeof b.value === 'string') {
    return a.tag === b.tag && a.value === b.value;
  }
  return canonicalEdn(a) === canonicalEdn(b);
};
