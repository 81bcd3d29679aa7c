import pg from 'pg';
import type { Stack } from '../stack.ts';

/**
 * The feed gives out what is below every running transaction of the whole server, and test files share one: waits until
 * those that run now have ended.
 */
export async function othersToEnd(of: Stack): Promise<void> {
  const client = new pg.Client({ connectionString: of.database.url });
  await client.connect();
  try {
    const { rows } = await client.query('select pg_snapshot_xmax(pg_current_snapshot())::text as xmax');
    for (let i = 0; i < 100_000; i++) {
      const below = await client.query('select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as ok', [
        rows[0].xmax,
      ]);
      if (below.rows[0].ok) return;
    }
    throw new Error('some transaction does not end');
  } finally {
    await client.end();
  }
}
