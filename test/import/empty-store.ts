/** Empties the store, which the log itself refuses: in replica mode its triggers rest. */
export async function emptyStore(owner: { query(text: string): Promise<unknown> }): Promise<void> {
  await owner.query(
    `begin; set local session_replication_role = replica;
     truncate event_log, entities, evictions, transactions, import_rejects, import_repeats, import_chunks, imports; commit`,
  );
}
