import { rm } from 'node:fs/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { keepPostgres } from '../../src/local/keep-postgres.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';

const MAX_TRIES = 2_000;

test('a Postgres that is killed comes back on the same port with what was committed', async () => {
  const dataDir = await makeThrowAwayFolder('memory');
  let started = () => {};
  const startedAgain = new Promise<void>((resolve) => {
    let starts = 0;
    started = () => {
      starts++;
      if (starts === 2) resolve();
    };
  });
  const postgres = await keepPostgres({
    dataDir,
    log: (line) => line.includes('ready to accept connections') && started(),
  });
  try {
    const client = new pg.Client({ connectionString: postgres.superuserUrl() });
    client.on('error', () => 'the kill ends this connection');
    await client.connect();
    await client.query('create table kept (n integer)');
    process.kill(postgres.pid, 'SIGKILL');
    await startedAgain;
    await expect(rowsOfKept(postgres.superuserUrl())).resolves.toEqual([]);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});

/** "Ready" is said a moment before the port answers. */
async function rowsOfKept(connectionString: string): Promise<unknown[]> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      return (await client.query('select * from kept')).rows;
    } catch (error) {
      if (attempt === MAX_TRIES) throw error;
    } finally {
      await client.end();
    }
  }
}
