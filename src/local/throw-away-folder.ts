import { mkdtemp, readdir, realpath, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostmaster, stopOrphanedPostmaster } from './postgres-processes.ts';
import { commandLine } from './processes.ts';

/** The name says who made the folder, so that a later run can tell what was abandoned. */
const PREFIX = 'annals-throw-away-';
/** Linux' files in memory. */
const MEMORY = '/dev/shm';
/** Over twice what the clusters of a whole run of the tests hold at once (0.8 GB). A container has 64 MB as a rule. */
const ROOM_IN_MEMORY_BYTES = 2 * 1024 ** 3;

/**
 * A new folder for a cluster or what goes with it, which whoever asks removes. Those of runs that were killed are removed first and their Postgres ended:
 * each holds 50 MB and more, and its processes outlive their runner.
 * @param place the system's temporary folder, or memory where it has room: a database is 800 small files, which take 0.4 s of a core to make on a disk
 */
export async function makeThrowAwayFolder(place: 'disk' | 'memory' = 'disk'): Promise<string> {
  const room_bytes = await roomInMemory();
  const disk = await realpath(tmpdir());
  for (const parent of room_bytes === 0 ? [disk] : [disk, MEMORY]) await removeAbandoned(parent);
  const parent = place === 'memory' && room_bytes >= ROOM_IN_MEMORY_BYTES ? MEMORY : disk;
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

async function roomInMemory(): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize;
  } catch {
    // Not Linux.
    return 0;
  }
}

async function removeAbandoned(parent: string): Promise<void> {
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
