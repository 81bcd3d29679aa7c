import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostmaster, stopOrphanedPostmaster } from './postgres-processes.ts';
import { commandLine } from './processes.ts';

/** The name says who made the folder, so that a later run can tell what was abandoned. */
const PREFIX = 'annals-throw-away-';

/**
 * A new folder in the system's temporary one, for a cluster or what goes with it, which whoever asks removes. Those of runs that were killed are removed
 * first and their Postgres ended: each holds 50 MB and more, and its processes outlive their runner.
 */
export async function makeThrowAwayFolder(): Promise<string> {
  await removeAbandoned();
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

async function removeAbandoned(): Promise<void> {
  const parent = await realpath(tmpdir());
  for (const name of await readdir(parent)) {
    const runner = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(runner) || (await commandLine(runner)) !== undefined) continue;
    const folder = join(parent, name);
    // A cluster of its own, or that of a data folder, as `npm start` has one.
    for (const home of [folder, join(folder, 'postgres')]) {
      const postmaster = await findPostmaster(join(home, 'cluster'));
      if (typeof postmaster === 'object') await stopOrphanedPostmaster(postmaster.pid);
    }
    await rm(folder, { recursive: true, force: true });
  }
}
