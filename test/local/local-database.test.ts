import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLocalDatabase } from '../../src/local/local-database.ts';
import { startPostgres } from '../../src/local/postgres.ts';
import { findPostmaster } from '../../src/local/postgres-processes.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';

test('a start that fails at the new database leaves no Postgres running', async () => {
  const folder = await makeThrowAwayFolder('memory');
  onTestFinished(() => rm(folder, { recursive: true }));
  // Run by root, Postgres is another user, who must get in.
  await chmod(folder, 0o755);
  const { dataDir, stop } = await startPostgres({ dataDir: join(folder, 'postgres'), log: () => {} });
  await stop();
  await writeFile(join(dataDir, 'superuser-password'), 'another');
  await expect(openLocalDatabase(folder, undefined)).rejects.toThrow('password authentication failed');
  expect(await findPostmaster(join(dataDir, 'cluster'))).toBe('none');
});
