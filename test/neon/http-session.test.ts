import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, startLocalNeon } from './local-neon.ts';

describe('what one request leaves for the next', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
    await neon.post({ query: 'create table t (id int)' });
    await neon.post({ query: 'create sequence s' });
  });
  afterAll(() => neon.stop());

  const rows = async (query: string) => {
    const { json } = await neon.post({ query }, ARRAYS);
    expect(json.message).toBeUndefined();
    return json.rows as unknown[][];
  };

  it('is only the backend itself: its process id repeats', async () => {
    const first = await rows('select pg_backend_pid()');
    expect(await rows('select pg_backend_pid()')).toEqual(first);
  });

  it('is no setting', async () => {
    const [[before]] = (await rows('show work_mem')) as [[string]];
    await rows("select set_config('work_mem', '77MB', false)");
    expect(await rows('show work_mem')).toEqual([[before]]);
  });

  it('is no role', async () => {
    await rows('set session authorization pg_monitor');
    expect(await rows('select current_user::text')).toEqual([['postgres']]);
    await rows('set role pg_monitor');
    expect(await rows('select current_user::text')).toEqual([['postgres']]);
  });

  it('is no temporary table', async () => {
    await rows('create temp table mine (a int)');
    expect(await rows("select to_regclass('pg_temp.mine')")).toEqual([[null]]);
  });

  it('is no advisory lock', async () => {
    await rows('select pg_advisory_lock(42)::text');
    expect(
      await rows(
        "select count(*)::int from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([[0]]);
  });

  it('is no prepared statement, no cursor, no listening', async () => {
    await rows('prepare p as select 1');
    await rows('declare c cursor with hold for select 1');
    await rows('listen somewhere');
    expect(await rows("select count(*)::int from pg_prepared_statements where name <> ''")).toEqual([[0]]);
    expect(await rows("select count(*)::int from pg_cursors where name <> ''")).toEqual([[0]]);
    expect(await rows('select count(*)::int from pg_listening_channels()')).toEqual([[0]]);
  });

  it('is no current value of a sequence', async () => {
    await rows("select nextval('s')");
    const { json } = await neon.post({ query: "select currval('s')" });
    expect(json.code).toBe('55000');
  });

  it('is no open transaction: BEGIN alone is answered, then rolled back', async () => {
    const { status, json } = await neon.post({ query: 'begin' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ command: 'BEGIN', rowCount: null });
    await rows('insert into t values (1)');
    expect((await neon.post({ query: 'rollback' })).status).toBe(200);
    expect(await rows('select count(*)::int from t')).toEqual([[1]]);
  });

  it('is not the connection of a single query that failed', async () => {
    const first = await rows('select pg_backend_pid()');
    await neon.post({ query: 'select 1/0' });
    expect(await rows('select pg_backend_pid()')).not.toEqual(first);
  });

  it('is the connection of a batch that failed', async () => {
    const first = await rows('select pg_backend_pid()');
    await neon.post({ queries: [{ query: 'select 1/0' }] });
    expect(await rows('select pg_backend_pid()')).toEqual(first);
  });

  it('is at most twenty connections, however many there were at once', async () => {
    // All of them are at once for certain: none goes on before a lock is let go, and that waits until all wait for it.
    const holder = new pg.Client({ connectionString: neon.database.url });
    await holder.connect();
    await holder.query('select pg_advisory_lock(20)');
    const asked = Array.from({ length: 40 }, () =>
      neon.post({ query: 'select pg_advisory_xact_lock_shared(20), pg_backend_pid() as pid' }),
    );
    await expect
      .poll(async () => {
        const { rows: waiting } = await holder.query(
          "select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
        );
        return waiting.length;
      })
      .toBe(40);
    await holder.end();
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    const used = new Set(answers.map(({ json }) => (json.rows as { pid: number }[])[0]?.pid));
    expect(used.size).toBeGreaterThan(20);
    await expect
      .poll(() =>
        rows(
          "select count(*)::int from pg_stat_activity where datname = current_database() and backend_type = 'client backend'",
        ),
      )
      .toEqual([[20]]);
  });

  it('survives the end of a waiting connection', async () => {
    const [[pid]] = (await rows('select pg_backend_pid()')) as [[number]];
    const other = await neon.post({ queries: [{ query: 'select 1' }] });
    expect(other.status).toBe(200);
    // The connection that ends the others may be one of them: its own end is a 400 with 57P01.
    await neon.post({
      query:
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    });
    const { status, json } = await neon.post({ query: 'select pg_terminate_backend(pg_backend_pid())' });
    expect([status, json.code]).toEqual([400, '57P01']);
    // A connection whose end has not been heard of yet may still be taken, which is an error without a code.
    await expect.poll(async () => (await neon.post({ query: 'select 1' })).status).toBe(200);
    expect(await rows('select pg_backend_pid()')).not.toEqual([[pid]]);
  });
});
