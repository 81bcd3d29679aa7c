import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { dumpSchema } from '../../src/local/dump-schema.ts';
import { createDatabase, type TestDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { runAnnals } from '../run-annals.ts';
import { keepWriting, transact } from './keep-writing.ts';

const ANNALS = fileURLToPath(new URL('../../src/cli/annals.ts', import.meta.url));
const DIGEST = `select count(*) || ':' || sum(hashtextextended(e::text, 0)) as digest from event_log e`;

let database: TestDatabase;
afterEach(() => database.drop());

const annals = (...argv: string[]) => runAnnals(argv, { DATABASE_URL: database.url });

/** Without the names that Postgres gives to columns which have none when it prints a function that it has parsed. */
const unnamed = (schema: string): string => schema.replaceAll(/ AS \w+(?=,?$)/gm, '');

const one = async <T>(statement: string): Promise<T> =>
  Object.values((await database.query(statement)).rows[0])[0] as T;

/** Runs annals in a process of its own and kills it, kill -9, once part of the log was copied. */
async function killedHalfWay(...argv: string[]): Promise<void> {
  const child = spawn(process.execPath, [ANNALS, ...argv], { env: { DATABASE_URL: database.url }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const watch = new pg.Client({ connectionString: database.url });
  await watch.connect();
  const copied = async () =>
    (await watch.query('select coalesce(max(copied), 0)::integer as copied from log_rewrite')).rows[0].copied;
  await expect.poll(copied, { interval: 5 }).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
  await watch.end();
  expect(await one(`select state from log_rewrite`)).toBe('copying');
}

/** Versions of two thousand entities over half a year, as an import leaves them: four chunks of a rewrite. */
async function withHistory(): Promise<TestDatabase> {
  const filled = await createDatabase(SCHEMA_TEMPLATE);
  await filled.query(
    `insert into event_log (tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc)
    select n, at, at, md5((n % 2000)::text)::uuid, md5((n % 20)::text)::uuid, gen_random_uuid(), 'habit', jsonb_build_object('label', n)
    from (select n, timestamptz '2025-01-10Z' + n * interval '12 minutes' as at from generate_series(1, 20000) n) r`,
  );
  await filled.query('select fold_entities((select array_agg(distinct entity_id) from event_log), now())');
  await filled.query(`select setval('tx_seq', 20000)`);
  return filled;
}

test('the log goes into months and back while people write and are forgotten, through kills, and no row is lost', async () => {
  database = await withHistory();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const schema = await dumpSchema(client);
  const imported = await one<string>(`${DIGEST} where import_id is not null`);
  const settings = `select bool_and(reloptions @> '{autovacuum_freeze_min_age=0}') from pg_class where relname ~ '^event_log' and relkind = 'r'`;
  const writers = keepWriting(database.urlAs('annals_app'));

  for (const [options, kind] of [
    [[], 'p'],
    [['--undo'], 'r'],
  ] as const) {
    await killedHalfWay('partition', ...options);
    const done = await annals('partition', ...options);
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/^The log is one .*: \d{5,}:-?\d+$/m) });
    expect(await one(`select relkind from pg_class where oid = 'event_log'::regclass`)).toBe(kind);
    expect(await one(settings)).toBe(true);
  }
  const { written, forgotten, failures } = await writers.stop();

  expect(failures).toEqual([]);
  expect(forgotten).toBeGreaterThan(0);
  expect(await one<string>(`${DIGEST} where import_id is not null`)).toBe(imported);
  const { rows } = await database.query('select seq::text from event_log where import_id is null');
  expect(rows.map(({ seq }) => seq).sort()).toEqual([...written].sort());
  expect(await one('select stale_entities()')).toBe('0');
  expect(unnamed(await dumpSchema(client))).toBe(unnamed(schema));
  await client.end();
});

test('what was interrupted between any two of its steps goes on, and a twin from before a migration never takes over', async () => {
  database = await withHistory();
  const before = await one<string>(DIGEST);
  const steps = ['log_rewrite_copy(30000)', 'log_rewrite_compare()', 'log_rewrite_swap()', 'log_rewrite_end()'];
  let monthly = false;
  for (const stopped of steps.keys()) {
    monthly = !monthly;
    await one(`select log_rewrite_begin(${monthly})`);
    for (const step of steps.slice(0, stopped)) await one(`select ${step}`);
    expect(await annals('partition', ...(monthly ? [] : ['--undo']))).toMatchObject({ code: 0 });
    expect(await one(`select relkind from pg_class where oid = 'event_log'::regclass`)).toBe(monthly ? 'p' : 'r');
    expect(await one(DIGEST)).toBe(before);
    expect(await one('select count(*)::integer from log_rewrite')).toBe(0);
  }
  await one('select log_rewrite_begin(true)');
  await database.query('create index event_log_later on event_log (tx)');
  expect((await annals('partition')).code).toBe(1);
  expect(await one(DIGEST)).toBe(before);
});

test('in months the log is as closed as before: append-only, and each sees their own', async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  const app = new pg.Pool({ connectionString: database.urlAs('annals_app'), max: 1 });
  try {
    const [maya, theo] = [randomUUID(), randomUUID()];
    await transact(app, maya, [{ op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'a' } }]);
    expect(await annals('partition')).toMatchObject({ code: 0 });
    await transact(app, theo, [{ op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'b' } }]);
    const month = await one<string>('select tableoid::regclass::text from event_log limit 1');
    expect(month).toMatch(/^event_log_\d{4}_\d\d$/);
    for (const table of ['event_log', month]) {
      for (const statement of [`delete from ${table}`, `update ${table} set doc = '{}'`, `truncate ${table}`]) {
        await expect(database.query(statement), statement).rejects.toMatchObject({ code: 'AN403' });
      }
    }
    await expect(app.query(`select from ${month}`)).rejects.toMatchObject({ code: '42501' });
    await app.query('begin');
    await app.query(`select set_config('annals.user_id', $1, true)`, [theo]);
    const { rows } = await app.query('select doc from event_log union all select doc from own_versions where ahead');
    expect(rows).toEqual([{ doc: { label: 'b' } }, { doc: { label: 'b' } }]);
    await app.query('rollback');
  } finally {
    await app.end();
  }
});

test('housekeeping makes the months ahead, and what came before its month is in the default partition', async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  await annals('partition');
  const months = `select count(*)::integer from pg_inherits where inhparent = 'event_log'::regclass`;
  expect(await one('select months_ahead()')).toBe(0);
  const before = await one<number>(months);
  // As after half a year's sleep: no month is there.
  await database.query(`do $$
    declare v_month regclass;
    begin
      for v_month in select inhrelid from pg_inherits where inhparent = 'event_log'::regclass and inhrelid <> 'event_log_other'::regclass loop
        execute format('drop table %s', v_month);
      end loop;
    end $$`);
  const app = new pg.Pool({ connectionString: database.urlAs('annals_app'), max: 1 });
  await transact(app, randomUUID(), [
    { op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'a' } },
  ]);
  await app.end();
  expect(await one('select tableoid::regclass::text from event_log')).toBe('event_log_other');
  expect(await one('select months_ahead()')).toBe(3);
  expect(await one(months)).toBe(before - 1);
  expect(await one('select months_ahead()')).toBe(0);
});

test('a plan for some time reads its months alone', async () => {
  database = await withHistory();
  await annals('partition');
  const user = await one<string>('select user_id from event_log limit 1');
  const { rows } = await database.query(
    `explain select * from event_log where user_id = '${user}' and tx_time >= '2025-03-10Z' and tx_time < '2025-04-10Z'
     order by tx_time, tx, seq limit 20`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect([...new Set(plan.match(/event_log_\d{4}_\d\d\b/g))].sort()).toEqual([
    'event_log_2025_03',
    'event_log_2025_04',
  ]);
  expect(plan).not.toMatch(/Seq Scan/);
});

test('a copy is given up without a trace', async () => {
  database = await withHistory();
  const before = await one<string>(DIGEST);
  await killedHalfWay('partition');
  await expect(database.query('select log_rewrite_swap()')).rejects.toMatchObject({ code: 'AN409' });
  // With what Postgres says to do.
  expect(await annals('partition', '--undo')).toMatchObject({ code: 1, err: expect.stringContaining('--give-up') });
  expect((await annals('partition', '--give-up')).code).toBe(0);
  expect(await one(DIGEST)).toBe(before);
  expect(
    await one(
      `select count(*)::integer from pg_class where relname like 'event_log_next%' or relname ~ '^event_log_\\d'`,
    ),
  ).toBe(0);
});
