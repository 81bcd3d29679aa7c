import { bundleWorker } from './bundle-worker.ts';

/** Both Workers as they run on this machine: the code of one module each. */
export interface BundledWorkers {
  readonly api: string;
  readonly importer: string;
}

export async function bundleWorkers(): Promise<BundledWorkers> {
  const [api, importer] = await Promise.all([
    bundleWorker('src/api/worker.ts'),
    bundleWorker('src/importer/worker.ts'),
  ]);
  return { api: api.code, importer: importer.code };
}
