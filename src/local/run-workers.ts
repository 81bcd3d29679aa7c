import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare, type MiniflareOptions } from 'miniflare';
import { type Signal, type SignalBinding, signalOf } from '../analytics/signal.ts';
import { type BundledWorkers, bundleWorkers } from './bundle-workers.ts';
import { workerHeapBytes } from './worker-heap.ts';

/** The date of the runtime's behaviour: the same as in wrangler.toml and wrangler.import.toml (a test compares them). */
export const COMPATIBILITY_DATE = '2026-07-01';

const WEB_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));
/** Decided by the Worker before assets are looked at: the same list as run_worker_first in wrangler.toml. */
export const WORKER_PATHS = ['/', '/v1/*', '/rest/*', '/config', '/openapi.json', '/docs'];

export interface WorkersOptions {
  /** Of the API Worker; 0 picks a free one. */
  readonly apiPort: number;
  /** Of the import Worker; 0 picks a free one. */
  readonly importPort: number;
  readonly api: Readonly<Record<string, string>>;
  readonly import: Readonly<Record<string, string>>;
  /** False: the API alone, without the web client's files before it. Default: with them, where the client was built. */
  readonly serveWeb?: boolean;
  /** Whether memory is to be measured. Default: no. */
  readonly isInspected?: boolean;
  /** Default: as `bundleWorkers` makes them of the sources now. */
  readonly bundled?: BundledWorkers;
  /** Each line that the Workers log. */
  readonly log: (line: string) => void;
}

export interface RunningWorkers {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly apiUrl: string;
  readonly importUrl: string;
  /** Runs the API Worker's `scheduled` handler as a cron of this minute would; resolves when it is done. */
  tick(scheduledFor: Date): Promise<void>;
  /** The Durable Object that both Workers ask, for a tick that runs outside of them. */
  signal(): Promise<Signal>;
  /** Of the API Worker, after a collection; needs `isInspected`. */
  heapBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Runs both Workers in workerd: one process, a socket each. */
export async function runWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const { api, importer } = options.bundled ?? (await bundleWorkers());
  const workers: MiniflareOptions = {
    host: '127.0.0.1',
    port: options.apiPort,
    log: new Log(LogLevel.WARN),
    // Else Miniflare asks the internet for a sample of what the edge knows of a request.
    cf: false,
    ...(options.isInspected === true && { inspectorPort: 0 }),
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const stream of [stdout, stderr]) createInterface(stream).on('line', options.log);
    },
    workers: [
      {
        name: 'annals-api',
        modules: [{ type: 'ESModule', path: 'worker.js', contents: api }],
        compatibilityDate: COMPATIBILITY_DATE,
        bindings: { ...options.api },
        durableObjects: { SIGNAL: { className: 'RefreshSignal', useSQLite: true } },
        serviceBindings: { IMPORTER: 'annals-import' },
        // A clone that never built the web client still serves the API.
        ...((options.serveWeb ?? true) &&
          existsSync(WEB_FOLDER) && {
            assets: {
              directory: WEB_FOLDER,
              binding: 'ASSETS',
              routerConfig: { has_user_worker: true, static_routing: { user_worker: WORKER_PATHS } },
              assetConfig: { not_found_handling: 'none' },
            },
          }),
      },
      {
        name: 'annals-import',
        modules: [{ type: 'ESModule', path: 'worker.js', contents: importer }],
        compatibilityDate: COMPATIBILITY_DATE,
        bindings: { ...options.import },
        durableObjects: { SIGNAL: { className: 'RefreshSignal', scriptName: 'annals-api', useSQLite: true } },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: options.importPort }],
      },
    ],
  };
  const miniflare = new Miniflare(workers);
  const apiUrl = await miniflare.ready.catch(async (error: unknown) => {
    // What did not come up still holds the process open.
    await miniflare.dispose();
    throw error;
  });
  const importUrl = await miniflare.unsafeGetDirectURL('annals-import');
  return {
    apiUrl: apiUrl.origin,
    importUrl: importUrl.origin,
    async tick(scheduledFor) {
      const worker = await miniflare.getWorker('annals-api');
      const { outcome } = await worker.scheduled({ scheduledTime: scheduledFor, cron: '* * * * *' });
      if (outcome !== 'ok') throw new Error(`The scheduled handler ended with ${outcome}.`);
    },
    async signal() {
      const { SIGNAL } = await miniflare.getBindings<{ SIGNAL: SignalBinding }>('annals-api');
      return signalOf(SIGNAL);
    },
    heapBytes: async () => workerHeapBytes(await miniflare.getInspectorURL(), 'annals-api'),
    stop: () => miniflare.dispose(),
  };
}
