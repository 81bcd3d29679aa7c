import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../src/local/postgres.ts';
import { makeThrowAwayFolder } from '../../src/local/throw-away-folder.ts';

describe('local Postgres', () => {
  let dataDir: string;
  let started: RunningPostgres[];
  beforeEach(async () => {
    dataDir = await makeThrowAwayFolder('memory');
    started = [];
  });
  afterEach(async () => {
    for (const postgres of started) await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (options: { port?: number; durable?: boolean } = {}) => {
    const postgres = await startPostgres({ dataDir, durable: false, log: () => {}, ...options });
    started.push(postgres);
    return postgres;
  };

  const ask = async (postgres: RunningPostgres, query: string) => {
    const client = new pg.Client({ connectionString: postgres.superuserUrl() });
    await client.connect();
    try {
      return (await client.query({ text: query, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  };

  it('is Postgres 18, in UTF-8, with a collation that is the same everywhere', async () => {
    const postgres = await start();
    const [[version, encoding, provider, locale, superuser]] = (await ask(
      postgres,
      `select current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding), datlocprovider, datlocale,
              current_setting('is_superuser')
       from pg_database where datname = current_database()`,
    )) as [[number, string, string, string, string]];
    expect([version, encoding, provider, locale, superuser]).toEqual([18, 'UTF8', 'b', 'C.UTF-8', 'on']);
    expect(await ask(postgres, "select upper('é'), 'Z' < 'a'")).toEqual([['É', true]]);
  });

  it('says why it cannot look into its folder', async () => {
    // Else another folder is taken when root runs this.
    await chmod(dataDir, 0o755);
    const file = join(dataDir, 'file');
    await writeFile(file, '');
    await expect(startPostgres({ dataDir: file, log: () => {} })).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(await readdir(dataDir)).toEqual(['file']);
  });

  it('listens on 127.0.0.1 only and takes nobody without the password', async () => {
    const postgres = await start();
    expect(
      await ask(postgres, "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"),
    ).toEqual([['127.0.0.1', '']]);
    expect(await ask(postgres, "select distinct auth_method from pg_hba_file_rules where type = 'host'")).toEqual([
      ['scram-sha-256'],
    ]);
    const stranger = new pg.Client({
      host: postgres.host,
      port: postgres.port,
      user: 'postgres',
      password: 'postgres',
      database: 'postgres',
    });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
  });

  it('keeps its data and its password over a clean restart', async () => {
    const first = await start();
    await ask(first, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start();
    expect(second.superuser).toEqual(first.superuser);
    expect(await ask(second, 'select answer from kept')).toEqual([[42]]);
  });

  it('is safe against power loss unless told otherwise', async () => {
    const settings =
      "select current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')";
    const fast = await start({ durable: false });
    expect(await ask(fast, settings)).toEqual([['off', 'off', 'off']]);
    await fast.stop();
    expect(await ask(await start({ durable: true }), settings)).toEqual([['on', 'on', 'on']]);
  });

  it('keeps what was committed when the postmaster is killed', async () => {
    const first = await start({ durable: true });
    await ask(first, 'create table kept as select 42 as answer');
    await first.kill();
    const second = await start({ durable: true });
    expect(await ask(second, 'select answer from kept')).toEqual([[42]]);
  });

  it('starts again after a kill although a backend of the old postmaster is still busy', async () => {
    const first = await start();
    const client = new pg.Client({ connectionString: first.superuserUrl() });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query('select pg_backend_pid() as pid');
    // A bare loop never waits for anything, so this backend does not notice that its postmaster is gone.
    const busy = client.query('do $$ begin loop end loop; end $$').catch((error: Error) => error);
    await expect
      .poll(() => ask(first, `select state from pg_stat_activity where pid = ${rows[0].pid}`))
      .toEqual([['active']]);
    await first.kill();
    expect(() => process.kill(rows[0].pid, 0)).not.toThrow();
    const second = await start();
    expect(await ask(second, 'select 1')).toEqual([[1]]);
    expect(await busy).toBeInstanceOf(Error);
  });

  it('takes over from a runner that was killed', async () => {
    const runner = fork(join(import.meta.dirname, 'runner.ts'), [dataDir]);
    const [{ pid, port }] = (await once(runner, 'message')) as [{ pid: number; port: number }];
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    expect(() => process.kill(pid, 0)).not.toThrow();
    const postgres = await start({ port });
    expect(postgres.pid).not.toBe(pid);
    expect(await ask(postgres, 'select 1')).toEqual([[1]]);
  });

  it('leaves a postmaster alone whose runner lives, and says which it is', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(
      `Postgres (pid ${first.pid}) already runs on ${join(dataDir, 'cluster')}, started by process ${process.pid}.`,
    );
    expect(await ask(first, 'select 1')).toEqual([[1]]);
  });

  it('is not held up by a lock file whose process id now belongs to something else', async () => {
    const first = await start();
    const lockFile = join(dataDir, 'cluster', 'postmaster.pid');
    const lock = await readFile(lockFile, 'utf8');
    await first.stop();
    await writeFile(lockFile, lock.replace(/^\d+/, String(process.pid)));
    expect(await ask(await start(), 'select 1')).toEqual([[1]]);
  });

  it('forgets a first start that was interrupted half-way', async () => {
    // What a killed runner leaves: the folder of a process that is no more.
    const dead = fork(join(import.meta.dirname, 'nothing.ts'));
    await once(dead, 'exit');
    const halfMade = `${dataDir}.half-made-${dead.pid}`;
    await mkdir(join(halfMade, 'cluster'), { recursive: true });
    await writeFile(join(halfMade, 'cluster', 'PG_VERSION'), '18\n');
    expect(await ask(await start(), 'select 1')).toEqual([[1]]);
    expect((await readdir(dirname(dataDir))).filter((name) => name.startsWith(`${basename(dataDir)}.`))).toEqual([]);
  });

  it('survives a runner that is killed during the first start', async () => {
    const runner = fork(join(import.meta.dirname, 'runner.ts'), [dataDir]);
    const parent = dirname(dataDir);
    const making = `${basename(dataDir)}.half-made-${runner.pid}`;
    await expect
      .poll(async () => (await readdir(parent)).includes(making), { interval: 5, timeout: 10_000 })
      .toBe(true);
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    expect(await ask(await start(), 'select 1')).toEqual([[1]]);
    expect((await readdir(parent)).includes(making)).toBe(false);
  });

  it('does not touch a folder that holds something else', async () => {
    await writeFile(join(dataDir, 'letter.txt'), 'dear');
    await expect(start()).rejects.toThrow('is not empty and holds no Annals cluster');
    expect(await readdir(dataDir)).toEqual(['letter.txt']);
  });

  it.runIf(process.getuid?.() === 0)(
    'keeps the data of a project that is closed to the account of Postgres outside it',
    async () => {
      const closed = join(dataDir, 'closed');
      await mkdir(closed, { mode: 0o700, recursive: true });
      const first = await startPostgres({ dataDir: join(closed, 'postgres'), durable: false, log: () => {} });
      expect(first.dataDir.startsWith(closed)).toBe(false);
      expect(await readdir(closed)).toEqual([]);
      await first.stop();
      const again = await startPostgres({ dataDir: join(closed, 'postgres'), durable: false, log: () => {} });
      expect(again.dataDir).toBe(first.dataDir);
      await again.stop();
      await rm(dirname(again.dataDir), { recursive: true });
    },
  );

  it('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`);
    server.close();
  });

  it('tells when the postmaster has gone', async () => {
    const postgres = await start();
    process.kill(postgres.pid, 'SIGINT');
    expect(await postgres.exited).toContain('database system is shut down');
    await postgres.stop();
  });
});
