import type pg from 'pg';

/** Empties the store, which the log itself refuses: in replica mode its triggers rest. */
export async function emptyStore(owner: Pick<pg.Pool, 'query'>): Promise<void> {
  await owner.query(
    `begin; set local session_replication_role = replica;
     truncate event_log, entities, evictions, import_rejects, import_chunks, imports; commit`,
  );
}
