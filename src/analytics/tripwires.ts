import type { Database } from '../store/database.ts';
import { type Measurements, measurementsText, noMeasurements } from './measurements.ts';

/** A limit of the design and where it stands. */
export interface Tripwire {
  readonly name: TripwireName;
  readonly value: number;
  readonly limit: number;
  readonly tripped: boolean;
  readonly since: string;
  readonly measured_at: string;
  /** The refresh, statement or file that it is about, where there is one. */
  readonly detail: string | null;
  /** How much the value grows a day, over the last 30 days; null before there are two measurements. */
  readonly trend_per_day: number | null;
}

/** Each limit's name, its default, and what it means that it is passed. A setting `TRIPWIRE_NAME` changes it. */
export const TRIPWIRES = {
  events: [1_000_000, 'events in the log: docs/playbook.md says whether that matters'],
  rows: [10_000_000, 'rows in all tables: docs/playbook.md says whether that matters'],
  refresh_ms: [300_000, 'ms that the last run of a refresh took'],
  refresh_factor: [5, 'times its usual duration (1 s at least) that the last run of a refresh took'],
  slow_queries: [100, 'calls over the limit of slowness within an hour'],
  import_stuck_minutes: [15, 'minutes since a running import got on'],
  watermark_minutes: [15, 'minutes that the cursor into the log has not moved although events wait'],
  lag_minutes: [15, 'minutes that the rollups are behind the log'],
  storage_bytes: [8_000_000_000, 'bytes that the database takes'],
  failed_refreshes: [0, 'kinds of refresh whose last run failed'],
  drift: [0, 'buckets that the last drift check found wrong, and healed'],
} as const satisfies Record<string, readonly [limit: number, meaning: string]>;

export type TripwireName = keyof typeof TRIPWIRES;
export type TripwireLimits = Readonly<Record<TripwireName, number>>;

const names = Object.keys(TRIPWIRES) as TripwireName[];

/** The limits, from settings such as TRIPWIRE_EVENTS where they are numbers, else the defaults. */
export function tripwireLimits(settings: Readonly<Record<string, unknown>>): TripwireLimits {
  const limitOf = (name: TripwireName): number => {
    const setting = settings[`TRIPWIRE_${name.toUpperCase()}`];
    const limit = typeof setting === 'string' && setting.trim() !== '' ? Number(setting) : Number.NaN;
    return Number.isFinite(limit) ? limit : TRIPWIRES[name][0];
  };
  return Object.fromEntries(names.map((name) => [name, limitOf(name)])) as TripwireLimits;
}

export interface TripwireReport {
  /** Those that the operator was not told of yet: they tripped, or recovered. */
  readonly news: Tripwire[];
  readonly tripwires: Tripwire[];
  /** When to look again even if nobody writes; null for never. */
  readonly next_due: string | null;
}

/** Measures every tripwire, and keeps what the Workers measured, in one request. */
export async function checkTripwires(
  database: Database,
  limits: TripwireLimits,
  measured: Measurements = noMeasurements(),
): Promise<TripwireReport> {
  const [row] = await database.call<{ report: TripwireReport }>(
    'check_tripwires',
    'select check_tripwires($1::jsonb, $2::jsonb) as report',
    [JSON.stringify(limits), measurementsText(measured)],
  );
  return row?.report ?? { news: [], tripwires: [], next_due: null };
}

/** Notes that the operator was told, so that nobody repeats it. */
export async function noteTold(database: Database, told: readonly Tripwire[]): Promise<void> {
  const text = JSON.stringify(told.map(({ name, tripped }) => ({ name, tripped })));
  await database.call('tripwires_told', 'select tripwires_told($1::jsonb)', [text]);
}
