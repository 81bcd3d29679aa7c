import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absentOn } from './absent-on.ts';
import { childrenOf, commandLine, gone, parentOf, send } from './processes.ts';

const FILE = 'workerd.json';

interface Kept {
  readonly runner: number;
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
}

/** Notes the workerd that this process runs, for the start after one that was killed. Call it once Miniflare is ready. */
export async function keepWorkerd(dataFolder: string): Promise<void> {
  const processes: { pid: number; command: string }[] = [];
  for (const pid of await childrenOf(process.pid)) {
    const command = await commandLine(pid);
    if (command !== undefined && /workerd\S* serve /.test(command)) processes.push({ pid, command });
  }
  const kept: Kept = { runner: process.pid, processes };
  await writeFile(join(dataFolder, FILE), JSON.stringify(kept));
}

/**
 * Ends the workerd of a `npm start` that was killed. workerd does not notice that its parent is gone: it would hold the usual
 * ports, and answer there with the code and the issuer of before, for as long as the machine is up.
 */
export async function endOrphanedWorkerd(dataFolder: string): Promise<void> {
  const text = await readFile(join(dataFolder, FILE), 'utf8').catch(absentOn('ENOENT'));
  if (text === undefined) return;
  const { runner, processes }: Kept = JSON.parse(text);
  for (const { pid, command } of processes) {
    // The id can be another process's by now; and a child whose parent lives is that parent's business.
    if ((await commandLine(pid)) !== command || (await parentOf(pid)) === runner) continue;
    send(pid, 'SIGKILL');
    await gone(pid);
  }
}
