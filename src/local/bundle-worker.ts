import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A Worker as one module, resolved as wrangler resolves it for workerd (`wrangler deploy --dry-run` is the check that it agrees).
 * @param entry path from the repository's root, such as `src/api/worker.ts`
 * @param isMinified as it is deployed
 */
export async function bundleWorker(entry: string, { isMinified = false } = {}): Promise<string> {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    // The runtime's own.
    external: ['cloudflare:workers'],
    mainFields: ['browser', 'module', 'main'],
    conditions: ['workerd', 'worker', 'browser', 'import'],
    minify: isMinified,
    keepNames: false,
    logLevel: 'silent',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error(`${entry} has no output`);
  return output.text;
}
