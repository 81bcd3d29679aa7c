-- Reads that can be repeated, and reads from a replica that is not too old. Both are settings of the one transaction that a read is.

create function basis() returns pg_snapshot
language sql stable parallel safe
return nullif(current_setting('annals.basis', true), '')::pg_snapshot;
comment on function basis() is 'The snapshot that this transaction reads the log in; null for the present one';

-- Which versions a snapshot sees is more than a transaction time says: what began earlier may commit later, and an import brings rows of
-- long ago. The comparison of numbers, since of a condition that it cannot know the planner thinks that it leaves a third.
alter policy own_events on event_log using (
  (user_id = (select caller()) or (user_id is null and doc is null and is_own_entity(entity_id)))
  and coalesce(pg_visible_in_snapshot(xid, (select basis()))::integer, 1) <> 0
);

create or replace view own_versions as
  select v.entity_id, v.entity_type, v.user_id, v.seq, v.occurred_at, v.valid_time, v.tx_time, v.tx, v.doc, v.hints, v.ahead
  from (
    select entity_id, entity_type, user_id, seq, occurred_at, valid_time, tx_time, tx, doc, hints, false as ahead, xid from event_log
    union all
    select entity_id, entity_type, user_id, seq, occurred_at, valid_time, tx_time, tx, doc, hints, true, xid from event_log
  ) v
  where v.user_id = (select caller()) and v.doc is not null
    and coalesce(pg_visible_in_snapshot(v.xid, (select basis()))::integer, 1) <> 0;

create or replace function first_tx_time(p_entity_id uuid) returns timestamptz
language sql stable security definer set search_path = public, pg_temp
return (
  select min(tx_time) from event_log
  where entity_id = p_entity_id and coalesce(pg_visible_in_snapshot(xid, (select basis()))::integer, 1) <> 0
);

create function enter_basis(p_basis jsonb) returns jsonb
language plpgsql as $$
declare
  v_snapshot constant pg_snapshot := (p_basis ->> 'snapshot')::pg_snapshot;
begin
  if p_basis is null then
    return jsonb_build_object('log', log_identity(), 'snapshot', pg_current_snapshot()::text, 'at', iso(now()));
  end if;
  if p_basis ->> 'log' <> log_identity() or exists (
    select from evictions where user_id = caller() and not pg_visible_in_snapshot(xid, v_snapshot)
  ) then
    raise exception 'what this basis stands for is gone: an entity was evicted since, or another log was restored'
      using errcode = 'AN410', hint = 'Begin again with Basis: now.';
  end if;
  perform set_config('annals.basis', v_snapshot::text, true);
  return p_basis;
end
$$;
comment on function enter_basis(jsonb) is
  'Makes this transaction read the log as of {log, snapshot, at}, or (null) answers that of this moment, which must be a repeatable read. Raises AN410.';

create function require_position(p_position xid8) returns void
language plpgsql stable as $$
begin
  -- Not pg_current_snapshot() whole: on a standby its list of running transactions is empty. Below xmin all are over, and replayed.
  if p_position >= pg_snapshot_xmin(pg_current_snapshot()) then
    raise exception 'the replica has not got as far as transaction %', p_position using errcode = 'AN425';
  end if;
end
$$;
comment on function require_position(xid8) is
  'Raises AN425, which never leaves src/store, when this database may not have the transaction with that id yet, though it committed';
