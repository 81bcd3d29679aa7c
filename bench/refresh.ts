import { randomUUID } from 'node:crypto';
import { neon } from '@neondatabase/serverless';
import type pg from 'pg';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type RolePasswords, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { entityTypes } from '../src/domain/entity-types.generated.ts';
import { startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { dashboard } from '../src/store/dashboard.ts';
import { openDatabase } from '../src/store/database.ts';
import { PRESENT } from '../src/store/get-entity.ts';
import { heatmap } from '../src/store/heatmap.ts';
import { connected } from '../test/connected.ts';
import { SHOW_NOTHING_HIDDEN } from '../test/show-nothing-hidden.ts';
import { throughPort } from '../test/through-port.ts';
import { fillDatabase, userId } from './analytics-data.ts';
import { alternate, median, type Report, timed } from './harness.ts';
import { DASHBOARD_LIVE, HEATMAP_LIVE, MATERIALIZED } from './refresh-baselines.ts';

/** How far back the records reach: more events are busier days. */
const DAYS = 1_000;
const ROUNDS = 7;
const NEW_EVENTS = 1_000;
const YEAR_MS = 365 * 86_400_000;
const AS_USER = `select set_config('annals.user_id', $1, true)`;

interface Opened {
  readonly name: string;
  readonly owner: pg.Client;
  readonly url: string;
}

/** What new events cost the rollups beside a materialized view, and what reads of them gain beside live numbers. */
export async function run(report: Report, isLarge: boolean): Promise<void> {
  const postgres = await startThrowAwayPostgres();
  const neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port } });
  const admin = await connected(postgres.superuserUrl());
  const passwords = newRolePasswords();
  async function open(name: string, template?: string): Promise<Opened> {
    await admin.query(`create database ${name}${template === undefined ? '' : ` template ${template}`}`);
    const url = postgres.superuserUrl(name);
    if (template === undefined) await migrate(url);
    await setRolePasswords(url, passwords);
    return { name, owner: await connected(url), url };
  }
  try {
    await measureWrites(report, open);
    const incremental = new Map<string, number>();
    const sizes = [100_000, 1_000_000, ...(isLarge ? [5_000_000] : [])];
    for (const users of [1, 200]) {
      for (const events of sizes) {
        const store = await open(`bench_${users}_${events}`);
        const label = `${events.toLocaleString('en')} events of ${users === 1 ? 'one user' : `${users} users`}`;
        report.note(`${label}, over ${DAYS} days`);
        await fillDatabase(store.owner, { events, users, days: DAYS });
        report.add(`first rebuild of all rollups, ${label}`, 'ms', await timed(() => refreshPass(store.owner)));
        await store.owner.query('vacuum analyze');
        incremental.set(`${users} ${events}`, await measureRefresh(report, store.owner, label, users));
        await measureReads(report, store, neon.port, passwords, label);
        await store.owner.end();
        await admin.query(`drop database ${store.name} with (force)`);
      }
      const [smallest, ...larger] = sizes;
      for (const events of larger) {
        report.add(
          `${NEW_EVENTS} new events at ${events.toLocaleString('en')} against ${smallest?.toLocaleString('en')}, ${users} users`,
          'ms',
          incremental.get(`${users} ${events}`) ?? Number.NaN,
          incremental.get(`${users} ${smallest}`) ?? Number.NaN,
          { ratio_at_most: 1.5 },
        );
      }
    }
  } finally {
    await admin.end();
    await neon.stop();
    await postgres.stop();
  }
}

async function refreshPass(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query("select refresh_start(null, '{daily_activity}', false) ->> 'lease' as lease");
  const { lease } = rows[0];
  let { rows: answers } = await owner.query('select refresh_rollups($1, 5000) as answer', [lease]);
  while (answers[0].answer.rebuilding) {
    ({ rows: answers } = await owner.query('select rebuild_rollups($1, 10000) as answer', [lease]));
  }
  await owner.query('select refresh_finish($1)', [lease]);
}

/** All five rollups after new events, against one materialized view of the first of them. @returns ours in ms */
async function measureRefresh(report: Report, owner: pg.Client, label: string, users: number): Promise<number> {
  // Through a function: a refresh runs with a search path of its own.
  await owner.query(
    `create function bench_same_now() returns setof daily_activity language sql stable set search_path = public, pg_temp
    as 'select * from daily_activity_definition'`,
  );
  await owner.query('create materialized view bench_same as select * from bench_same_now()');
  await owner.query(MATERIALIZED);
  for (const view of ['bench_same', 'bench_simpler']) {
    await owner.query(`create unique index on ${view} (user_id, entity_type, day)`);
  }
  const ours: number[] = [];
  const same: number[] = [];
  const simpler: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await write(owner, NEW_EVENTS, users);
    ours.push(await timed(() => refreshPass(owner)));
    same.push(await timed(() => owner.query('refresh materialized view concurrently bench_same')));
    simpler.push(await timed(() => owner.query('refresh materialized view concurrently bench_simpler')));
  }
  await owner.query('drop materialized view bench_same, bench_simpler');
  report.add(`${NEW_EVENTS} new events, five rollups against a view of one, ${label}`, 'ms', ours, same, {
    ratio_at_most: 0.02,
  });
  report.add('  the same against a simpler aggregate: no zones of users, no splitting', 'ms', ours, simpler);
  return median(ours);
}

/** Sessions of the last thirty days, in one transaction a user. */
async function write(owner: pg.Client, events: number, users: number): Promise<void> {
  const writers = Math.min(users, 20);
  for (let writer = 0; writer < writers; writer++) {
    const operations = Array.from({ length: events / writers }, (_, n) => {
      const beginning = new Date(Date.now() - (1 + (n % 30)) * 86_400_000);
      const end = new Date(beginning.getTime() + 1_800_000);
      const doc = { beginning: beginning.toISOString(), end: end.toISOString() };
      return { op: 'put', entity_id: randomUUID(), entity_type: 'exercise_session', doc };
    });
    const request = { user_id: userId(writer), request_hash: '', operations };
    await owner.query('select transact($1::jsonb)', [JSON.stringify(request)]);
  }
}

/**
 * As the Worker reads, through the local Neon endpoint, against the same numbers by hand from entities, through it too: without the limit
 * of our reads, which a live dashboard of five million goes over.
 */
async function measureReads(report: Report, store: Opened, port: number, passwords: RolePasswords, label: string) {
  const url = throughPort(urlAs(store.url, 'annals_app', passwords), port);
  const database = openDatabase(url);
  const sql = neon(url);
  const user = userId(0);
  const live = (text: string, parameters: readonly unknown[]) =>
    sql.transaction([sql.query(AS_USER, [user]), sql.query(text, [...parameters])], { readOnly: true });
  const year = new Date().getUTCFullYear();
  const bounds = [user, `${year}-01-01`, `${year}-12-31`];
  const [ours = [], theirs = []] = await alternate(ROUNDS, [
    () => heatmap(database, user, { entity_type: 'project_log', year, shown: SHOW_NOTHING_HIDDEN, moment: PRESENT }),
    () => live(HEATMAP_LIVE, ['project_log', ...bounds]),
  ]);
  report.add(`one-year heatmap, ${label}`, 'ms', ours, theirs, { ratio_at_most: 1 / 20 });

  const from = new Date(Date.now() - YEAR_MS).toISOString().slice(0, 10);
  const to = new Date().toISOString().slice(0, 10);
  const request = { entity_types: Object.keys(entityTypes), from, to, shown: SHOW_NOTHING_HIDDEN, with_points: false };
  const [ours_ms = [], theirs_ms = []] = await alternate(ROUNDS, [
    () => dashboard(database, user, request),
    () => live(DASHBOARD_LIVE, [user, from, to]),
  ]);
  report.add(`dashboard of eight charts, ${label}`, 'ms', ours_ms, theirs_ms, { ratio_at_most: 1 / 20 });
}

/** Single puts with all that keeps analytics refreshable, against a copy without it. */
async function measureWrites(report: Report, open: (name: string, template?: string) => Promise<Opened>) {
  const PUTS = 200;
  const filled = await open('bench_filled');
  await fillDatabase(filled.owner, { events: 100_000, users: 1, days: DAYS });
  await filled.owner.end();
  const bare = await open('bench_bare', filled.name);
  const kept = await open('bench_kept', filled.name);
  await bare.owner.query('drop index event_log_xid_seq, event_log_future, entities_long, entities_tasks_created');
  const puts = (owner: pg.Client) => async () => {
    for (let put = 0; put < PUTS; put++) await write(owner, 1, 1);
  };
  const [ours = [], theirs = []] = await alternate(2 * ROUNDS, [puts(kept.owner), puts(bare.owner)]);
  const each = (times_ms: readonly number[]) => times_ms.map((ms) => ms / PUTS);
  report.add('a put, with what analytics need of a write', 'ms', each(ours), each(theirs), {
    ratio_at_most: 1.1,
  });
  for (const { owner } of [bare, kept]) await owner.end();
}
