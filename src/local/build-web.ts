import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const inSource = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = inSource('../../dist/web/index.html');
/** The client, and what it takes from the domain. */
const SOURCES = [inSource('../web'), inSource('../domain')];

/**
 * Builds the web client to `dist/web` (in about a second), unless the last build is newer than all its sources.
 *
 * @throws Error with what Vite says when it does not build
 */
export async function buildWeb(): Promise<void> {
  const built_ms = await changedAt(PAGE);
  const sources = await Promise.all(SOURCES.map(newest));
  if (built_ms > Math.max(...sources)) return;
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  // Its own process, since Vite takes the kind of build from NODE_ENV: a test runner's would give React's large one.
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', inSource('../web/vite.config.ts')], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

async function newest(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  return Math.max(...(await Promise.all(names.map((name) => changedAt(join(path, name))))));
}

/** Milliseconds since 1970; 0 for what does not exist. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}
