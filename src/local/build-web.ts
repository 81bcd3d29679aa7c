import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'dist/web/index.html');
/** What the web client is made of: its own files, what it takes from the server's schemas, and what imports in the page run. */
export const WEB_SOURCES: readonly string[] = [
  'src/web',
  'src/domain',
  'src/import-client',
  'src/importer',
  'src/store',
  'package-lock.json',
];

/**
 * Builds the web client into dist/web, unless what is there is newer than all it is made of.
 *
 * @param signal ends it half-way
 * @throws Error with what Vite says when it does not build
 */
export async function buildWeb(signal?: AbortSignal): Promise<void> {
  if (existsSync(BUILT) && (await newest(WEB_SOURCES)) < (await stat(BUILT)).mtimeMs) return;
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  // Its own process, since Vite takes the kind of build from NODE_ENV: a test runner's would give React's large one.
  await promisify(execFile)(process.execPath, [vite, 'build', '--config', join(ROOT, 'src/web/vite.config.ts')], {
    env: { ...process.env, NODE_ENV: 'production' },
    signal,
  });
}

/** The latest change among these files and folders, in milliseconds since 1970. */
async function newest(paths: readonly string[]): Promise<number> {
  let latest = 0;
  for (const path of paths) {
    const full = join(ROOT, path);
    const info = await stat(full);
    if (!info.isDirectory()) {
      latest = Math.max(latest, info.mtimeMs);
      continue;
    }
    for (const entry of await readdir(full, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) latest = Math.max(latest, (await stat(join(entry.parentPath, entry.name))).mtimeMs);
    }
  }
  return latest;
}
