import type { Database } from './database.ts';

/** A refresh as logged; `finished_at` null is one that runs, or was killed. Durations and lag in milliseconds. */
export interface RefreshEntry {
  readonly refresh_id: string;
  readonly name: string;
  readonly mode: 'noop' | 'incremental' | 'full' | null;
  readonly scheduled_for: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly events: number | null;
  readonly buckets: number | null;
  readonly rows: number | null;
  readonly lag_before_ms: number | null;
  readonly error: string | null;
}

/** The newest refreshes, latest first. */
export async function listRefreshes(database: Database, limit: number): Promise<RefreshEntry[]> {
  const rows = await database.call<{ refresh: RefreshEntry }>(
    'list_refreshes',
    'select refresh from refreshes($1::integer) as refresh',
    [limit],
  );
  return rows.map((row) => row.refresh);
}
