import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('the overview, lists and the heatmap of a moment are as they were then, whatever is written afterwards', async () => {
  const user = randomUUID();
  const me = callerOf(stack, user);
  const [run, quiet, first, running] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const log = (id: string, timestamp: string, habit: string) => ({
    op: 'put',
    id,
    entity_type: 'habit_log',
    doc: { timestamp, time_zone: 'Europe/Berlin', habit_ids: [habit] },
  });
  const habit = (id: string, label: string, sensitive: boolean) => ({
    op: 'put',
    id,
    entity_type: 'habit',
    doc: { label, sensitive, archived: false },
  });
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  await me.write(
    {
      op: 'put',
      id: user,
      entity_type: 'user',
      doc: { joined_at: '2020-01-01T00:00:00Z', email: 'me@example.com', time_zone: 'Europe/Berlin' },
    },
    habit(run, 'Run', false),
    habit(quiet, 'Quiet', true),
  );
  const { tx_time } = await me.write(log(first, hourAgo, run), log(randomUUID(), hourAgo, quiet), {
    op: 'put',
    id: running,
    entity_type: 'project_log',
    doc: { beginning: hourAgo, time_zone: 'Europe/Berlin', project_id: randomUUID() },
  });
  const ask = async () => ({
    overview: await me.get(`/v1/overview?valid_time=${tx_time}&tx_time=${tx_time}`),
    list: await me.get(`/v1/entities?entity_type=habit_log&valid_time=${tx_time}&tx_time=${tx_time}`),
    heatmap: await me.get(
      `/v1/heatmap?entity_type=habit_log&year=${tx_time.slice(0, 4)}&valid_time=${tx_time}&tx_time=${tx_time}`,
    ),
  });
  const then = await ask();
  const ids = (records: { id: string }[]) => records.map((record) => record.id);
  expect(ids(then.overview.timeline)).toContain(first);
  expect(then.overview.timeline.find((record: { id: string }) => record.id === first).related).toEqual([
    { id: run, entity_type: 'habit', label: 'Run' },
  ]);
  expect(then.overview.running.map((record: { id: string }) => record.id)).toEqual([running]);
  expect(then.overview.user).toEqual({ id: user, email: 'me@example.com', label: 'me@example.com' });
  expect(then.overview.counts.last_7_days.habit_log).toBe(1);
  expect(then.heatmap).toMatchObject({ time_zone: 'Europe/Berlin', lag_ms: 0, years: [Number(tx_time.slice(0, 4))] });
  // The quiet one is left out here as it is there.
  expect(ids(then.list.records)).toEqual([first]);
  const shown = await me.get(`/v1/entities?entity_type=habit_log&show=sensitive&tx_time=${tx_time}&limit=1`);
  const others = await me.get(
    `/v1/entities?entity_type=habit_log&show=sensitive&tx_time=${tx_time}&after=${shown.next}`,
  );
  expect(shown.records.length + others.records.length).toBe(2);
  expect(then.heatmap.days.map((day: { records: number }) => day.records)).toEqual([1]);
  // The present, asked as a moment, is the present.
  const { as_of: _, ...now } = await me.get('/v1/overview');
  const { as_of: __, ...nowAsOf } = await me.get('/v1/overview?tx_time=9999-01-01T00:00:00Z');
  expect(nowAsOf).toEqual(now);

  await me.write(
    log(first, '2019-01-01T00:00:00Z', run),
    { op: 'delete', id: running },
    habit(run, 'Run', true),
    log(randomUUID(), hourAgo, run),
  );
  expect(await ask()).toEqual(then);
  expect((await me.get('/v1/overview')).timeline.map((record: { id: string }) => record.id)).not.toContain(first);
});

test('a running timer has its minutes up to the moment that is asked about', async () => {
  const me = callerOf(stack, randomUUID());
  const start = (beginning: string, time_zone: string) =>
    me.write({
      op: 'put',
      id: randomUUID(),
      entity_type: 'project_log',
      doc: { beginning, time_zone, project_id: randomUUID() },
      valid_from: beginning,
    });
  const heatmap = (year: string) => `/v1/heatmap?entity_type=project_log&year=${year}`;
  // Half past eleven in the evening, in winter.
  await start('2015-12-31T22:30:00Z', 'Europe/Berlin');
  expect(await me.get(`${heatmap('2015')}&valid_time=2016-01-01T00:15:00Z`)).toMatchObject({
    years: [2015],
    days: [{ day: '2015-12-31', records: 1, minutes: 30 }],
  });
  expect(await me.get(`${heatmap('2016')}&valid_time=2016-01-01T00:15:00Z`)).toMatchObject({
    years: [2015],
    days: [{ day: '2016-01-01', records: 0, minutes: 75 }],
  });
  // The present, asked as a moment, is the present: of that day nothing is to come.
  const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  await start(`${day}T12:00:00Z`, 'UTC');
  for (const headers of [{}, { Basis: 'now' }]) {
    const { days, years } = await me.get(heatmap(day.slice(0, 4)), headers);
    expect(years).toEqual([2015, Number(day.slice(0, 4))]);
    expect(days.find((each: { day: string }) => each.day === day)).toEqual({ day, records: 1, minutes: 720 });
  }
});
