import { readFile, writeFile } from 'node:fs/promises';
import { type Figure, percent, short } from './harness.ts';
import { machine } from './machine.ts';

const README = new URL('../README.md', import.meta.url);
/** Whatever stands between them is written by `npm run bench -- NAME… --readme`, from what that run measured. */
const BEGIN = '<!-- benchmarks -->';
const END = '<!-- /benchmarks -->';

/** Puts the figures that have a goal into the README, with the day and the machine. */
export async function writeReadme(figures: readonly Figure[]): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no place for the table: ${BEGIN} … ${END}`);
  const text = `${readme.slice(0, begin + BEGIN.length)}\n\n${readmeTable(figures, new Date())}\n\n${readme.slice(end)}`;
  await writeFile(README, text);
}

/** @param at when they were measured */
function readmeTable(figures: readonly Figure[], at: Date): string {
  const rows = figures
    .filter(({ goal }) => goal !== null)
    .map(({ bench, metric, value, unit, spread, baseline, ratio, goal, pass }) => [
      bench,
      metric.trim(),
      `${short(value)} ${unit}`,
      spread === null ? '' : percent(spread),
      baseline === null ? '' : `${short(baseline)} ${unit}`,
      ratio === null ? '' : short(ratio),
      `${goal?.replace('<=', '≤').replace('>=', '≥')}: ${pass ? 'met' : '**missed**'}`,
    ]);
  const columns = ['benchmark', 'what', 'ours', 'spread', 'baseline', 'ratio', 'goal'];
  const table = [columns, ...rows];
  const widths = columns.map((_, n) => Math.max(...table.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  return [
    `Measured on ${at.toISOString().slice(0, 10)} on ${machine()}.`,
    '',
    line(columns),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
  ].join('\n');
}
