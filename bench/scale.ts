import { randomUUID } from 'node:crypto';
import { readSql, selectionOf } from '../src/api/rest/read-sql.ts';
import { readQuery } from '../src/api/rest/rest-query.ts';
import { rowsRange } from '../src/api/rest/rows-range.ts';
import { projectType } from '../src/cli/project-type.ts';
import { rewriteLog } from '../src/cli/rewrite-log.ts';
import { entityTypes } from '../src/domain/entity-types.generated.ts';
import { changesAfter, lastChangePlace } from '../src/store/changes.ts';
import type { Database } from '../src/store/database.ts';
import { entityHistory } from '../src/store/entity-history.ts';
import { getEntity } from '../src/store/get-entity.ts';
import { restRead } from '../src/store/rest-read.ts';
import { userHistory } from '../src/store/user-history.ts';
import { userId } from './analytics-data.ts';
import { alternate, type Report, timed } from './harness.ts';
import { type BenchStore, withTwoStores } from './two-stores.ts';

/** Five years: sixty-odd partitions. */
const DAYS = 1_826;
const ROUNDS = 40;
const REPEATED = 5;
const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;
const USER = userId(0);

/** `npm run bench -- scale`: what each step of docs/playbook.md does, beside the same store without it. */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  const events = isLarge ? 1_000_000 : 200_000;
  report.note(`${events.toLocaleString('en')} events of 50 users over five years`);
  await withTwoStores({ events, users: 50, days: DAYS }, (months, whole) =>
    measureMonths(report, events, months, whole),
  );
  report.note(`${(events / 2).toLocaleString('en')} events of one user, a fifth of them tasks`);
  await withTwoStores({ events: events / 2, users: 1, days: DAYS }, (projected, plain) =>
    measureProjection(report, projected, plain),
  );
}

type Question = (database: Database) => Promise<unknown>;

async function compare(
  report: Report,
  questions: Readonly<Record<string, Question>>,
  changed: Database,
  plain: Database,
): Promise<void> {
  for (const [name, question] of Object.entries(questions)) {
    const several = (database: Database) => async () => {
      for (let n = 0; n < REPEATED; n++) await question(database);
    };
    await several(changed)();
    await several(plain)();
    const [after = [], before = []] = await alternate(ROUNDS, [several(changed), several(plain)]);
    const each = (times_ms: readonly number[]) => times_ms.map((ms) => ms / REPEATED);
    report.add(name, 'ms', each(after), each(before));
  }
}

async function measureMonths(report: Report, events: number, months: BenchStore, whole: BenchStore): Promise<void> {
  const ms = await timed(() => rewriteLog({ database: months.owner, monthly: true, onRows: () => {}, signal: NEVER }));
  report.add('annals partition', 'rows/s', events / (ms / 1_000));
  for (const { owner } of [months, whole]) await owner.query('vacuum analyze');
  const { rows } = await whole.owner.query('select entity_id from entities where user_id = $1 limit 200', [USER]);
  const ids: string[] = rows.map((row) => row.entity_id);
  const someId = () => ids[Math.floor(Math.random() * ids.length)] ?? '';
  const past = { valid_time: '2026-01-01T00:00:00Z', tx_time: '2026-01-01T00:00:00Z' };
  const week = { entity_type: null, since: new Date(Date.now() - 7 * DAY_MS).toISOString(), until: null };
  const unbounded = { valid_since: null, valid_until: null, tx_since: null, tx_until: null };
  await compare(
    report,
    {
      'put of a new record': (d) =>
        transact(d, { op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'a' } }),
      'patch of a record': (d) => transact(d, { op: 'patch', entity_id: someId(), set: { notes: randomUUID() } }),
      'an entity as it was': (d) => getEntity(d, USER, someId(), past),
      'history of an entity': (d) =>
        entityHistory(d, USER, someId(), {
          with_corrections: false,
          order: 'desc',
          limit: 20,
          ...unbounded,
          after: null,
        }),
      'what changed in a week': (d) =>
        userHistory(d, USER, { ...week, attribute: null, order: 'asc', limit: 50, after: null }),
      'a page of the change feed': (d) => changesAfter(d, USER, null, 100),
      'the end of the change feed': (d) => lastChangePlace(d, USER),
      'a list as of a moment': (d) => list(d, 'habit_log', 'order=timestamp.desc', past),
    },
    months.road,
    whole.road,
  );
  const fold = ({ owner }: BenchStore) => owner.query('select fold_entities($1::uuid[], now())', [ids]);
  const [after = [], before = []] = await alternate(7, [() => fold(months), () => fold(whole)]);
  report.add('fold of 200 entities', 'ms', after, before);
  const { rows: newest } = await months.owner.query(
    'select tableoid::regclass::text as name from event_log order by xid desc, seq desc limit 1',
  );
  const vacuum = (owner: BenchStore['owner'], table: string) => () =>
    owner.query(`vacuum (freeze, disable_page_skipping) ${table}`);
  const [month = [], log = []] = await alternate(3, [
    vacuum(months.owner, newest[0].name),
    vacuum(whole.owner, 'event_log'),
  ]);
  report.add('vacuum of where new events go', 'ms', month, log);
}

/** Tasks with what people sort them by, which the other benchmarks' records lack. */
const WITH_DUE_DATES = `update entities set doc = doc || jsonb_build_object(
  'due_on', (date '2024-01-01' + (hashtext(entity_id::text) & 1023))::text,
  'state', (array['inbox', 'now', 'later', 'waiting', 'done', 'canceled'])[1 + (hashtext(entity_id::text) & 5)]
) where entity_type = 'task'`;

async function measureProjection(report: Report, projected: BenchStore, plain: BenchStore): Promise<void> {
  for (const { owner } of [projected, plain]) {
    await owner.query(WITH_DUE_DATES);
    await owner.query('vacuum analyze entities');
  }
  let rows = 0;
  const ms = await timed(async () => {
    rows = await projectType({
      database: projected.owner,
      type: entityTypes.task,
      indexed: ['due_on', 'state'],
      onRows: () => {},
      signal: NEVER,
    });
  });
  report.add('annals project task', 'rows/s', rows / (ms / 1_000));
  const { rows: sizes } = await projected.owner.query(
    `select pg_total_relation_size('projected_task') / 1e6 as projection, pg_total_relation_size('entities') / 1e6 / 5 as entities`,
  );
  report.add('its size, beside a fifth of entities', 'MB', Number(sizes[0].projection), Number(sizes[0].entities));
  const lists = [
    'order=due_on.desc.nullslast',
    'due_on=gte.2026-09-01&order=due_on',
    'state=eq.now&order=due_on',
    'state=eq.now',
    'label=ilike.*x*',
    'order=created_at.desc',
  ];
  await compare(
    report,
    {
      ...Object.fromEntries(lists.map((query): [string, Question] => [query, (d) => list(d, 'task', query)])),
      'count of due_on=gte.2026-06-01': (d) => list(d, 'task', 'due_on=gte.2026-06-01&select=id', null, 'exact'),
      'put of a new task': (d) =>
        transact(d, {
          op: 'put',
          entity_id: randomUUID(),
          entity_type: 'task',
          doc: { label: 'a', state: 'now', due_on: '2026-01-01' },
        }),
      'put of a new habit': (d) =>
        transact(d, { op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'a' } }),
    },
    projected.road,
    plain.road,
  );
}

type Moment = Parameters<typeof selectionOf>[3];

/** A page of fifty as the route of lists asks for it. */
function list(
  database: Database,
  name: 'task' | 'habit_log',
  search: string,
  moment: Moment | null = null,
  count: 'exact' | null = null,
): Promise<unknown> {
  const type = entityTypes[name];
  const query = readQuery(`?${search}`);
  const compile = (isProjected: boolean) =>
    readSql(
      selectionOf(type, query, USER, moment ?? { valid_time: null, tx_time: null }, isProjected),
      rowsRange('50', null, undefined),
      count,
      null,
    );
  const compiled = compile(false);
  const fields = Object.fromEntries(compiled.projectable);
  const isProjectable = moment === null && compiled.projectable.size > 0;
  return restRead(database, USER, compiled, isProjectable ? { ...compile(true), entity_type: name, fields } : null);
}

const transact = (database: Database, operation: object): Promise<unknown> =>
  database.write('transact', 'select transact($1::jsonb)', [
    JSON.stringify({ user_id: USER, operations: [operation], request_hash: '' }),
  ]);
