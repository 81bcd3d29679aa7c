import { execFile } from 'node:child_process';
import { appendFile, chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from '../../src/local/postgres.ts';

const run = promisify(execFile);

/**
 * A streaming replica of a throw-away cluster, on a port of its own; `stop` removes it. npm's Postgres has no pg_basebackup: this is
 * what it does, by the functions that Postgres has for it.
 */
export async function startStandby(primary: RunningPostgres): Promise<RunningPostgres> {
  const home = `${primary.dataDir}-standby`;
  const folder = join(home, 'cluster');
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    const { uid, gid } = await stat(folder);
    await chown(join(folder, name), uid, gid);
  };
  const client = new pg.Client({ connectionString: primary.superuserUrl() });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('standby', fast => true)`);
    // With owners, which Postgres is strict about; files that change under the copy are made whole by the log.
    await run('cp', ['-a', primary.dataDir, home]);
    const { rows } = await client.query('select labelfile from pg_backup_stop(wait_for_archive => false)');
    await rm(join(folder, 'postmaster.pid'));
    await write('backup_label', rows[0].labelfile);
  } finally {
    await client.end();
  }
  const { user, password } = primary.superuser;
  await write('standby.signal', '');
  await appendFile(
    join(folder, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${primary.host} port=${primary.port} user=${user} password=${password}'\n`,
  );
  const standby = await startPostgres({ dataDir: home, durable: false, log: () => {} });
  return {
    ...standby,
    async stop() {
      await standby.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
