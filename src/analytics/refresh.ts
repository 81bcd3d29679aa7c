import type { Database } from '../store/database.ts';

/** What the cron keeps fresh, in an order in which each builds on those before it. */
const ANALYTICS = ['daily_activity', 'duration_profile'] as const;

/** A pass that takes longer is taken for dead, and the next tick may start another: twice the longest a cron run may last. */
const LEASE_S = 1_800;
/** Small enough that one pass stays far below the 10 s a statement should take. */
const MAX_EVENTS_A_PASS = 5_000;
/** Bounds a tick at a million events; what is left waits for the next tick. */
const MAX_PASSES = 200;

/** One pass, as logged. `mode` noop means nothing had changed; `more` that events remain beyond this pass. */
export interface RefreshOutcome {
  readonly refresh_id: string;
  readonly name: string;
  readonly mode: 'noop' | 'incremental' | 'full';
  readonly events: number;
  readonly buckets: number;
  readonly rows: number;
  readonly more: boolean;
  readonly error: string | null;
}

/**
 * Brings every rollup and view up to date for one scheduled time, each pass logged. A tick that fires twice finds its
 * scheduled time taken and does nothing.
 */
export async function refreshAll(database: Database, scheduledFor: Date): Promise<RefreshOutcome[]> {
  const outcomes: RefreshOutcome[] = [];
  await database.call('housekeeping', 'select turn_over_due($1::integer), forget_idempotency_keys($1::integer)', [
    MAX_EVENTS_A_PASS,
  ]);
  for (const name of ANALYTICS) {
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      // Each further pass of a tick is scheduled a millisecond later: the compare-and-set lets it in, and still only once.
      const outcome = await refreshOne(database, name, new Date(scheduledFor.getTime() + pass));
      if (outcome === null) break;
      outcomes.push(outcome);
      if (!outcome.more) break;
    }
  }
  return outcomes;
}

async function refreshOne(database: Database, name: string, scheduledFor: Date): Promise<RefreshOutcome | null> {
  // Two requests on purpose: "started" must be committed before the work, so that a killed refresh leaves a trace.
  const [started] = await database.call<{ refresh_id: string | null }>(
    'refresh_start',
    'select refresh_start($1::text, $2::timestamptz, $3::integer) as refresh_id',
    [name, scheduledFor.toISOString(), LEASE_S],
  );
  const refreshId = started?.refresh_id ?? null;
  if (refreshId === null) return null;
  const [row] = await database.call<{ outcome: RefreshOutcome }>(
    'refresh_pass',
    'select refresh_pass($1::uuid, $2::integer) as outcome',
    [refreshId, MAX_EVENTS_A_PASS],
  );
  return row?.outcome ?? null;
}
