import { readdir, readFile } from 'node:fs/promises';

/** Process ids of the workerd processes that this process started (by /proc: the tests that crash them run on Linux). */
export async function workerdProcesses(): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [, command, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(stat) ?? [];
    if (command === 'workerd' && Number(parent) === process.pid) pids.push(Number(name));
  }
  return pids;
}
