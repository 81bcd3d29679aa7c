import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Role, urlAs } from '../src/cli/roles.ts';

export interface TestDatabase {
  name: string;
  /** Connection string of the superuser over plain TCP. */
  url: string;
  /** Connection string through a local Neon endpoint that listens on `port`. */
  urlThrough(port: number): string;
  /** Connection string of one of the application's roles; `port` is a local Neon endpoint's, or Postgres itself when left out. */
  urlAs(role: Role, port?: number): string;
  /** A statement as the superuser, on a connection of its own. */
  query(text: string, parameters?: unknown[]): Promise<pg.QueryResult>;
  /** Drops it, ending connections that are still open. */
  drop(): Promise<void>;
}

/** The SQLSTATE of a database that somebody is connected to. */
const OBJECT_IN_USE = '55006';

/** Makes a fresh database in the run's cluster, from `template` when given. */
export async function createDatabase(template?: string): Promise<TestDatabase> {
  const { host, port, user, password } = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const urlOn = (on: number, database: string) => `postgres://${user}:${password}@${host}:${on}/${database}`;
  const queryOn = async (url: string, text: string, parameters: unknown[] = []) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(text, parameters);
    } finally {
      await client.end();
    }
  };
  const maintain = (statement: string) => queryOn(urlOn(port, 'postgres'), statement);
  await maintain(
    template === undefined
      ? `create database ${name}`
      : `create database ${name} template ${pg.escapeIdentifier(template)}`,
  );
  return {
    name,
    url: urlOn(port, name),
    urlAs: (role, endpointPort = port) => urlAs(urlOn(endpointPort, name), role, inject('roles')),
    urlThrough: (endpointPort) => urlOn(endpointPort, name),
    query: (text, parameters) => queryOn(urlOn(port, name), text, parameters),
    async drop() {
      try {
        // Postgres itself waits up to 5 s for connections that are closing: ended by force, they would throw in whoever closes them.
        await maintain(`drop database if exists ${name}`);
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE) throw error;
        await maintain(`drop database if exists ${name} with (force)`);
      }
    },
  };
}
