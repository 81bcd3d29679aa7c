import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noMeasurements } from '../../src/analytics/measurements.ts';
import { migrate } from '../../src/cli/migrate.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { type RunningPostgres, startPostgres } from '../../src/local/postgres.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';
import { openDatabase } from '../../src/store/database.ts';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import { slowQueries } from '../../src/store/slow-queries.ts';
import { createDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import { throughPort } from '../through-port.ts';

/** A cluster of its own: the library has to be there when the server starts. */
let folder: string;
let postgres: RunningPostgres;
let neon: NeonEndpoint;
beforeAll(async () => {
  folder = await makeThrowAwayFolder();
  const start = () => startPostgres({ dataDir: folder, durable: false, log: () => {} });
  const first = await start();
  await ask(first.superuserUrl(), "alter system set shared_preload_libraries = 'pg_stat_statements'");
  await ask(first.superuserUrl(), "alter system set pg_stat_statements.track = 'all'");
  await first.stop();
  postgres = await start();
  neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port } });
});
afterAll(async () => {
  await neon.stop();
  await postgres.stop();
  for (const made of [postgres.dataDir, folder]) await rm(made, { recursive: true, force: true });
});

async function ask(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

test('where it was created but the server has not loaded it, it is as if it were not there', async () => {
  const database = await createDatabase(SCHEMA_TEMPLATE);
  await database.query('create extension pg_stat_statements');
  const { rows } = await database.query("select slow_queries('{}', now(), 10) -> 'statements' as statements");
  expect(rows).toEqual([{ statements: null }]);
  await database.drop();
});

test('where pg_stat_statements is there, it is asked: the statements inside a function among them, and never a value', async () => {
  const url = postgres.superuserUrl('postgres');
  await migrate(url);
  await ask(url, 'create extension pg_stat_statements');
  const passwords = newRolePasswords();
  await setRolePasswords(url, passwords);
  const database = openDatabase(throughPort(urlAs(url, 'annals_app', passwords), neon.port));

  const user = randomUUID();
  const request = { entity_type: 'habit_log', year: 2026, shown: SHOW_NOTHING_HIDDEN, moment: PRESENT };
  for (let round = 0; round < 3; round++) await heatmap(database, user, request);
  const { statements } = await slowQueries(database, noMeasurements(), new Date(0), 1_000);
  const outer = statements?.find(({ query }) => query.startsWith('select heatmap('));
  expect(outer).toMatchObject({ calls: 3, rows: 3 });
  const inner = statements?.find(({ query }) => query.includes('running as materialized'));
  expect(inner).toMatchObject({ calls: 3 });
  expect(inner?.total_ms).toBeLessThanOrEqual(outer?.total_ms ?? 0);
  expect(JSON.stringify(statements)).not.toContain(user);
});
