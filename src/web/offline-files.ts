import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('service-worker.js', import.meta.url));
/** Of public/, what the page needs. */
const PUBLIC_FILES = ['/theme.js', '/favicon.svg', '/icon-192.png', '/icon-512.png', '/manifest.webmanifest'];

/** Makes `service-worker.js`, which knows every file of this build by name, and changes with any of them. */
export function offlineFiles(): Plugin {
  /** Those whose names do not change with their content. */
  let unhashed: readonly string[] = [];
  return {
    name: 'annals-offline-files',
    configResolved({ root, publicDir }) {
      unhashed = [join(root, 'index.html'), ...PUBLIC_FILES.map((file) => join(publicDir, file))];
    },
    async generateBundle(_options, bundle) {
      const source = await readFile(SOURCE, 'utf8');
      const files = [
        ...Object.keys(bundle)
          .filter((name) => name.startsWith('assets/'))
          .map((name) => `/${name}`),
        ...PUBLIC_FILES,
      ].sort();
      const hash = createHash('sha256').update(source).update(files.join());
      for (const file of unhashed) hash.update(await readFile(file));
      const version = hash.digest('hex').slice(0, 12);
      this.emitFile({
        type: 'asset',
        fileName: 'service-worker.js',
        source: `const VERSION = '${version}';\nconst FILES = ${JSON.stringify(files)};\n${source}`,
      });
    },
  };
}
