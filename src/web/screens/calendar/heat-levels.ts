/** A range of whole amounts, both ends included; the last has no upper end. */
export interface HeatLevel {
  readonly min: number;
  readonly max?: number;
}

const MAX_LEVELS = 4;

/**
 * Cuts amounts into at most four levels with about as many days each, so that one extreme day does not pale the rest.
 *
 * @example heatLevels([1, 1, 2, 9]) // [{ min: 1, max: 1 }, { min: 2, max: 8 }, { min: 9 }]
 */
export function heatLevels(amounts: readonly number[]): HeatLevel[] {
  const sorted = amounts.filter((amount) => amount > 0).sort((a, b) => a - b);
  const lowest = sorted[0];
  if (lowest === undefined) return [];
  const starts = new Set([Math.min(1, lowest)]);
  for (let i = 1; i < MAX_LEVELS; i++) starts.add(sorted[Math.floor((i * sorted.length) / MAX_LEVELS)] ?? lowest);
  const mins = [...starts].sort((a, b) => a - b);
  return mins.map((min, i) => {
    const next = mins[i + 1];
    return next === undefined ? { min } : { min, max: next - 1 };
  });
}
