import { rm } from 'node:fs/promises';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { makeThrowAwayFolder } from './throw-away-folder.ts';

/** A Postgres of its own in a throw-away folder, without crash safety; `stop` removes it. */
export async function startThrowAwayPostgres(place: 'disk' | 'memory' = 'disk'): Promise<RunningPostgres> {
  const folder = await makeThrowAwayFolder(place);
  const postgres = await startPostgres({ dataDir: folder, durable: false, log: () => {} });
  return {
    ...postgres,
    async stop() {
      await postgres.stop();
      for (const made of [postgres.dataDir, folder]) await rm(made, { recursive: true, force: true });
    },
  };
}
