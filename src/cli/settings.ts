import { CliFailure, EXIT } from './cli-failure.ts';
import { type OperatorCredentials, operatorToken } from './operator-token.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The settings as `annals --help` lists them. */
export const SETTINGS: readonly (readonly [name: string, meaning: string])[] = [
  [
    'DATABASE_URL',
    'Postgres, a direct connection as the owner: migrate, roles, adopt, export, verify, partition, project',
  ],
  ['ANNALS_IMPORT_URL', 'address of the import Worker: import, imports, rejects'],
  ['ANNALS_API_URL', 'address of the API Worker: refreshes, slow, tripwires'],
  ['ANNALS_TOKEN', 'the operator’s access token; or these three, with which one is asked for:'],
  ['OIDC_ISSUER', 'the issuer of tokens'],
  ['ANNALS_CLIENT_ID', 'the operator’s client at the issuer'],
  ['ANNALS_CLIENT_SECRET', 'its secret'],
];

function setting(env: Env, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new CliFailure(EXIT.usage, `${name} is not set.`, { hint: 'See: annals --help' });
}

/** @throws CliFailure naming the setting */
export function databaseUrl(env: Env): string {
  const url = setting(env, 'DATABASE_URL');
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new CliFailure(EXIT.usage, 'DATABASE_URL is not a connection string.', {
    hint: 'It should look like postgresql://user:password@host/database.',
  });
}

/** Where the import Worker is, and how the operator is known there. @throws CliFailure naming the setting */
export function importService(env: Env): { url: string; token: () => Promise<string> } {
  const url = setting(env, 'ANNALS_IMPORT_URL');
  if (!URL.canParse(url)) throw new CliFailure(EXIT.usage, 'ANNALS_IMPORT_URL is not a URL.');
  return { url, token: operatorToken(credentials(env)) };
}

/** Where the API Worker is, and how the operator is known there. @throws CliFailure naming the setting */
export function apiService(env: Env): { url: string; token: () => Promise<string> } {
  const url = setting(env, 'ANNALS_API_URL');
  if (!URL.canParse(url)) throw new CliFailure(EXIT.usage, 'ANNALS_API_URL is not a URL.');
  return { url, token: operatorToken(credentials(env)) };
}

function credentials(env: Env): OperatorCredentials {
  if (env.ANNALS_TOKEN !== undefined && env.ANNALS_TOKEN !== '') return { token: env.ANNALS_TOKEN };
  return {
    issuer: setting(env, 'OIDC_ISSUER'),
    client_id: setting(env, 'ANNALS_CLIENT_ID'),
    client_secret: setting(env, 'ANNALS_CLIENT_SECRET'),
  };
}
