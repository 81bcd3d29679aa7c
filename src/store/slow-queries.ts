import { type Measurements, measurementsText } from '../analytics/measurements.ts';
import type { Database } from './database.ts';

/** Calls to the database as the Workers saw them, the way there and back included. */
export interface SlowQueries {
  /** By name, those with most slow ones first. */
  readonly calls: {
    name: string;
    calls: number;
    slow: number;
    failed: number;
    mean_ms: number;
    max_ms: number;
    p50_ms: number | null;
    p99_ms: number | null;
    total_ms: number;
  }[];
  /** Single calls over the limit, newest first; rows null when it failed. */
  readonly slow: { at: string; name: string; duration_ms: number; rows: number | null }[];
  /** What pg_stat_statements says of this database, most costly first; null where it is not installed. */
  readonly statements:
    | { query: string; calls: number; mean_ms: number; max_ms: number; total_ms: number; rows: number }[]
    | null;
}

/** The calls since then; keeps `measured` on the way. */
export async function slowQueries(
  database: Database,
  measured: Measurements,
  since: Date,
  limit: number,
): Promise<SlowQueries> {
  const [row] = await database.call<{ answer: SlowQueries }>(
    'slow_queries',
    'select slow_queries($1::jsonb, $2::timestamptz, $3::integer) as answer',
    [measurementsText(measured), since.toISOString(), limit],
  );
  return row?.answer ?? { calls: [], slow: [], statements: null };
}

/** The generic plan of a statement that was slow, line by line. @throws Failure AN404 when none of this name was */
export async function explainSlow(database: Database, name: string): Promise<string[]> {
  const rows = await database.call<{ line: string }>(
    'explain_slow',
    'select line from explain_slow($1::text) as line',
    [name],
  );
  return rows.map((row) => row.line);
}
