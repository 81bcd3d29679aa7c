import fc from 'fast-check';
import { expect } from 'vitest';
import { PRESENT } from '../../src/store/get-entity.ts';
import { heatmap } from '../../src/store/heatmap.ts';
import type { Shown } from '../../src/store/visibility.ts';
import { ROLLUPS } from '../drifted-rollups.ts';
import { SHOW_NOTHING_HIDDEN } from '../show-nothing-hidden.ts';
import type { AnalyticsStore } from './analytics-store.ts';
import { act, anyStep, newWorld, type Step, type World } from './random-history.ts';

/** What a reader asks for, and the bits of hidden_bits() that it shows. */
const SHOWN: readonly [Shown, bits: number][] = [
  [SHOW_NOTHING_HIDDEN, 0],
  [{ deleted: false, sensitive: true, archived: true }, 3],
];

/** Over this many random histories: answers are right before the refresh, and every rollup equals its definition after it. */
export async function checkRollups(store: AnalyticsStore, numRuns: number, maxSteps: number): Promise<void> {
  await store.refresh();
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: maxSteps }), async (steps) => {
      const world = newWorld();
      for (const step of steps) {
        await act(step, world, store);
        // After each pass: wherever nothing is said to be behind, nothing is.
        if (isPass(step) && (await isClean(store, world))) await expectDefinitions(store, world);
      }
      // A version that comes into force between two looks would make them differ.
      await store.owner().query('select pg_sleep_until(max(valid_time)) from event_log where valid_time > tx_time');
      // Before the refresh already, an answer is what the definition says.
      for (const user of world.users) {
        for (const [shown, bits] of SHOWN) {
          const { rows: expected } = await store.owner().query(
            `select day::text, sum(records)::integer as records, round(sum(minutes)::numeric, 2)::float as minutes from activity
            where user_id = $1 and entity_type = 'habit_log' and day between '2026-01-01' and '2026-12-31' and hidden & ~$2::smallint = 0 group by day order by day`,
            [user, bits],
          );
          const answer = await heatmap(store.road(), user, {
            entity_type: 'habit_log',
            year: 2026,
            shown,
            moment: PRESENT,
          });
          expect(answer.days).toEqual(expected);
        }
      }
      await store.refresh();
      await expectDefinitions(store, world);
    }),
    { numRuns },
  );
}

const isPass = ({ kind }: Step): boolean => kind === 'pass' || kind === 'two crons';

/** Whether these users' rollups are up to the log, and no version comes into force while that is looked at. */
async function isClean(store: AnalyticsStore, { users }: World): Promise<boolean> {
  const { rows } = await store.owner().query(
    `select bool_and(not p.whole and p.buckets = '{}') and not exists (
      select from event_log where valid_time > tx_time and valid_time > now() - interval '1 second'
    ) as clean from unnest($1::uuid[]) u cross join lateral pending_activity(u) p`,
    [users],
  );
  return rows[0].clean;
}

async function expectDefinitions(store: AnalyticsStore, { users }: World): Promise<void> {
  for (const rollup of ROLLUPS) {
    expect(await store.rows(rollup, users), rollup).toEqual(await store.rows(`${rollup}_definition`, users));
  }
}
