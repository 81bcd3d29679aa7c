import pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { type RunningWorkers, runWorkers } from '../src/local/run-workers.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { connected } from '../test/connected.ts';
import { throughPort } from '../test/through-port.ts';
import { startTestIssuer, type TestIssuer } from '../test/tokens.ts';
import { type NeonThread, startNeonThread } from './neon-thread.ts';

export interface Store {
  readonly name: string;
  /** As the schema's owner, straight to Postgres. */
  readonly owner: pg.Client;
  /** The connection string of a role, through the endpoint or whoever listens on another port. */
  urlAs(role: Role, port?: number): string;
}

/** Postgres, the Neon endpoint, an issuer of tokens, and as many databases and Workers as a benchmark asks for. */
export interface Rig {
  readonly neon: NeonThread;
  readonly issuer: TestIssuer;
  openStore(name: string): Promise<Store>;
  startWorkers(store: Store, options?: { port?: number; isInspected?: boolean }): Promise<RunningWorkers>;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig> {
  const postgres = await startThrowAwayPostgres();
  const [neon, issuer] = await Promise.all([
    startNeonThread({ host: postgres.host, port: postgres.port }),
    startTestIssuer(),
  ]);
  const passwords = newRolePasswords();
  const running = new Set<RunningWorkers>();
  const admin = await connected(postgres.superuserUrl());
  return {
    neon,
    issuer,
    async openStore(name) {
      await admin.query(`create database ${pg.escapeIdentifier(name)}`);
      const url = postgres.superuserUrl(name);
      await migrate(url);
      await setRolePasswords(url, passwords);
      return {
        name,
        owner: await connected(url),
        urlAs(role, port = neon.port) {
          return throughPort(urlAs(url, role, passwords), port);
        },
      };
    },
    async startWorkers(store, { port, isInspected = false } = {}) {
      const workers = await runWorkers({
        apiPort: 0,
        importPort: 0,
        serveWeb: false,
        isInspected,
        log: () => {},
        api: { ...issuer.workerSettings, DATABASE_URL: store.urlAs('annals_app', port) },
        import: { ...issuer.workerSettings, DATABASE_URL: store.urlAs('annals_import', port) },
      });
      running.add(workers);
      return {
        ...workers,
        async stop() {
          running.delete(workers);
          await workers.stop();
        },
      };
    },
    async stop() {
      for (const workers of running) await workers.stop();
      await Promise.all([issuer.stop(), neon.stop()]);
      await postgres.stop();
    },
  };
}
