import { connect } from 'node:net';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { connected } from '../test/connected.ts';
import { median, type Report } from './harness.ts';
import { startNeonThread } from './neon-thread.ts';

const CLIENTS = 16;
const ROUNDS = 3;
const WARM_UP_MS = 200;
const MEASURED_MS = 4_000;

const SINGLE = JSON.stringify({ query: 'select $1::int', params: ['1'] });
const BATCH = JSON.stringify({ queries: [1, 2, 3].map((n) => ({ query: 'select $1::int', params: [String(n)] })) });

/** How many requests pass the local Neon endpoint beside plain pg over TCP. The HTTP clients are bare sockets, so that it is what is measured. */
export async function run(report: Report): Promise<void> {
  const postgres = await startThrowAwayPostgres();
  const neon = await startNeonThread({ host: postgres.host, port: postgres.port });
  const url = postgres.superuserUrl();
  const over = (body: string) => Array.from({ length: CLIENTS }, () => httpClient(neon.port, url, body));
  const rates = { tcp: [] as number[], single: [] as number[], batch: [] as number[] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      rates.tcp.push(await rate(await Promise.all(Array.from({ length: CLIENTS }, () => tcpClient(url)))));
      rates.single.push(await rate(over(SINGLE)));
      rates.batch.push(await rate(over(BATCH)));
    }
  } finally {
    await neon.stop();
    await postgres.stop();
  }
  const tcp = median(rates.tcp);
  report.add(`one statement over HTTP, ${CLIENTS} clients, against TCP`, 'requests/s', rates.single, tcp);
  report.add(`a batch of three, ${CLIENTS} clients`, 'requests/s', rates.batch);
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
  const client = await connected(url);
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
