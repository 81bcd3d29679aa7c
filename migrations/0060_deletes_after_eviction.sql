-- An XTDB that evicts an entity and puts it for a range of valid time in one transaction brings back, at the range's end, a row of
-- before the eviction. Its document is gone (XTDB's issue 1337), so the exporter writes a delete. That row ends what was put: when
-- the eviction of its own file took it out, the document held on beyond its range.

create or replace function erase_evicted() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_ids uuid[];
  v_erased bigint;
begin
  -- An eviction names its entity by XTDB's hash, which of a UUID is the SHA-1 of its text. Whatever came in of the entity from
  -- before the eviction goes, in whatever order and by whatever file it came; what was written later stays. So does a delete of
  -- the eviction's own file, which was written after it.
  with hashed as (
    select entity_id, encode(digest(entity_id::text, 'sha1'), 'hex') as hash from entities
    where exists (select from evictions where xtdb_id_hash is not null)
  ), named as (
    select v.eviction_id, h.entity_id from evictions v join hashed h on h.hash = v.xtdb_id_hash
    union
    select eviction_id, entity_id from evictions
  ), recorded as (
    update evictions v set entity_id = n.entity_id, user_id = e.user_id, entity_type = e.entity_type,
      xid = pg_current_xact_id(), seq = nextval('event_log_seq_seq')
    from named n join entities e using (entity_id)
    where v.eviction_id = n.eviction_id
      and exists (select from event_log l where l.entity_id = n.entity_id and (l.tx_time, l.tx) < (v.tx_time, v.tx)
        and (l.doc is null and l.import_id = v.import_id) is not true)
    returning v.entity_id
  )
  select array_agg(distinct entity_id) into v_ids from recorded;
  if v_ids is null then
    return 0;
  end if;
  perform from entities where entity_id = any (v_ids) order by entity_id for update;
  delete from event_log l using evictions v
    where l.entity_id = any (v_ids) and v.entity_id = l.entity_id and v.xid = pg_current_xact_id()
      and (l.tx_time, l.tx) < (v.tx_time, v.tx) and (l.doc is null and l.import_id = v.import_id) is not true;
  get diagnostics v_erased = row_count;
  delete from entities e
    where e.entity_id = any (v_ids) and not exists (select from event_log l where l.entity_id = e.entity_id);
  perform fold_entities(v_ids, clock_timestamp());
  update import_rejects set raw = ''
    where case when reason = another_version() and raw <> '' then (convert_from(raw, 'UTF8')::jsonb ->> 'entity_id')::uuid = any (v_ids) end;
  return v_erased;
end
$$;
