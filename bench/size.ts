import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../src/local/bundle-worker.ts';
import { COMPATIBILITY_DATE } from '../src/local/run-workers.ts';
import { fillDatabase, userId } from './analytics-data.ts';
import { EDGE_CALL_NAMES, EDGE_CALLS, someIds, subjects } from './edge-calls.ts';
import { alternate, type Report } from './harness.ts';
import { HttpClient, load, mustAnswer } from './http-client.ts';
import { startRig } from './rig.ts';

const MAX_BUNDLE_KB = 150;
const STARTS = 7;
const EMPTY_WORKER = "export default { fetch: () => new Response('') }; export class RefreshSignal {}";
const RECORDS = 10_000;
const CLIENTS = 16;
const WARM_UP_MS = 10_000;
const LOAD_MS = 30_000;
const LARGE_LOAD_MS = 600_000;
const FLAT = 1.1;

/** What is deployed, how long it takes to start, and what it keeps of the memory it takes. */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  const { code: api } = await bundleWorker('src/api/worker.ts', { isMinified: true });
  report.add('API Worker, compressed', 'KB', gzipSync(api).byteLength / 1_000, null, {
    value_at_most: MAX_BUNDLE_KB,
  });
  const { code: importer } = await bundleWorker('src/importer/worker.ts', { isMinified: true });
  report.add('import Worker, compressed', 'KB', gzipSync(importer).byteLength / 1_000);
  const [ours = [], empty = []] = await alternate(STARTS, [() => startAndAsk(api), () => startAndAsk(EMPTY_WORKER)]);
  report.add('from starting workerd to the first answer', 'ms', ours, empty);
  await measureMemory(report, isLarge ? LARGE_LOAD_MS : LOAD_MS);
}

async function startAndAsk(contents: string): Promise<void> {
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.WARN),
    cf: false,
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const stream of [stdout, stderr]) stream.resume();
    },
    modules: [{ type: 'ESModule', path: 'worker.js', contents }],
    compatibilityDate: COMPATIBILITY_DATE,
    durableObjects: { SIGNAL: { className: 'RefreshSignal', useSQLite: true } },
  });
  const { origin } = await miniflare.ready;
  await fetch(`${origin}/config`);
  await miniflare.dispose();
}

/** What the Worker's heap holds after a collection, before and after the load, having warmed up. */
async function measureMemory(report: Report, load_ms: number): Promise<void> {
  const rig = await startRig();
  try {
    const store = await rig.openStore('size');
    await fillDatabase(store.owner, { events: RECORDS, users: 1, days: 1_000 });
    const user = userId(0);
    const workers = await rig.startWorkers(store, { isInspected: true });
    const headers = { Authorization: `Bearer ${await rig.issuer.token({ sub: user })}` };
    const clients = Array.from({ length: CLIENTS }, () => new HttpClient(workers.apiUrl, headers));
    const subject = subjects(await someIds(store, user, 1_000));
    let turn = 0;
    const next = () => {
      const name = EDGE_CALL_NAMES[turn++ % EDGE_CALL_NAMES.length] ?? 'get';
      return EDGE_CALLS[name](subject(name));
    };
    for (const client of clients) await mustAnswer(client, next());
    await load(clients, WARM_UP_MS, next);
    const before = await workers.heapBytes();
    const { errors } = await load(clients, load_ms, next);
    const after = await workers.heapBytes();
    for (const client of clients) client.close();
    if (errors > 0) throw new Error(`${errors} answers were errors`);
    const metric = `heap after ${load_ms / 1_000} s of load, against its beginning`;
    report.add(metric, 'MB', after / 1e6, before / 1e6, { ratio_at_most: FLAT });
  } finally {
    await rig.stop();
  }
}
