import type pg from 'pg';

/** One text for all that an import writes and that does not depend on the order in which chunks came. */
export async function storeDigest(store: Pick<pg.Pool, 'query'>): Promise<string> {
  const { rows } = await store.query<{ digest: string }>(
    `select concat_ws(' ',
       (select count(*) || ':' || md5(coalesce(string_agg(md5((entity_id, valid_time, tx_time, tx, user_id, entity_type, doc, hints)::text), ''
         order by entity_id, valid_time, tx_time, tx), '')) from event_log),
       (select count(*) || ':' || md5(coalesce(string_agg(md5((
           entity_id, user_id, occurred_at, occurred_until, created_at, updated_at, deleted_at, last_tx_time, next_valid_time,
           sensitive, archived, entity_type, label, related, doc, hints
         )::text), '' order by entity_id), '')) from entities),
       (select count(*) || ':' || md5(coalesce(string_agg(xtdb_id_hash || tx || tx_time, '' order by xtdb_id_hash, tx), '')) from evictions),
       (select count(*) || ':' || md5(coalesce(string_agg(line || reason || raw::text, '' order by line), '')) from import_rejects),
       (select stale_entities())
     ) as digest`,
  );
  return rows[0]?.digest ?? '';
}
