import type pg from 'pg';
import { inject } from 'vitest';
import type { NeonEndpoint } from '../../src/local/neon/endpoint.ts';
import { type RunningWorkers, runWorkers } from '../../src/local/run-workers.ts';
import { startCrashablePostgres } from '../crashable-postgres.ts';
import { storeDigest } from './store-digest.ts';

/** A Postgres of its own with real durability, which can be killed without taking other tests' along, and many databases in it. */
export interface CrashCluster {
  readonly neon: NeonEndpoint;
  token(): Promise<string>;
  /** A new database with the schema and nothing else. */
  fresh(database: string): Promise<void>;
  drop(database: string): Promise<void>;
  /** Both Workers over this database, with the import Worker on this port. */
  startWorkers(database: string, importPort?: number): Promise<RunningWorkers>;
  /** As the superuser, on a connection of its own, which may be cut. */
  onDatabase<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T>;
  digestOf(database: string): Promise<string>;
  /** SIGKILL; nobody answers then, until it is restarted on the same data and port. */
  killPostgres(): Promise<void>;
  restartPostgres(): Promise<void>;
  stop(): Promise<void>;
}

const TEMPLATE = 'template_of_annals';

export async function startCrashCluster(): Promise<CrashCluster> {
  const postgres = await startCrashablePostgres(TEMPLATE);
  const { neon, issuer, onDatabase } = postgres;
  const maintain = async (statement: string) =>
    void (await onDatabase('postgres', (client) => client.query(statement)));
  return {
    neon,
    token: () => issuer.token({ scope: 'operator' }),
    fresh: (database) => maintain(`create database ${database} template ${TEMPLATE}`),
    drop: (database) => maintain(`drop database ${database} with (force)`),
    startWorkers: (database, importPort = 0) =>
      runWorkers({
        bundled: inject('workers'),
        apiPort: 0,
        importPort,
        serveWeb: false,
        log: () => {},
        ...postgres.settings(database),
      }),
    onDatabase,
    digestOf: (database) => onDatabase(database, (client) => storeDigest(client)),
    killPostgres: postgres.kill,
    restartPostgres: postgres.restart,
    stop: postgres.stop,
  };
}
