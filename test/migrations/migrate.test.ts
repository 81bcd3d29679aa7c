import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { expect, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { dumpSchema } from '../../src/local/dump-schema.ts';
import { createDatabase, type TestDatabase } from '../database.ts';

const AT_ONCE = 6;
const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const names = (await readdir(FOLDER)).map((file) => file.replace(/\.sql$/, '')).sort();
const checkedIn = await readFile(new URL('../schema.sql', import.meta.url), 'utf8');

async function schemaOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await dumpSchema(client);
  } finally {
    await client.end();
  }
}

test('the migrations add up to the schema that is checked in (`npm run schema` writes it)', async () => {
  const database = await createDatabase();
  expect(await migrate(database.url)).toEqual(names);
  expect(await schemaOf(database.url)).toBe(checkedIn);
  await database.drop();
});

test('running them again does nothing', async () => {
  const database = await createDatabase();
  await migrate(database.url);
  expect(await migrate(database.url)).toEqual([]);
  expect(await schemaOf(database.url)).toBe(checkedIn);
  await database.drop();
});

test('of several at once each migration is applied by one', async () => {
  const database = await createDatabase();
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(database.url)));
  expect(applied.flat().sort()).toEqual(names);
  expect(await schemaOf(database.url)).toBe(checkedIn);
  await database.drop();
});

test('every older state is brought to the same schema', async () => {
  // A copy of each state that a database went through on its way.
  const older = await createDatabase();
  const copies: TestDatabase[] = [];
  for (const _ of names) {
    copies.push(await createDatabase(older.name));
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
  const states = copies.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [count, database] of states) {
        expect(await migrate(database.url)).toEqual(names.slice(count));
        expect(await schemaOf(database.url), `from ${count} migrations`).toBe(checkedIn);
        await database.drop();
      }
    }),
  );
});
