-- Indexes and functions of what is read of the log: transactions, history over all entities, the change feed, exports.

-- One user's log by time, for "what changed this week", and in the feed's order.
create index event_log_user_time on event_log (user_id, tx_time, tx, seq);
create index event_log_user_xid_seq on event_log (user_id, xid, seq);
-- Imported tombstones name nobody: few, and looked for beside every user's own.
create index event_log_nobody on event_log (xid, seq) where user_id is null;

create function transaction_entry(p_transaction transactions) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'tx', (p_transaction).tx, 'tx_time', iso((p_transaction).tx_time), 'client', (p_transaction).client,
  'meta', (p_transaction).meta, 'events', (p_transaction).events
);
comment on function transaction_entry(transactions) is 'A transaction as the API answers it';

create function changed_fields(p_before jsonb, p_after jsonb) returns text[]
language sql immutable parallel safe
return array(
  select key from (select * from jsonb_each(p_before)) b full join (select * from jsonb_each(p_after)) a using (key)
  where a.value is distinct from b.value order by key collate "C"
);
comment on function changed_fields(jsonb, jsonb) is 'The top-level fields in which two docs differ, in alphabetical order; a doc that is null has none';

create index entities_user on entities (user_id, entity_id);
comment on index entities_user is 'an export''s order';

create function log_identity() returns text
language sql stable security definer set search_path = public, pg_temp
return (select system_identifier from pg_control_system())::text || '/' || (select timeline_id from pg_control_checkpoint())::text;
comment on function log_identity() is 'Which cluster, and which life of it, the log''s transaction ids belong to: after a restore it is another, and cursors of before mean nothing (I9)';

-- transact knows the place of nearly every event that it writes.
drop trigger event_log_place on event_log;
create trigger event_log_place before insert on event_log for each row
  when (new.doc is not null and new.occurred_at is null) execute function place_event();

create function is_own_entity(p_entity_id uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp
return exists (select from entities where entity_id = p_entity_id and user_id = (select caller()));
comment on function is_own_entity(uuid) is 'Whether the entity is the caller''s';
-- A function, since what is not run is not planned: nearly every event says whose it is.
alter policy own_events on event_log using (
  user_id = (select caller()) or (user_id is null and doc is null and is_own_entity(entity_id))
);
