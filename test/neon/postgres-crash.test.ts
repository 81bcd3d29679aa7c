import { rm } from 'node:fs/promises';
import { Client, neon, neonConfig } from '@neondatabase/serverless';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { type RunningPostgres, startPostgres } from '../../src/local/postgres.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';

let dataDir: string;
let postgres: RunningPostgres;
let endpoint: NeonEndpoint;

beforeEach(async () => {
  dataDir = await makeThrowAwayFolder('memory');
  postgres = await startPostgres({ dataDir, log: () => {} });
  endpoint = await startNeonEndpoint({ postgres });
  neonConfig.fetchEndpoint = endpoint.sqlUrl;
  neonConfig.wsProxy = endpoint.wsProxy;
  neonConfig.useSecureWebSocket = false;
  neonConfig.webSocketConstructor = WebSocket;
});

afterEach(async () => {
  await endpoint.stop();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});

it('answers 500 while Postgres is down, and goes on when it is back', async () => {
  const sql = neon(postgres.superuserUrl());
  await sql`create table t as select 1 as a`;
  await postgres.kill();
  // The first request may meet a waiting connection that died (400, no code), later ones meet nobody (500).
  await expect.poll(() => sql`select 1`.catch((error: Error) => error.message)).toContain('HTTP status 500');
  postgres = await startPostgres({ dataDir, port: postgres.port, log: () => {} });
  expect(await sql`select a from t`).toEqual([{ a: 1 }]);
});

it('ends what runs when Postgres crashes, over HTTP and over WebSocket', async () => {
  const sql = neon(postgres.superuserUrl());
  const client = new Client(postgres.superuserUrl());
  const lost = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  const overHttp = sql`select pg_sleep(60)`.catch((error: Error) => error);
  const overWebSocket = client.query('select pg_sleep(60)').catch((error: Error) => error);
  const sleeping = async () =>
    (await sql`select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep'`)[0]?.n;
  await expect.poll(sleeping).toBe(2);
  await postgres.kill();
  expect(await overHttp).toBeInstanceOf(Error);
  expect(await overWebSocket).toBeInstanceOf(Error);
  await lost;
});

it('says that an answer is lost when the backend ends in the midst of a request', async () => {
  const sql = neon(postgres.superuserUrl());
  const slow = sql`select pg_sleep(60), 'mine'`.catch((error: unknown) => error);
  const end = async () =>
    (await sql`select pg_terminate_backend(pid) as ended from pg_stat_activity where wait_event = 'PgSleep'`)[0]?.ended;
  await expect.poll(end).toBe(true);
  expect(await slow).toMatchObject({ code: '57P01', severity: 'FATAL' });
});
