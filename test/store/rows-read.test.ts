import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changesAfter } from '../../src/store/changes.ts';
import type { Database } from '../../src/store/database.ts';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import { overview } from '../../src/store/overview.ts';
import { userHistory } from '../../src/store/user-history.ts';
import { analyticsStore } from '../analytics/analytics-store.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

const FIRST_YEAR = 2000;
const LAST_YEAR = 2024;
const YEARS = LAST_YEAR - FIRST_YEAR + 1;
const TIMELINE_RECORDS = 18;
const OTHER_USERS = 50;

const user = randomUUID();
let app: pg.Client;
beforeAll(async () => {
  app = new pg.Client({ connectionString: stack().database.urlAs('annals_app') });
  await app.connect();
  await writeDays(user, `${FIRST_YEAR}-01-01`, `${LAST_YEAR}-12-31`);
  for (let n = 0; n < OTHER_USERS; n++) await writeDays(randomUUID(), `${LAST_YEAR}-01-01`, `${LAST_YEAR}-01-03`);
  await store.refresh();
  await store.owner().query('vacuum analyze entities, event_log, daily_activity');
}, 60_000);
afterAll(() => app.end());

const PAGE = 50;

test('a page of the change feed, or of the history over all, reads itself and the event beyond', async () => {
  const feed = await readOf('event_log', (road) => changesAfter(road, user, null, PAGE));
  expect(feed).toBeLessThanOrEqual(PAGE + 1);
  const history = await readOf('event_log', (road) =>
    userHistory(road, user, {
      entity_type: null,
      since: null,
      until: null,
      after: null,
      attribute: null,
      order: 'desc',
      limit: PAGE,
    }),
  );
  // Each version of a page is compared with the one before it.
  expect(history).toBeLessThanOrEqual(2 * PAGE);
});

test('an overview reads the records that it shows, of 25 years as of one', async () => {
  const read = await readOf('entities', (road) => overview(road, user, SHOW_NOTHING_HIDDEN, PRESENT));
  expect(read).toBeGreaterThanOrEqual(TIMELINE_RECORDS);
  expect(read).toBeLessThan(2 * TIMELINE_RECORDS);
});

test('a heatmap reads the days of its year, and finds the others by one look into the index each', async () => {
  const ask = (road: Database) =>
    heatmap(road, user, { entity_type: 'habit_log', year: LAST_YEAR, shown: SHOW_NOTHING_HIDDEN, moment: PRESENT });
  const { years, days } = await asUser(() => ask(onlyReads));
  expect(years).toEqual(Array.from({ length: YEARS }, (_, n) => FIRST_YEAR + n));
  expect(days).toHaveLength(366);
  expect(await readOf('daily_activity', ask)).toBeLessThanOrEqual(366 + YEARS);
});

test('a rebuild leaves the days of a year side by side', async () => {
  const { rows } = await store.owner().query(
    `select count(*)::integer as days, count(distinct (ctid::text::point)[0])::integer as pages
    from daily_activity where user_id = $1 and extract(year from day) = $2`,
    [user, LAST_YEAR],
  );
  expect(rows[0].days).toBe(366);
  // A page holds more than a hundred.
  expect(rows[0].pages).toBeLessThanOrEqual(5);
});

/** A habit log at noon of each of these days, UTC. */
async function writeDays(of: string, from: string, to: string): Promise<void> {
  await store.owner().query(
    `with written as (
      insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc)
      select nextval('tx_seq'), at, at, gen_random_uuid(), $1, 'habit_log', jsonb_build_object('timestamp', iso(at), 'habit_ids', '[]'::jsonb)
      from generate_series($2::timestamptz + interval '12 hours', $3::timestamptz + interval '12 hours', interval '1 day') at
      returning entity_id
    )
    select array_agg(entity_id) as ids from written`,
    [of, `${from}Z`, `${to}Z`],
  );
  await store
    .owner()
    .query('select fold_entities(array_agg(entity_id), now()) from event_log where user_id = $1', [of]);
}

const asUser = async <T>(ask: () => Promise<T>): Promise<T> => {
  await app.query('begin read only');
  await app.query("select set_config('annals.user_id', $1, true)", [user]);
  return ask().finally(() => app.query('rollback'));
};

/** Rows of each table that this session has read, whether or not it kept them; what an index alone answers is none. */
async function counted(): Promise<Map<string, number>> {
  const { rows } = await app.query(
    'select relname, (seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as n from pg_stat_xact_user_tables',
  );
  return new Map(rows.map(({ relname, n }) => [relname, n]));
}

/** Rows of a table that a question reads. */
const readOf = (table: string, ask: (road: Database) => Promise<unknown>): Promise<number> =>
  asUser(async () => {
    // Of transactions before, too, as long as Postgres has not passed their counts on.
    const before = await counted();
    await ask(onlyReads);
    return ((await counted()).get(table) ?? 0) - (before.get(table) ?? 0);
  });

/** The road of this session, whose counts can be asked for: within {@link asUser}, which is the transaction of a read. */
const onlyReads: Database = {
  read: async (_name, _userId, text, parameters) => (await app.query(text, [...parameters])).rows,
  call: (name) => Promise.reject(new Error(`${name} is no read`)),
  write: (name) => Promise.reject(new Error(`${name} is no read`)),
};
