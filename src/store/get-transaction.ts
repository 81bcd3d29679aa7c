import type { Database } from './database.ts';

/** JSON text of {tx, tx_time, client, meta, events, changes: [{id, entity_type, version, valid_time, op}]}; null for one this user did not write. */
export async function getTransaction(database: Database, userId: string, tx: string): Promise<string | null> {
  const [row] = await database.read<{ transaction: string }>(
    'get_transaction',
    userId,
    `select (transaction_entry(t) || jsonb_build_object('changes', coalesce(c.changes, '[]')))::text as transaction
    from transactions t
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
        'id', x.entity_id, 'entity_type', x.entity_type, 'version', x.seq, 'valid_time', iso(x.valid_time), 'op', x.op
      ) order by x.seq) as changes
      from (
        select e.entity_id, e.entity_type, e.seq, e.valid_time, case when e.doc is null then 'delete' else 'put' end as op
        from event_log e where e.user_id = t.user_id and e.tx_time = t.tx_time and e.tx = t.tx
        union all
        select v.entity_id, v.entity_type, v.seq, null, 'evict'
        from evictions v where v.user_id = t.user_id and v.tx = t.tx and v.tx_time = t.tx_time
      ) x
    ) c
    where t.user_id = $1::uuid and t.tx = $2::bigint`,
    [userId, tx],
  );
  return row?.transaction ?? null;
}
