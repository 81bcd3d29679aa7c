import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import { type CrashCluster, startCrashCluster } from './crash-cluster.ts';
import { cutHistory } from './history-cut.ts';
import { workerdProcesses } from './workerd-process.ts';

/** Enough for a few chunks of a thousand lines. */
const cut = cutHistory(2_500);

let cluster: CrashCluster;
let file: string;
let undisturbed: string;

beforeAll(async () => {
  file = await cut.save();
  cluster = await startCrashCluster();
  await cluster.fresh('undisturbed');
  const workers = await cluster.startWorkers('undisturbed');
  await run(workers.importUrl);
  await workers.stop();
  undisturbed = await cluster.digestOf('undisturbed');
});
afterAll(async () => {
  await cluster?.stop();
  await rm(file, { force: true });
});

const run = (url: string) => importFile({ file, url, token: cluster.token });

/** Resolves when a chunk waits inside the database, its rows written and not committed. */
async function heldChunk(database: string): Promise<void> {
  await cluster.onDatabase(database, async (watcher) => {
    for (;;) {
      const { rows } = await watcher.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%import_chunk%' and pid <> pg_backend_pid()`,
      );
      if (rows.length > 0) return;
    }
  });
}

test('kill -9 of Postgres in the middle of a chunk: the import goes on by itself, to the same end', async () => {
  await cluster.fresh('postgres_killed');
  const workers = await cluster.startWorkers('postgres_killed');
  const { importing } = await cluster.onDatabase('postgres_killed', async (holder) => {
    // Current state is the last thing that a chunk writes.
    await holder.query('begin; lock table entities in share mode');
    const importing = run(workers.importUrl);
    await heldChunk('postgres_killed');
    await cluster.killPostgres();
    return { importing };
  });
  await cluster.restartPostgres();

  expect(await importing).toMatchObject({ state: 'finished', rows: cut.rows, inserted: cut.rows, rejects: 0 });
  await workers.stop();
  expect(await cluster.digestOf('postgres_killed')).toBe(undisturbed);
});

test('kill -9 of workerd with chunks under way: the import goes on by itself, to the same end', async () => {
  await cluster.fresh('workerd_killed');
  const before = await workerdProcesses();
  const workers = await cluster.startWorkers('workerd_killed');
  const started = (await workerdProcesses()).filter((pid) => !before.includes(pid));
  expect(started).toHaveLength(1);
  const isChunk = (query: string) => query.includes('import_chunk');
  // One chunk gets as far as the commit, one not even to the database.
  const committed = cluster.neon.faults.arm('drop_after_commit', { matches: isChunk });
  const stalled = cluster.neon.faults.arm('stall', { matches: isChunk });
  const importing = run(workers.importUrl);
  await Promise.all([committed.reached, stalled.reached]);
  for (const pid of started) process.kill(pid, 'SIGKILL');
  stalled.release();
  const importPort = Number(new URL(workers.importUrl).port);
  await workers.stop();
  const next = await cluster.startWorkers('workerd_killed', importPort);

  expect(await importing).toMatchObject({ state: 'finished', rows: cut.rows, inserted: cut.rows, rejects: 0 });
  await next.stop();
  expect(await cluster.digestOf('workerd_killed')).toBe(undisturbed);
});

test('the command killed half-way: started again it sends only what is missing', async () => {
  await cluster.fresh('command_killed');
  const workers = await cluster.startWorkers('command_killed');
  const stopping = new AbortController();
  const { token } = cluster;
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
  expect(await cluster.digestOf('command_killed')).toBe(undisturbed);
});
