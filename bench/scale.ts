import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { rewriteLog } from '../src/cli/rewrite-log.ts';
import { newRolePasswords, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { changesAfter, lastChangePlace } from '../src/store/changes.ts';
import type { Database } from '../src/store/database.ts';
import { entityHistory } from '../src/store/entity-history.ts';
import { getEntity } from '../src/store/get-entity.ts';
import { userHistory } from '../src/store/user-history.ts';
import { fillDatabase, userId } from './analytics-data.ts';
import { alternate, type Report, timed } from './harness.ts';

/** Five years: sixty-odd partitions. */
const DAYS = 1_826;
const ROUNDS = 60;
const REPEATED = 5;

/** What months do to the questions that a log is asked, and to looking after it, beside the same log as one table. */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  const events = isLarge ? 1_000_000 : 200_000;
  const postgres = await startThrowAwayPostgres();
  const admin = new pg.Client({ connectionString: postgres.superuserUrl() });
  admin.on('error', () => {});
  await admin.connect();
  const passwords = newRolePasswords();
  const clients: pg.Client[] = [];
  const connect = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  try {
    await migrate(postgres.superuserUrl());
    await setRolePasswords(postgres.superuserUrl(), passwords);
    await fillDatabase(admin, { events, users: 50, days: DAYS });
    const { rows } = await admin.query(`select entity_id from entities where user_id = $1 limit 200`, [userId(0)]);
    const ids: string[] = rows.map((row) => row.entity_id);
    report.note(`${events.toLocaleString('en')} events of 50 users over five years`);
    const maker = await connect(postgres.superuserUrl('template1'));
    await admin.end();
    await maker.query('create database months template postgres');
    const months = await connect(postgres.superuserUrl('months'));
    const whole = await connect(postgres.superuserUrl());
    report.add(
      'annals partition',
      'rows/s',
      events /
        ((await timed(() =>
          rewriteLog({ database: months, monthly: true, onRows: () => {}, signal: new AbortController().signal }),
        )) /
          1_000),
    );
    await Promise.all([whole, months].map((owner) => owner.query('vacuum analyze')));

    const [askMonths, askWhole] = await Promise.all(
      [postgres.superuserUrl('months'), postgres.superuserUrl()].map(async (url) =>
        directRoad(await connect(urlAs(url, 'annals_app', passwords))),
      ) as [Promise<Database>, Promise<Database>],
    );
    const weekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString();
    const someId = () => ids[Math.floor(Math.random() * ids.length)] ?? '';
    const questions: Record<string, (database: Database) => Promise<unknown>> = {
      'put of a new record': (d) =>
        transact(d, { op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: { label: 'a' } }),
      'put of a record that is there': (d) =>
        transact(d, { op: 'patch', entity_id: someId(), set: { notes: randomUUID() } }),
      'an entity as it was': (d) =>
        getEntity(d, userId(0), someId(), { valid_time: '2026-01-01T00:00:00Z', tx_time: '2026-01-01T00:00:00Z' }),
      'history of an entity': (d) =>
        entityHistory(d, userId(0), someId(), {
          with_corrections: false,
          order: 'desc',
          limit: 20,
          valid_since: null,
          valid_until: null,
          tx_since: null,
          tx_until: null,
          after: null,
        }),
      'what changed in a week': (d) =>
        userHistory(d, userId(0), {
          entity_type: null,
          since: weekAgo,
          until: null,
          attribute: null,
          order: 'asc',
          limit: 50,
          after: null,
        }),
      'a page of the change feed': async (d) => changesAfter(d, userId(0), null, 100),
      'the end of the change feed': (d) => lastChangePlace(d, userId(0)),
      'a past list': (d) =>
        d.read(
          'past',
          userId(0),
          `select entity_id from entities_at($1::uuid, 'habit_log', '2025-06-01Z', '2025-06-01Z') order by occurred_at desc limit 50`,
          [userId(0)],
        ),
    };
    for (const [name, question] of Object.entries(questions)) {
      const many = async (database: Database) => {
        for (let n = 0; n < REPEATED; n++) await question(database);
      };
      await many(askMonths);
      await many(askWhole);
      const [inMonths = Number.NaN, inOne = Number.NaN] = await alternate(ROUNDS, [
        () => many(askMonths),
        () => many(askWhole),
      ]);
      report.add(name, 'ms', inMonths / REPEATED, inOne / REPEATED);
    }
    const fold = (owner: pg.Client) => () => owner.query('select fold_entities($1::uuid[], now())', [ids]);
    const [foldMonths = Number.NaN, foldWhole = Number.NaN] = await alternate(7, [fold(months), fold(whole)]);
    report.add('fold of 200 entities', 'ms', foldMonths, foldWhole);
    const newest = (await months.query(`select max(tx_time)::text as at from event_log`)).rows[0].at;
    const vacuumed = (
      await months.query(`select tableoid::regclass::text as name from event_log where tx_time = $1`, [newest])
    ).rows[0].name;
    const [vacuumMonths = Number.NaN, vacuumWhole = Number.NaN] = await alternate(3, [
      () => months.query(`vacuum (freeze, disable_page_skipping) ${vacuumed}`),
      () => whole.query('vacuum (freeze, disable_page_skipping) event_log'),
    ]);
    report.add('vacuum of where new events go', 'ms', vacuumMonths, vacuumWhole);
  } finally {
    for (const client of clients) await client.end().catch(() => {});
    await postgres.stop();
  }
}

function transact(database: Database, operation: object): Promise<unknown> {
  return database.write('transact', 'select transact($1::jsonb)', [
    JSON.stringify({ user_id: userId(0), operations: [operation], request_hash: '' }),
  ]);
}

/** The store's road without the way there: what is measured is the database. */
function directRoad(client: pg.Client): Database {
  const call = async (_name: string, text: string, parameters: readonly unknown[]) =>
    (await client.query(text, [...parameters])).rows;
  return {
    call,
    write: call,
    async read(_name, user, text, parameters) {
      await client.query('begin read only');
      await client.query(`select set_config('annals.user_id', $1, true)`, [user]);
      const { rows } = await client.query(text, [...parameters]);
      await client.query('commit');
      return rows;
    },
  };
}
