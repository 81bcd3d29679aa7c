import type pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import type { Database } from '../src/store/database.ts';
import { connected } from '../test/connected.ts';
import { type DataSize, fillDatabase } from './analytics-data.ts';

export interface BenchStore {
  readonly owner: pg.Client;
  /** The application's, without the way to Neon: what is measured is the database. */
  readonly road: Database;
}

/** Two stores with the same rows in one cluster: one to change, one to stay. */
export async function withTwoStores(
  size: DataSize,
  work: (changed: BenchStore, plain: BenchStore) => Promise<void>,
): Promise<void> {
  const postgres = await startThrowAwayPostgres();
  const passwords = newRolePasswords();
  const clients: pg.Client[] = [];
  const connect = async (url: string) => {
    const client = await connected(url);
    clients.push(client);
    return client;
  };
  const open = async (name: string): Promise<BenchStore> => ({
    owner: await connect(postgres.superuserUrl(name)),
    road: directRoad(await connect(urlAs(postgres.superuserUrl(name), 'annals_app', passwords))),
  });
  try {
    const admin = await connect(postgres.superuserUrl());
    await admin.query('create database plain');
    await migrate(postgres.superuserUrl('plain'));
    await setRolePasswords(postgres.superuserUrl('plain'), passwords);
    const filler = await connect(postgres.superuserUrl('plain'));
    await fillDatabase(filler, size);
    await filler.end();
    await admin.query('create database changed template plain');
    await work(await open('changed'), await open('plain'));
  } finally {
    for (const client of clients) await client.end();
    await postgres.stop();
  }
}

function directRoad(client: pg.Client): Database {
  const call = async (_name: string, text: string, parameters: readonly unknown[]) =>
    (await client.query(text, [...parameters])).rows;
  return {
    call,
    write: call,
    async read(_name, user, text, parameters) {
      await client.query('begin read only');
      await client.query(`select set_config('annals.user_id', $1, true)`, [user]);
      const { rows } = await client.query(text, [...parameters]);
      await client.query('commit');
      return rows;
    },
  };
}
