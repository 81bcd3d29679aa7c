import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import {
  LOCAL_AUDIENCE,
  OPERATOR_CLIENT_ID,
  startIdentityProvider,
  WEB_CLIENT_ID,
  WEB_CLIENT_SCOPE,
} from '../../src/local/identity-provider.ts';
import { startNeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { pickPort } from '../../src/local/pick-port.ts';
import { runWorkers } from '../../src/local/run-workers.ts';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { signInOverHttp } from '../../src/local/sign-in-over-http.ts';
import { createDatabase } from '../database.ts';

/** What `npm start` runs, for a browser: the built client, both Workers, and the local identity provider. */
export interface WebStack {
  /** Where the client is. */
  readonly origin: string;
  /** The identity provider. */
  readonly issuer: string;
  /** A JSON request to the API as this user. */
  request<Answer>(userId: string, path: string, body?: unknown): Promise<Answer>;
  /** All imports, the newest first. */
  imports(): Promise<readonly ImportStatus[]>;
  /** What the cron does each minute. @param at its own time, now unless said */
  refresh(at?: Date): Promise<void>;
  /** A statement as the database's owner, for what no request could bring about. */
  sql(text: string, parameters: unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param template the database it starts from
 * @param settings of the API Worker, beside those that it must have
 */
export async function startWebStack(template: string, settings: Record<string, string> = {}): Promise<WebStack> {
  const { host, port } = inject('postgres');
  const [database, neon, data_dir, provider_port] = await Promise.all([
    createDatabase(template),
    startNeonEndpoint({ postgres: { host, port } }),
    mkdtemp(join(tmpdir(), 'annals-identity-')),
    // The Workers must know the provider's address before it starts, and the provider theirs.
    pickPort(),
  ]);
  const issuer = `http://127.0.0.1:${provider_port}`;
  const signIn = {
    OIDC_ISSUER: issuer,
    OIDC_AUDIENCE: LOCAL_AUDIENCE,
    OIDC_CLIENT_ID: WEB_CLIENT_ID,
    OIDC_SCOPE: WEB_CLIENT_SCOPE,
  };
  const workers = await runWorkers({
    bundled: inject('workers'),
    apiPort: 0,
    importPort: 0,
    log: () => {},
    api: { ...signIn, ...settings, DATABASE_URL: database.urlAs('annals_app', neon.port) },
    import: { ...signIn, DATABASE_URL: database.urlAs('annals_import', neon.port) },
  });
  const origin = workers.apiUrl;
  const provider = await startIdentityProvider({
    port: provider_port,
    users: SAMPLE_USERS,
    web_origins: [origin],
    data_dir,
  });
  async function operatorToken(): Promise<string> {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${OPERATOR_CLIENT_ID}:${provider.operator_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'operator' }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    return access_token;
  }
  return {
    origin,
    issuer,
    async request<Answer>(userId: string, path: string, body?: unknown) {
      const { access_token } = await signInOverHttp(issuer, userId, origin);
      const response = await fetch(origin + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as Answer;
    },
    async imports() {
      const headers = { authorization: `Bearer ${await operatorToken()}` };
      const response = await fetch(`${workers.importUrl}/v1/imports`, { headers });
      return ((await response.json()) as { imports: ImportStatus[] }).imports;
    },
    refresh: (at = new Date()) => workers.tick(at),
    async sql(text, parameters) {
      await database.query(text, parameters);
    },
    async stop() {
      await workers.stop();
      await provider.stop();
      await neon.stop();
      await database.drop();
      await rm(data_dir, { recursive: true });
    },
  };
}
