-- A dump brings the log's transaction ids along into a cluster that counts its own from anew: the ids that lie ahead of it would be
-- taken for transactions that still run, and their events wait, unseen by feed, export and rollups, until it has counted so far (I9).

create function adopt_log() returns bigint
language plpgsql as $$
declare
  v_xid xid8;
  v_events bigint;
begin
  -- First the locks, then our own id: whoever wrote before has a lower one, and nobody writes beside.
  lock table event_log, evictions in share row exclusive mode;
  v_xid := pg_current_xact_id();
  if not exists (select from event_log where xid > v_xid) and not exists (select from evictions where xid > v_xid) then
    return 0;
  end if;
  alter table event_log disable trigger event_log_append_only;
  update event_log set xid = v_xid where xid > v_xid;
  get diagnostics v_events = row_count;
  alter table event_log enable trigger event_log_append_only;
  update evictions set xid = v_xid where xid > v_xid;
  update analytics set stale = true where not stale;
  return v_events;
end
$$;
comment on function adopt_log() is
  'After a restore from a dump: gives every event and eviction whose transaction id this cluster has not reached its own transaction''s, so that all come '
  'after what was read before, in the order of their sequence. The owner''s. Returns how many events.';
revoke execute on function adopt_log() from public;
