import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { licencesPage, shippedPackages } from '../../src/local/shipped-packages.ts';

/** Licences that let us ship what we like as long as they are named. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);

test('what ships is under licences that allow it', async () => {
  const packages = await shippedPackages();
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['hono', 'jose', 'zod', '@neondatabase/serverless', 'pg', 'react', 'echarts', 'zrender']),
  );
  expect(names).not.toContain('workerd');
  expect(packages.filter(({ license }) => !ALLOWED.has(license))).toEqual([]);
});

test('docs/licences.md lists it: npm run licences', async () => {
  const page = await readFile(new URL('../../docs/licences.md', import.meta.url), 'utf8');
  expect(page).toBe(licencesPage(await shippedPackages()));
});

test('every package that we name is pinned', async () => {
  const { dependencies, devDependencies } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
});
