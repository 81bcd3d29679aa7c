import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type RolePasswords, setRolePasswords } from '../src/cli/roles.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The throw-away cluster that all test files of this run share. */
    postgres: { host: string; port: number; user: string; password: string };
    /** The roles' passwords: roles belong to the cluster, so all databases share them. */
    roles: RolePasswords;
  }
}

/** The database with the schema and nothing else, from which test files make theirs. */
export const SCHEMA_TEMPLATE = 'annals_schema';

/** Vitest global setup: one cluster for the whole run; each test file makes databases in it with `createDatabase`. */
export default async function startTestCluster(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startThrowAwayPostgres('memory');
  project.provide('postgres', { host: postgres.host, port: postgres.port, ...postgres.superuser });
  const owner = new pg.Client({ connectionString: postgres.superuserUrl() });
  await owner.connect();
  await owner.query(`create database ${SCHEMA_TEMPLATE}`);
  await owner.end();
  await migrate(postgres.superuserUrl(SCHEMA_TEMPLATE));
  const roles = newRolePasswords();
  await setRolePasswords(postgres.superuserUrl(SCHEMA_TEMPLATE), roles);
  project.provide('roles', roles);
  return () => postgres.stop();
}
