import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { findPostmaster, stopOrphanedPostmaster } from './postgres-processes.ts';
import { commandLine } from './processes.ts';

/** The name says who made the folder, so that a later run can tell what was abandoned. */
const PREFIX = 'annals-throw-away-';

/**
 * A Postgres of its own in the system's temporary folder, without crash safety; `stop` removes it. Those of runs that were
 * killed are ended and removed first: each holds 50 MB and more, and its processes outlive their runner.
 */
export async function startThrowAwayPostgres(): Promise<RunningPostgres> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const postgres = await startPostgres({ dataDir: folder, durable: false, log: () => {} });
  return {
    ...postgres,
    async stop() {
      await postgres.stop();
      for (const made of [postgres.dataDir, folder]) await rm(made, { recursive: true, force: true });
    },
  };
}

async function removeAbandoned(): Promise<void> {
  const parent = await realpath(tmpdir());
  for (const name of await readdir(parent)) {
    const runner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(runner) || (await commandLine(runner)) !== undefined) continue;
    const folder = join(parent, name);
    const postmaster = await findPostmaster(join(folder, 'cluster'));
    if (typeof postmaster === 'object') await stopOrphanedPostmaster(postmaster.pid);
    await rm(folder, { recursive: true, force: true });
  }
}
