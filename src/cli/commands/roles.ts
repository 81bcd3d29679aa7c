import { EXIT } from '../cli-failure.ts';
import type { Command } from '../command.ts';
import { newRolePasswords, ROLES, setRolePasswords, urlAs } from '../roles.ts';
import { databaseUrl } from '../settings.ts';

const WORKERS = {
  annals_app: 'API Worker (wrangler.toml)',
  annals_import: 'import Worker (wrangler.import.toml)',
} as const;

export const rolesCommand: Command = {
  usage: 'roles',
  summary: 'give the Workers’ two database roles new passwords and print their connection strings, once',
  details: ['The old passwords stop working: put the new strings into the Workers’ secrets DATABASE_URL.'],
  options: {},
  arguments: [0, 0],
  async run(_args, _options, { env, out, err }) {
    const url = databaseUrl(env);
    const passwords = newRolePasswords();
    await setRolePasswords(url, passwords);
    err('These hold passwords. They are not shown again.\n');
    for (const role of ROLES) {
      err(`DATABASE_URL of the ${WORKERS[role]}:\n`);
      out(urlAs(url, role, passwords));
    }
    return EXIT.done;
  },
};
