import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CrashableStack } from '../crashable-stack.ts';

/** A disk of its own for the tables, which can be filled to the last byte. */
export interface TinyDisk {
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  remove(): Promise<void>;
}

const SIZE = '256m';
const run = promisify(execFile);

/** Moves every table and index to a small tmpfs. @returns null where this process may not mount one */
export async function tinyDisk(stack: CrashableStack): Promise<TinyDisk | null> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-tiny-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'tmpfs', folder]);
  } catch {
    await rm(folder, { recursive: true });
    return null;
  }
  const tables = join(folder, 'tables');
  const ballast = join(folder, 'ballast');
  const [row] = await stack.query<{ data_directory: string }>('show data_directory');
  const { uid, gid } = await stat(row?.data_directory ?? '');
  await run('mkdir', [tables]);
  await chown(tables, uid, gid);
  await stack.query(`create tablespace tiny location '${tables}'`);
  for (const kind of ['table', 'index'])
    await stack.query(`alter ${kind} all in tablespace pg_default set tablespace tiny`);
  return {
    async fill() {
      // It ends when no byte is left, which is an error.
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k']).catch(() => {});
    },
    empty: () => rm(ballast, { force: true }),
    async remove() {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
