import * as z from 'zod';
import type { RefreshOutcome } from '../../analytics/refresh.ts';
import type { Tripwire } from '../../analytics/tripwires.ts';
import type { Dashboard } from '../../store/dashboard.ts';
import type { Drift } from '../../store/list-drifts.ts';
import type { RefreshEntry } from '../../store/list-refreshes.ts';
import type { RouteHour } from '../../store/performance-history.ts';
import type { SlowQueries } from '../../store/slow-queries.ts';

/** What the dashboard and the operator's routes answer, for the OpenAPI document; the types they are made of say what each field means. */

const instant = () => z.string().meta({ format: 'date-time' });
const day = () => z.string().meta({ format: 'date' });
const uuid = () => z.string().meta({ format: 'uuid' });
const count = () => z.int();
const ms = () => z.number();

const dashboard = z.object({
  time_zone: z.string(),
  as_of: instant(),
  rolled_up_at: instant().nullable(),
  lag_ms: ms().nullable(),
  views_as_of: z.object({
    habit_streaks: instant().nullable(),
    monthly_summary: instant().nullable(),
    duration_profile: instant().nullable(),
  }),
  days: z.array(z.object({ day: day(), records: count(), minutes: z.number() })),
  types: z.array(z.object({ entity_type: z.string(), records: count(), minutes: z.number(), active_days: count() })),
  related: z.array(
    z.object({
      id: uuid(),
      entity_type: z.string(),
      label: z.string().nullable(),
      records: count(),
      minutes: z.number(),
      active_days: count(),
      last_day: day(),
    }),
  ),
  measures: z.array(
    z.object({
      entity_type: z.string(),
      field: z.string(),
      unit: z.string(),
      of_id: uuid().nullable(),
      of_label: z.string().nullable(),
      count: count(),
      sum: z.number(),
      min: z.number(),
      max: z.number(),
      last: z.number(),
      points: z
        .array(
          z.object({
            day: day(),
            count: count(),
            sum: z.number(),
            min: z.number(),
            max: z.number(),
            last: z.number(),
          }),
        )
        .nullable(),
    }),
  ),
  hours: z.array(z.object({ weekday: z.int().min(1).max(7), hour: z.int().min(0).max(23), records: count() })),
  task_flow: z.array(z.object({ day: day(), created: count(), done: count(), snoozed: count() })),
  streaks: z.array(
    z.object({
      habit_id: uuid(),
      label: z.string().nullable(),
      days: count(),
      last_day: day(),
      current_streak_days: count(),
      longest_streak_days: count(),
      longest_streak_from: day(),
      longest_gap_days: count(),
      longest_gap_from: day().nullable(),
    }),
  ),
  months: z.array(
    z.object({
      entity_type: z.string(),
      month: day(),
      records: count(),
      minutes: z.number(),
      active_days: count(),
      busiest_day: day(),
    }),
  ),
  durations: z.array(
    z.object({
      entity_type: z.string(),
      month: day(),
      records: count(),
      median_minutes: z.number(),
      p90_minutes: z.number(),
      p99_minutes: z.number(),
      longest_minutes: z.number(),
    }),
  ),
}) satisfies z.ZodType<Dashboard>;

export const dashboardAnswer = z.object({
  entity_type: z.string().nullable(),
  from: day(),
  to: day(),
  ...dashboard.shape,
});

const kind = z.enum(['rollup', 'materialized_view', 'check', 'housekeeping']);
const mode = z.enum(['noop', 'incremental', 'full', 'deferred', 'done']);

const refreshEntry = z.object({
  refresh_id: z.string(),
  name: z.string(),
  kind,
  mode: mode.nullable(),
  status: z.enum(['done', 'running', 'failed', 'abandoned']),
  scheduled_for: instant(),
  started_at: instant(),
  finished_at: instant().nullable(),
  duration_ms: ms().nullable(),
  events: count().nullable(),
  buckets: count().nullable(),
  rows: count().nullable(),
  lag_before_ms: ms().nullable(),
  error: z.string().nullable(),
}) satisfies z.ZodType<RefreshEntry>;
export const refreshesAnswer = z.object({ refreshes: z.array(refreshEntry) });

const refreshOutcome = z.object({
  refresh_id: z.string(),
  name: z.string(),
  mode,
  duration_ms: ms(),
  events: count().nullable(),
  buckets: count().nullable(),
  rows: count().nullable(),
  error: z.string().nullable(),
}) satisfies z.ZodType<RefreshOutcome>;
export const refreshedAnswer = z.object({ refreshes: z.array(refreshOutcome) });

export const analyticsAnswer = z.object({
  analytics: z.array(z.object({ name: z.string(), kind, cadence_s: z.int(), serves: z.string() })),
});

const drift = z.object({
  refresh_id: z.string(),
  found_at: instant(),
  name: z.string(),
  entity_type: z.string(),
  day: day(),
  stored: z.array(z.unknown()),
  expected: z.array(z.unknown()),
}) satisfies z.ZodType<Drift>;
export const driftsAnswer = z.object({ drifts: z.array(drift) });

const tripwire = z.object({
  name: z.string(),
  value: z.number(),
  limit: z.number(),
  tripped: z.boolean(),
  since: instant(),
  measured_at: instant(),
  detail: z.string().nullable(),
  trend_per_day: z.number().nullable(),
}) satisfies z.ZodType<Omit<Tripwire, 'name'>>;
export const tripwiresAnswer = z.object({ tripwires: z.array(tripwire) });

export const slowQueriesAnswer = z.object({
  calls: z.array(
    z.object({
      name: z.string(),
      calls: count(),
      slow: count(),
      failed: count(),
      mean_ms: ms(),
      max_ms: ms(),
      p50_ms: ms().nullable(),
      p99_ms: ms().nullable(),
      total_ms: ms(),
    }),
  ),
  slow: z.array(z.object({ at: instant(), name: z.string(), duration_ms: ms(), rows: count().nullable() })),
  statements: z
    .array(
      z.object({
        query: z.string(),
        calls: count(),
        mean_ms: ms(),
        max_ms: ms(),
        total_ms: ms(),
        rows: count(),
      }),
    )
    .nullable(),
}) satisfies z.ZodType<SlowQueries>;

export const planAnswer = z.object({ name: z.string(), plan: z.array(z.string()) });

const routeHour = z.object({
  route: z.string(),
  hour: instant(),
  requests: count(),
  refused: count(),
  failed: count(),
  mean_ms: ms(),
  max_ms: ms(),
  p50_ms: ms().nullable(),
  p90_ms: ms().nullable(),
  p99_ms: ms().nullable(),
}) satisfies z.ZodType<RouteHour>;
export const performanceAnswer = z.object({ routes: z.array(routeHour) });
