-- A version whose place in history was taken is kept whole among the rejects. What is evicted goes from there too, whoever evicts it.
create function rejected_entity(p_reason text, p_raw bytea) returns uuid
language sql immutable parallel safe
return case when p_reason = another_version() and p_raw <> '' then (convert_from(p_raw, 'UTF8')::jsonb ->> 'entity_id')::uuid end;
comment on function rejected_entity(text, bytea) is 'The entity of a reject that is a version like any other, but for its place in history, which is taken; else null';

create index import_rejects_entity on import_rejects (rejected_entity(reason, raw)) where rejected_entity(reason, raw) is not null;

create or replace function evict_entity(p_entity_id uuid, p_tx bigint, p_tx_time timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_type text;
begin
  select entity_type into v_type from entities where entity_id = p_entity_id and user_id = caller();
  if not found then
    raise exception 'no such entity' using errcode = 'AN404', detail = p_entity_id::text;
  end if;
  insert into evictions (entity_id, entity_type, tx, tx_time, user_id, evicted_by)
    values (p_entity_id, v_type, p_tx, p_tx_time, caller(), caller()::text);
  delete from event_log where entity_id = p_entity_id;
  delete from entities where entity_id = p_entity_id;
  update import_rejects set raw = '' where rejected_entity(reason, raw) = p_entity_id;
  -- The log no longer tells which days the entity counted in: the next pass, which reads evictions too, computes its user anew.
end
$$;

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
  update import_rejects set raw = '' where rejected_entity(reason, raw) = any (v_ids);
  return v_erased;
end
$$;
