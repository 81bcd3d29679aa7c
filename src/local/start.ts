import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { banner } from './banner.ts';
import { buildWeb } from './build-web.ts';
import { startCron } from './cron.ts';
import { DATA_FOLDER } from './data-folder.ts';
import {
  LOCAL_AUDIENCE,
  OPERATOR_CLIENT_ID,
  startIdentityProvider,
  WEB_CLIENT_ID,
  WEB_CLIENT_SCOPE,
} from './identity-provider.ts';
import { importSample } from './import-sample.ts';
import { keepSettings } from './keep-settings.ts';
import { openLocalDatabase } from './local-database.ts';
import { endOrphanedWorkerd, keepWorkerd } from './orphaned-workerd.ts';
import { keepPageAddress } from './page-address.ts';
import { pickPort } from './pick-port.ts';
import { runWorkers } from './run-workers.ts';
import { SAMPLE_USERS } from './sample.ts';
import { Shutdown } from './shutdown.ts';

/** `npm start`: all the real parts on this machine, with the sample history in them, until Ctrl-C. */

/** Taken when they are free, so that a bookmark and a signed-in browser outlive a restart. */
const PORTS = { api: 8787, import: 8788, identity: 8789 } as const;

const shutdown = new Shutdown();
try {
  console.log('  Starting Postgres, both Workers and the page; the first time this takes a minute.');
  await mkdir(DATA_FOLDER, { recursive: true });
  await endOrphanedWorkerd(DATA_FOLDER);
  const [apiPort, importPort, identityPort] = await Promise.all([
    pickPort(PORTS.api),
    pickPort(PORTS.import),
    pickPort(PORTS.identity),
  ]);
  const building = buildWeb(shutdown.signal);
  // It may fail while the database starts: what it says is heard further down.
  building.catch(() => {});
  const database = await openLocalDatabase(DATA_FOLDER, process.env.DATABASE_URL);
  shutdown.add(database);

  const identity = await startIdentityProvider({
    port: identityPort,
    users: SAMPLE_USERS,
    web_origins: [`http://127.0.0.1:${apiPort}`, `http://localhost:${apiPort}`],
    data_dir: DATA_FOLDER,
  });
  shutdown.add(identity);

  await building;
  shutdown.signal.throwIfAborted();
  const signIn = {
    OIDC_ISSUER: identity.issuer,
    OIDC_AUDIENCE: LOCAL_AUDIENCE,
    OIDC_JWKS_URL: identity.jwks_url,
    OIDC_CLIENT_ID: WEB_CLIENT_ID,
    OIDC_SCOPE: WEB_CLIENT_SCOPE,
  };
  const settings = {
    api: { ...signIn, DATABASE_URL: database.appUrl },
    import: { ...signIn, DATABASE_URL: database.importUrl },
  };
  for (const worker of ['api', 'import'] as const) await keepSettings(DATA_FOLDER, worker, settings[worker]);
  const workers = await runWorkers({
    apiPort,
    importPort,
    log: (line) => void appendFile(join(DATA_FOLDER, 'workers.log'), `${line}\n`),
    ...settings,
  });
  shutdown.add(workers);
  await keepWorkerd(DATA_FOLDER);
  await keepPageAddress(DATA_FOLDER, workers.apiUrl);

  const operator = { issuer: identity.issuer, client_id: OPERATOR_CLIENT_ID, client_secret: identity.operator_secret };
  await keepSettings(DATA_FOLDER, 'annals', {
    DATABASE_URL: database.ownerUrl,
    ANNALS_API_URL: workers.apiUrl,
    ANNALS_IMPORT_URL: workers.importUrl,
    OIDC_ISSUER: operator.issuer,
    ANNALS_CLIENT_ID: operator.client_id,
    ANNALS_CLIENT_SECRET: operator.client_secret,
  });
  const imported = await importSample(workers.importUrl, operator, shutdown.signal);
  const cron = startCron(workers);
  shutdown.add(cron);
  if (imported) await cron.now();
  console.log(
    banner({ page: workers.apiUrl, importer: workers.importUrl, issuer: identity.issuer, users: SAMPLE_USERS }),
  );
  await shutdown.requested;
} catch (error) {
  if (!shutdown.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await shutdown.stopAll();
}
