import {
  Client,
  type FullQueryResults,
  NeonDbError,
  neon,
  neonConfig,
  Pool,
  type types,
} from '@neondatabase/serverless';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type LocalNeon, startLocalNeon, withParts } from './local-neon.ts';

const TIMESTAMPTZ = 1184;

describe('the published driver, over HTTP', () => {
  let local: LocalNeon;
  beforeAll(async () => {
    local = await startLocalNeon();
    neonConfig.fetchEndpoint = local.endpoint.sqlUrl;
    const sql = neon(local.url);
    await sql`create table t (id int primary key, name text)`;
  });
  afterAll(() => local.stop());

  it('queries by template, by text and by text with values', async () => {
    const sql = neon(local.url);
    expect(await sql`select ${1}::int as a, ${'x'} as b`).toEqual([{ a: 1, b: 'x' }]);
    expect(await sql.query('select 2 as a')).toEqual([{ a: 2 }]);
    expect(await sql.query('select $1::int as a', [3])).toEqual([{ a: 3 }]);
  });

  it('composes templates, and trusts raw text that is marked unsafe', async () => {
    const sql = neon(local.url);
    const condition = sql`n > ${1}`;
    expect(
      await sql`select n from generate_series(1, 3) ${sql.unsafe('as n')} where ${condition} and n < ${3}`,
    ).toEqual([{ n: 2 }]);
  });

  it('gives full results and rows as arrays', async () => {
    const sql = neon(local.url, { fullResults: true, arrayMode: true });
    const result: FullQueryResults<true> = await sql`select 1 as a, 2 as a`;
    expect(result).toMatchObject({ rows: [[1, 2]], command: 'SELECT', rowCount: 1, rowAsArray: true });
    expect(result.fields.map(({ name }) => name)).toEqual(['a', 'a']);
  });

  it('takes options with each query', async () => {
    const sql = neon(local.url);
    expect(await sql.query('select 1 as a', [], { arrayMode: true })).toEqual([[1]]);
    expect(await sql.query('select 1 as a', [], { fullResults: true })).toMatchObject({
      rows: [{ a: 1 }],
      rowCount: 1,
    });
  });

  it('parses by type, and by parsers of its own', async () => {
    const sql = neon(local.url);
    const [row] =
      await sql`select '2024-02-29T12:00:00Z'::timestamptz as t, 1::int8 as b, '{"a":1}'::jsonb as j, '\\x0102'::bytea as y, array[1,2] as l`;
    expect(row).toEqual({
      t: new Date('2024-02-29T12:00:00Z'),
      b: '1',
      j: { a: 1 },
      y: Buffer.from([1, 2]),
      l: [1, 2],
    });
    const own = { getTypeParser: (id: number) => (text: string) => `${id}:${text}` } as typeof types;
    expect(await sql.query('select 1 as a, $1::timestamptz as t', ['2024-02-29T12:00:00Z'], { types: own })).toEqual([
      { a: '23:1', t: expect.stringMatching(new RegExp(`^${TIMESTAMPTZ}:2024-02-29 12:00:00`)) },
    ]);
  });

  it('sends dates, bytes, lists, objects, null and undefined', async () => {
    const sql = neon(local.url);
    const date = new Date('2024-02-29T12:00:00.123Z');
    const [row] =
      await sql`select ${date}::timestamptz as d, ${Buffer.from([0, 255])}::bytea as b, ${[1, 2]}::int[] as l,
      ${['a"b', 'c,d', null]}::text[] as s, ${{ x: [1] }}::jsonb as j, ${null}::int as n, ${undefined}::int as u, ${true}::bool as t`;
    expect(row).toEqual({
      d: date,
      b: Buffer.from([0, 255]),
      l: [1, 2],
      s: ['a"b', 'c,d', null],
      j: { x: [1] },
      n: null,
      u: null,
      t: true,
    });
  });

  it('runs a list of queries as one transaction, with options', async () => {
    const sql = neon(local.url);
    const [level, readOnly, deferrable] = await sql.transaction(
      [sql`show transaction_isolation`, sql`show transaction_read_only`, sql`show transaction_deferrable`],
      { isolationLevel: 'Serializable', readOnly: true, deferrable: true, arrayMode: true },
    );
    expect([level, readOnly, deferrable]).toEqual([[['serializable']], [['on']], [['on']]]);
  });

  it('runs a function of queries as one transaction, all or nothing', async () => {
    const sql = neon(local.url);
    await sql.transaction((tx) => [tx`insert into t values (1, 'one')`, tx`insert into t values (2, 'two')`]);
    await expect(
      sql.transaction((tx) => [tx`insert into t values (3, 'three')`, tx`insert into t values (1, 'again')`]),
    ).rejects.toThrow('duplicate key value');
    expect(await sql`select id from t where id < 50 order by id`).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('throws errors with the fields of Postgres', async () => {
    const sql = neon(local.url);
    const error = await sql`select 1 from nowhere`.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NeonDbError);
    expect(error).toMatchObject({
      code: '42P01',
      severity: 'ERROR',
      position: '15',
      routine: 'parserOpenTable',
      message: 'relation "nowhere" does not exist',
    });
  });

  it('throws for a wrong password, a missing database and an unreachable compute', async () => {
    await expect(neon(withParts(local.url, { password: 'wrong' }))`select 1`).rejects.toThrow(
      "password authentication failed for user 'postgres'",
    );
    await expect(neon(withParts(local.url, { database: 'nowhere' }))`select 1`).rejects.toMatchObject({
      code: '3D000',
    });
    local.endpoint.faults.arm('refuse_unreachable');
    await expect(neon(local.url)`select 1`).rejects.toThrow('Server error (HTTP status 500)');
    local.endpoint.faults.arm('refuse_connection');
    await expect(neon(local.url)`select 1`).rejects.toThrow('Error connecting to database');
  });

  it('cancels through an AbortSignal', async () => {
    const sql = neon(local.url);
    const leaving = new AbortController();
    const slow = sql.query('select pg_sleep(60)', [], { fetchOptions: { signal: leaving.signal } });
    const settled = expect(slow).rejects.toThrow('abort');
    const sleeping = async () =>
      (
        await sql`select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
      )[0]?.n;
    await expect.poll(sleeping).toBe(1);
    leaving.abort();
    await settled;
    await expect.poll(sleeping).toBe(0);
  });

  it('reaches the endpoint through a function too', async () => {
    neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
    expect(await neon(local.url)`select 1 as a`).toEqual([{ a: 1 }]);
    neonConfig.fetchEndpoint = local.endpoint.sqlUrl;
  });

  it('carries big results and big parameters', async () => {
    const sql = neon(local.url);
    const text = 'ü"\\\n'.repeat(300_000);
    expect((await sql`select ${text} as echo`)[0]?.echo).toBe(text);
    const rows = await sql`select n, 'row ' || n as name from generate_series(1, 50000) n`;
    expect([rows.length, rows[49_999]]).toEqual([50_000, { n: 50_000, name: 'row 50000' }]);
  });

  it('stands a hundred requests at once', async () => {
    const sql = neon(local.url);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => sql`select ${n}::int as n`));
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  describe('and over WebSocket', () => {
    const open: { end(): Promise<void> }[] = [];
    beforeAll(() => {
      neonConfig.wsProxy = local.endpoint.wsProxy;
      neonConfig.useSecureWebSocket = false;
      neonConfig.webSocketConstructor = WebSocket;
    });
    afterEach(async () => {
      neonConfig.pipelineConnect = 'password';
      neonConfig.poolQueryViaFetch = false;
      for (const one of open.splice(0)) await one.end();
    });

    const client = async () => {
      const connected = new Client(local.url);
      open.push(connected);
      await connected.connect();
      return connected;
    };
    const pool = () => {
      const made = new Pool({ connectionString: local.url });
      open.push(made);
      return made;
    };

    it.each(['password', false] as const)('connects with pipelineConnect %j', async (pipelineConnect) => {
      neonConfig.pipelineConnect = pipelineConnect;
      expect((await (await client()).query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }]);
    });

    it('queries through a pool, many at once', async () => {
      const connections = pool();
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, n) => connections.query('select $1::int as n', [n])),
      );
      expect(answers.map(({ rows }) => rows[0].n)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    });

    it('sends pool queries over HTTP when told to', async () => {
      neonConfig.poolQueryViaFetch = true;
      local.endpoint.traffic.reset();
      expect((await pool().query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }]);
      expect(local.endpoint.traffic.counts).toMatchObject({ http_requests: 1, websocket_connections: 0 });
    });

    it('holds a transaction open between queries', async () => {
      const one = await pool().connect();
      try {
        await one.query('begin');
        await one.query("insert into t values (50, 'fifty')");
        expect(await neon(local.url)`select from t where id = 50`).toEqual([]);
        await expect(one.query('rollback to nowhere')).rejects.toMatchObject({ code: '3B001' });
        await expect(one.query('select 1')).rejects.toMatchObject({ code: '25P02' });
        await one.query('rollback');
        await one.query("insert into t values (51, 'fifty-one')");
      } finally {
        one.release();
      }
      expect(await neon(local.url)`select id from t where id >= 50`).toEqual([{ id: 51 }]);
    });

    it('hears notifications and notices', async () => {
      const listener = await client();
      await listener.query('listen news');
      const heard = new Promise((resolve) =>
        listener.on('notification', ({ channel, payload }) => resolve([channel, payload])),
      );
      await neon(local.url)`select pg_notify('news', 'hello')`;
      expect(await heard).toEqual(['news', 'hello']);
      const noticed = new Promise((resolve) => listener.on('notice', ({ message }) => resolve(message)));
      await listener.query("do $$ begin raise notice 'careful'; end $$");
      expect(await noticed).toBe('careful');
    });

    it('runs several statements in one simple query', async () => {
      const results: unknown = await (await client()).query('select 1 as a; select 2 as b');
      expect(results).toMatchObject([{ rows: [{ a: 1 }] }, { rows: [{ b: 2 }] }]);
    });

    it('survives a COPY that has no stream', async () => {
      const one = await client();
      await expect(one.query('copy t from stdin')).rejects.toThrow('COPY from stdin failed');
      expect((await one.query('select 1 as a')).rows).toEqual([{ a: 1 }]);
    });

    it('rejects a wrong password', async () => {
      const wrong = new Client(withParts(local.url, { password: 'wrong' }));
      const failed = new Promise((resolve) => wrong.on('error', resolve));
      const connected = wrong.connect().then(() => wrong.query('select 1'));
      await expect(connected).rejects.toMatchObject({
        code: 'XX000',
        message: "password authentication failed for user 'postgres'",
      });
      await Promise.race([failed, wrong.end()]);
    });

    it('carries big results and big parameters', async () => {
      const one = await client();
      const text = 'ü"\\\n'.repeat(500_000);
      expect((await one.query('select $1 as echo', [text])).rows[0].echo).toBe(text);
      expect((await one.query('select n from generate_series(1, 100000) n')).rows.length).toBe(100_000);
    });
  });
});
