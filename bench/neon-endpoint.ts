/**
 * How many `select 1` a second pass through the local Neon endpoint, against plain pg over TCP, 16 clients each.
 * The endpoint has a thread of its own, and the HTTP clients are bare sockets, so that it is what is measured.
 *
 *   node bench/neon-endpoint.ts
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import pg from 'pg';
import { startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { startPostgres } from '../src/local/postgres.ts';

const CLIENTS = 16;
const WARM_UP_MS = 1_000;
const MEASURED_MS = 4_000;

const SINGLE = JSON.stringify({ query: 'select $1::int', params: ['1'] });
const BATCH = JSON.stringify({ queries: [1, 2, 3].map((n) => ({ query: 'select $1::int', params: [String(n)] })) });

if (isMainThread) await measure();
else {
  const endpoint = await startNeonEndpoint({ postgres: workerData });
  parentPort?.postMessage(endpoint.port);
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  const postgres = await startPostgres({ dataDir: folder, durable: false, log: () => {} });
  const worker = new Worker(new URL(import.meta.url), { workerData: { host: postgres.host, port: postgres.port } });
  try {
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    for (const round of [1, 2]) {
      const tcp = await rate(
        await Promise.all(Array.from({ length: CLIENTS }, () => tcpClient(postgres.superuserUrl()))),
      );
      const one = await rate(Array.from({ length: CLIENTS }, () => httpClient(port, postgres.superuserUrl(), SINGLE)));
      const batch = await rate(Array.from({ length: CLIENTS }, () => httpClient(port, postgres.superuserUrl(), BATCH)));
      console.log(
        `round ${round}: pg over TCP ${tcp}/s, HTTP ${one}/s (${(one / tcp).toFixed(2)}), HTTP batch of 3 ${batch}/s`,
      );
    }
  } finally {
    await worker.terminate();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface BenchClient {
  ask(): Promise<void>;
  end(): Promise<void> | void;
}

async function rate(clients: BenchClient[]): Promise<number> {
  let count = 0;
  const begin_ms = performance.now();
  const from_ms = begin_ms + WARM_UP_MS;
  const to_ms = from_ms + MEASURED_MS;
  const loop = async (client: BenchClient) => {
    for (let now_ms = begin_ms; now_ms < to_ms; now_ms = performance.now()) {
      await client.ask();
      if (now_ms >= from_ms) count++;
    }
  };
  await Promise.all(clients.map(loop));
  await Promise.all(clients.map((client) => client.end()));
  return Math.round(count / (MEASURED_MS / 1000));
}

async function tcpClient(url: string): Promise<BenchClient> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { ask: async () => void (await client.query('select $1::int', [1])), end: () => client.end() };
}

function httpClient(port: number, url: string, body: string): BenchClient {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const request = Buffer.from(
    `POST /sql HTTP/1.1\r\nHost: localhost\r\nNeon-Connection-String: ${url}\r\nNeon-Raw-Text-Output: true\r\n` +
      `Neon-Array-Mode: true\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let answered = () => {};
  socket.on('data', (chunk) => {
    if (!chunk.toString('latin1', 0, 12).endsWith('200')) throw new Error(chunk.toString());
    answered();
  });
  return {
    ask: () =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write(request);
      }),
    end: () => void socket.destroy(),
  };
}
