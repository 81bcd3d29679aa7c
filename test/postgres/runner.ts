/** Starts Postgres on the folder given and tells its parent; for tests that kill the process that runs it. */
import { startPostgres } from '../../src/local/postgres.ts';

const [dataDir = ''] = process.argv.slice(2);
const { pid, port } = await startPostgres({ dataDir, durable: false, log: () => {} });
process.send?.({ pid, port });
