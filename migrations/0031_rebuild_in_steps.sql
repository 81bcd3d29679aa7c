-- A rebuild in steps: each fills the twins of the rollups that need it with the buckets of the next so many records, and commits. No
-- statement grows with what is stored, and a tick that dies is followed by one that goes on where it stopped. Meanwhile passes over the
-- log compute what is dirty in the twins too, as they do in live tables: so nothing that is written beside a rebuild is lost.

alter table refresh_state
  add column rebuild_user uuid,
  add column rebuild_type text,
  add column rebuild_before timestamptz;
comment on column refresh_state.rebuild_user is 'with rebuild_type and rebuild_before how far it is: records of this user and type before this time, then those of the types and users behind them, are left; null: none was looked at';

create function recompute_rollup(p_name text, p_into text, p_buckets activity_bucket[], p_rows activity[]) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  execute format(
    'delete from %1$I d using unnest($1) b where d.user_id = b.user_id and d.entity_type = b.entity_type and d.day = b.day', p_into
  ) using p_buckets;
  execute format('insert into %1$I select * from %2$I($1, $2)', p_into, p_name || '_of') using p_buckets, p_rows;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function recompute_rollup(text, text, activity_bucket[], activity[]) is
  'Sets these buckets of a rollup, in its table or its twin, to their definition, given their rows of activity; returns the rows written';

create function recompute_users(p_name text, p_into text, p_users uuid[]) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  execute format('delete from %I where user_id = any ($1)', p_into) using p_users;
  execute format('insert into %1$I select * from %2$I where user_id = any ($1)', p_into, p_name || '_definition') using p_users;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function recompute_users(text, text, uuid[]) is 'Sets all of these users'' rows of a rollup, in its table or its twin, to their definition; returns the rows written';

drop function rebuild_rollup(text);
create function swap_rollup(p_name text) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  -- Three renames, which wait for readers no longer than this.
  set local lock_timeout = '5s';
  execute format('select count(*) from %I', p_name || '_next') into v_rows;
  execute format('alter table %1$I rename to %2$I', p_name, p_name || '_swapped');
  execute format('alter table %1$I rename to %2$I', p_name || '_next', p_name);
  execute format('alter table %1$I rename to %2$I', p_name || '_swapped', p_name || '_next');
  execute format('truncate %I', p_name || '_next');
  return v_rows;
end
$$;
comment on function swap_rollup(text) is 'Lets a rollup and its filled twin swap names, and empties what is the twin now; returns the rows';

create function begin_rebuild() returns void
language plpgsql as $$
declare
  c_large_bytes constant bigint := 8 * 1024 * 1024;
  v_name text;
begin
  -- Often an import has just ended, and the planner takes its tables to be as small as they were: plans were ten times as slow.
  if pg_relation_size('entities') > c_large_bytes then
    analyze entities, event_log;
  end if;
  update analytics set stale = false, rebuilding = true where kind = 'rollup' and (stale or rebuilding);
  for v_name in select name from analytics where rebuilding order by name loop
    execute format('truncate %I', v_name || '_next');
  end loop;
  update refresh_state set rebuild_user = null, rebuild_type = null, rebuild_before = null;
end
$$;
comment on function begin_rebuild() is 'Begins, or begins anew, the rebuild of the rollups that are stale: their twins are emptied';

create function buckets_near(p_user_id uuid, p_entity_type text, p_from timestamptz, p_before timestamptz) returns setof activity_bucket
language sql stable
begin atomic
  -- Each with a day before and after, whatever the zone: a bucket more is computed, and found to be empty.
  with records as materialized (
    select e.entity_id, e.occurred_at, e.occurred_until, e.created_at from live_entities e
    where e.user_id = p_user_id and e.entity_type = p_entity_type and e.occurred_at >= p_from and e.occurred_at < p_before
      and e.deleted_at is null and isfinite(e.occurred_at)
  ), spans as (
    select occurred_at as first, greatest(occurred_at, least(occurred_until, occurred_at + interval '366 days')) as last from records
    union all
    select created_at, created_at from records where p_entity_type = 'task' and isfinite(created_at)
    union all
    select e.tx_time, e.tx_time from records r join event_log e on e.entity_id = r.entity_id and e.doc ->> 'snooze_until' is not null
    where p_entity_type = 'task'
  )
  select distinct p_user_id, p_entity_type, d.day::date
  from spans s
  cross join lateral generate_series((s.first at time zone 'UTC')::date - 1, (s.last at time zone 'UTC')::date + 1, interval '1 day') as d(day);
end;
comment on function buckets_near(uuid, text, timestamptz, timestamptz) is
  'At least the buckets that the records of this user and type, which stand between these two on the time axis, count in';

create function next_to_rebuild(p_state refresh_state, p_records integer, out buckets activity_bucket[], out is_last boolean)
language plpgsql as $$
declare
  c_no_user constant uuid := '00000000-0000-0000-0000-000000000000';
  v_left integer := p_records;
  v_user uuid := p_state.rebuild_user;
  v_type text := p_state.rebuild_type;
  v_before timestamptz := p_state.rebuild_before;
  v_from timestamptz;
  v_count integer;
begin
  buckets := '{}';
  is_last := false;
  -- Bounded: each round takes some records, or all of a user's type.
  while v_left > 0 loop
    if v_before is null then
      -- The next user and type, by one look into the index.
      select e.user_id, e.entity_type, 'infinity' into v_user, v_type, v_before
      from entities e
      where (e.user_id, e.entity_type) > (coalesce(v_user, c_no_user), coalesce(v_type, '')) and e.entity_type is not null
      order by e.user_id, e.entity_type limit 1;
      is_last := not found;
      exit when is_last;
    end if;
    select min(r.occurred_at), count(*) into v_from, v_count
    from (
      select e.occurred_at from entities e
      where e.user_id = v_user and e.entity_type = v_type and e.occurred_at < v_before
      order by e.occurred_at desc limit v_left
    ) r;
    -- All that stand at one instant together: else none of them might be the last.
    v_from := case when v_count = v_left then v_from else '-infinity' end;
    buckets := buckets || array(select b from buckets_near(v_user, v_type, v_from, v_before) b);
    v_before := nullif(v_from, '-infinity');
    v_left := v_left - greatest(v_count, 1);
  end loop;
  update refresh_state set rebuild_user = v_user, rebuild_type = v_type, rebuild_before = v_before;
end
$$;
comment on function next_to_rebuild(refresh_state, integer) is
  'The buckets of the next p_records records that a rebuild comes to, and notes that it has; is_last when there are no more behind them';

create function rebuild_rollups(p_lease uuid, p_max_records integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_unit record;
  v_buckets activity_bucket[];
  v_is_last boolean;
  v_rows_of_activity activity[];
  v_rows bigint;
  v_error text;
  v_outcomes jsonb := '[]';
begin
  select n.buckets, n.is_last into v_buckets, v_is_last from next_to_rebuild(v_state, p_max_records) n;
  v_rows_of_activity := array(select a from activity_of(v_buckets) a);
  for v_unit in
    select l.refresh_id, l.started_at, l.events, a.name
    from analytics a join refresh_log l on l.name = a.name and l.lease = p_lease and l.finished_at is null
    where a.kind = 'rollup' and a.rebuilding order by a.name
  loop
    v_error := null;
    v_rows := 0;
    begin
      perform recompute_rollup(v_unit.name, v_unit.name || '_next', v_buckets, v_rows_of_activity);
      if v_is_last then
        v_rows := swap_rollup(v_unit.name);
      end if;
    exception when others then
      -- One that fails does not hold the others back: they go on, and it is rebuilt when it can be.
      get stacked diagnostics v_error = message_text;
    end;
    if v_is_last or v_error is not null then
      -- Stale again, if an import ended while this ran.
      update analytics set stale = stale or v_error is not null, rebuilding = false, scheduled_for = v_state.scheduled_for,
          as_of = case when v_error is null then v_unit.started_at else as_of end
        where name = v_unit.name;
      v_outcomes := v_outcomes
        || refresh_done(v_unit.refresh_id, 'full', ms_since(v_unit.started_at), v_unit.events, null, v_rows, v_error);
    end if;
  end loop;
  if v_is_last then
    update refresh_state set changed_at = clock_timestamp();
  end if;
  return jsonb_build_object('outcomes', v_outcomes, 'rebuilding', exists (select from analytics where kind = 'rollup' and rebuilding));
end
$$;
comment on function rebuild_rollups(uuid, integer) is
  'One step of a rebuild: the buckets of the next p_max_records records, and behind the last the swap. Answers {outcomes, rebuilding}: '
  'rebuilding when there are more steps. A rollup that fails is logged, marked stale, and left as it was. Raises AN409.';
revoke execute on function rebuild_rollups(uuid, integer) from public;
grant execute on function rebuild_rollups(uuid, integer) to annals_app;

create or replace function refresh_finish(p_lease uuid) returns timestamptz
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_state refresh_state%rowtype := hold_lease(p_lease);
begin
  update refresh_state set lease = null, lease_until = null;
  return case
    when has_events_after(v_state.cursor_xid, v_state.cursor_seq)
      -- Beside a transaction that stays open an eviction waits, too.
      or exists (select from evictions where xid >= v_state.cursor_xid)
      or exists (select from analytics where (stale or rebuilding) and kind = 'rollup') then clock_timestamp()
    else least(
      (select min(next_valid_time) from entities where next_valid_time is not null),
      (select min(scheduled_for + cadence) from analytics
        where kind = 'materialized_view' and (stale or as_of <= v_state.changed_at))
    )
  end;
end
$$;

create or replace function is_due(p_unit analytics, p_scheduled_for timestamptz) returns boolean
language sql stable
return case (p_unit).kind
  when 'rollup' then true
  when 'materialized_view' then (p_unit).scheduled_for + (p_unit).cadence <= p_scheduled_for
    and ((p_unit).stale or exists (
      select from refresh_state s
      where s.changed_at >= (p_unit).as_of
        -- What this same tick's pass over the log is about to change counts too.
        or has_events_after(s.cursor_xid, s.cursor_seq)
        or exists (select from analytics r where r.kind = 'rollup' and (r.stale or r.rebuilding))
    ))
  else case (p_unit).name
    -- Worth a line in the log only when there is something to do.
    when 'turn_over' then exists (select from entities where next_valid_time <= clock_timestamp())
    else (p_unit).scheduled_for + (p_unit).cadence <= p_scheduled_for
  end
end;

create or replace function refresh_rollups(p_lease uuid, p_max_events integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
  -- Past a fifth, computing everything costs less than computing that share bucket by bucket; small passes are cheap anyhow.
  c_rebuild_share constant double precision := 0.2;
  c_rebuild_floor constant integer := 2000;
  -- Users of more records than this are too much for one statement.
  c_max_records_of_users constant integer := 10000;
  c_import_patience constant interval := '5 minutes';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_horizon constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
  -- Just below the horizon: all of it was committed, and so is read by this pass.
  v_xid xid8 := v_horizon;
  v_seq bigint := -1;
  v_events bigint;
  v_more boolean;
  v_all boolean;
  v_versions changed_version[];
  v_buckets activity_bucket[] := '{}';
  v_users uuid[] := '{}';
  v_rows_of_activity activity[] := '{}';
  v_total bigint;
  v_shared_ms double precision;
  v_unit record;
  v_from timestamptz;
  v_into text;
  v_mode text;
  v_rows bigint;
  v_error text;
  v_changed boolean := false;
  v_outcomes jsonb := '[]';
begin
  -- After a restore into a new cluster transaction ids start again, below the cursor: only a rebuild is right then (I9).
  v_all := v_state.cursor_xid >= pg_snapshot_xmax(pg_current_snapshot());

  -- While a history comes in, its end asks for one rebuild anyway: what it has brought so far is left to that. Reads are right meanwhile.
  if not v_all and exists (
    select from imports i join import_chunks c using (import_id)
    where i.state = 'running' and c.applied_at > clock_timestamp() - c_import_patience
  ) then
    for v_unit in select l.refresh_id from refresh_log l join analytics a using (name) where l.lease = p_lease and a.kind = 'rollup' and l.finished_at is null loop
      v_outcomes := v_outcomes || refresh_done(v_unit.refresh_id, 'deferred', ms_since(v_began), 0, 0, 0, null);
    end loop;
    return jsonb_build_object('outcomes', v_outcomes, 'more', false, 'rebuilding', false);
  end if;

  select count(*), count(*) > p_max_events into v_events, v_more
  from (
    select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and e.xid < v_horizon
    order by e.xid, e.seq limit p_max_events + 1
  ) e;
  if v_more and not v_all then
    select count(*) into v_events from (
      select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and e.xid < v_horizon
      order by e.xid, e.seq limit 1000000
    ) e;
    select greatest(reltuples, 0) into v_total from pg_class where oid = 'event_log'::regclass;
    v_all := v_events > greatest(c_rebuild_floor, c_rebuild_share * v_total);
  end if;

  if not v_all then
    if v_more then
      v_events := p_max_events;
      select e.xid, e.seq into v_xid, v_seq
      from event_log e
      where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and e.xid < v_horizon
      order by e.xid, e.seq offset p_max_events - 1 limit 1;
    end if;
    v_versions := array(select v from changed_versions(v_state, v_xid, v_seq, clock_timestamp(), null) v);
    v_users := coalesce(zone_changed_users(v_versions), '{}') || array(
      -- The evicted are gone from the log, and with them what they counted.
      select distinct e.user_id from evictions e where e.xid >= v_state.cursor_xid and e.xid < v_horizon and e.user_id is not null
    );
    v_buckets := coalesce(dirty_buckets(v_state, v_versions), '{}');
    if cardinality(v_buckets) > c_rebuild_floor then
      select greatest(reltuples, 0) into v_total from pg_class where oid = 'daily_activity'::regclass;
      v_all := cardinality(v_buckets) > c_rebuild_share * v_total;
    end if;
    if cardinality(v_users) > 0 then
      v_all := v_all or c_max_records_of_users < (
        select count(*) from (select from entities e where e.user_id = any (v_users) limit c_max_records_of_users + 1) e
      );
    end if;
  end if;
  if v_all then
    v_xid := v_horizon;
    v_seq := -1;
    v_more := false;
    v_buckets := '{}';
    v_users := '{}';
    update analytics set stale = true where kind = 'rollup';
  end if;
  if exists (select from analytics where kind = 'rollup' and stale) then
    perform begin_rebuild();
  end if;
  if cardinality(v_buckets) > 0 then
    v_rows_of_activity := array(select a from activity_of(v_buckets) a);
  end if;
  v_shared_ms := ms_since(v_began);

  for v_unit in
    select l.refresh_id, a.name, a.rebuilding
    from refresh_log l join analytics a using (name)
    where l.lease = p_lease and a.kind = 'rollup' and l.finished_at is null
    order by a.name
  loop
    v_from := clock_timestamp();
    v_error := null;
    v_rows := 0;
    v_mode := case when cardinality(v_buckets) > 0 or cardinality(v_users) > 0 then 'incremental' else 'noop' end;
    v_into := v_unit.name || case when v_unit.rebuilding then '_next' else '' end;
    begin
      if cardinality(v_buckets) > 0 then
        v_rows := recompute_rollup(v_unit.name, v_into, v_buckets, v_rows_of_activity);
      end if;
      if cardinality(v_users) > 0 then
        v_rows := v_rows + recompute_users(v_unit.name, v_into, v_users);
      end if;
    exception when others then
      -- One that fails does not hold the others back: they go on, and it is rebuilt when it can be.
      get stacked diagnostics v_error = message_text;
    end;
    if v_unit.rebuilding and v_error is null then
      -- The rebuild goes on from here, and completes the line.
      update refresh_log set mode = 'full', events = v_events where refresh_id = v_unit.refresh_id;
    else
      update analytics set
        stale = stale or v_error is not null, rebuilding = false,
        as_of = case when v_error is null then v_began else as_of end,
        scheduled_for = v_state.scheduled_for
      where name = v_unit.name;
      v_changed := v_changed or v_mode <> 'noop';
      v_outcomes := v_outcomes
        || refresh_done(v_unit.refresh_id, v_mode, v_shared_ms + ms_since(v_from), v_events, cardinality(v_buckets), v_rows, v_error);
    end if;
  end loop;
  update refresh_state set
    cursor_xid = v_xid, cursor_seq = v_seq, last_pass_from = now(), last_pass_to = clock_timestamp() + interval '1 second',
    moved_at = case when (v_xid, v_seq) > (cursor_xid, cursor_seq) then clock_timestamp() else moved_at end,
    -- Behind a transaction that stays open, committed events wait too.
    as_of = case when has_events_after(v_xid, v_seq) then as_of else now() end,
    changed_at = case when v_changed then clock_timestamp() else changed_at end;
  return jsonb_build_object(
    'outcomes', v_outcomes, 'more', v_more, 'rebuilding', exists (select from analytics where kind = 'rollup' and rebuilding)
  );
end
$$;
comment on function refresh_rollups(uuid, integer) is
  'One pass: brings the rollups that this lease started up to date, p_max_events events at most, and logs each. Only committed events below every '
  'running transaction are read (I9). Answers {outcomes, more, rebuilding}: more when events remain, rebuilding when rebuild_rollups() has the next '
  'steps. A rollup that fails is logged, marked stale, and left as it was. Raises AN409.';
