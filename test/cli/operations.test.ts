import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { sparkline } from '../../src/cli/sparkline.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { runAnnals } from '../run-annals.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE, { SLOW_CALL_MS: '0' });

const annals = async (...argv: string[]) =>
  runAnnals(argv, { ANNALS_API_URL: stack().workers.apiUrl, ANNALS_TOKEN: await stack().operatorToken() });

test('annals refreshes shows real runs, and refreshes now', async () => {
  const now = await annals('refreshes', '--now');
  expect(now.code, now.err).toBe(0);
  expect(now.out).toMatch(/^daily_activity +full/m);
  const listed = await annals('refreshes');
  expect(listed.out).toMatch(/^habit_streaks .* full +done +[\d.]+ +█$/m);
  expect((await annals('refreshes', 'daily_activity')).out.trimEnd().split('\n')).toHaveLength(2);
  const [entry] = (await annals('refreshes', 'daily_activity', '--json')).out.split('\n');
  expect(JSON.parse(entry ?? '')).toMatchObject({ name: 'daily_activity', mode: 'full', status: 'done' });
  const wrong = await annals('refreshes', 'nothing', '--now');
  expect(wrong.code).not.toBe(0);
  expect(wrong.err).toMatch(/is none of daily_activity/);
});

test('annals slow shows the calls, and the plan of one', async () => {
  await stack().fetch('/v1/heatmap?entity_type=habit&year=2026', { as: randomUUID() });
  await expect
    .poll(async () => (await annals('slow')).out, { timeout: 20_000, interval: 50 })
    .toMatch(/^heatmap +1 +1 +0 /m);
  expect((await annals('slow', 'heatmap')).out).toMatch(/heatmap\(/);
  expect(await annals('slow', 'nothing')).toMatchObject({ code: 1, err: expect.stringMatching(/AN404/) });
});

test('annals tripwires says how each stands', async () => {
  const { code, out } = await annals('tripwires');
  expect(code).toBe(0);
  expect(out).toMatch(/^events +0 +1000000 .* ok$/m);
});

test('a sparkline is as high as its greatest value', () => {
  expect(sparkline([0, 1, 2, 4])).toBe('▁▃▅█');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});
