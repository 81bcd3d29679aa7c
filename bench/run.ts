import { Report } from './harness.ts';

/** `npm run bench -- NAME [--json] [--large]`: measures beside a baseline, alternating, in one run. Exits with 1 when a goal is missed. */

const BENCHES: Readonly<Record<string, () => Promise<{ run(report: Report, isLarge: boolean): Promise<void> }>>> = {
  edge: () => import('./edge.ts'),
  write: () => import('./write.ts'),
  read: () => import('./read.ts'),
  concurrency: () => import('./concurrency.ts'),
  size: () => import('./size.ts'),
  refresh: () => import('./refresh.ts'),
  import: () => import('./import.ts'),
  web: () => import('./web.ts'),
  scale: () => import('./scale.ts'),
};

const [name = '', ...options] = process.argv.slice(2);
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (load === undefined) {
  console.error(`There is no benchmark ${name}. There are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exitCode = 2;
} else {
  const report = new Report(name, options.includes('--json'));
  const { run } = await load();
  await run(report, options.includes('--large'));
  if (report.figures.some(({ pass }) => pass === false)) process.exitCode = 1;
}
