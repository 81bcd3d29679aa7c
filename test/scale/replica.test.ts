import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import type { RunningPostgres } from '../../src/local/postgres.ts';
import { type RunningWorkers, runWorkers } from '../../src/local/run-workers.ts';
import { startThrowAwayPostgres } from '../../src/local/throw-away-postgres.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startTestIssuer, type TestIssuer } from '../tokens.ts';
import { startStandby } from './standby.ts';

/** The real thing: a primary, a streaming replica of it, an endpoint before each, and the Worker that knows both. */
let primary: RunningPostgres;
let standby: RunningPostgres;
let toPrimary: NeonEndpoint;
let toStandby: NeonEndpoint;
let issuer: TestIssuer;
let workers: RunningWorkers;
let replica: pg.Client;
let appUrl: (endpoint: NeonEndpoint) => string;
beforeAll(async () => {
  primary = await startThrowAwayPostgres('memory');
  await migrate(primary.superuserUrl());
  const passwords = newRolePasswords();
  await setRolePasswords(primary.superuserUrl(), passwords);
  standby = await startStandby(primary);
  [toPrimary, toStandby, issuer] = await Promise.all([
    startNeonEndpoint({ postgres: primary }),
    startNeonEndpoint({ postgres: standby }),
    startTestIssuer(),
  ]);
  appUrl = (endpoint) => urlAs(`postgres://x@127.0.0.1:${endpoint.port}/postgres`, 'annals_app', passwords);
  workers = await runWorkers({
    bundled: inject('workers'),
    log: () => {},
    apiPort: 0,
    importPort: 0,
    api: { ...issuer.workerSettings, DATABASE_URL: appUrl(toPrimary), DATABASE_READ_URL: appUrl(toStandby) },
    import: { ...issuer.workerSettings, DATABASE_URL: appUrl(toPrimary) },
  });
  replica = new pg.Client({ connectionString: standby.superuserUrl() });
  replica.on('error', () => {});
  await replica.connect();
});
afterAll(async () => {
  await replica.end();
  await workers.stop();
  await Promise.all([toPrimary.stop(), toStandby.stop(), issuer.stop()]);
  await standby.stop();
  await primary.stop();
});
beforeEach(async () => {
  await replica.query('select pg_wal_replay_resume()');
  toPrimary.faults.clear();
  toStandby.faults.clear();
});

const request = async (user: string, path: string, options: RequestInit = {}) =>
  fetch(workers.apiUrl + path, {
    ...options,
    headers: { ...options.headers, Authorization: `Bearer ${await issuer.token({ sub: user })}` },
  });

/** @returns the answer's `Position` */
async function put(user: string, id: string, label: string): Promise<string> {
  const response = await request(user, `/v1/entities/habit/${id}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ label, sensitive: false, archived: false }),
  });
  expect(response.status).toBeLessThan(300);
  return response.headers.get('position') ?? '';
}

const seenAt = async (position: string): Promise<boolean> =>
  (await replica.query('select $1::text::xid8 < pg_snapshot_xmin(pg_current_snapshot()) as seen', [position])).rows[0]
    .seen;

async function counted(work: () => Promise<unknown>): Promise<{ primary: number; replica: number }> {
  toPrimary.traffic.reset();
  toStandby.traffic.reset();
  await work();
  return { primary: toPrimary.traffic.counts.http_requests, replica: toStandby.traffic.counts.http_requests };
}

const READS = (id: string) => [
  `/v1/entities/${id}`,
  '/v1/overview',
  '/v1/heatmap?entity_type=habit&year=2026',
  '/v1/dashboard?entity_type=habit&from=2026-01-01&to=2026-12-31',
  '/rest/v1/habit',
  '/v1/changes',
  '/v1/history',
];

test('reads and analytics are one request to the replica, writes one to the primary', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  let position = '';
  expect(
    await counted(async () => {
      position = await put(user, id, 'a');
    }),
  ).toEqual({ primary: 1, replica: 0 });
  expect(position).toMatch(/^\d+$/);
  await expect.poll(() => seenAt(position)).toBe(true);
  for (const path of READS(id)) {
    const counts = await counted(async () => {
      expect((await request(user, path, { headers: { Position: position } })).status, path).toBe(200);
    });
    expect(counts, path).toEqual({ primary: 0, replica: 1 });
  }
});

test('one who says what they wrote reads it, while the replica stands still', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await expect.poll(async () => seenAt(await put(user, id, 'old'))).toBe(true);
  await replica.query('select pg_wal_replay_pause()');
  const position = await put(user, id, 'new');
  const label = async (headers: Record<string, string>) =>
    (await (await request(user, `/v1/entities/${id}`, { headers })).json()).label;
  expect(await label({})).toBe('old');
  expect(
    await counted(async () => {
      expect(await label({ Position: position })).toBe('new');
    }),
  ).toEqual({ primary: 1, replica: 1 });
  const listed = await request(user, '/rest/v1/habit?select=label', { headers: { Position: position } });
  expect(await listed.json()).toEqual([{ label: 'new' }]);
  await replica.query('select pg_wal_replay_resume()');
  await expect.poll(() => seenAt(position)).toBe(true);
  expect(
    await counted(async () => {
      expect(await label({ Position: position })).toBe('new');
    }),
  ).toEqual({ primary: 0, replica: 1 });
});

test('writers who read at once never miss their own write, over REST and transactions', async () => {
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      const user = randomUUID();
      for (let n = 0; n < 12; n++) {
        const written = await request(user, '/rest/v1/habit', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ label: `n${n}`, sensitive: false, archived: false }),
        });
        expect(written.status).toBe(201);
        const headers = { Position: written.headers.get('position') ?? '' };
        const listed = await request(user, '/rest/v1/habit?select=label', { headers });
        expect(await listed.json()).toHaveLength(n + 1);
      }
    }),
  );
});

test('a replica that cannot be reached is not missed', async () => {
  const [user, id] = [randomUUID(), randomUUID()];
  await put(user, id, 'a');
  toStandby.faults.arm('refuse_unreachable');
  expect((await request(user, `/v1/entities/${id}`)).status).toBe(200);
});

test('an error of the request itself is not asked twice', async () => {
  const road = openDatabase(appUrl(toPrimary), { replicaUrl: appUrl(toStandby) });
  const counts = await counted(async () => {
    await expect(road.read('division', randomUUID(), 'select 1 / 0', [])).rejects.toMatchObject({ code: 'AN422' });
  });
  expect(counts).toEqual({ primary: 0, replica: 1 });
});

test('a position that is none is refused', async () => {
  expect((await request(randomUUID(), '/v1/overview', { headers: { Position: '0/16B3748' } })).status).toBe(422);
});
