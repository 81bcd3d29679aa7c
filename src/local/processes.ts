import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { absentOn } from './absent-on.ts';

const POLL_MS = 20;
const EXIT_TIMEOUT_MS = 10_000;
/** What /proc says of a process that has ended, before its file is opened or after. */
const GONE = ['ENOENT', 'ESRCH'] as const;

/** Sends a signal; to a process that is gone, nothing. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Already gone is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Waits for the end of a process, 10 s at most; whether it came. */
export async function gone(pid: number): Promise<boolean> {
  for (let waited_ms = 0; waited_ms < EXIT_TIMEOUT_MS; waited_ms += POLL_MS) {
    if ((await commandLine(pid)) === undefined) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** The command line of a living process; undefined when there is none, or when it is dead and only not yet reaped. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(absentOn(...GONE));
    return raw === '' ? undefined : raw?.replaceAll('\0', ' ');
  }
  return processStatus(pid, 'args');
}

export async function parentOf(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(absentOn(...GONE));
    const parent = /^PPid:\s*(\d+)/m.exec(status ?? '')?.[1];
    return parent === undefined ? undefined : Number(parent);
  }
  const parent = await processStatus(pid, 'ppid');
  return parent === undefined ? undefined : Number(parent);
}

/** The living processes that a process started. */
export async function childrenOf(parent: number): Promise<number[]> {
  const pids = process.platform === 'linux' ? (await readdir('/proc')).map(Number) : await allProcesses();
  const children: number[] = [];
  for (const pid of pids) if (pid > 0 && (await parentOf(pid)) === parent) children.push(pid);
  return children;
}

async function allProcesses(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=']);
  return stdout.split('\n').map(Number);
}

async function processStatus(pid: number, column: 'args' | 'ppid'): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', `${column}=`, '-p', String(pid)]);
    return stdout.trim() === '' ? undefined : stdout.trim();
  } catch {
    return undefined;
  }
}
