import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import type { NeonLimits } from '../src/local/neon/limits.ts';
import { startPostgres } from '../src/local/postgres.ts';
import { type RunningWorkers, runWorkers } from '../src/local/run-workers.ts';
import { workerdProcesses } from './import/workerd-process.ts';
import { throughPort } from './through-port.ts';
import { startTestIssuer } from './tokens.ts';

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
  const folder = await mkdtemp(join(tmpdir(), 'annals-crashable-'));
  // Run by root, Postgres is another user, who must get in.
  await chmod(folder, 0o755);
  const start = (port?: number) =>
    startPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, ...(port !== undefined && { port }) });
  let postgres = await start();
  const neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port }, limits });
  const issuer = await startTestIssuer();
  const query = async <Row extends pg.QueryResultRow>(
    text: string,
    parameters: unknown[] = [],
    database = DATABASE,
  ) => {
    const client = new pg.Client({ connectionString: postgres.superuserUrl(database) });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, parameters)).rows;
    } finally {
      await client.end();
    }
  };
  await query(`create database ${DATABASE}`, [], 'postgres');
  await migrate(postgres.superuserUrl(DATABASE));
  const roles = newRolePasswords();
  await setRolePasswords(postgres.superuserUrl(DATABASE), roles);

  const logged: string[] = [];
  const settings = (role: Role) => ({
    ...issuer.workerSettings,
    DATABASE_URL: throughPort(urlAs(postgres.superuserUrl(DATABASE), role, roles), neon.port),
  });
  const startWorkers = async (apiPort: number, importPort: number) => {
    const before = await workerdProcesses();
    const running = await runWorkers({
      apiPort,
      importPort,
      serveWeb: false,
      isInspected: true,
      log: (line) => logged.push(line),
      api: settings('annals_app'),
      import: settings('annals_import'),
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
    databaseUrl: postgres.superuserUrl(DATABASE),
    token: (sub) => issuer.token({ sub }),
    operatorToken: () => issuer.token({ scope: 'operator' }),
    query,
    tick: (scheduledFor) => workers.running.tick(scheduledFor),
    heapBytes: () => workers.running.heapBytes(),
    async killPostgres() {
      const { port } = postgres;
      await postgres.kill();
      postgres = await start(port);
    },
    async killWorkerd() {
      process.kill(workers.pid, 'SIGKILL');
      await workers.running.stop();
      workers = await startWorkers(Number(new URL(apiUrl).port), Number(new URL(importUrl).port));
    },
    async stop() {
      await workers.running.stop();
      await Promise.all([neon.stop(), issuer.stop()]);
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
