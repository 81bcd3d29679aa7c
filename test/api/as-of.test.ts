import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test('the overview and the heatmap of a moment are as they were then, whatever is written afterwards', async () => {
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
