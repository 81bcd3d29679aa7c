import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = folder('../../dist/web/index.html');
/** The client, and what it takes from the domain. */
const SOURCES = [folder('../web'), folder('../domain')];

/** Builds the web client to `dist/web` (in about a second), unless the last build is newer than all its sources. */
export async function buildWeb(): Promise<void> {
  const built_ms = await changedAt(PAGE);
  const sources = await Promise.all(SOURCES.map(newest));
  if (built_ms > Math.max(...sources)) return;
  // Vite is large: a start that has nothing to build does without it.
  const { build } = await import('vite');
  await build({ configFile: folder('../web/vite.config.ts'), logLevel: 'warn' });
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
