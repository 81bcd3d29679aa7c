import type { Analytic } from './define-analytic.ts';
import { dailyActivity } from './entries/daily-activity.ts';
import { dailyHours } from './entries/daily-hours.ts';
import { dailyMeasures } from './entries/daily-measures.ts';
import { dailyRelated } from './entries/daily-related.ts';
import { driftCheck } from './entries/drift-check.ts';
import { durationProfile } from './entries/duration-profile.ts';
import { expireIdempotencyKeys } from './entries/expire-idempotency-keys.ts';
import { habitStreaks } from './entries/habit-streaks.ts';
import { monthlySummary } from './entries/monthly-summary.ts';
import { monthsAhead } from './entries/months-ahead.ts';
import { pruneLogs } from './entries/prune-logs.ts';
import { taskFlow } from './entries/task-flow.ts';
import { turnOver } from './entries/turn-over.ts';

/** Everything that the cron runs. `migrate` writes the list into the database. */
export const ANALYTICS: readonly Analytic[] = [
  dailyActivity,
  dailyRelated,
  dailyMeasures,
  dailyHours,
  taskFlow,
  habitStreaks,
  monthlySummary,
  durationProfile,
  driftCheck,
  turnOver,
  expireIdempotencyKeys,
  pruneLogs,
  monthsAhead,
];
