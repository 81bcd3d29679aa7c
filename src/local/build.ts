import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildWeb } from './build-web.ts';
import { bundleWorker } from './bundle-worker.ts';

/** `npm run build`: all that is deployed. The web client into dist/web, each Worker into a folder of its own. */

const WORKERS = { api: 'src/api/worker.ts', import: 'src/importer/worker.ts' };

await buildWeb();
for (const [name, entry] of Object.entries(WORKERS)) {
  const folder = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
  const { code, map } = await bundleWorker(entry, { isMinified: true });
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/worker.js`, `${code}\n//# sourceMappingURL=worker.js.map\n`);
  await writeFile(`${folder}/worker.js.map`, map);
}
