import type pg from 'pg';

const MAX_LOOKS = 20_000;

/**
 * Resolves when every event and eviction of this database is below all running transactions of the cluster, and so visible to a consumer (I9):
 * transaction ids are the cluster's, and other test files have theirs open.
 */
export async function settled(database: Pick<pg.Pool, 'query'>): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const { rows } = await database.query(
      `select coalesce(greatest(
        (select xid from event_log order by xid desc, seq desc limit 1), (select xid from evictions order by xid desc limit 1)
      ) < pg_snapshot_xmin(pg_current_snapshot()), true) as settled`,
    );
    if (rows[0].settled) return;
  }
  throw new Error('A transaction somewhere in the cluster stays open.');
}
