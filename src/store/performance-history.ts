import { type Measurements, measurementsText } from '../analytics/measurements.ts';
import type { Database } from './database.ts';

/** A route's hour. Percentiles are upper bounds: the power of two of milliseconds that they stay under. */
export interface RouteHour {
  readonly route: string;
  readonly hour: string;
  readonly requests: number;
  /** Answers 4xx. */
  readonly refused: number;
  /** Answers 5xx. */
  readonly failed: number;
  readonly mean_ms: number;
  readonly max_ms: number;
  readonly p50_ms: number | null;
  readonly p90_ms: number | null;
  readonly p99_ms: number | null;
}

/** Requests, errors and latencies per route and hour, newest first; keeps `measured` on the way. */
export async function performanceHistory(
  database: Database,
  measured: Measurements,
  since: Date,
): Promise<RouteHour[]> {
  const [row] = await database.call<{ routes: RouteHour[] }>(
    'performance',
    'select performance($1::jsonb, $2::timestamptz) as routes',
    [measurementsText(measured), since.toISOString()],
  );
  return row?.routes ?? [];
}
