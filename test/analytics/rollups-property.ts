import fc from 'fast-check';
import { expect } from 'vitest';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import { type AnalyticsStore, ROLLUPS } from './analytics-store.ts';
import { act, anyStep, newWorld } from './random-history.ts';

/** Over this many random histories: answers are right before the refresh, and every rollup equals its definition after it. */
export async function checkRollups(store: AnalyticsStore, numRuns: number, maxSteps: number): Promise<void> {
  await store.refresh();
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: maxSteps }), async (steps) => {
      const world = newWorld();
      for (const step of steps) await act(step, world, store);
      // A version that comes into force between two looks would make them differ.
      await store.owner().query('select pg_sleep_until(max(valid_time)) from event_log where valid_time > tx_time');
      // Before the refresh already, an answer is what the definition says.
      for (const user of world.users) {
        const [{ rows: expected }, answer] = [
          await store.owner().query(
            `select day::text, sum(records)::integer as records, round(sum(minutes)::numeric, 2)::float as minutes from activity
            where user_id = $1 and entity_type = 'exercise_session' and day between '2026-01-01' and '2026-12-31' group by day order by day`,
            [user],
          ),
          await heatmap(store.road(), user, { entity_type: 'exercise_session', year: 2026, basis: PRESENT }),
        ];
        expect(answer.days).toEqual(expected);
      }
      await store.refresh();
      for (const rollup of ROLLUPS) {
        expect(await store.rows(rollup, world.users), rollup).toEqual(
          await store.rows(`${rollup}_definition`, world.users),
        );
      }
    }),
    { numRuns },
  );
}
