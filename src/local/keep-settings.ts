import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes what something is run with beside a running `npm start`: a Worker by `wrangler dev --env-file .data/api.vars`, the command by
 * `npm run annals`. The files hold passwords: only their owner may read them.
 */
export async function keepSettings(
  dataFolder: string,
  of: 'api' | 'import' | 'annals',
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await writeFile(join(dataFolder, `${of}.vars`), lines.join(''), { mode: 0o600 });
}
