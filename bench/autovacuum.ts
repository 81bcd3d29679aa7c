import { setTimeout as wait } from 'node:timers/promises';
import { userId } from './analytics-data.ts';
import { alternate, type Report } from './harness.ts';
import { type BenchStore, withTwoStores } from './two-stores.ts';

const EVENTS = 200_000;
const DAYS = 1_000;
const USER = userId(0);
/** A tenth of the records is edited, and as many are new: under a fifth of each table, which is Postgres' own mark. */
const EDITS = 20_000;
const OPERATIONS_A_TRANSACTION = 200;
const ROUNDS = 15;
const PAUSE_MS = 200;
const MAX_PAUSES = 600;
const SETTINGS =
  'autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor, autovacuum_freeze_min_age';

/** `npm run bench -- autovacuum`: a tenth more of everything under our settings of autovacuum, and under Postgres' own. For docs/playbook.md. */
export async function run(report: Report): Promise<void> {
  await withTwoStores({ events: EVENTS, users: 1, days: DAYS }, async (ours, theirs) => {
    for (const table of ['event_log', 'entities']) await theirs.owner.query(`alter table ${table} reset (${SETTINGS})`);
    await ours.owner.query(`alter system set autovacuum_naptime = '1s'`);
    await ours.owner.query('select pg_reload_conf()');
    for (const { owner } of [ours, theirs]) await owner.query('vacuum (analyze) event_log, entities');
    for (const store of [ours, theirs]) await edit(store);
    for (const store of [ours, theirs]) await untilTended(store);

    const both = async (name: string, unit: string, statement: string) => {
      const [our, their] = await Promise.all(
        [ours, theirs].map(({ owner }) => owner.query<{ value: number }>(statement)),
      );
      report.add(name, unit, our?.rows[0]?.value ?? Number.NaN, their?.rows[0]?.value ?? Number.NaN);
    };
    await both('dead rows left in entities', 'rows', dead('entities'));
    await both('entities with its indexes', 'MB', `select pg_total_relation_size('entities')::float8 / 1e6 as value`);
    await both('pages of the log that reads by index must look into', 'pages', unseen('event_log'));
    await both('pages of the log that the vacuum against wraparound will read', 'pages', thawed('event_log'));
    await both('pages of entities that reads by index must look into', 'pages', unseen('entities'));

    const counts = (store: BenchStore) => () =>
      store.owner.query('select count(*) from event_log where entity_id >= $1', [
        '80000000-0000-4000-8000-000000000000',
      ]);
    const [our = [], their = []] = await alternate(ROUNDS, [counts(ours), counts(theirs)]);
    report.add('a count of half the log by its key', 'ms', our, their);
    const day = `explain (format json) select from event_log where tx_time > now() - interval '1 hour'`;
    const planned = async ({ owner }: BenchStore) =>
      (await owner.query(day)).rows[0]['QUERY PLAN'][0].Plan['Plan Rows'];
    report.add(
      `rows of the last hour that the planner expects, of ${EDITS * 2}`,
      'rows',
      await planned(ours),
      await planned(theirs),
    );
  });
}

const dead = (table: string) =>
  `select n_dead_tup::integer as value from pg_stat_user_tables where relname = '${table}'`;
const unseen = (table: string) =>
  `select relpages - relallvisible as value from pg_class where oid = '${table}'::regclass`;

/** Postgres 18 counts them. */
const thawed = (table: string) =>
  `select relpages - relallfrozen as value from pg_class where oid = '${table}'::regclass`;

/** Each of so many records gets new notes, and as many records are new. */
async function edit({ owner, road }: BenchStore): Promise<void> {
  const { rows } = await owner.query<{ id: string }>(
    'select entity_id as id from entities where user_id = $1 order by entity_id limit $2',
    [USER, EDITS],
  );
  for (let at = 0; at < rows.length; at += OPERATIONS_A_TRANSACTION) {
    const page = rows.slice(at, at + OPERATIONS_A_TRANSACTION);
    const operations = page.flatMap(({ id }) => [
      { op: 'patch', entity_id: id, set: { notes: 'edited' } },
      { op: 'put', entity_id: crypto.randomUUID(), entity_type: 'habit', doc: { label: 'new' } },
    ]);
    const request = { user_id: USER, operations, request_hash: '' };
    await road.write('transact', 'select transact($1::jsonb)', [JSON.stringify(request)]);
  }
}

/** What is set for the table, or Postgres' own. */
const mark = (option: string, standard: number) =>
  `coalesce((select option_value::float8 from pg_options_to_table(c.reloptions) where option_name = '${option}'), ${standard})`;

/** Until autovacuum has done what is over its marks, and has told. */
async function untilTended({ owner }: BenchStore): Promise<void> {
  for (let pauses = 0; pauses < MAX_PAUSES; pauses++) {
    const { rows } = await owner.query<{ is_due: boolean }>(`
      select bool_or(
        s.n_dead_tup > 50 + ${mark('autovacuum_vacuum_scale_factor', 0.2)} * c.reltuples
        or s.n_ins_since_vacuum > 1000 + ${mark('autovacuum_vacuum_insert_scale_factor', 0.2)} * c.reltuples
        or s.n_mod_since_analyze > 50 + ${mark('autovacuum_analyze_scale_factor', 0.1)} * c.reltuples
        or exists (select from pg_stat_progress_vacuum p where p.relid = c.oid)
      ) as is_due
      from pg_class c join pg_stat_user_tables s on s.relid = c.oid where c.relname in ('event_log', 'entities')`);
    if (rows[0]?.is_due === false) return;
    await wait(PAUSE_MS);
  }
  throw new Error('Autovacuum does not get through.');
}
