import type { Database } from './database.ts';

/** A bucket of a rollup that was not what its definition says, as it was and as it was set right. */
export interface Drift {
  readonly refresh_id: string;
  readonly found_at: string;
  readonly name: string;
  readonly entity_type: string;
  readonly day: string;
  readonly stored: unknown[];
  readonly expected: unknown[];
}

/** The newest first. */
export async function listDrifts(database: Database, limit: number): Promise<Drift[]> {
  const rows = await database.call<{ drift: Drift }>('list_drifts', 'select drift from drifts($1::integer) as drift', [
    limit,
  ]);
  return rows.map((row) => row.drift);
}
