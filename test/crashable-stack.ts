import type pg from 'pg';
import { bundleWorkers } from '../src/local/bundle-workers.ts';
import type { NeonEndpoint } from '../src/local/neon/endpoint.ts';
import type { NeonLimits } from '../src/local/neon/limits.ts';
import { type RunningWorkers, runWorkers } from '../src/local/run-workers.ts';
import { startCrashablePostgres } from './crashable-postgres.ts';
import { workerdProcesses } from './import/workerd-process.ts';

/** Everything that a request passes, with a Postgres of its own that keeps what it acknowledged, so that all of it can be killed. */
export interface CrashableStack {
  readonly neon: NeonEndpoint;
  /** The same after a crash. */
  readonly apiUrl: string;
  readonly importUrl: string;
  /** What the Workers have logged so far, line by line. */
  readonly logged: readonly string[];
  /** As the schema's owner. */
  readonly databaseUrl: string;
  token(userId: string): Promise<string>;
  operatorToken(): Promise<string>;
  /** As the schema's owner, on a connection of its own. */
  query<Row extends pg.QueryResultRow>(text: string, parameters?: unknown[]): Promise<Row[]>;
  tick(scheduledFor: Date): Promise<void>;
  /** Of the API Worker's JavaScript, after a collection. */
  heapBytes(): Promise<number>;
  /** SIGKILL, and a start on the same data and port. */
  killPostgres(): Promise<void>;
  /** SIGKILL, and a start on the same ports. */
  killWorkerd(): Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = 'annals';

export async function startCrashableStack(limits: Partial<NeonLimits> = {}): Promise<CrashableStack> {
  const postgres = await startCrashablePostgres(DATABASE, limits);
  const { neon, issuer } = postgres;
  const bundled = await bundleWorkers();
  const logged: string[] = [];
  const startWorkers = async (apiPort: number, importPort: number) => {
    const before = await workerdProcesses();
    const running = await runWorkers({
      bundled,
      apiPort,
      importPort,
      serveWeb: false,
      isInspected: true,
      log: (line) => logged.push(line),
      ...postgres.settings(DATABASE),
    });
    const [pid] = (await workerdProcesses()).filter((one) => !before.includes(one));
    if (pid === undefined) throw new Error('workerd is not there.');
    return { running, pid };
  };
  let workers: { running: RunningWorkers; pid: number } = await startWorkers(0, 0);
  const { apiUrl, importUrl } = workers.running;
  return {
    neon,
    apiUrl,
    importUrl,
    logged,
    databaseUrl: postgres.url(DATABASE),
    token: (sub) => issuer.token({ sub }),
    operatorToken: () => issuer.token({ scope: 'operator' }),
    query: async <Row extends pg.QueryResultRow>(text: string, parameters: unknown[] = []) =>
      postgres.onDatabase(DATABASE, async (client) => (await client.query<Row>(text, parameters)).rows),
    tick: (scheduledFor) => workers.running.tick(scheduledFor),
    heapBytes: () => workers.running.heapBytes(),
    async killPostgres() {
      await postgres.kill();
      await postgres.restart();
    },
    async killWorkerd() {
      process.kill(workers.pid, 'SIGKILL');
      await workers.running.stop();
      workers = await startWorkers(Number(new URL(apiUrl).port), Number(new URL(importUrl).port));
    },
    async stop() {
      await workers.running.stop();
      await postgres.stop();
    },
  };
}
