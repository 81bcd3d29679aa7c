import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { WEB_SOURCES } from '../../src/local/build-web.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the page begins, and the worker that it starts for imports. */
const ENTRIES = ['./src/web/main.tsx', './src/web/imports/history-worker.ts'];

test('the web client is built anew when any file that it is made of has changed', async () => {
  const bundle = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'browser',
    // Packages, which the lock file stands for.
    external: /^[^./]/,
    moduleTypes: { '.css': 'empty' },
  });
  const { output } = await bundle.generate();
  await bundle.close();
  const files = output
    .flatMap((piece) => (piece.type === 'chunk' ? piece.moduleIds : []))
    .map((id) => relative(ROOT, id));
  expect(files).toEqual(expect.arrayContaining(ENTRIES.map((entry) => entry.slice('./'.length))));
  expect(files.filter((file) => !WEB_SOURCES.some((source) => file.startsWith(`${source}/`)))).toEqual([]);
});
