import { type Figure, Report } from './harness.ts';
import { writeReadme } from './readme-table.ts';

/**
 * `npm run bench -- NAME… [--json] [--large] [--readme]`: measures beside a baseline, alternating, in one run. `all` is every
 * benchmark. `--readme` writes the figures that have a goal into the README. Exits with 1 when a goal is missed.
 */

const BENCHES: Readonly<Record<string, () => Promise<{ run(report: Report, isLarge: boolean): Promise<void> }>>> = {
  size: () => import('./size.ts'),
  edge: () => import('./edge.ts'),
  rls: () => import('./rls.ts'),
  neon: () => import('./neon.ts'),
  write: () => import('./write.ts'),
  read: () => import('./read.ts'),
  concurrency: () => import('./concurrency.ts'),
  refresh: () => import('./refresh.ts'),
  import: () => import('./import.ts'),
  web: () => import('./web.ts'),
  scale: () => import('./scale.ts'),
  replica: () => import('./replica.ts'),
  autovacuum: () => import('./autovacuum.ts'),
};

const OPTIONS = ['--json', '--large', '--readme'];

const given = process.argv.slice(2);
const named = given.filter((argument) => !OPTIONS.includes(argument));
const names = named.includes('all') ? Object.keys(BENCHES) : named;
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (names.length === 0 || unknown.length > 0) {
  const wrong = unknown.length === 0 ? 'Which benchmark?' : `There is no benchmark ${unknown.join(', ')}.`;
  console.error(`${wrong} There are: ${Object.keys(BENCHES).join(', ')}, all. Options: ${OPTIONS.join(', ')}.`);
  process.exitCode = 2;
} else {
  const figures: Figure[] = [];
  for (const name of names) {
    const report = new Report(name, given.includes('--json'));
    const bench = await BENCHES[name]?.();
    await bench?.run(report, given.includes('--large'));
    figures.push(...report.figures);
  }
  if (given.includes('--readme')) await writeReadme(figures);
  if (figures.some(({ pass }) => pass === false)) process.exitCode = 1;
}
