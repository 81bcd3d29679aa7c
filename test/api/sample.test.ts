import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { PRESENT } from '../../src/store/get-entity.ts';
import { listEntities } from '../../src/store/list-entities.ts';
import { sampleTemplate } from '../sample-template.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(sampleTemplate);
const MAYA = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';

interface Counts {
  user: string | null;
  type: string | null;
  live_not_deleted_nor_legacy: number;
}
const expected: { by_user_type: Counts[]; users: { id: string; email: string; time_zone: string }[] } = JSON.parse(
  readFileSync(new URL('../fixtures/xtdb1-history.expected.json', import.meta.url), 'utf8'),
);

let owner: pg.Pool;
beforeAll(() => {
  owner = new pg.Pool({ connectionString: stack().database.url });
});
afterAll(() => owner.end());

const get = async (path: string, as = MAYA) => {
  const answer = await stack().fetch(path, { as });
  expect(answer.status, path).toBe(200);
  return answer.json();
};

test('the overview is each user’s own, newest first, in their zone, with what it relates to', async () => {
  for (const user of expected.users) {
    const overview = await get('/v1/overview', user.id);
    expect(overview.user).toMatchObject({ id: user.id, email: user.email });
    expect(overview.time_zone).toBe(user.time_zone);
    expect(overview.timeline.length).toBe(18);
    const times = overview.timeline.map((record: { occurred_at: string }) => record.occurred_at);
    expect([...times].sort().reverse()).toEqual(times);
    for (const record of [...overview.timeline, ...overview.running]) {
      expect(record.user_id).toBe(user.id);
      expect(record.deleted_at).toBeNull();
      expect(record.sensitive ?? false).toBe(false);
    }
    for (const record of overview.running) expect(record.occurred_until).toBeNull();
  }
});

test('a list holds every live record of a type and no other, page by page', async () => {
  const habits = expected.by_user_type.find((row) => row.user === MAYA && row.type === 'reading-log');
  const seen = new Set<string>();
  let after: string | null = null;
  for (let page = 0; page < 20; page++) {
    const query: string = after === null ? '' : `&after=${after}`;
    const answer = await get(`/v1/entities?entity_type=reading_log&limit=1000&show=archived,sensitive${query}`);
    for (const record of answer.records) seen.add(record.id);
    after = answer.next;
    if (after === null) break;
  }
  // The node was asked at its export; what it holds for later has come into force since, or not: none of this type.
  expect(seen.size).toBe(habits?.live_not_deleted_nor_legacy);
});

test('a heatmap that shows everything counts each record on its local day', async () => {
  const year = 2025;
  const { days, time_zone, years } = await get(
    `/v1/heatmap?entity_type=habit_log&year=${year}&show=sensitive,archived`,
  );
  expect(time_zone).toBe('America/Detroit');
  expect(years).toContain(year);
  // The same by another road: the raw docs, with JavaScript's own time zones.
  const { rows } = await owner.query<{ at: string; zone: string }>(
    // A doc of before the schema may lack its timestamp: it then stands where it was created.
    `select coalesce(doc ->> 'timestamp', doc ->> 'created_at', doc ->> 'tech.jgood.gleanmo.schema/created-at') as at,
      doc ->> 'time_zone' as zone from entities
    where user_id = $1 and entity_type = 'habit_log' and doc is not null and deleted_at is null`,
    [MAYA],
  );
  const counts = new Map<string, number>();
  for (const { at, zone } of rows) {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone ?? time_zone }).format(new Date(at));
    if (day.startsWith(`${year}-`)) counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  expect(Object.fromEntries(days.map((d: { day: string; records: number }) => [d.day, d.records]))).toEqual(
    Object.fromEntries([...counts].sort()),
  );
});

test('the overview and a list page are index scans, never of a whole user', async () => {
  await owner.query('analyze');
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query('set local role annals_app');
    await client.query("select set_config('annals.user_id', $1, true)", [MAYA]);
    const { rows } = await client.query(
      `explain (format json) select s.entity_id from live_entities s
      where s.user_id = $1::uuid and s.entity_type = 'habit_log' and s.deleted_at is null
      order by s.occurred_at desc, s.entity_id limit 50`,
      [MAYA],
    );
    const plan = JSON.stringify(rows[0]['QUERY PLAN']);
    expect(plan).toContain('entities_user_type_time');
    expect(plan).not.toMatch(/"Seq Scan"[^{}]*"Relation Name":"(entities|event_log)"/);
    await client.query('rollback');
  } finally {
    client.release();
  }
});

test('a page after the first begins where the one before ended, without a look at all that is left', async () => {
  await owner.query('analyze');
  const { rows: middle } = await owner.query<{ occurred_at: string; id: string }>(
    `select iso(occurred_at) as occurred_at, entity_id as id from entities
    where user_id = $1 and entity_type = 'habit_log' and deleted_at is null order by occurred_at desc, entity_id
    offset 3000 limit 1`,
    [MAYA],
  );
  const limit = 50;
  let plan = '';
  const explained: Database = {
    call: () => Promise.reject(new Error('a list only reads')),
    write: () => Promise.reject(new Error('a list only reads')),
    async read(_name, userId, text, parameters) {
      const client = await owner.connect();
      try {
        await client.query('begin');
        await client.query('set local role annals_app');
        await client.query("select set_config('annals.user_id', $1, true)", [userId]);
        const { rows } = await client.query(`explain (analyze, format json) ${text}`, [...parameters]);
        plan = JSON.stringify(rows[0]['QUERY PLAN']);
        await client.query('rollback');
      } finally {
        client.release();
      }
      return [];
    },
  };
  await listEntities(explained, MAYA, {
    entity_type: 'habit_log',
    shown: SHOW_NOTHING_HIDDEN,
    moment: PRESENT,
    limit,
    after: middle[0] ?? null,
  });
  // Half of six thousand lies on either side of this place.
  const read = [...plan.matchAll(/"(?:Actual Rows|Rows Removed by Filter)":([\d.]+)/g)].map(([, rows]) => Number(rows));
  expect(Math.max(...read)).toBeLessThan(1_000);
});

test('the history over all records tells its owner, and nobody else, of imported deletes, which name nobody', async () => {
  const { rows } = await owner.query<{ id: string; user: string; type: string; version: number; at: Date }>(
    `select e.entity_id as id, o.user_id as user, o.entity_type as type, e.seq::integer as version, date_trunc('milliseconds', e.tx_time) as at
    from event_log e join entities o using (entity_id)
    where e.user_id is null and e.doc is null and o.user_id is not null order by e.seq limit 5`,
  );
  expect(rows).toHaveLength(5);
  for (const { id, user, type, version, at } of rows) {
    const since = at.toISOString();
    const until = new Date(at.getTime() + 1).toISOString();
    const told = async (as: string, query = '') =>
      (await get(`/v1/history?since=${since}&until=${until}&limit=1000${query}`, as)).versions.filter(
        (told: { version: number }) => told.version === version,
      );
    expect(await told(user)).toMatchObject([{ id, doc: null, entity_type: type }]);
    expect(await told(user, `&entity_type=${type}&order=asc`)).toHaveLength(1);
    expect(await told(user, '&entity_type=no_such_type')).toEqual([]);
    const other = expected.users.find((someone) => someone.id !== user);
    expect(await told(other?.id ?? '')).toEqual([]);
  }
});
