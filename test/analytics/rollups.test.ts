import fc from 'fast-check';
import { expect, test } from 'vitest';
import { refresh } from '../../src/analytics/refresh.ts';
import { ROLLUPS } from '../drifted-rollups.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { analyticsStore } from './analytics-store.ts';
import { act, anyStep, newWorld } from './random-history.ts';
import { checkRollups } from './rollups-property.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const store = analyticsStore(stack);

test('after any history, with crashes between steps and two crons at once, every rollup equals its definition', async () => {
  await checkRollups(store, 25, 12);
});

test('an answer of the database that is lost, before or after its commit, costs a tick and no more', async () => {
  for (const fault of ['drop_before_commit', 'drop_after_commit'] as const) {
    for (const call of ['refresh_start', 'refresh_rollups', 'refresh_finish']) {
      const world = newWorld();
      const [step] = fc.sample(
        anyStep.filter((s) => s.kind === 'put'),
        1,
      );
      if (step !== undefined) await act(step, world, store);
      const armed = stack().neon.faults.arm(fault, { matches: (query) => query.includes(call) });
      const request = { scheduled_for: store.nextMinute(), names: null, rebuild: false };
      await expect(refresh(store.road(), request), `${fault} ${call}`).rejects.toMatchObject({ code: 'AN503' });
      expect(armed.remaining).toBe(0);
      // What a start that was lost took, only time gives back.
      await store.owner().query('update refresh_state set lease_until = clock_timestamp()');
      await store.refresh();
      for (const rollup of ROLLUPS) {
        const message = `${rollup} after ${fault} ${call}`;
        expect(await store.rows(rollup, world.users), message).toEqual(
          await store.rows(`${rollup}_definition`, world.users),
        );
      }
    }
  }
});
