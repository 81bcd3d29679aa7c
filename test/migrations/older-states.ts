import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { expect } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { dumpSchema } from '../../src/local/dump-schema.ts';
import { createDatabase, type TestDatabase } from '../database.ts';

const AT_ONCE = 6;
const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
/** Of the migrations, in order. */
export const names = (await readdir(FOLDER)).map((file) => file.replace(/\.sql$/, '')).sort();

export async function schemaOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await dumpSchema(client);
  } finally {
    await client.end();
  }
}

/** Brings a database that has so many migrations up to date, for each count of migrations that is a multiple of `step`. */
export async function bringUpOlderStates(step: number, schema: string): Promise<void> {
  const older = await createDatabase();
  const copies: (readonly [count: number, TestDatabase])[] = [];
  for (const count of names.keys()) {
    if (count % step === 0) copies.push([count, await createDatabase(older.name)]);
    await runner({
      databaseUrl: older.url,
      dir: FOLDER,
      direction: 'up',
      migrationsTable: 'migrations',
      count: 1,
      log: () => {},
    });
  }
  await older.drop();
  // Some at a time, each taking the next.
  const states = copies.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [count, database] of states) {
        expect(await migrate(database.url)).toEqual(names.slice(count));
        expect(await schemaOf(database.url), `from ${count} migrations`).toBe(schema);
        await database.drop();
      }
    }),
  );
}
