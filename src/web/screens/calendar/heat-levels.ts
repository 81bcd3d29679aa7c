/** A range of whole amounts, both ends included, and the custom property of its colour. */
export interface HeatLevel {
  readonly min: number;
  /** Infinity for the last. */
  readonly max: number;
  readonly colour: string;
}

const COLOURS = ['--heat-1', '--heat-2', '--heat-3', '--heat-4', '--heat-5'] as const;
const MAX_LEVELS = 5;

/**
 * Cuts amounts into at most five levels with about as many days each, so that one extreme day does not pale the rest.
 *
 * @example heatLevels([1, 1, 2, 9]) // 1 to 1, 2 to 8, 9 and more
 */
export function heatLevels(amounts: readonly number[]): HeatLevel[] {
  const sorted = amounts.filter((amount) => amount > 0).sort((a, b) => a - b);
  const lowest = sorted[0];
  if (lowest === undefined) return [];
  const starts = new Set([Math.min(1, lowest)]);
  for (let i = 1; i < MAX_LEVELS; i++) starts.add(sorted[Math.floor((i * sorted.length) / MAX_LEVELS)] ?? lowest);
  // Days that are nearly all alike still have a few that stand out.
  const highest = sorted.at(-1) ?? lowest;
  if (starts.size < MAX_LEVELS && !starts.has(highest)) starts.add(Math.max(...starts) + 1);
  const mins = [...starts].sort((a, b) => a - b);
  return mins.map((min, i) => ({
    min,
    max: (mins[i + 1] ?? Number.POSITIVE_INFINITY) - 1,
    colour: colourOf(i, mins.length),
  }));
}

/** Spreads few levels over all the colours, ending in the strongest. */
function colourOf(i: number, levels: number): string {
  const last = COLOURS.length - 1;
  const index = levels === 1 ? Math.floor(last / 2) : Math.round((i * last) / (levels - 1));
  return COLOURS[index] ?? COLOURS[last] ?? '';
}
