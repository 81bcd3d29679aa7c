import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { startPostgres } from '../../src/local/postgres.ts';
import { type RunningWorkers, runWorkers } from '../../src/local/run-workers.ts';
import { throughPort } from '../through-port.ts';
import { startTestIssuer } from '../tokens.ts';
import { storeDigest } from './store-digest.ts';

/** A Postgres of its own with real durability, which can be killed without taking other tests' along, and many databases in it. */
export interface CrashCluster {
  readonly neon: NeonEndpoint;
  token(): Promise<string>;
  /** A new database with the schema and nothing else. */
  fresh(database: string): Promise<void>;
  drop(database: string): Promise<void>;
  /** Both Workers over this database, with the import Worker on this port. */
  startWorkers(database: string, importPort?: number): Promise<RunningWorkers>;
  /** As the superuser, on a connection of its own, which may be cut. */
  onDatabase<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T>;
  digestOf(database: string): Promise<string>;
  /** SIGKILL; nobody answers then, until it is restarted on the same data and port. */
  killPostgres(): Promise<void>;
  restartPostgres(): Promise<void>;
  stop(): Promise<void>;
}

const TEMPLATE = 'template_of_annals';

export async function startCrashCluster(): Promise<CrashCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-crash-'));
  // Run by root, Postgres is another user, who must get in.
  await chmod(folder, 0o755);
  const start = (port?: number) =>
    startPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, ...(port !== undefined && { port }) });
  let postgres = await start();
  const { port } = postgres;
  const neon = await startNeonEndpoint({ postgres: { host: postgres.host, port } });
  const issuer = await startTestIssuer();
  const roles = newRolePasswords();
  async function onDatabase<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: postgres.superuserUrl(database) });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const maintain = async (statement: string) =>
    void (await onDatabase('postgres', (client) => client.query(statement)));
  await maintain(`create database ${TEMPLATE}`);
  await migrate(postgres.superuserUrl(TEMPLATE));
  await setRolePasswords(postgres.superuserUrl(TEMPLATE), roles);
  return {
    neon,
    token: () => issuer.token({ scope: 'operator' }),
    fresh: (database) => maintain(`create database ${database} template ${TEMPLATE}`),
    drop: (database) => maintain(`drop database ${database} with (force)`),
    startWorkers(database, importPort = 0) {
      const settings = (role: Role) => ({
        ...issuer.workerSettings,
        DATABASE_URL: throughPort(urlAs(postgres.superuserUrl(database), role, roles), neon.port),
      });
      const [api, importer] = [settings('annals_app'), settings('annals_import')];
      return runWorkers({ apiPort: 0, importPort, serveWeb: false, log: () => {}, api, import: importer });
    },
    onDatabase,
    digestOf: (database) => onDatabase(database, (client) => storeDigest(client)),
    killPostgres: () => postgres.kill(),
    async restartPostgres() {
      postgres = await start(port);
    },
    async stop() {
      await neon.stop();
      await issuer.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
