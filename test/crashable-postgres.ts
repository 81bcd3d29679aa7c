import { rm } from 'node:fs/promises';
import pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import type { NeonLimits } from '../src/local/neon/limits.ts';
import { startPostgres } from '../src/local/postgres.ts';
import { makeThrowAwayFolder } from '../src/local/throw-away-folder.ts';
import { throughPort } from './through-port.ts';
import { startTestIssuer, type TestIssuer } from './tokens.ts';

/** A Postgres of its own that keeps what it acknowledged and can be killed, with what Workers need beside it. */
export interface CrashablePostgres {
  readonly neon: NeonEndpoint;
  readonly issuer: TestIssuer;
  readonly dataDir: string;
  /** As the superuser; the same after a crash. */
  url(database: string): string;
  /** Of the Workers over this database. */
  settings(database: string): Record<'api' | 'import', Readonly<Record<string, string>>>;
  /** As the superuser, on a connection of its own, which may be cut. */
  onDatabase<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** SIGKILL; nobody answers then, until it is restarted on the same data and port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param database made with the schema and nothing else */
export async function startCrashablePostgres(
  database: string,
  limits: Partial<NeonLimits> = {},
): Promise<CrashablePostgres> {
  const folder = await makeThrowAwayFolder();
  let postgres = await startPostgres({ dataDir: folder, log: () => {} });
  const { dataDir, host, port } = postgres;
  const neon = await startNeonEndpoint({ postgres: { host, port }, limits });
  const issuer = await startTestIssuer();
  const roles = newRolePasswords();
  const url = (name: string) => postgres.superuserUrl(name);
  async function onDatabase<T>(name: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url(name) });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  await onDatabase('postgres', (client) => client.query(`create database ${database}`));
  await migrate(url(database));
  await setRolePasswords(url(database), roles);
  return {
    neon,
    issuer,
    dataDir,
    url,
    settings(name) {
      const of = (role: Role) => ({
        ...issuer.workerSettings,
        DATABASE_URL: throughPort(urlAs(url(name), role, roles), neon.port),
      });
      return { api: of('annals_app'), import: of('annals_import') };
    },
    onDatabase,
    kill: () => postgres.kill(),
    async restart() {
      postgres = await startPostgres({ dataDir: folder, port, log: () => {} });
    },
    async stop() {
      await Promise.all([neon.stop(), issuer.stop()]);
      await postgres.stop();
      for (const made of [dataDir, folder]) await rm(made, { recursive: true, force: true });
    },
  };
}
