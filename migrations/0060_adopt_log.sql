-- After a restore into a new cluster (pg_dump, another project) the log's transaction ids are those of the old one (I9).

create function adopt_log() returns bigint
language plpgsql as $$
declare
  -- The first that a cluster gives to anybody: below every transaction that is still to come.
  c_first constant xid8 := '3';
  v_events bigint;
begin
  alter table event_log disable trigger event_log_append_only;
  update event_log set xid = c_first;
  get diagnostics v_events = row_count;
  alter table event_log enable trigger event_log_append_only;
  update evictions set xid = c_first;
  -- Whatever was computed by the old ids is computed anew.
  update refresh_state set cursor_xid = c_first, cursor_seq = (select coalesce(max(seq), 0) from event_log);
  update analytics set stale = true;
  return v_events;
end
$$;
revoke execute on function adopt_log() from public;
comment on function adopt_log() is
  'Gives the whole log, which was restored into this cluster, one transaction id before all of this cluster''s: consumers then read it in order of seq, and '
  'what is written from now on after it. For the schema''s owner, before anybody writes. Answers the number of events.';
