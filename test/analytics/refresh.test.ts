import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { refresh } from '../../src/analytics/refresh.ts';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import type { Shown } from '../../src/store/visibility.ts';
import { ROLLUPS } from '../drifted-rollups.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore, projectLog, put } from './analytics-store.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

const days = async (user: string) =>
  (
    await store
      .owner()
      .query(
        'select entity_type, day::text, records, minutes from daily_activity where user_id = $1 order by entity_type, day',
        [user],
      )
  ).rows;

test('a refresh brings every rollup and view up to date and logs each with its duration', async () => {
  const user = randomUUID();
  await store.transact(user, [
    put(randomUUID(), 'project_log', projectLog('2026-03-01T10:00:00Z', '2026-03-01T10:30:00Z')),
  ]);
  // Views have a cadence of their own: asked for by name, they run.
  const names = ['daily_activity', 'habit_streaks', 'monthly_summary', 'duration_profile'];
  await store.refresh();
  await refresh(store.road(), { scheduled_for: null, names, rebuild: false });
  expect(await days(user)).toEqual([{ entity_type: 'project_log', day: '2026-03-01', records: 1, minutes: 30 }]);
  const { rows } = await store
    .owner()
    .query('select month::text, records::integer, median_minutes from duration_profile where user_id = $1', [user]);
  expect(rows).toEqual([{ month: '2026-03-01', records: 1, median_minutes: 30 }]);
  for (const name of [...ROLLUPS, ...names]) {
    const entry = await store.lastRun(name);
    expect(entry.finished_at, name).not.toBeNull();
    expect(entry.duration_ms, name).toBeGreaterThan(0);
    expect(entry.error, name).toBeNull();
  }
  await store.refresh();
  expect((await store.lastRun('daily_activity')).mode).toBe('noop');
});

test('a tick that is delivered twice, or beside one that runs, does nothing; one that was killed leaves a trace and is followed', async () => {
  const request = { scheduled_for: store.nextMinute(), names: null, rebuild: false };
  expect(await refresh(store.road(), request)).not.toBeNull();
  expect(await refresh(store.road(), request)).toBeNull();

  const { rows } = await store
    .owner()
    .query("select refresh_start($1, null, false) ->> 'lease' as lease", [store.nextMinute()]);
  const { refresh_id } = await store.lastRun('daily_activity');
  expect(await refresh(store.road(), { ...request, scheduled_for: store.nextMinute() })).toBeNull();
  const status = async () => {
    const found = await store.owner().query('select r from refreshes(1000) r');
    return found.rows.map(({ r }) => r).find((r) => r.refresh_id === refresh_id).status;
  };
  expect(await status()).toBe('running');
  await store.owner().query('update refresh_state set lease_until = clock_timestamp()');
  expect(await status()).toBe('abandoned');
  expect(await refresh(store.road(), { ...request, scheduled_for: store.nextMinute() })).not.toBeNull();
  expect(await status()).toBe('abandoned');
  // The dead one turns out to be alive: it is too late for it.
  for (const call of ['refresh_rollups($1, 10)', 'refresh_finish($1)']) {
    await expect(store.owner().query(`select ${call}`, [rows[0].lease])).rejects.toMatchObject({ code: 'AN409' });
  }
});

test('days are those of the record’s zone, right across midnight and the clock changes', async () => {
  const user = randomUUID();
  await store.transact(user, [
    put(user, 'user', { email: 'a@example.com', time_zone: 'Asia/Kolkata' }),
    // Berlin springs forward at 01:00Z: that night has one hour less between 23:30 and 03:30 local, so three.
    put(randomUUID(), 'project_log', projectLog('2026-03-28T22:30:00Z', '2026-03-29T01:30:00Z')),
    // Three days, the middle one whole.
    put(randomUUID(), 'meditation_log', {
      beginning: '2026-05-01T20:00:00Z',
      end: '2026-05-03T02:00:00Z',
      time_zone: 'UTC',
    }),
    // No zone of its own: its user's, where it is already the next day.
    put(randomUUID(), 'exercise_session', { beginning: '2026-06-01T18:45:00Z', end: '2026-06-01T19:00:00Z' }),
    put(randomUUID(), 'book', { title: 'A date has no zone', published: '2026-07-01' }),
  ]);
  await store.refresh();
  expect((await days(user)).filter((row) => row.entity_type !== 'user')).toEqual([
    { entity_type: 'book', day: '2026-07-01', records: 1, minutes: 0 },
    { entity_type: 'exercise_session', day: '2026-06-02', records: 1, minutes: 15 },
    { entity_type: 'meditation_log', day: '2026-05-01', records: 1, minutes: 240 },
    { entity_type: 'meditation_log', day: '2026-05-02', records: 0, minutes: 1440 },
    { entity_type: 'meditation_log', day: '2026-05-03', records: 0, minutes: 120 },
    { entity_type: 'project_log', day: '2026-03-28', records: 1, minutes: 30 },
    { entity_type: 'project_log', day: '2026-03-29', records: 0, minutes: 150 },
  ]);
  const { rows } = await store
    .owner()
    .query('select day::text, hours, records from daily_hours where user_id = $1 and entity_type = $2', [
      user,
      'exercise_session',
    ]);
  // 18:45Z is a quarter past midnight in Kolkata.
  expect(rows).toEqual([{ day: '2026-06-02', hours: [0], records: [1] }]);
});

test('measures are summed in their unit and by what they are measured of, tasks by what became of them', async () => {
  const user = randomUUID();
  const medication = randomUUID();
  const dose = (timestamp: string, dosage: number, unit = 'mg') =>
    put(randomUUID(), 'medication_log', { timestamp, medication_id: medication, dosage, unit });
  await store.transact(user, [
    dose('2026-03-01T08:00:00Z', 20),
    dose('2026-03-01T20:00:00Z', 10),
    dose('2026-03-01T12:00:00Z', 2, 'puff'),
    put(randomUUID(), 'task', {
      label: 'Sow',
      state: 'done',
      created_at: '2026-03-01T09:00:00Z',
      done_at: '2026-03-03T09:00:00Z',
    }),
  ]);
  const reap = randomUUID();
  for (const until of [null, '2026-08-01', '2026-08-01', '2026-09-01']) {
    const doc = {
      label: 'Reap',
      state: 'later',
      created_at: '2026-03-01T10:00:00Z',
      ...(until !== null && { snooze_until: until }),
    };
    await store.transact(user, [put(reap, 'task', doc)]);
  }
  await store.refresh();
  const measures = await store
    .owner()
    .query(
      'select unit, of_id, count, sum::float, min::float, max::float, last::float from daily_measures where user_id = $1 order by unit',
      [user],
    );
  expect(measures.rows).toEqual([
    { unit: 'mg', of_id: medication, count: 2, sum: 30, min: 10, max: 20, last: 10 },
    { unit: 'puff', of_id: medication, count: 1, sum: 2, min: 2, max: 2, last: 2 },
  ]);
  const flow = await store
    .owner()
    .query(
      "select day::text, created, done, snoozed, day = (now() at time zone 'UTC')::date as today from task_flow where user_id = $1 order by day",
      [user],
    );
  // Put off twice, and written once without; on the day on which that was done, whatever the day until which.
  expect(flow.rows).toEqual([
    { day: '2026-03-01', created: 2, done: 0, snoozed: 0, today: false },
    { day: '2026-03-03', created: 0, done: 1, snoozed: 0, today: false },
    expect.objectContaining({ created: 0, done: 0, snoozed: 2, today: true }),
  ]);
});

test('streaks and gaps of a habit are those of its days', async () => {
  const user = randomUUID();
  const habit = randomUUID();
  const logged = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-10', '2026-01-11'];
  await store.transact(
    user,
    logged.map((day) =>
      put(randomUUID(), 'habit_log', { timestamp: `${day}T12:00:00Z`, time_zone: 'UTC', habit_ids: [habit] }),
    ),
  );
  await store.refresh();
  await refresh(store.road(), { scheduled_for: null, names: ['habit_streaks'], rebuild: false });
  const { rows } = await store.owner().query(
    `select days::integer, last_day::text, last_streak_days, longest_streak_days, longest_streak_from::text,
      longest_gap_days, longest_gap_from::text from habit_streaks where user_id = $1 and habit_id = $2`,
    [user, habit],
  );
  expect(rows).toEqual([
    {
      days: 5,
      last_day: '2026-01-11',
      last_streak_days: 2,
      longest_streak_days: 3,
      longest_streak_from: '2026-01-01',
      longest_gap_days: 6,
      longest_gap_from: '2026-01-04',
    },
  ]);
});

test('a write that commits late is not missed, whatever committed before it (I9)', async () => {
  const user = randomUUID();
  const late = await store.owner().connect();
  const log = (day: string) => put(randomUUID(), 'project_log', projectLog(`${day}T10:00:00Z`, `${day}T11:00:00Z`));
  try {
    await late.query('begin');
    await store.transact(user, [log('2026-01-01')], late);
    // Drawn later, committed earlier: a cursor on the sequence alone would now step over the open one.
    await store.transact(user, [log('2026-01-02')]);
    // No waiting for a settled cluster here: the open transaction is the point.
    const report = await refresh(store.road(), { scheduled_for: store.nextMinute(), names: null, rebuild: false });
    expect(report?.next_due, 'an event above the horizon keeps the next tick due').not.toBeNull();
    await late.query('commit');
  } finally {
    late.release(true);
  }
  await store.refresh();
  expect((await days(user)).map((row) => row.day)).toEqual(['2026-01-01', '2026-01-02']);
});

test('a cursor from another cluster is noticed, and everything rebuilt', async () => {
  const user = randomUUID();
  await store.transact(user, [
    put(randomUUID(), 'project_log', projectLog('2026-01-05T10:00:00Z', '2026-01-05T11:00:00Z')),
  ]);
  await store.owner().query("update refresh_state set cursor_xid = '18446744073709551000'");
  // Meanwhile answers are computed from live rows.
  const before = await heatmap(store.road(), user, {
    entity_type: 'project_log',
    year: 2026,
    shown: SHOW_NOTHING_HIDDEN,
    moment: PRESENT,
  });
  expect(before.days).toEqual([{ day: '2026-01-05', records: 1, minutes: 60 }]);
  expect(before.years).toEqual([2026]);
  await store.refresh();
  expect((await store.lastRun('daily_activity')).mode).toBe('full');
  expect((await days(user)).map((row) => row.day)).toEqual(['2026-01-05']);
});

test('years are those of records that are shown, also where the rollup is behind or is being rebuilt', async () => {
  const user = randomUUID();
  const moved = randomUUID();
  const log = (id: string, day: string, extra: object = {}) =>
    put(id, 'project_log', { ...projectLog(`${day}T10:00:00Z`, `${day}T11:00:00Z`), ...extra });
  const years = async (shown: Shown) =>
    (await heatmap(store.road(), user, { entity_type: 'project_log', year: 2026, shown, moment: PRESENT })).years;
  const expectYears = async (kept: number) => {
    expect(await years(SHOW_NOTHING_HIDDEN)).toEqual([kept]);
    expect(await years({ ...SHOW_NOTHING_HIDDEN, sensitive: true })).toEqual([2024, kept].sort());
  };
  await store.transact(user, [log(moved, '2026-01-05'), log(randomUUID(), '2024-01-05', { sensitive: true })]);
  await expectYears(2026);
  await store.refresh();
  await expectYears(2026);
  await store.transact(user, [log(moved, '2020-01-05')]);
  await expectYears(2020);
  await store.owner().query("update analytics set rebuilding = true where kind = 'rollup'");
  await expectYears(2020);
  await store.refresh();
  await expectYears(2020);
});

test('the first and the last years that there are have their days, while the rollup is behind too', async () => {
  const user = randomUUID();
  const zone = 'America/New_York';
  const log = (beginning: string) => put(randomUUID(), 'project_log', projectLog(beginning, null, zone));
  await store.transact(user, [
    put(user, 'user', { joined_at: '2020-01-01T00:00:00Z', email: 'me@example.com', time_zone: zone }),
    // In New York the evening before, of a year that nobody can ask for.
    log('0001-01-01T00:00:00Z'),
    ...['0001-01-01T12:00:00Z', '9999-12-31T23:59:59Z'].map(log),
  ]);
  const expectYears = async () => {
    for (const moment of [PRESENT, { ...PRESENT, tx_time: '9999-12-31T00:00:00Z' }]) {
      for (const [year, day] of [[1, '0001-01-01'] as const, [9999, '9999-12-31'] as const]) {
        const request = { entity_type: 'project_log', year, shown: SHOW_NOTHING_HIDDEN, moment };
        const { years, days } = await heatmap(store.road(), user, request);
        expect({ years, days: days.filter(({ records }) => records > 0).map((each) => each.day) }).toEqual({
          years: [1, 9999],
          days: [day],
        });
      }
    }
  };
  await expectYears();
  await store.refresh();
  await expectYears();
  await store.owner().query("update analytics set rebuilding = true where kind = 'rollup'");
  await expectYears();
  await store.refresh();
  await expectYears();
  expect(await store.rows('daily_activity', [user])).toEqual(await store.rows('daily_activity_definition', [user]));
});

test('a rollup that fails is logged and rebuilt when it can be, and does not hold the others back', async () => {
  const user = randomUUID();
  await store.refresh();
  await store.owner().query('alter table daily_hours add constraint broken check (false) not valid');
  await store.transact(user, [
    put(randomUUID(), 'project_log', projectLog('2026-01-05T10:00:00Z', '2026-01-05T11:00:00Z')),
  ]);
  await store.refresh();
  expect((await store.lastRun('daily_hours')).error).toMatch(/broken/);
  expect((await days(user)).map((row) => row.day)).toEqual(['2026-01-05']);
  await store.owner().query('alter table daily_hours drop constraint broken');
  await store.refresh();
  expect(await store.lastRun('daily_hours')).toMatchObject({ mode: 'full', error: null });
  expect(await store.rows('daily_hours', [user])).toEqual(await store.rows('daily_hours_definition', [user]));
});

test('a large dirty share is rebuilt beside the live table, which keeps its policies', async () => {
  const user = randomUUID();
  await store.refresh();
  // Each over three days: more than two thousand buckets, and far more than a fifth of what there is.
  const at = (n: number) => new Date(Date.UTC(2000, 0, 1) + n * 86_400_000).toISOString();
  await store.transact(
    user,
    Array.from({ length: 700 }, (_, n) =>
      put(randomUUID(), 'exercise_session', { beginning: at(3 * n), end: at(3 * n + 2.5) }),
    ),
  );
  await store.refresh();
  expect(await store.lastRun('daily_activity')).toMatchObject({ mode: 'full', events: '700', error: null });
  for (const rollup of ROLLUPS) {
    expect(await store.rows(rollup, [user]), rollup).toEqual(await store.rows(`${rollup}_definition`, [user]));
    const { rows } = await store.owner().query(
      `select relrowsecurity, (select count(*)::integer from pg_policies where tablename = $1) as policies,
        has_table_privilege('annals_app', $1, 'select') as readable from pg_class where oid = $1::regclass`,
      [rollup],
    );
    expect(rows, rollup).toEqual([{ relrowsecurity: true, policies: 1, readable: true }]);
  }
  // Another user sees none of it, through the twin that is live now.
  expect(
    (
      await heatmap(store.road(), randomUUID(), {
        entity_type: 'exercise_session',
        year: 2001,
        shown: SHOW_NOTHING_HIDDEN,
        moment: PRESENT,
      })
    ).days,
  ).toEqual([]);
});

test('an answer is right at once after a write, and says how far the rollup is behind', async () => {
  const user = randomUUID();
  const year = { entity_type: 'project_log', year: 2026, shown: SHOW_NOTHING_HIDDEN, moment: PRESENT };
  const id = randomUUID();
  await store.transact(user, [put(id, 'project_log', projectLog('2026-02-01T10:00:00Z', '2026-02-01T11:00:00Z'))]);
  expect((await heatmap(store.road(), user, year)).days).toEqual([{ day: '2026-02-01', records: 1, minutes: 60 }]);
  await store.refresh();
  expect(await heatmap(store.road(), user, year)).toMatchObject({
    lag_ms: 0,
    years: [2026],
    days: [{ day: '2026-02-01', records: 1, minutes: 60 }],
  });
  // Moved: the old day empties and the new one fills, before any refresh.
  await store.transact(user, [put(id, 'project_log', projectLog('2026-02-03T10:00:00Z', '2026-02-03T10:30:00Z'))]);
  const moved = await heatmap(store.road(), user, year);
  expect(moved.days).toEqual([{ day: '2026-02-03', records: 1, minutes: 30 }]);
  expect(moved.lag_ms).toBeGreaterThan(0);
  await store.transact(user, [{ op: 'delete', entity_id: id }]);
  expect((await heatmap(store.road(), user, year)).days).toEqual([]);
});

test('a running timer counts up to now', async () => {
  const user = randomUUID();
  const { rows } = await store
    .owner()
    .query("select iso(now() - interval '90 minutes') as began, extract(year from now())::integer as year");
  await store.transact(user, [put(randomUUID(), 'project_log', projectLog(rows[0].began, null, 'UTC'))]);
  for (const _ of ['live', 'from the rollup']) {
    const { days } = await heatmap(store.road(), user, {
      entity_type: 'project_log',
      year: rows[0].year,
      shown: SHOW_NOTHING_HIDDEN,
      moment: PRESENT,
    });
    const minutes = days.reduce((sum, day) => sum + day.minutes, 0);
    expect(minutes).toBeGreaterThanOrEqual(90);
    expect(minutes).toBeLessThan(100);
    expect(days.reduce((sum, day) => sum + day.records, 0)).toBe(1);
    await store.refresh();
  }
});
