import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Settings = Readonly<Record<string, string>>;

/**
 * Writes what each Worker is run with, for `wrangler dev --env-file .data/api.vars` beside a running `npm start`. The files hold
 * passwords: only their owner may read them.
 */
export async function keepSettings(
  dataFolder: string,
  settings: { readonly api: Settings; readonly import: Settings },
): Promise<void> {
  for (const [worker, vars] of Object.entries(settings)) {
    const lines = Object.entries(vars).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
    await writeFile(join(dataFolder, `${worker}.vars`), lines.join(''), { mode: 0o600 });
  }
}
