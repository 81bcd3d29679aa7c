import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../src/local/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The throw-away cluster that all test files of this run share. */
    postgres: { host: string; port: number; user: string; password: string };
  }
}

/** Vitest global setup: one cluster for the whole run; each test file makes databases in it with `createDatabase`. */
export default async function startTestCluster(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'annals-test-'));
  const postgres = await startPostgres({ dataDir: folder, durable: false, log: () => {} });
  project.provide('postgres', { host: postgres.host, port: postgres.port, ...postgres.superuser });
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
