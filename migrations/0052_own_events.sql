-- Feeds in the order of an index, also among many users: beside a policy, a statement's own condition on the user counts twice, so that of a
-- thousand users the planner expects one row of a thousand, and sorts all that the user has for a page of it. These say it once.

create view own_events as
  select e.entity_id, e.entity_type, e.user_id, e.xid, e.seq, e.tx, e.tx_time, e.valid_time, e.doc, e.hints
  from event_log e
  where e.user_id = (select caller()) and coalesce(pg_visible_in_snapshot(e.xid, (select basis()))::integer, 1) <> 0;
comment on view own_events is 'The caller''s events, for annals_app: the same rows as under row-level security, but for deletes that name nobody';
grant select on own_events to annals_app;
