import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { absentOn } from './absent-on.ts';
import { commandLine, gone, parentOf, send } from './processes.ts';

export interface Postmaster {
  pid: number;
  /** The process that started it, as told by its `annals.runner` setting. */
  runner: number | undefined;
  /** True when that process is gone. */
  orphaned: boolean;
}

/**
 * What the lock file of a data folder stands for: nothing there, a leftover of a crash, or a living postmaster.
 *
 * Postgres itself takes any living process of the same user with that id for a postmaster, so that after a reboot a
 * reused id keeps it from starting; here the command line decides. A child whose parent dies gets a new one, so
 * "parent is the runner" says for certain, also with reused ids, whether the runner lives.
 */
export async function findPostmaster(folder: string): Promise<Postmaster | 'stale' | 'none'> {
  const lock = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(absentOn('ENOENT'));
  if (lock === undefined) return 'none';
  const pid = Number.parseInt(lock, 10);
  const command = await commandLine(pid);
  if (!command?.includes(folder)) return 'stale';
  const runner = /annals\.runner=(\d+)/.exec(command)?.[1];
  const orphaned = runner !== undefined && (await parentOf(pid)) !== Number(runner);
  return { pid, runner: runner === undefined ? undefined : Number(runner), orphaned };
}

/** Fast shutdown, then immediate, then SIGKILL; returns when the process is gone. */
export async function stopOrphanedPostmaster(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    send(pid, signal);
    if (await gone(pid)) return;
  }
  throw new Error(
    `Postgres (pid ${pid}) was left behind by an earlier run and does not end. End it, then start again.`,
  );
}

/**
 * Ends backends that outlived a killed postmaster: they notice its death only when they wait for something, and a new
 * postmaster refuses to start while they hold the shared memory. Each has the data folder as its working directory.
 * Without /proc (macOS) this only gives them time.
 */
export async function stopOrphanedBackends(folder: string): Promise<void> {
  const names = (await readdir('/proc').catch(absentOn('ENOENT'))) ?? [];
  const pids: number[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    // Gone meanwhile, or somebody else's.
    const cwd = await readlink(`/proc/${name}/cwd`).catch(absentOn('ENOENT', 'ESRCH', 'EACCES'));
    const title = await commandLine(Number(name));
    if (cwd === folder && title?.startsWith('postgres:')) pids.push(Number(name));
  }
  for (const pid of pids) send(pid, 'SIGQUIT');
  if (pids.length === 0) await sleep(500);
  for (const pid of pids) {
    if (await gone(pid)) continue;
    send(pid, 'SIGKILL');
    await gone(pid);
  }
}
