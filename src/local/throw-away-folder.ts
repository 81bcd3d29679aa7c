import { access, constants, mkdtemp, readdir, readlink, realpath, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absentOn } from './absent-on.ts';
import { findPostmaster, stopOrphanedPostmaster } from './postgres-processes.ts';
import { commandLine } from './processes.ts';

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
  const [prefix, disk, memory] = await Promise.all([namePrefix(), realpath(tmpdir()), memoryFolder()]);
  for (const parent of [disk, memory]) if (parent !== null) await removeAbandoned(parent, prefix);
  const parent = place === 'memory' && memory !== null && (await hasRoom(memory)) ? memory : disk;
  return mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

/**
 * The name says who made the folder, so that a later run can tell what was abandoned: the process, and whose processes it is one of, since
 * containers that share their memory (Docker's `--ipc=host`) do not see each other's.
 */
async function namePrefix(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(absentOn('ENOENT'));
  return `annals-temporary-${namespace?.replaceAll(/\D/g, '') ?? ''}-`;
}

async function memoryFolder(): Promise<string | null> {
  try {
    await access(MEMORY, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(MEMORY);
  } catch {
    // Not Linux, or not for us.
    return null;
  }
}

/** Also of memory itself: what is in its files counts against a container's limit. */
async function hasRoom(memory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(memory);
  return Math.min(bavail * bsize, process.availableMemory()) >= ROOM_IN_MEMORY_BYTES;
}

async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const runner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(runner) || (await commandLine(runner)) !== undefined) continue;
    const folder = join(parent, name);
    if (!(await isOurs(folder))) continue;
    // A cluster of its own, or that of a data folder, as `npm start` has one.
    for (const home of [folder, join(folder, 'postgres')]) {
      const postmaster = await findPostmaster(join(home, 'cluster'));
      if (typeof postmaster === 'object') await stopOrphanedPostmaster(postmaster.pid);
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** What another user left is theirs to remove. Root may; and its Postgres runs as somebody else. */
async function isOurs(folder: string): Promise<boolean> {
  const user = process.getuid?.() ?? 0;
  return user === 0 || (await stat(folder).catch(absentOn('ENOENT')))?.uid === user;
}
