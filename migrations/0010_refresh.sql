-- The cron's own functions: a tick takes the lease, runs what is due, one call a unit, and finishes. Every unit is logged.

create function sync_analytics(p_analytics jsonb) returns void
language plpgsql as $$
begin
  delete from refresh_log where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  delete from analytics where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  insert into analytics (name, kind, cadence, serves)
  select a.name, a.kind, make_interval(secs => a.cadence_s), a.serves
  from jsonb_to_recordset(p_analytics) as a(name text, kind text, cadence_s integer, serves text)
  on conflict (name) do update set kind = excluded.kind, cadence = excluded.cadence, serves = excluded.serves;
end
$$;
comment on function sync_analytics(jsonb) is 'Makes the table analytics equal to the list that src/analytics declares. Run by migrate, as the owner.';

create function is_due(p_unit analytics, p_scheduled_for timestamptz) returns boolean
language sql stable
return case (p_unit).kind
  when 'rollup' then true
  when 'materialized_view' then (p_unit).scheduled_for + (p_unit).cadence <= p_scheduled_for
    and ((p_unit).stale or exists (
      select from refresh_state s
      where s.changed_at >= (p_unit).as_of
        -- What this same tick's pass over the log is about to change counts too.
        or exists (select from event_log e where (e.xid, e.seq) > (s.cursor_xid, s.cursor_seq))
        or exists (select from analytics r where r.kind = 'rollup' and r.stale)
    ))
  else case (p_unit).name
    -- Worth a line in the log only when there is something to do.
    when 'turn_over' then exists (select from entities where next_valid_time <= clock_timestamp())
    else (p_unit).scheduled_for + (p_unit).cadence <= p_scheduled_for
  end
end;
comment on function is_due(analytics, timestamptz) is 'Whether a tick of this scheduled time runs this unit';

create function lease_lasts() returns interval
language sql immutable
return interval '5 minutes';
comment on function lease_lasts() is
  'How long after its last sign of life a tick is taken for dead. A call under way is safe for as long as it takes: it holds the row locked.';

create function refresh_start(p_scheduled_for timestamptz, p_names text[], p_rebuild boolean) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_lease constant uuid := gen_random_uuid();
begin
  -- Compare-and-set on the scheduled time: a tick that fires twice, or beside one still running, loses here and does nothing.
  -- Skip locked: a pass under way holds the row, and a loser should not wait to learn that it lost.
  perform from refresh_state for update skip locked;
  if not found then
    return null;
  end if;
  update refresh_state set scheduled_for = coalesce(p_scheduled_for, scheduled_for), lease = v_lease,
      lease_until = clock_timestamp() + lease_lasts()
    where (p_scheduled_for is null or scheduled_for < p_scheduled_for) and (lease_until is null or lease_until < clock_timestamp());
  if not found then
    return null;
  end if;
  if p_rebuild then
    update analytics set stale = true where p_names is null or name = any (p_names);
  end if;
  insert into refresh_log (lease, name, scheduled_for, lag_before_ms)
    select v_lease, a.name, coalesce(p_scheduled_for, clock_timestamp()),
      case
        when a.kind = 'rollup' and isfinite(s.as_of) then extract(epoch from clock_timestamp() - s.as_of) * 1000
        when a.kind = 'materialized_view' and isfinite(a.as_of) then extract(epoch from clock_timestamp() - a.as_of) * 1000
      end
    from analytics a cross join refresh_state s
    where case
      when p_names is null then is_due(a, coalesce(p_scheduled_for, clock_timestamp()))
      -- The rollups read the log together: asked for one, all come along.
      else a.name = any (p_names) or (a.kind = 'rollup' and exists (select from analytics n where n.kind = 'rollup' and n.name = any (p_names)))
    end;
  return jsonb_build_object('lease', v_lease, 'units', coalesce((
    select jsonb_agg(jsonb_build_object('refresh_id', l.refresh_id, 'name', a.name, 'kind', a.kind)
      -- Each builds on those before it.
      order by a.name = 'turn_over' desc, array_position(array['rollup', 'materialized_view', 'check', 'housekeeping'], a.kind), a.name)
    from refresh_log l join analytics a using (name) where l.lease = v_lease
  ), '[]'));
end
$$;
comment on function refresh_start(timestamptz, text[], boolean) is
  'Takes the lease for a scheduled time (null: for now, whatever was scheduled) and writes "started" for what is due, or for these names, to be rebuilt from scratch when p_rebuild; answers '
  '{lease, units: [{refresh_id, name, kind}]} in the order to run them, or null when the tick was taken or another runs';

create function hold_lease(p_lease uuid) returns refresh_state
language plpgsql as $$
declare
  v_state refresh_state%rowtype;
begin
  -- The fence: held to the end of the transaction, so that a tick which took the lease over waits for, or rolls back, nothing half done.
  update refresh_state set lease_until = clock_timestamp() + lease_lasts() where lease = p_lease returning * into v_state;
  if not found then
    raise exception 'this refresh lost its lease to a later one' using errcode = 'AN409';
  end if;
  return v_state;
end
$$;
comment on function hold_lease(uuid) is 'The state of the rollups, locked for the holder of this lease. Raises AN409 when it was lost.';

create function refresh_done(
  p_refresh_id uuid, p_mode text, p_ms double precision, p_events bigint, p_buckets bigint, p_rows bigint, p_error text
) returns jsonb
language sql as $$
  update refresh_log set mode = p_mode, finished_at = clock_timestamp(), duration_ms = p_ms, events = p_events, buckets = p_buckets,
    rows = p_rows, error = p_error
  where refresh_id = p_refresh_id
  returning jsonb_build_object(
    'refresh_id', refresh_id, 'name', name, 'mode', mode, 'duration_ms', duration_ms, 'events', events, 'buckets', buckets,
    'rows', rows, 'error', error
  )
$$;
comment on function refresh_done(uuid, text, double precision, bigint, bigint, bigint, text) is 'Completes a line of the refresh log, and answers it';

create function ms_since(p_from timestamptz) returns double precision
language sql volatile
return extract(epoch from clock_timestamp() - p_from) * 1000;
comment on function ms_since(timestamptz) is 'Milliseconds from p_from to this very moment';

create function rebuild_rollup(p_name text) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  -- Beside the live table, which answers meanwhile; the swap is three renames, and waits for readers no longer than this.
  set local lock_timeout = '5s';
  execute format('truncate %I', p_name || '_next');
  execute format('insert into %1$I select * from %2$I', p_name || '_next', p_name || '_definition');
  get diagnostics v_rows = row_count;
  execute format('alter table %1$I rename to %2$I', p_name, p_name || '_swapped');
  execute format('alter table %1$I rename to %2$I', p_name || '_next', p_name);
  execute format('alter table %1$I rename to %2$I', p_name || '_swapped', p_name || '_next');
  execute format('truncate %I', p_name || '_next');
  return v_rows;
end
$$;
comment on function rebuild_rollup(text) is 'Sets a rollup to its definition by filling its twin and swapping their names; returns the rows';

create function recompute_rollup(p_name text, p_buckets activity_bucket[], p_rows activity[]) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  execute format(
    'delete from %1$I d using unnest($1) b where d.user_id = b.user_id and d.entity_type = b.entity_type and d.day = b.day', p_name
  ) using p_buckets;
  execute format('insert into %1$I select * from %2$I($1, $2)', p_name, p_name || '_of') using p_buckets, p_rows;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function recompute_rollup(text, activity_bucket[], activity[]) is
  'Sets these buckets of a rollup to their definition, given their rows of activity; returns the rows written';

create function recompute_users(p_name text, p_users uuid[]) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  execute format('delete from %1$I where user_id = any ($1)', p_name) using p_users;
  execute format('insert into %1$I select * from %2$I where user_id = any ($1)', p_name, p_name || '_definition') using p_users;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function recompute_users(text, uuid[]) is 'Sets all of these users'' rows of a rollup to their definition; returns the rows written';

create function refresh_rollups(p_lease uuid, p_max_events integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  -- Past a fifth, computing everything costs less than computing that share bucket by bucket; small passes are cheap anyhow.
  c_rebuild_share constant double precision := 0.2;
  c_rebuild_floor constant integer := 2000;
  c_import_patience constant interval := '5 minutes';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_horizon constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_xid xid8;
  v_seq bigint;
  v_events bigint;
  v_more boolean := false;
  v_all boolean;
  v_versions changed_version[] := '{}';
  v_buckets activity_bucket[] := '{}';
  v_users uuid[] := '{}';
  v_rows_of_activity activity[] := '{}';
  v_total bigint;
  v_shared_ms double precision;
  v_unit record;
  v_from timestamptz;
  v_mode text;
  v_rows bigint;
  v_error text;
  v_changed boolean := false;
  v_outcomes jsonb := '[]';
begin
  -- After a restore into a new cluster transaction ids start again, below the cursor: only a rebuild is right then (I9).
  v_all := v_state.cursor_xid >= pg_snapshot_xmax(pg_current_snapshot());

  select count(*), count(*) > p_max_events into v_events, v_more
  from (
    select from event_log where (xid, seq) > (v_state.cursor_xid, v_state.cursor_seq) and xid < v_horizon limit p_max_events + 1
  ) e;
  -- While a history comes in, its end asks for one rebuild anyway: what it has brought so far is left to that. Reads are right meanwhile.
  if not v_all and exists (
    select from imports i join import_chunks c using (import_id)
    where i.state = 'running' and c.applied_at > clock_timestamp() - c_import_patience
  ) then
    for v_unit in select l.refresh_id from refresh_log l join analytics a using (name) where l.lease = p_lease and a.kind = 'rollup' and l.finished_at is null loop
      v_outcomes := v_outcomes || refresh_done(v_unit.refresh_id, 'deferred', ms_since(v_began), 0, 0, 0, null);
    end loop;
    return jsonb_build_object('outcomes', v_outcomes, 'more', false);
  end if;
  if v_more and not v_all then
    select count(*) into v_events from (
      select from event_log where (xid, seq) > (v_state.cursor_xid, v_state.cursor_seq) and xid < v_horizon limit 1000000
    ) e;
    select greatest(reltuples, 0) into v_total from pg_class where oid = 'event_log'::regclass;
    v_all := v_events > greatest(c_rebuild_floor, c_rebuild_share * v_total);
    v_events := case when v_all then v_events else p_max_events end;
  end if;

  if v_all or not v_more then
    -- Just below the horizon: all of it was committed, and so is read by this pass.
    v_xid := v_horizon;
    v_seq := -1;
    v_more := false;
  else
    select e.xid, e.seq into v_xid, v_seq
    from event_log e
    where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and e.xid < v_horizon
    order by e.xid, e.seq offset p_max_events - 1 limit 1;
  end if;

  if not v_all then
    v_versions := array(select v from changed_versions(v_state, v_xid, v_seq, clock_timestamp(), null) v);
    v_users := coalesce(zone_changed_users(v_versions), '{}') || array(
      -- The evicted are gone from the log, and with them what they counted.
      select distinct e.user_id from evictions e where e.xid >= v_state.cursor_xid and e.xid < v_horizon and e.user_id is not null
    );
    v_buckets := coalesce(dirty_buckets(v_versions), '{}');
    if cardinality(v_buckets) > c_rebuild_floor then
      select greatest(reltuples, 0) into v_total from pg_class where oid = 'daily_activity'::regclass;
      v_all := cardinality(v_buckets) > c_rebuild_share * v_total;
    end if;
  end if;
  if not v_all then
    v_rows_of_activity := array(select a from activity_of(v_buckets) a);
  end if;
  v_shared_ms := ms_since(v_began);

  for v_unit in
    select l.refresh_id, a.name, a.stale
    from refresh_log l join analytics a using (name)
    where l.lease = p_lease and a.kind = 'rollup' and l.finished_at is null
    order by a.name
  loop
    v_from := clock_timestamp();
    v_error := null;
    v_rows := 0;
    v_mode := case
      when v_all or v_unit.stale then 'full'
      when cardinality(v_buckets) > 0 or cardinality(v_users) > 0 then 'incremental'
      else 'noop'
    end;
    begin
      if v_mode = 'full' then
        v_rows := rebuild_rollup(v_unit.name);
      elsif v_mode = 'incremental' then
        v_rows := recompute_rollup(v_unit.name, v_buckets, v_rows_of_activity);
        if cardinality(v_users) > 0 then
          v_rows := v_rows + recompute_users(v_unit.name, v_users);
        end if;
      end if;
    exception when others then
      -- One that fails does not hold the others back: they go on, and it is rebuilt when it can be.
      get stacked diagnostics v_error = message_text;
    end;
    update analytics set
      stale = v_error is not null,
      as_of = case when v_error is null then v_began else as_of end,
      scheduled_for = v_state.scheduled_for
    where name = v_unit.name;
    v_changed := v_changed or v_mode <> 'noop';
    v_outcomes := v_outcomes
      || refresh_done(v_unit.refresh_id, v_mode, v_shared_ms + ms_since(v_from), v_events, cardinality(v_buckets), v_rows, v_error);
  end loop;
  update refresh_state set
    cursor_xid = v_xid, cursor_seq = v_seq, last_pass_from = now(), last_pass_to = clock_timestamp() + interval '1 second',
    moved_at = case when (v_xid, v_seq) > (cursor_xid, cursor_seq) then clock_timestamp() else moved_at end,
    -- Behind a transaction that stays open, committed events wait too.
    as_of = case when exists (select from event_log e where (e.xid, e.seq) > (v_xid, v_seq)) then as_of else now() end,
    changed_at = case when v_changed then clock_timestamp() else changed_at end;
  return jsonb_build_object('outcomes', v_outcomes, 'more', v_more);
end
$$;
comment on function refresh_rollups(uuid, integer) is
  'One pass: brings the rollups that this lease started up to date, p_max_events events at most, and logs each. Only committed events below every '
  'running transaction are read (I9). Answers {outcomes, more}: more when events remain. A rollup that fails is logged, marked stale, and left as it was. Raises AN409.';

create function refresh_view(p_lease uuid, p_refresh_id uuid) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_name text;
  v_rows bigint;
  v_error text;
begin
  select a.name into v_name from refresh_log l join analytics a using (name)
    where l.refresh_id = p_refresh_id and l.lease = p_lease and a.kind = 'materialized_view';
  begin
    execute format('refresh materialized view concurrently %I', v_name);
    execute format('select count(*) from %I', v_name) into v_rows;
    update analytics set stale = false, as_of = v_began where name = v_name;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for where name = v_name;
  return refresh_done(p_refresh_id, 'full', ms_since(v_began), null, null, v_rows, v_error);
end
$$;
comment on function refresh_view(uuid, uuid) is 'Refreshes a materialized view that this lease started, and logs it; its readers wait for nothing. Raises AN409.';

create function refresh_finish(p_lease uuid) returns timestamptz
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_state refresh_state%rowtype := hold_lease(p_lease);
begin
  update refresh_state set lease = null, lease_until = null;
  return case
    when exists (select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq))
      or exists (select from analytics where stale and kind = 'rollup') then clock_timestamp()
    else least(
      (select min(next_valid_time) from entities where next_valid_time is not null),
      (select min(scheduled_for + cadence) from analytics
        where kind = 'materialized_view' and (stale or as_of <= v_state.changed_at))
    )
  end;
end
$$;
comment on function refresh_finish(uuid) is
  'Gives the lease back; answers when the next tick has something to do even if nobody writes, or null for never. Raises AN409.';

create function refreshes(p_limit integer, p_name text default null) returns setof jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select jsonb_build_object(
    'refresh_id', l.refresh_id, 'name', l.name, 'kind', a.kind, 'mode', l.mode,
    'status', case
      when l.error is not null then 'failed'
      when l.finished_at is not null then 'done'
      when l.lease = s.lease and s.lease_until > clock_timestamp() then 'running'
      else 'abandoned'
    end,
    'scheduled_for', iso(l.scheduled_for), 'started_at', iso(l.started_at), 'finished_at', iso(l.finished_at),
    'duration_ms', l.duration_ms, 'events', l.events, 'buckets', l.buckets, 'rows', l.rows,
    'lag_before_ms', l.lag_before_ms, 'error', l.error
  )
  from refresh_log l join analytics a using (name) cross join refresh_state s
  where p_name is null or l.name = p_name
  order by l.started_at desc, l.refresh_id limit p_limit
$$;
comment on function refreshes(integer, text) is 'The newest runs, for the operator; one that was killed is abandoned';

revoke execute on function refresh_start(timestamptz, text[], boolean), refresh_rollups(uuid, integer), refresh_view(uuid, uuid),
  refresh_finish(uuid), refreshes(integer, text) from public;
grant execute on function refresh_start(timestamptz, text[], boolean), refresh_rollups(uuid, integer), refresh_view(uuid, uuid),
  refresh_finish(uuid), refreshes(integer, text) to annals_app;
-- An import that is finished marks the analytics for one rebuild.
grant select, update on analytics to annals_import;
