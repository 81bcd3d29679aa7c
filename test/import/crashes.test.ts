import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import { migrate } from '../../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../../src/cli/roles.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { type RunningPostgres, startPostgres } from '../../src/local/postgres.ts';
import { type RunningWorkers, runWorkers } from '../../src/local/run-workers.ts';
import { startTestIssuer, type TestIssuer } from '../tokens.ts';
import { cutHistory } from './history-cut.ts';
import { storeDigest } from './store-digest.ts';
import { workerdProcesses } from './workerd-process.ts';

/** Enough for a few chunks of a thousand lines. */
const cut = cutHistory(2_500);
const roles = newRolePasswords();

let folder: string;
let file: string;
let postgres: RunningPostgres;
let neon: NeonEndpoint;
let issuer: TestIssuer;
let undisturbed: string;

// A cluster of their own, with real durability: the others' would die with theirs.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-crash-'));
  // Run by root, Postgres is another user, who must get in.
  await chmod(folder, 0o755);
  file = await cut.save();
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), log: () => {} });
  neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port } });
  issuer = await startTestIssuer();
  await onPostgres('postgres', (client) => client.query('create database template_of_annals'));
  await migrate(postgres.superuserUrl('template_of_annals'));
  await setRolePasswords(postgres.superuserUrl('template_of_annals'), roles);

  await fresh('undisturbed');
  const workers = await startWorkers('undisturbed');
  await run(workers.importUrl);
  await workers.stop();
  undisturbed = await digestOf('undisturbed');
});
afterAll(async () => {
  await neon?.stop();
  await issuer?.stop();
  await postgres?.stop();
  await rm(file, { force: true });
  await rm(folder, { recursive: true, force: true });
});

async function onPostgres<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgres.superuserUrl(database) });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const fresh = (database: string) =>
  onPostgres('postgres', (client) => client.query(`create database ${database} template template_of_annals`));
const digestOf = (database: string) => onPostgres(database, (client) => storeDigest(client));

function startWorkers(database: string, importPort = 0): Promise<RunningWorkers> {
  const settings = (role: Role) => {
    const url = new URL(urlAs(postgres.superuserUrl(database), role, roles));
    url.port = String(neon.port);
    return {
      OIDC_ISSUER: issuer.issuer,
      OIDC_AUDIENCE: issuer.settings.audience,
      OIDC_CLIENT_ID: 'annals-web',
      DATABASE_URL: url.href,
    };
  };
  return runWorkers({
    apiPort: 0,
    importPort,
    log: () => {},
    api: settings('annals_app'),
    import: settings('annals_import'),
  });
}

const run = (url: string) => importFile({ file, url, token: () => issuer.token({ scope: 'operator' }) });

/** Resolves when a chunk waits inside the database, its rows written and not committed. */
async function heldChunk(database: string): Promise<void> {
  await onPostgres(database, async (watcher) => {
    for (;;) {
      const { rows } = await watcher.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%import_chunk%' and pid <> pg_backend_pid()`,
      );
      if (rows.length > 0) return;
    }
  });
}

test('kill -9 of Postgres in the middle of a chunk: the import goes on by itself, to the same end', async () => {
  await fresh('postgres_killed');
  const workers = await startWorkers('postgres_killed');
  const holder = new pg.Client({ connectionString: postgres.superuserUrl('postgres_killed') });
  holder.on('error', () => {});
  await holder.connect();
  // Current state is the last thing that a chunk writes.
  await holder.query('begin; lock table entities in share mode');
  const importing = run(workers.importUrl);
  await heldChunk('postgres_killed');
  const { port } = postgres;
  await postgres.kill();
  await holder.end();
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port, log: () => {} });

  expect(await importing).toMatchObject({ state: 'finished', rows: cut.rows, inserted: cut.rows, rejects: 0 });
  await workers.stop();
  expect(await digestOf('postgres_killed')).toBe(undisturbed);
});

test('kill -9 of workerd with chunks under way: the import goes on by itself, to the same end', async () => {
  await fresh('workerd_killed');
  const before = await workerdProcesses();
  const workers = await startWorkers('workerd_killed');
  const started = (await workerdProcesses()).filter((pid) => !before.includes(pid));
  expect(started).toHaveLength(1);
  const isChunk = (query: string) => query.includes('import_chunk');
  // One chunk gets as far as the commit, one not even to the database.
  const committed = neon.faults.arm('drop_after_commit', { matches: isChunk });
  const stalled = neon.faults.arm('stall', { matches: isChunk });
  const importing = run(workers.importUrl);
  await Promise.all([committed.reached, stalled.reached]);
  for (const pid of started) process.kill(pid, 'SIGKILL');
  stalled.release();
  const importPort = Number(new URL(workers.importUrl).port);
  await workers.stop();
  const next = await startWorkers('workerd_killed', importPort);

  expect(await importing).toMatchObject({ state: 'finished', rows: cut.rows, inserted: cut.rows, rejects: 0 });
  await next.stop();
  expect(await digestOf('workerd_killed')).toBe(undisturbed);
});

test('the command killed half-way: started again it sends only what is missing', async () => {
  await fresh('command_killed');
  const workers = await startWorkers('command_killed');
  const stopping = new AbortController();
  const token = () => issuer.token({ scope: 'operator' });
  let first = 0;
  const interrupted = importFile({
    file,
    url: workers.importUrl,
    token,
    signal: stopping.signal,
    onProgress({ rows_sent }) {
      if (rows_sent > 0) stopping.abort();
      first = rows_sent;
    },
  });
  await expect(interrupted).rejects.toThrow(/paused/);
  expect(first).toBeLessThan(cut.rows);
  let second = 0;
  const again = await importFile({
    file,
    url: workers.importUrl,
    token,
    onProgress({ rows_sent }) {
      second = rows_sent;
    },
  });
  expect(again).toMatchObject({ state: 'finished', rows: cut.rows, inserted: cut.rows });
  expect(first + second).toBe(cut.rows);
  await workers.stop();
  expect(await digestOf('command_killed')).toBe(undisturbed);
});
