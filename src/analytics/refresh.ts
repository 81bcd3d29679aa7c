import type { Database } from '../store/database.ts';
import { Failure } from '../store/failure.ts';
import type { Analytic } from './define-analytic.ts';

/** Small enough that one pass stays far below the 10 s a statement should take. */
const MAX_EVENTS_A_PASS = 5_000;
/** Bounds a tick at a million events; what is left waits for the next tick. */
const MAX_PASSES = 200;
/** One step of a rebuild takes about a second. */
const MAX_RECORDS_A_STEP = 10_000;
/** Bounds a tick at five million records; what is left waits for the next tick, which goes on there. */
const MAX_STEPS = 500;
/** Buckets drawn for the drift check, of each rollup from its table and as many from records. */
const DRIFT_SAMPLE = 200;

/** One run, as logged. `mode` noop means nothing had changed; deferred that an import under way will end in a rebuild. */
export interface RefreshOutcome {
  readonly refresh_id: string;
  readonly name: string;
  readonly mode: 'noop' | 'incremental' | 'full' | 'deferred' | 'done';
  readonly duration_ms: number;
  readonly events: number | null;
  readonly buckets: number | null;
  readonly rows: number | null;
  readonly error: string | null;
}

export interface RefreshRequest {
  /** The tick's minute, which only one tick can have; null is now, whatever ticks there were. */
  readonly scheduled_for: Date | null;
  /** What to run; null is what is due. */
  readonly names: readonly string[] | null;
  /** From scratch. */
  readonly rebuild: boolean;
}

export interface RefreshReport {
  readonly outcomes: RefreshOutcome[];
  /** When there will be something to do even if nobody writes; null for never. */
  readonly next_due: Date | null;
}

interface Unit {
  readonly refresh_id: string;
  readonly name: string;
  readonly kind: Analytic['kind'];
}

interface Started {
  readonly lease: string;
  readonly units: readonly Unit[];
}

/**
 * Runs what is due, or what is asked for, each run logged; null when another refresh runs, or this tick was taken.
 * A refresh that is killed between two of its calls leaves finished work and one line without an end.
 */
export async function refresh(database: Database, request: RefreshRequest): Promise<RefreshReport | null> {
  const outcomes: RefreshOutcome[] = [];
  let next_due: Date | null = null;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    // Each further pass of a tick is scheduled a millisecond later: the compare-and-set lets it in, and still only once.
    const at = request.scheduled_for === null ? null : new Date(request.scheduled_for.getTime() + pass);
    const started = await start(database, at, request, pass);
    if (started === null) return pass === 0 ? null : { outcomes, next_due: new Date() };
    let more: boolean;
    try {
      more = await runUnits(database, started, outcomes);
    } catch (error) {
      // Else nobody could start before the lease ends. That the database fails again says nothing new.
      await finish(database, started.lease).catch((again) => {
        if (!(again instanceof Failure)) throw again;
      });
      throw error;
    }
    next_due = await finish(database, started.lease);
    if (!more) break;
  }
  return { outcomes, next_due };
}

async function start(
  database: Database,
  at: Date | null,
  { names, rebuild }: RefreshRequest,
  pass: number,
): Promise<Started | null> {
  // A request of its own: "started" must be committed before the work, so that a killed refresh leaves a trace.
  const [row] = await database.call<{ started: Started | null }>(
    'refresh_start',
    'select refresh_start($1::timestamptz, $2::text[], $3::boolean) as started',
    [at?.toISOString() ?? null, names, rebuild && pass === 0],
  );
  return row?.started ?? null;
}

async function finish(database: Database, lease: string): Promise<Date | null> {
  const [row] = await database.call<{ next_due: string | null }>(
    'refresh_finish',
    'select iso(refresh_finish($1::uuid)) as next_due',
    [lease],
  );
  return row?.next_due == null ? null : new Date(row.next_due);
}

/** @returns whether events are left for another pass */
async function runUnits(database: Database, { lease, units }: Started, outcomes: RefreshOutcome[]): Promise<boolean> {
  let pass: { outcomes: RefreshOutcome[]; more: boolean } | null = null;
  for (const unit of units) {
    if (unit.kind !== 'rollup') outcomes.push(await runOne(database, lease, unit, unit.kind));
    else if (pass === null) {
      // They read the log together: the first of them brings all along.
      pass = await runRollups(database, lease);
      outcomes.push(...pass.outcomes);
    }
  }
  return pass?.more ?? false;
}

/** What one call of the pass, or of a rebuild's steps, did; `rebuilding` asks for the next step. */
interface RollupsAnswer {
  readonly outcomes: RefreshOutcome[];
  readonly rebuilding: boolean;
}

async function runRollups(database: Database, lease: string): Promise<{ outcomes: RefreshOutcome[]; more: boolean }> {
  const [row] = await database.call<{ pass: RollupsAnswer & { readonly more: boolean } }>(
    'refresh_rollups',
    'select refresh_rollups($1::uuid, $2::integer) as pass',
    [lease, MAX_EVENTS_A_PASS],
  );
  const outcomes = [...(row?.pass.outcomes ?? [])];
  const more = row?.pass.more ?? false;
  let rebuilding = row?.pass.rebuilding ?? false;
  for (let step = 0; rebuilding && step < MAX_STEPS; step++) {
    const [answer] = await database.call<{ step: RollupsAnswer }>(
      'rebuild_rollups',
      'select rebuild_rollups($1::uuid, $2::integer) as step',
      [lease, MAX_RECORDS_A_STEP],
    );
    outcomes.push(...(answer?.step.outcomes ?? []));
    rebuilding = answer?.step.rebuilding ?? false;
  }
  return { outcomes, more };
}

async function runOne(
  database: Database,
  lease: string,
  unit: Unit,
  kind: Exclude<Analytic['kind'], 'rollup'>,
): Promise<RefreshOutcome> {
  const { text, limits } = CALLS[kind];
  const [row] = await database.call<{ outcome: RefreshOutcome }>(unit.name, text, [lease, unit.refresh_id, ...limits]);
  if (row === undefined) throw new Error(`${unit.name} answered nothing`);
  return row.outcome;
}

const CALLS: Record<Exclude<Analytic['kind'], 'rollup'>, { text: string; limits: readonly number[] }> = {
  materialized_view: { text: 'select refresh_view($1::uuid, $2::uuid) as outcome', limits: [] },
  check: { text: 'select drift_check($1::uuid, $2::uuid, $3::integer) as outcome', limits: [DRIFT_SAMPLE] },
  housekeeping: { text: 'select housekeep($1::uuid, $2::uuid, $3::integer) as outcome', limits: [MAX_EVENTS_A_PASS] },
};
