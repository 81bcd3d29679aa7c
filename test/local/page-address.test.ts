import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepPageAddress, pageAddress } from '../../src/local/page-address.ts';

test('the address of the page is the last start’s, and unknown before the first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-address-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect(await pageAddress(folder)).toBeNull();
  await keepPageAddress(folder, 'http://127.0.0.1:8787');
  await keepPageAddress(folder, 'http://127.0.0.1:41234');
  expect(await pageAddress(folder)).toBe('http://127.0.0.1:41234');
});
