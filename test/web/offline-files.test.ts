import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { offlineFiles } from '../../src/web/offline-files.ts';

const KEPT = ['theme.js', 'favicon.svg', 'icon-192.png', 'icon-512.png', 'manifest.webmanifest'].map(
  (file) => `public/${file}`,
);
const PAGE = '<!doctype html><script type="module" src="/main.js"></script>';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'annals-offline-'));
  await mkdir(join(root, 'public'));
  await writeFile(join(root, 'index.html'), PAGE);
  await writeFile(join(root, 'main.js'), 'document.title = "Annals";');
  for (const file of KEPT) await writeFile(join(root, file), 'as it was');
});
afterAll(() => rm(root, { recursive: true }));

async function serviceWorker(): Promise<string> {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [offlineFiles()],
    build: { write: false },
  });
  if (!('output' in built)) throw new Error('One build has one output.');
  const worker = built.output.find(({ fileName }) => fileName === 'service-worker.js');
  if (worker?.type !== 'asset') throw new Error('The build has no service worker.');
  return String(worker.source);
}

it('the service worker stays as it is with its files, and changes with any of those whose names do not', async () => {
  const versions = [await serviceWorker()];
  expect(await serviceWorker()).toBe(versions[0]);
  for (const file of KEPT) {
    await writeFile(join(root, file), 'another');
    versions.push(await serviceWorker());
  }
  await writeFile(join(root, 'index.html'), `${PAGE}<p>Another</p>`);
  versions.push(await serviceWorker());
  expect(new Set(versions).size).toBe(KEPT.length + 2);
});
