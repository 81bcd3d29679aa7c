import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';

const BUILT = fileURLToPath(new URL('../../dist/web', import.meta.url));
const MAX_INITIAL_SCRIPT_BYTES = 200 * 1_000;

let page: string;

beforeAll(async () => {
  page = await readFile(`${BUILT}/index.html`, 'utf8');
});

it('the first page loads under 200 KB of compressed script, without the charts', async () => {
  const paths = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].flatMap(([, path]) => path ?? []);
  expect(paths.length).toBeGreaterThan(1);
  const scripts = await Promise.all(paths.map((path) => readFile(BUILT + path)));
  const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).byteLength, 0);
  console.log(`initial script: ${(bytes / 1_000).toFixed(1)} KB compressed, in ${paths.length} files`);
  expect(bytes).toBeLessThan(MAX_INITIAL_SCRIPT_BYTES);
  expect(scripts.some((script) => script.includes('echarts'))).toBe(false);
});

it('the page has no script or style of its own, which its policy would refuse', () => {
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/);
  expect(page).not.toMatch(/<style|style=|\son\w+=/);
});
