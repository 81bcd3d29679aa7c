import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { createDatabase } from '../database.ts';
import { bringUpOlderStates, names, schemaOf } from './older-states.ts';

const checkedIn = await readFile(new URL('../schema.sql', import.meta.url), 'utf8');

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

test('older states are brought to the same schema (a fifth of them; all are in test:long)', async () => {
  await bringUpOlderStates(5, checkedIn);
});
