import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Settings = Readonly<Record<string, string>>;

/**
 * Writes what each Worker is run with, for `wrangler dev --env-file .data/api.vars` beside a running `npm start`, and what the
 * operator's command is told, for a shell. The files hold passwords: only their owner may read them.
 */
export async function keepSettings(
  dataFolder: string,
  settings: { readonly api: Settings; readonly import: Settings; readonly operator: Settings },
): Promise<void> {
  for (const [who, vars] of Object.entries(settings)) {
    const lines = Object.entries(vars).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
    await writeFile(join(dataFolder, `${who}.vars`), lines.join(''), { mode: 0o600 });
  }
}
