/** Starts a throw-away Postgres and tells its parent; for tests that kill the process that runs it. */
import { startThrowAwayPostgres } from '../../src/local/throw-away-postgres.ts';

const { dataDir } = await startThrowAwayPostgres('memory');
process.send?.(dataDir);
