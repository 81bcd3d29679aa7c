import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../cli/migrate.ts';
import { newRolePasswords, type RolePasswords, setRolePasswords, urlAs } from '../cli/roles.ts';
import { absentOn } from './absent-on.ts';
import { keepPostgres } from './keep-postgres.ts';
import { startNeonEndpoint } from './neon/endpoint.ts';
import { pickPort } from './pick-port.ts';
import type { RunningPostgres } from './postgres.ts';
import type { Stoppable } from './shutdown.ts';

const DATABASE = 'annals';

/** Of the local Neon endpoint, when it is free: a `wrangler dev` beside it then finds it again after a restart. */
const NEON_PORT = 8790;

/** A migrated database behind a Neon endpoint, with the connection strings of both roles. They hold passwords: never log them. */
export interface LocalDatabase extends Stoppable {
  /** As its owner, straight to Postgres. */
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly importUrl: string;
  /** Whether it is the one from npm, in the data folder; else it is the developer's own, named by DATABASE_URL. */
  readonly embedded: boolean;
}

/**
 * Opens Postgres from npm in the data folder, or the database of `databaseUrl` (as its owner) when that is given: with the local
 * Neon endpoint in front, unless it is Neon itself.
 */
export async function openLocalDatabase(dataFolder: string, databaseUrl: string | undefined): Promise<LocalDatabase> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    let ownerUrl = databaseUrl;
    if (ownerUrl === undefined) {
      const postgres = await startEmbedded(dataFolder);
      stops.push(() => postgres.stop());
      await createDatabase(postgres);
      ownerUrl = postgres.superuserUrl(DATABASE);
    }
    await migrate(ownerUrl);
    const embedded = databaseUrl === undefined;
    const passwords = await rolePasswords(dataFolder, ownerUrl, embedded);
    const url = new URL(ownerUrl);
    if (!isNeon(url)) {
      const neon = await startNeonEndpoint({
        postgres: { host: url.hostname, port: Number(url.port || '5432') },
        port: await pickPort(NEON_PORT),
      });
      stops.push(() => neon.stop());
      url.host = `${neon.host}:${neon.port}`;
    }
    return {
      ownerUrl,
      appUrl: urlAs(url.toString(), 'annals_app', passwords),
      importUrl: urlAs(url.toString(), 'annals_import', passwords),
      embedded,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Neon's own endpoint speaks HTTP already. */
const isNeon = (url: URL) => url.hostname.endsWith('.neon.tech');

function startEmbedded(dataFolder: string): Promise<RunningPostgres> {
  const log = join(dataFolder, 'postgres.log');
  return keepPostgres({
    dataDir: join(dataFolder, 'postgres'),
    log: (line) => void appendFile(log, `${line}\n`),
  });
}

/** On the first start. */
async function createDatabase(postgres: RunningPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.superuserUrl() });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

/** The roles' passwords, made on the first start and kept beside the data, one file a database. */
async function rolePasswords(dataFolder: string, ownerUrl: string, embedded: boolean): Promise<RolePasswords> {
  const { hostname, pathname, port } = new URL(ownerUrl);
  const name = embedded ? 'embedded' : `${hostname}-${port}${pathname}`.replaceAll(/[^\w.-]/g, '_');
  const folder = join(dataFolder, 'roles');
  const file = join(folder, `${name}.json`);
  const kept = await readFile(file, 'utf8').catch(absentOn('ENOENT'));
  if (kept !== undefined) {
    const passwords: RolePasswords = JSON.parse(kept);
    if (embedded) await setRolePasswords(ownerUrl, passwords);
    return passwords;
  }
  if (!embedded) await refuseRolesInUse(ownerUrl);
  const passwords = newRolePasswords();
  await setRolePasswords(ownerUrl, passwords);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, JSON.stringify(passwords), { mode: 0o600 });
  return passwords;
}

/** New passwords would lock out whoever uses the old ones, such as a deployed Worker. */
async function refuseRolesInUse(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ rolname: string }>(
      "select rolname from pg_roles where rolname in ('annals_app', 'annals_import') and rolcanlogin",
    );
    if (rows.length > 0) {
      throw new Error(
        'The roles of this database have passwords already, and something may be using them. Point DATABASE_URL at a database ' +
          'of your own (on Neon: a branch, where `alter role annals_app nologin; alter role annals_import nologin;` frees them).',
      );
    }
  } finally {
    await client.end();
  }
}
