import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon } from './local-neon.ts';

describe.each([
  ['raw', RAW],
  ['typed', {}],
])('batches (%s)', (mode, modeHeader) => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
    await neon.post({ query: 'create table t (id int primary key)' });
    await neon.post({ query: 'create table late (id int references t (id) deferrable initially deferred)' });
  });
  beforeEach(() => neon.post({ query: 'truncate t, late' }));
  afterAll(() => neon.stop());

  const batch = (queries: string[], headers: Record<string, string> = {}) =>
    neon.post({ queries: queries.map((query) => ({ query })) }, { ...ARRAYS, ...modeHeader, ...headers });
  /** An integer as the mode writes it. */
  const int = (value: number) => (mode === 'raw' ? String(value) : value);
  const ids = async () => (await neon.post({ query: 'select id from t order by id' }, ARRAYS)).json.rows;
  const results = (json: { [key: string]: unknown }) => json.results as { rows: unknown[][]; command: string }[];

  it('answers an empty batch with an empty list', async () => {
    const { status, text } = await neon.post({ queries: [] }, modeHeader);
    expect(status).toBe(200);
    expect(text).toBe('{"results":[]}');
  });

  it('answers one result a statement, each with its own mode', async () => {
    const queries = [
      { query: 'insert into t values (1), (2)' },
      { query: 'select $1::int as n', params: [3], arrayMode: true },
      { query: '' },
      { query: 'select id from t where id > 1' },
    ];
    const { json } = await neon.post({ queries }, modeHeader);
    expect(results(json)).toMatchObject([
      { command: 'INSERT', rowCount: 2, fields: [], rows: [] },
      { rows: [[int(3)]], rowAsArray: true },
      { command: '', rowCount: null },
      { rows: [{ id: int(2) }], rowAsArray: false },
    ]);
  });

  it('is one transaction, which sees its own settings', async () => {
    const { json } = await batch([
      'select pg_current_xact_id()::text',
      "set local application_name = 'here'",
      "select current_setting('application_name')",
      'select pg_current_xact_id()::text',
    ]);
    const [first, , setting, last] = results(json);
    expect(setting?.rows).toEqual([['here']]);
    expect(first?.rows).toEqual(last?.rows);
  });

  it('keeps nothing of a batch that fails, runs nothing after the failure, and answers with that error alone', async () => {
    await neon.post({ query: 'create sequence if not exists ran' });
    const { status, json } = await batch(['insert into t values (1)', 'select 1/0', "select nextval('ran')"]);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: '22012', message: 'division by zero' });
    expect(json.results).toBeUndefined();
    expect(await ids()).toEqual([]);
    const { json: after } = await neon.post({ query: 'select is_called from ran' }, ARRAYS);
    expect(after.rows).toEqual([[false]]);
  });

  it('gives the position within the statement that failed', async () => {
    const { json } = await batch(['select 1', 'selec 1']);
    expect(json).toMatchObject({ code: '42601', position: '1' });
  });

  it('answers an error of the commit as 400', async () => {
    const { status, json } = await batch(['insert into late values (5)']);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: '23503', table: 'late' });
    expect((await batch(['select count(*)::int from late'])).json).toMatchObject({ results: [{ rows: [[int(0)]] }] });
  });

  it.each([
    ['ReadUncommitted', 'read uncommitted'],
    ['ReadCommitted', 'read committed'],
    ['RepeatableRead', 'repeatable read'],
    ['Serializable', 'serializable'],
  ])('runs in the isolation level %s and echoes it', async (level, setting) => {
    const { headers, json } = await batch(['show transaction_isolation'], { 'Neon-Batch-Isolation-Level': level });
    expect(results(json)[0]?.rows).toEqual([[setting]]);
    expect(headers.get('neon-batch-isolation-level')).toBe(level);
  });

  it('runs read-only and deferrable when asked, and echoes only what is in force', async () => {
    const { headers, json } = await batch(['show transaction_read_only', 'show transaction_deferrable'], {
      'Neon-Batch-Read-Only': 'true',
      'Neon-Batch-Deferrable': 'true',
    });
    expect(results(json).map(({ rows }) => rows)).toEqual([[['on']], [['on']]]);
    expect(headers.get('neon-batch-read-only')).toBe('true');
    expect(headers.get('neon-batch-deferrable')).toBe('true');
    const plain = await batch(['show transaction_read_only'], { 'Neon-Batch-Read-Only': 'false' });
    expect(results(plain.json)[0]?.rows).toEqual([['off']]);
    for (const name of ['read-only', 'deferrable', 'isolation-level']) {
      expect(plain.headers.has(`neon-batch-${name}`)).toBe(false);
    }
  });

  it('refuses a write in a read-only batch', async () => {
    const { status, json } = await batch(['insert into t values (1)'], { 'Neon-Batch-Read-Only': 'true' });
    expect(status).toBe(400);
    expect(json.code).toBe('25006');
  });

  it('lets batch headers do nothing to a single query', async () => {
    const { headers, json } = await neon.post(
      { query: 'show transaction_read_only' },
      { ...ARRAYS, 'Neon-Batch-Read-Only': 'true', 'Neon-Batch-Isolation-Level': 'Serializable' },
    );
    expect(json.rows).toEqual([['off']]);
    expect(headers.has('neon-batch-isolation-level')).toBe(false);
  });

  it('lets a batch commit in its midst, after which each statement is on its own', async () => {
    const { status } = await batch([
      'insert into t values (1)',
      '/* x */ commit',
      'insert into t values (2)',
      'select 1/0',
    ]);
    expect(status).toBe(400);
    expect(await ids()).toEqual([[1], [2]]);
  });

  it('lets a batch roll back in its midst', async () => {
    const { status } = await batch(['insert into t values (1)', 'ROLLBACK', 'insert into t values (2)']);
    expect(status).toBe(200);
    expect(await ids()).toEqual([[2]]);
  });

  it('can go back to a savepoint', async () => {
    const { status } = await batch([
      'insert into t values (1)',
      'savepoint s',
      'insert into t values (2)',
      'rollback to s',
      'insert into t values (3)',
    ]);
    expect(status).toBe(200);
    expect(await ids()).toEqual([[1], [3]]);
  });

  it('has rolled back by the time it answers: the next writer does not wait', async () => {
    await batch(['insert into t values (1)', 'select 1/0']);
    expect((await batch(['lock table t in access exclusive mode nowait'])).status).toBe(200);
  });

  it('serialises: of two that read what the other writes, one gets 40001', async () => {
    const level = { 'Neon-Batch-Isolation-Level': 'Serializable' };
    const clash = () =>
      batch(
        [
          'select count(*) from t',
          'select pg_sleep(0.1)',
          'insert into t select coalesce(max(id), 0) + random(1, 1000000) from t',
        ],
        level,
      );
    const answers = await Promise.all([clash(), clash(), clash()]);
    const codes = answers.filter(({ status }) => status === 400).map(({ json }) => json.code);
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(['40001']));
  });

  it('writes typed answers with types made in the same batch', async () => {
    const { json } = await batch(["create type fresh as enum ('a')", "select array['a']::fresh[]", 'drop type fresh']);
    expect(results(json)[1]?.rows).toEqual([[mode === 'raw' ? '{a}' : ['a']]]);
  });

  it('takes a batch of a thousand statements', async () => {
    const { json } = await batch(Array.from({ length: 1000 }, (_, at) => `insert into t values (${at}) returning id`));
    expect(results(json).map(({ rows }) => rows[0]?.[0])).toEqual(Array.from({ length: 1000 }, (_, at) => int(at)));
  });
});
