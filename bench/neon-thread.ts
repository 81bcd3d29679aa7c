import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import type { PostgresAddress } from '../src/local/neon/open-backend.ts';

export interface NeonThread {
  readonly port: number;
  /** Adds a round trip, in milliseconds, to every exchange from now on. */
  setDelay(roundTrip_ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** The local Neon endpoint in a thread of its own, so that what asks it and what answers do not wait for each other. */
export async function startNeonThread(postgres: PostgresAddress): Promise<NeonThread> {
  const thread = new Worker(new URL(import.meta.url), { workerData: postgres });
  const told = () => new Promise<number>((resolve) => thread.once('message', resolve));
  const port = await told();
  return {
    port,
    async setDelay(roundTrip_ms) {
      thread.postMessage(roundTrip_ms);
      await told();
    },
    async stop() {
      await thread.terminate();
    },
  };
}

if (!isMainThread) {
  const endpoint = await startNeonEndpoint({ postgres: workerData });
  parentPort?.on('message', (roundTrip_ms: number) => {
    endpoint.setDelay(roundTrip_ms);
    parentPort?.postMessage(roundTrip_ms);
  });
  parentPort?.postMessage(endpoint.port);
}
