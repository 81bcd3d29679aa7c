/** Starts a Postgres that tests crash and tells its parent; for tests that kill the process that runs it. */
import { startCrashablePostgres } from '../crashable-postgres.ts';

const { dataDir } = await startCrashablePostgres('annals');
process.send?.(dataDir);
