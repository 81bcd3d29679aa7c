-- Imported deletes name nobody, and the policy would ask a function about every one of them: /v1/history finds the caller's by time.

create index event_log_nobody_time on event_log (tx_time, tx, seq) where user_id is null;

create view own_imported_deletes as
  select e.entity_id, e.seq, e.valid_time, e.tx_time, e.tx, o.entity_type, e.doc, e.hints
  from event_log e join entities o on o.entity_id = e.entity_id
  where e.user_id is null and e.doc is null and o.user_id = (select caller())
    and coalesce(pg_visible_in_snapshot(e.xid, (select basis()))::integer, 1) <> 0;
comment on view own_imported_deletes is
  'Tombstones of the caller''s entities that came without an owner, for annals_app: the same rows as under row-level security, by an index on time';
grant select on own_imported_deletes to annals_app;
