import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'address';

/** Writes where the page of a `npm start` is, for commands beside it: its port is another one when the usual is taken. */
export async function keepPageAddress(dataFolder: string, address: string): Promise<void> {
  await writeFile(join(dataFolder, FILE), `${address}\n`);
}

/** The address that the last `npm start` on this data folder had, null before the first. */
export async function pageAddress(dataFolder: string): Promise<string | null> {
  try {
    return (await readFile(join(dataFolder, FILE), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
