-- Analytics: rollups kept fresh from the log, views refreshed whole, every refresh logged with its duration.

create table analytics (
  name text primary key,
  kind text not null check (kind in ('rollup', 'materialized_view')),
  cursor_xid xid8 not null default '0',
  cursor_seq bigint not null default 0,
  as_of timestamptz not null default '-infinity',
  last_pass_at timestamptz not null default '-infinity',
  stale boolean not null default true,
  scheduled_for timestamptz not null default '-infinity',
  lease uuid,
  lease_until timestamptz
);
comment on table analytics is 'Where each rollup and view stands: its cursor into the log (I9), and the lease of the pass that runs';
comment on column analytics.as_of is 'the clock of the last pass that left no event behind: what the answers are right for';
comment on column analytics.last_pass_at is 'the clock of the last pass of any kind: the valid time up to which its buckets counted';
comment on column analytics.stale is 'true when only a full rebuild makes it right: at first, after an import, after a restore into a new cluster';

create table refresh_log (
  refresh_id uuid primary key default gen_random_uuid(),
  name text not null references analytics,
  mode text check (mode in ('noop', 'incremental', 'full')),
  scheduled_for timestamptz not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  duration_ms double precision,
  events bigint,
  buckets bigint,
  rows bigint,
  lag_before_ms double precision,
  error text
);
comment on table refresh_log is 'Every refresh; the row is written before the work, so a killed refresh leaves a row without finished_at';
create index refresh_log_started on refresh_log (started_at desc);

-- Days are the record's own: its zone, else its user's. A date without a time is that day wherever its reader lives.
create function activity_days(p_from timestamptz, p_until timestamptz, p_zone text)
returns table (day date, records integer, minutes double precision)
language sql stable parallel safe
begin atomic
  select s.day, s.records, s.minutes
  from (
    select d.day::date as day,
      (d.day::date = b.first)::integer as records,
      case when p_until > p_from then
        extract(epoch from least(p_until, (d.day::date + 1)::timestamp at time zone p_zone)
          - greatest(p_from, d.day::date::timestamp at time zone p_zone))::double precision / 60
        else 0
      end as minutes
    from (
      select (p_from at time zone p_zone)::date as first, (greatest(p_from, p_until) at time zone p_zone)::date as last
    ) b
    -- A bound of a year for an interval that somebody forgot to end.
    cross join lateral generate_series(b.first, least(b.last, b.first + 366), interval '1 day') as d(day)
  ) s
  where s.records > 0 or s.minutes > 0;
end;
comment on function activity_days(timestamptz, timestamptz, text) is
  'The local days that a record falls on: counted on the first, its minutes split at each local midnight; a running one (no end) has none yet';

create view activity as
  select e.user_id, e.entity_type, e.entity_id, e.occurred_at, e.occurred_until, d.day, d.records, d.minutes
  from live_entities e
  left join entity_types t on t.name = e.entity_type
  left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
  cross join lateral activity_days(
    e.occurred_at, e.occurred_until,
    case
      when e.doc ->> t.axis_from[1] ~ '^\d{4}-\d\d-\d\d$' then 'UTC'
      else as_zone(e.doc ->> t.time_zone_field, u.doc ->> 'time_zone')
    end
  ) d
  where e.deleted_at is null and e.user_id is not null and e.entity_type is not null
    and isfinite(e.occurred_at);
comment on view activity is 'The definition of daily_activity, a row per record and local day';

create table daily_activity (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  records integer not null,
  minutes double precision not null,
  primary key (user_id, entity_type, day)
);
comment on table daily_activity is 'Rollup: records and minutes per user, entity type and local day';
alter table daily_activity enable row level security;
create policy own_days on daily_activity for select to annals_app using (user_id = (select caller()));
grant select on daily_activity to annals_app;

create materialized view duration_profile as
  select user_id, entity_type, date_trunc('month', day)::date as month, count(*) as days,
    percentile_cont(0.5) within group (order by minutes) as median_minutes,
    percentile_cont(0.9) within group (order by minutes) as p90_minutes
  from daily_activity
  where minutes > 0
  group by 1, 2, 3;
create unique index duration_profile_key on duration_profile (user_id, entity_type, month);
comment on materialized view duration_profile is
  'Medians and ninth deciles of the minutes of a day, per user, type and month: these do not decompose, so the view is refreshed whole';

insert into analytics (name, kind) values ('daily_activity', 'rollup'), ('duration_profile', 'materialized_view');

create type activity_bucket as (user_id uuid, entity_type text, day date);

create function activity_buckets(p_user_id uuid, p_entity_type text, p_doc jsonb, p_first_tx_time timestamptz) returns setof activity_bucket
language sql stable
begin atomic
  -- A user's zone may differ by now, so the neighbours of the days are named too: a bucket too many costs little, one too few lies.
  select p_user_id, p_entity_type, (d.day + o.days)::date
  from entity_facts(p_entity_type, p_doc) x
  cross join lateral activity_days(coalesce(x.occurred_at, p_first_tx_time), x.occurred_until, 'UTC') d
  cross join generate_series(-1, 1) as o(days)
  where p_doc is not null and p_user_id is not null and p_entity_type is not null;
end;
comment on function activity_buckets(uuid, text, jsonb, timestamptz) is 'Every bucket that a version can have counted in, in any zone';

create function recompute_activity(p_buckets activity_bucket[]) returns integer
language plpgsql as $$
declare
  v_rows integer;
begin
  delete from daily_activity d using unnest(p_buckets) b
    where (d.user_id, d.entity_type, d.day) = (b.user_id, b.entity_type, b.day);
  insert into daily_activity (user_id, entity_type, day, records, minutes)
    select b.user_id, b.entity_type, b.day, sum(a.records), sum(a.minutes)
    from unnest(p_buckets) b
    cross join lateral (
      -- What can touch a local day began within a day of it, or is an interval of over a day.
      select a.records, a.minutes from activity a
      where a.user_id = b.user_id and a.entity_type = b.entity_type and a.day = b.day
        and a.occurred_at >= b.day::timestamp at time zone 'UTC' - interval '38 hours'
        and a.occurred_at < b.day::timestamp at time zone 'UTC' + interval '38 hours'
      union all
      select a.records, a.minutes from activity a
      where a.user_id = b.user_id and a.entity_type = b.entity_type and a.day = b.day
        and a.occurred_at < b.day::timestamp at time zone 'UTC' - interval '38 hours'
        and a.occurred_until - a.occurred_at > interval '24 hours'
        and a.occurred_until > b.day::timestamp at time zone 'UTC' - interval '14 hours'
    ) a
    group by 1, 2, 3;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
comment on function recompute_activity(activity_bucket[]) is 'Sets these buckets of daily_activity to their definition, the view activity; returns the rows written';

create function refresh_start(p_name text, p_scheduled_for timestamptz, p_lease_s integer) returns uuid
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_refresh_id uuid := gen_random_uuid();
begin
  -- Compare-and-set on the scheduled time: a tick that fires twice, or beside a pass still running, loses here and does nothing.
  update analytics set scheduled_for = p_scheduled_for, lease = v_refresh_id,
      lease_until = clock_timestamp() + make_interval(secs => p_lease_s)
    where name = p_name and scheduled_for < p_scheduled_for and (lease_until is null or lease_until < clock_timestamp());
  if not found then
    return null;
  end if;
  insert into refresh_log (refresh_id, name, scheduled_for, lag_before_ms)
    select v_refresh_id, name, p_scheduled_for,
      case when isfinite(as_of) then extract(epoch from clock_timestamp() - as_of) * 1000 end
    from analytics where name = p_name;
  return v_refresh_id;
end
$$;
comment on function refresh_start(text, timestamptz, integer) is
  'Takes the lease (p_lease_s seconds) of an analytic for a scheduled time and writes "started"; null when the tick was taken or a pass is running';

create function refresh_pass(p_refresh_id uuid, p_max_events integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_state analytics%rowtype;
  v_horizon xid8;
  v_now timestamptz;
  v_mode text := 'noop';
  v_events bigint := 0;
  v_buckets activity_bucket[] := '{}';
  v_rows bigint := 0;
  v_xid xid8;
  v_seq bigint;
  v_more boolean := false;
  v_users uuid[];
  v_error text;
begin
  select * into v_state from analytics where lease = p_refresh_id for update;
  if not found then
    raise exception 'this refresh lost its lease to a later one' using errcode = 'AN409';
  end if;
  begin
    v_horizon := pg_snapshot_xmin(pg_current_snapshot());
    v_now := clock_timestamp();
    v_xid := v_state.cursor_xid;
    v_seq := v_state.cursor_seq;
    -- After a restore into a new cluster transaction ids start again, below the cursor: only a rebuild is right then (I9).
    if v_state.cursor_xid >= pg_snapshot_xmax(pg_current_snapshot()) then
      v_state.stale := true;
    end if;

    if v_state.kind = 'materialized_view' then
      -- It is made of the rollup alone: when that has not moved, neither has it.
      if v_state.stale or exists (
        select from refresh_log l where l.name = 'daily_activity' and l.mode <> 'noop' and l.finished_at > v_state.as_of
      ) then
        v_mode := 'full';
        execute format('refresh materialized view concurrently %I', v_state.name);
        execute format('select count(*) from %I', v_state.name) into v_rows;
      end if;
    elsif v_state.stale then
      v_mode := 'full';
      delete from daily_activity;
      insert into daily_activity (user_id, entity_type, day, records, minutes)
        select user_id, entity_type, day, sum(records), sum(minutes) from activity group by 1, 2, 3;
      get diagnostics v_rows = row_count;
      -- Just below the horizon: all of it was committed, and so read, before this pass began.
      v_xid := v_horizon;
      v_seq := -1;
    else
      select count(*), count(*) > p_max_events into v_events, v_more
      from (
        select from event_log
        where (xid, seq) > (v_state.cursor_xid, v_state.cursor_seq) and xid < v_horizon
        order by xid, seq limit p_max_events + 1
      ) e;
      v_events := least(v_events, p_max_events);
      select e.xid, e.seq into v_xid, v_seq
      from event_log e
      where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and e.xid < v_horizon
      order by e.xid, e.seq offset greatest(v_events - 1, 0) limit 1;
      v_xid := coalesce(v_xid, v_state.cursor_xid);
      v_seq := coalesce(v_seq, v_state.cursor_seq);

      -- A user who moved to another zone moves every record that has no zone of its own.
      select array_agg(distinct u.entity_id) into v_users
      from (
        select e.entity_id, e.doc from event_log e
        where e.entity_type = 'user'
          and (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and (e.xid, e.seq) <= (v_xid, v_seq)
        union all
        select e.entity_id, e.doc from event_log e
        where e.entity_type = 'user'
          and e.valid_time > e.tx_time and e.valid_time > v_state.last_pass_at and e.valid_time <= v_now
      ) u
      left join lateral (
        select o.doc from event_log o
        where o.entity_id = u.entity_id and o.valid_time <= v_state.last_pass_at
          and (o.xid, o.seq) <= (v_state.cursor_xid, v_state.cursor_seq)
        order by o.valid_time desc, o.tx_time desc, o.tx desc limit 1
      ) o on true
      where u.doc ->> 'time_zone' is distinct from o.doc ->> 'time_zone';

      with changed as (
        select e.entity_id, e.user_id, e.entity_type, e.doc, e.tx_time from event_log e
        where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) and (e.xid, e.seq) <= (v_xid, v_seq)
        union all
        -- Versions of the future that came into force since the last pass.
        select e.entity_id, e.user_id, e.entity_type, e.doc, e.tx_time from event_log e
        where e.valid_time > e.tx_time and e.valid_time > v_state.last_pass_at and e.valid_time <= v_now
      ), versions as (
        select user_id, entity_type, doc, tx_time from changed
        union all
        -- What the last pass counted, and what holds now.
        select o.user_id, o.entity_type, o.doc, o.tx_time
        from (select distinct entity_id from changed) c
        cross join lateral (
          select e.user_id, e.entity_type, e.doc, e.tx_time from event_log e
          where e.entity_id = c.entity_id and e.valid_time <= v_state.last_pass_at
            and (e.xid, e.seq) <= (v_state.cursor_xid, v_state.cursor_seq)
          order by e.valid_time desc, e.tx_time desc, e.tx desc limit 1
        ) o
        union all
        select n.user_id, n.entity_type, n.doc, n.created_at
        from (select distinct entity_id from changed) c join live_entities n using (entity_id)
      )
      select coalesce(array_agg(distinct b), '{}') into v_buckets
      from versions v cross join lateral activity_buckets(v.user_id, v.entity_type, v.doc, v.tx_time) b;
      if cardinality(v_buckets) > 0 then
        v_mode := 'incremental';
        v_rows := recompute_activity(v_buckets);
      end if;
      if v_users is not null then
        v_mode := 'incremental';
        delete from daily_activity where user_id = any (v_users);
        insert into daily_activity (user_id, entity_type, day, records, minutes)
          select user_id, entity_type, day, sum(records), sum(minutes) from activity where user_id = any (v_users) group by 1, 2, 3;
      end if;
    end if;
    update analytics set cursor_xid = v_xid, cursor_seq = v_seq, last_pass_at = v_now, stale = false,
        as_of = case when v_more then as_of else v_now end
      where name = v_state.name;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set lease = null, lease_until = null where name = v_state.name;
  update refresh_log set
    mode = v_mode, finished_at = clock_timestamp(), duration_ms = extract(epoch from clock_timestamp() - started_at) * 1000,
    events = v_events, buckets = cardinality(v_buckets), rows = v_rows, error = v_error
  where refresh_id = p_refresh_id;
  return jsonb_build_object(
    'refresh_id', p_refresh_id, 'name', v_state.name, 'mode', v_mode, 'events', v_events, 'buckets', cardinality(v_buckets),
    'rows', v_rows, 'more', v_more, 'error', v_error
  );
end
$$;
comment on function refresh_pass(uuid, integer) is
  'Brings the analytic of this lease up to date, p_max_events events at most, and logs mode, duration and work. Only committed events below every '
  'running transaction are read (I9). A failure rolls back its work and is logged; a lost lease raises AN409. Answers the log row, and `more` when events remain.';

create function refreshes(p_limit integer) returns setof jsonb
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select jsonb_build_object(
    'refresh_id', refresh_id, 'name', name, 'mode', mode, 'scheduled_for', iso(scheduled_for), 'started_at', iso(started_at),
    'finished_at', iso(finished_at), 'duration_ms', duration_ms, 'events', events, 'buckets', buckets, 'rows', rows,
    'lag_before_ms', lag_before_ms, 'error', error
  )
  from refresh_log order by started_at desc, refresh_id limit p_limit;
end;
comment on function refreshes(integer) is 'The newest refreshes, for the operator';

create function turn_over_due(p_limit integer) returns integer
language sql security definer set search_path = public, pg_temp
return turn_over(clock_timestamp(), p_limit);
comment on function turn_over_due(integer) is 'turn_over at the present moment, over all users: the cron''s';

revoke execute on function turn_over_due(integer), refresh_start(text, timestamptz, integer), refresh_pass(uuid, integer), refreshes(integer),
  foreign_entities(uuid[], uuid) from public;
grant execute on function turn_over_due(integer), refresh_start(text, timestamptz, integer), refresh_pass(uuid, integer), refreshes(integer) to annals_app;
grant execute on function foreign_entities(uuid[], uuid) to annals_app;
grant select on analytics to annals_app;
grant select, update on analytics to annals_import;
