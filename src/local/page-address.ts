import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absentOn } from './absent-on.ts';

const FILE = 'address';

/** Writes where the page of a `npm start` is, for commands beside it: its port is another one when the usual is taken. */
export async function keepPageAddress(dataFolder: string, address: string): Promise<void> {
  await writeFile(join(dataFolder, FILE), `${address}\n`);
}

/** The address that the last `npm start` on this data folder had, null before the first. */
export async function pageAddress(dataFolder: string): Promise<string | null> {
  const kept = await readFile(join(dataFolder, FILE), 'utf8').catch(absentOn('ENOENT'));
  return kept?.trim() ?? null;
}
