import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DATA_FOLDER } from './data-folder.ts';
import { startPostgres } from './postgres.ts';

/** `npm run db:reset`: empties the local database, and only that one. The next `npm start` imports the sample again. */

if (process.env.DATABASE_URL !== undefined) {
  console.error('DATABASE_URL is set, and this empties only the local database. Unset it, and run this again.');
  process.exitCode = 1;
} else {
  try {
    // Starting it is how to learn that no running `npm start` is using it, and ends what a killed one left behind.
    const postgres = await startPostgres({ dataDir: join(DATA_FOLDER, 'postgres'), log: () => {} });
    await postgres.stop();
    await rm(postgres.dataDir, { recursive: true, force: true });
    await rm(join(DATA_FOLDER, 'roles/embedded.json'), { force: true });
    console.log('The local database is empty. `npm start` imports the sample history again.');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
