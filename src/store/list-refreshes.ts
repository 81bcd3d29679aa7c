import type { Database } from './database.ts';

/** A run as logged. `status` abandoned is one that was killed. Durations and lag in milliseconds. */
export interface RefreshEntry {
  readonly refresh_id: string;
  readonly name: string;
  readonly kind: 'rollup' | 'materialized_view' | 'check' | 'housekeeping';
  readonly mode: 'noop' | 'incremental' | 'full' | 'deferred' | 'done' | null;
  readonly status: 'done' | 'running' | 'failed' | 'abandoned';
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

/** The newest runs, of all or of one name, latest first. */
export async function listRefreshes(database: Database, limit: number, name: string | null): Promise<RefreshEntry[]> {
  const rows = await database.call<{ refresh: RefreshEntry }>(
    'list_refreshes',
    'select refresh from refreshes($1::integer, $2::text) as refresh',
    [limit, name],
  );
  return rows.map((row) => row.refresh);
}
