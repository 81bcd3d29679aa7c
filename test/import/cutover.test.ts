import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, startStack } from '../stack.ts';
import { cutHistory } from './history-cut.ts';
import { splitHistory } from './history-split.ts';

const ENTRY = new URL('../../src/cli/annals.ts', import.meta.url).pathname;
const RUNBOOK = readFileSync(new URL('../../docs/cutover.md', import.meta.url), 'utf8');

/** What a person would type, in the order of the page. */
const steps = [...RUNBOOK.matchAll(/^npm run annals -- ([^#\n]*)/gm)].map(([, line = '']) => line.trim().split(/ +/));

let stack: Stack & { stop(): Promise<void> };
let folder: string;
const { base, delta, whole } = splitHistory(cutHistory(300), 400);

beforeAll(async () => {
  stack = await startStack(SCHEMA_TEMPLATE);
  folder = await mkdtemp(join(tmpdir(), 'annals-cutover-'));
  await writeFile(join(folder, 'history.edn.gz'), gzipSync(base.text));
  await writeFile(join(folder, 'delta.edn.gz'), gzipSync(delta.text));
  await writeFile(join(folder, 'whole.edn.gz'), gzipSync(whole.text));
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function annals(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: stack.database.url,
      ANNALS_IMPORT_URL: stack.workers.importUrl,
      ANNALS_API_URL: stack.workers.apiUrl,
      ANNALS_TOKEN: await stack.operatorToken(),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
}

test('the runbook holds from its first command to its last', async () => {
  expect(steps.map(([name]) => name)).toEqual([
    ...['export', 'import', 'import', 'imports', 'verify'],
    ...['import', 'verify', 'verify', 'refreshes'],
    ...['refreshes', 'slow', 'tripwires', 'export', 'verify', 'export'],
  ]);
  const said = new Map<string, string>();
  for (const step of steps) {
    const { code, out, err } = await annals(step);
    expect(code, `annals ${step.join(' ')}\n${out}${err}`).toBe(0);
    said.set(step.join(' '), out);
  }
  expect(said.get('verify delta.edn.gz')).toMatch(/a delta \(since transaction 400\)[\s\S]*\nEqual\.\n$/);
  expect(said.get('verify whole.edn.gz')).toMatch(/\nEqual\.\n$/);
  expect(said.get('verify whole.edn.gz')).not.toMatch(/delta/);
  expect(said.get('import delta.edn.gz')).toMatch(/older versions were erased/);

  // The backup is as good as the exporter's own file.
  expect((await annals(['verify', 'after.edn.gz'])).code).toBe(0);
  expect((await stat(join(folder, 'before.ndjson.gz'))).size).toBeGreaterThan(0);
}, 180_000);
