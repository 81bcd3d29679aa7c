import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SHOWABLE } from '../../src/api/show.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore, put } from './analytics-store.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

const flags = fc.record({ sensitive: fc.boolean(), archived: fc.boolean() });
const anyRecord = fc.record({
  sensitive: fc.boolean(),
  archived: fc.boolean(),
  day: fc.integer({ min: 1, max: 3 }),
  habits: fc.subarray([0, 1, 2], { minLength: 1 }),
});

/** Every choice that `show` has besides deleted records, which no chart counts. */
const CHOICES = ['', 'sensitive', 'archived', 'sensitive,archived'];

test('a chart counts exactly the records that a list shows, before the refresh and after it, whatever is flagged when', async () => {
  expect(SHOWABLE).toEqual(['deleted', 'sensitive', 'archived']);
  await fc.assert(
    fc.asyncProperty(
      fc.array(flags, { minLength: 3, maxLength: 3 }),
      fc.array(anyRecord, { minLength: 1, maxLength: 8 }),
      fc.array(flags, { minLength: 3, maxLength: 3 }),
      async (things, records, later) => {
        const user = randomUUID();
        const habits = things.map(() => randomUUID());
        const write = (all: typeof things) =>
          store.transact(
            user,
            all.map((flagged, n) => put(habits[n] ?? '', 'habit', { label: `Habit ${n}`, ...flagged })),
          );
        await write(things);
        await store.transact(
          user,
          records.map(({ sensitive, archived, day, habits: about }) =>
            put(randomUUID(), 'habit_log', {
              timestamp: `2026-03-0${day}T12:00:00Z`,
              time_zone: 'UTC',
              habit_ids: about.map((n) => habits[n]),
              sensitive,
              archived,
            }),
          ),
        );
        await expectEqualToLists(user);
        await store.refresh();
        await expectEqualToLists(user);
        // What a thing hides or shows is in the rollups of the records about it.
        await write(later);
        await expectEqualToLists(user);
        await store.refresh();
        await expectEqualToLists(user);
      },
    ),
    { numRuns: 5 },
  );
});

async function expectEqualToLists(user: string): Promise<void> {
  const get = async (path: string) => {
    const answer = await stack().fetch(path, { as: user });
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  for (const show of CHOICES) {
    const list: { timestamp: string; habit_ids: string[] }[] = await get(
      `/rest/v1/habit_log?select=timestamp,habit_ids&show=${show}`,
    );
    const things: { id: string }[] = await get(`/rest/v1/habit?select=id&show=${show}`);
    const perDay = counts(list.map(({ timestamp }) => timestamp.slice(0, 10)));
    const visible = new Set(things.map(({ id }) => id));
    const perThing = counts(list.flatMap(({ habit_ids }) => habit_ids).filter((id) => visible.has(id)));

    const days = (answer: { days: { day: string; records: number }[] }) =>
      Object.fromEntries(answer.days.map(({ day, records }) => [day, records]));
    const year = `entity_type=habit_log&year=2026&show=${show}`;
    expect(days(await get(`/v1/heatmap?${year}`)), `heatmap, ${show}`).toEqual(perDay);
    const moment = new Date(Date.now() + 60_000).toISOString();
    expect(days(await get(`/v1/heatmap?${year}&valid_time=${moment}`)), `heatmap as of, ${show}`).toEqual(perDay);
    const charts = await get(`/v1/dashboard?entity_type=habit_log&from=2026-03-01&to=2026-03-31&show=${show}`);
    expect(days(charts), `dashboard, ${show}`).toEqual(perDay);
    const related: { id: string; records: number }[] = charts.related;
    expect(Object.fromEntries(related.map(({ id, records }) => [id, records])), `things, ${show}`).toEqual(perThing);
    const inHours: { records: number }[] = charts.hours;
    expect(
      inHours.reduce((sum, { records }) => sum + records, 0),
      `hours, ${show}`,
    ).toBe(list.length);
  }
}

const counts = (words: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(words)].map((word) => [word, words.filter((other) => other === word).length]));

test('streaks, months and durations leave out what is hidden, and have it on request', async () => {
  const user = randomUUID();
  const [open, secret] = [randomUUID(), randomUUID()];
  const log = (day: string, habit: string) =>
    put(randomUUID(), 'habit_log', { timestamp: `${day}T12:00:00Z`, time_zone: 'UTC', habit_ids: [habit] });
  const session = (day: string, minutes: number, sensitive: boolean) =>
    put(randomUUID(), 'exercise_session', {
      beginning: `${day}T12:00:00Z`,
      end: new Date(Date.parse(`${day}T12:00:00Z`) + minutes * 60_000).toISOString(),
      sensitive,
    });
  await store.transact(user, [
    put(open, 'habit', { label: 'Swim', sensitive: false, archived: false }),
    put(secret, 'habit', { label: 'Weep', sensitive: true, archived: false }),
    log('2026-03-01', open),
    log('2026-03-02', secret),
    session('2026-03-03', 10, false),
    session('2026-03-03', 50, true),
  ]);
  await store.refresh();
  const operator = { authorization: `Bearer ${await stack().operatorToken()}`, 'content-type': 'application/json' };
  const names = ['habit_streaks', 'monthly_summary', 'duration_profile'];
  await stack().fetch('/v1/ops/refreshes', { method: 'POST', headers: operator, body: JSON.stringify({ names }) });
  const charts = async (show: string) =>
    (await stack().fetch(`/v1/dashboard?from=2026-03-01&to=2026-03-31&show=${show}`, { as: user })).json();
  // Nobody archived anything: shown or not, it makes no difference.
  for (const show of ['', 'archived']) {
    const answer = await charts(show);
    expect(answer.streaks).toMatchObject([{ habit_id: open, days: 1 }]);
    expect(answer.months).toMatchObject([
      { entity_type: 'exercise_session', records: 1 },
      { entity_type: 'habit_log', records: 1 },
    ]);
    expect(answer.durations).toMatchObject([{ records: 1, longest_minutes: 10 }]);
  }
  const all = await charts('sensitive');
  expect(all.streaks).toMatchObject([{ habit_id: secret }, { habit_id: open }]);
  expect(all.months).toMatchObject([
    { entity_type: 'exercise_session', records: 2 },
    { entity_type: 'habit_log', records: 2 },
  ]);
  expect(all.durations).toMatchObject([{ records: 2, median_minutes: 30, longest_minutes: 50 }]);
});
