import { machine } from './machine.ts';

/** One figure. Machines are noisy: ratios to a baseline of the same run count, not times. */
export interface Figure {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** Of several measurements, the distance of their quartiles over their median; null for one measurement, or a median of 0. */
  readonly spread: number | null;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** In words, such as `ratio <= 0.02`; null where nothing was promised. */
  readonly goal: string | null;
  readonly pass: boolean | null;
}

/** A promise about a figure: about its ratio to the baseline, how much more than the baseline it is, or about itself. */
export type Goal =
  | { readonly ratio_at_most: number }
  | { readonly ratio_at_least: number }
  | { readonly more_at_most: number }
  | { readonly value_at_most: number };

interface Verdict {
  readonly goal: string;
  readonly pass: boolean;
}

function verdictOf(goal: Goal, value: number, baseline: number | null): Verdict {
  if ('value_at_most' in goal) return { goal: `value <= ${goal.value_at_most}`, pass: value <= goal.value_at_most };
  const against = baseline ?? Number.NaN;
  if ('more_at_most' in goal) {
    return { goal: `at most ${goal.more_at_most} more`, pass: value - against <= goal.more_at_most };
  }
  return 'ratio_at_most' in goal
    ? { goal: `ratio <= ${goal.ratio_at_most}`, pass: value / against <= goal.ratio_at_most }
    : { goal: `ratio >= ${goal.ratio_at_least}`, pass: value / against >= goal.ratio_at_least };
}

/** Prints figures as they come: JSON with `--json`, else a line each. */
export class Report {
  readonly #bench: string;
  readonly #isJson: boolean;
  readonly figures: Figure[] = [];

  constructor(bench: string, isJson: boolean) {
    this.#bench = bench;
    this.#isJson = isJson;
    if (!isJson) console.log(`${bench}: ${machine()}`);
  }

  /** Medians, where there are several measurements. */
  add(
    metric: string,
    unit: string,
    measured: Measured,
    against: Measured | null = null,
    goal: Goal | null = null,
  ): void {
    const [value, baseline] = [median(several(measured)), against === null ? null : median(several(against))];
    const spread = spreadOf(several(measured));
    const ratio = baseline === null ? null : value / baseline;
    const { goal: words, pass } = goal === null ? { goal: null, pass: null } : verdictOf(goal, value, baseline);
    const figure: Figure = { bench: this.#bench, metric, value, unit, spread, baseline, ratio, goal: words, pass };
    this.figures.push(figure);
    if (this.#isJson) console.log(JSON.stringify(figure));
    else {
      const beside = baseline === null ? '' : `  against ${short(baseline)} ${unit}: ${short(ratio ?? 0)}`;
      console.log(
        `  ${metric.padEnd(48)} ${short(value)} ${unit}${spread === null ? '' : ` ${percent(spread)}`}${beside}${words === null ? '' : `  (${words}: ${pass ? 'met' : 'MISSED'})`}`,
      );
    }
  }

  /** Something to know about the figures that follow; not in JSON. */
  note(text: string): void {
    if (!this.#isJson) console.log(`  ${text}`);
  }
}

export type Measured = number | readonly number[];
const several = (measured: Measured): readonly number[] => (typeof measured === 'number' ? [measured] : measured);

/** Of none it has no measure: no share of nothing. */
function spreadOf(values: readonly number[]): number | null {
  const middle = median(values);
  return values.length < 2 || middle === 0 ? null : (quantile(values, 0.75) - quantile(values, 0.25)) / middle;
}

export const percent = (share: number): string => `± ${(share * 50).toFixed(0)} %`;

export const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** @param share from 0 to 1: 0.99 is the p99 */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** How long it took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began_ms = performance.now();
  await work();
  return performance.now() - began_ms;
}

/** Runs all, one after the other, this many times over, so that a noisy moment hits them alike. @returns how long each round of each took, in ms */
export async function alternate(rounds: number, works: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [n, work] of works.entries()) times[n]?.push(await timed(work));
  }
  return times;
}
