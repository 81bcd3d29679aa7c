import type { LocalUser } from './identity-pages.ts';

interface Addresses {
  readonly page: string;
  readonly importer: string;
  readonly issuer: string;
  readonly users: readonly LocalUser[];
}

/** What `npm start` says when everything is up. */
export function banner({ page, importer, issuer, users }: Addresses): string {
  return [
    '',
    `  Annals is running:  ${page}`,
    '',
    `  Sign in as          ${users.map((user) => user.email).join(', ')}`,
    `  Import Worker       ${importer}`,
    `  Identity provider   ${issuer}`,
    '  Operator            npm run annals -- imports',
    '',
    '  Ctrl-C stops it; the data stays. `npm run db:reset` empties it.',
    '',
  ].join('\n');
}
