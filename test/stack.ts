import { afterAll, beforeAll, inject } from 'vitest';
import { type NeonEndpoint, startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { type RunningWorkers, runWorkers } from '../src/local/run-workers.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { startTestIssuer, type TestIssuer } from './tokens.ts';

/** Everything that a request passes, for real: both Workers in workerd, the Neon endpoint, Postgres, an issuer of tokens. */
export interface Stack {
  readonly database: TestDatabase;
  readonly neon: NeonEndpoint;
  readonly issuer: TestIssuer;
  readonly workers: RunningWorkers;
  /** What the Workers have logged so far, line by line. */
  readonly logged: readonly string[];
  /** A request to the API Worker as this user; without one, no token is sent. */
  fetch(path: string, options?: RequestInit & { as?: string }): Promise<Response>;
  /** A request to the import Worker as an operator. */
  fetchImporter(path: string, options?: RequestInit): Promise<Response>;
  /** A token of the user's, or of the operator's. */
  token(userId: string): Promise<string>;
  operatorToken(): Promise<string>;
}

export interface StartedStack extends Stack {
  /** Stops everything but the database, which then has no connections. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

const OPERATOR = '00000000-0000-4000-8000-0000000000ff';

/**
 * Starts a stack before this file's tests and stops it after them.
 * @param template the database it starts from
 * @param settings of the API Worker, besides those it needs
 */
export function stackFor(
  template: string | (() => Promise<string>),
  settings: Readonly<Record<string, string>> = {},
): () => Stack {
  let running: StartedStack | undefined;
  beforeAll(async () => {
    running = await startStack(typeof template === 'string' ? template : await template(), settings);
  });
  afterAll(() => running?.stop());
  return () => {
    if (running === undefined) throw new Error('The stack is there only within tests and hooks.');
    return running;
  };
}

export async function startStack(
  template: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<StartedStack> {
  const { host, port } = inject('postgres');
  const [database, neon, issuer] = await Promise.all([
    createDatabase(template),
    startNeonEndpoint({ postgres: { host, port } }),
    startTestIssuer(),
  ]);
  const logged: string[] = [];
  const workers = await runWorkers({
    log: (line) => logged.push(line),
    bundled: inject('workers'),
    apiPort: 0,
    importPort: 0,
    api: {
      ...issuer.workerSettings,
      DATABASE_URL: database.urlAs('annals_app', neon.port),
      CORS_ORIGINS: 'https://app.example, https://second.example',
      ...settings,
    },
    import: { ...issuer.workerSettings, DATABASE_URL: database.urlAs('annals_import', neon.port) },
  });
  let paused: Promise<unknown> | null = null;
  const pause = async () => {
    paused ??= Promise.all([workers.stop(), neon.stop(), issuer.stop()]);
    await paused;
  };
  const token = (sub: string) => issuer.token({ sub });
  const operatorToken = () => issuer.token({ sub: OPERATOR, scope: 'operator' });
  return {
    database,
    neon,
    issuer,
    workers,
    logged,
    token,
    operatorToken,
    async fetch(path, { as, ...options } = {}) {
      const headers = new Headers(options.headers);
      if (as !== undefined) headers.set('Authorization', `Bearer ${await token(as)}`);
      return fetch(workers.apiUrl + path, { ...options, headers });
    },
    async fetchImporter(path, options = {}) {
      const headers = new Headers(options.headers);
      if (!headers.has('Authorization')) headers.set('Authorization', `Bearer ${await operatorToken()}`);
      return fetch(workers.importUrl + path, { ...options, headers });
    },
    pause,
    async stop() {
      await pause();
      await database.drop();
    },
  };
}
