import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canReach, type PostgresAccount } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

/** Kept over restarts of the machine, and open to every account. */
const OUTPOSTS = '/var/tmp';

/**
 * Where a data folder really is: itself or, when root's project is closed to Postgres' account, a folder outside it that is
 * named after it.
 */
export async function reachableHome(home: string, account: PostgresAccount | undefined): Promise<string> {
  if (account === undefined || (await canReach(account, home))) return home;
  return join(await outpost(home), 'data');
}

/** The programs or, when root's project is closed to Postgres' account, a copy of them (60 MB) outside it. */
export async function reachableBinaries(
  binaries: PostgresBinaries,
  account: PostgresAccount | undefined,
): Promise<PostgresBinaries> {
  if (account === undefined || (await canReach(account, binaries.postgres))) return binaries;
  const native = dirname(dirname(binaries.postgres));
  const copy = join(await outpost(native), 'native');
  if (!existsSync(copy)) {
    // Copied beside and renamed, so that an interrupted copy never counts; a rival's copy is as good as ours.
    const making = `${copy}.half-made-${process.pid}`;
    await cp(native, making, { recursive: true, verbatimSymlinks: true });
    await open(making);
    await rename(making, copy).catch(() => rm(making, { recursive: true, force: true }));
  }
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
}

/** Lets everyone read what root may have unpacked for itself alone (umask 077). */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    await chmod(path, entry.isDirectory() || entry.parentPath.endsWith('bin') ? 0o755 : 0o644);
  }
}

/** A folder of root's that others may enter and not change: what stands under a guessable name must be ours. */
async function outpost(path: string): Promise<string> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const folder = join(OUTPOSTS, `annals-${name}`);
  await mkdir(folder, { mode: 0o755, recursive: true });
  const info = await lstat(folder);
  if (!info.isDirectory() || info.uid !== 0 || (info.mode & 0o022) !== 0) {
    throw new Error(`${folder} is somebody else's. Remove it, or run as an ordinary user.`);
  }
  return folder;
}
