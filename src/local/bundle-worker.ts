import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { slimDriver } from './slim-driver.ts';
import { WORKER_RESOLUTION } from './worker-resolution.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface BundledWorker {
  readonly code: string;
  /** A source map, as JSON. */
  readonly map: string;
}

/**
 * A Worker as one module: what is tested here and, minified, what is deployed (wrangler takes it as it is).
 * @param entry path from the repository's root, such as `src/api/worker.ts`
 * @param isMinified as it is deployed
 */
export async function bundleWorker(entry: string, { isMinified = false } = {}): Promise<BundledWorker> {
  const bundle = await rolldown({
    ...WORKER_RESOLUTION,
    cwd: ROOT,
    input: entry,
    // The runtime's own.
    external: ['cloudflare:workers'],
    plugins: [slimDriver],
  });
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      minify: isMinified,
      codeSplitting: false,
      sourcemap: true,
    });
    const [{ code, map }] = output;
    return { code, map: map?.toString() ?? '' };
  } finally {
    await bundle.close();
  }
}
