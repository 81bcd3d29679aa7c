import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FAILURE_STATUS } from '../../src/store/failure.ts';

test('docs/errors.md lists every code with the status it is answered with', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (AN\d+) +\| (\d+) +\|/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(Object.fromEntries(rows)).toEqual(FAILURE_STATUS);
});
