-- Analytics: rollups kept fresh from the log, views refreshed whole, every run logged with its duration.
-- All rollups share one key, the bucket (user, entity type, local day), so that one look at the log says which buckets of all
-- of them are dirty. A rollup R is a table R, its twin R_next (for a rebuild beside the live one), the view R_definition
-- (what R must equal) and the function R_of(buckets, rows) (the same for some buckets, from their rows of activity).
-- Nothing here may bind to a rollup's table by its identity, since a rebuild swaps the twins' names: bodies are text.

create table analytics (
  name text primary key,
  kind text not null check (kind in ('rollup', 'materialized_view', 'housekeeping', 'check')),
  cadence interval not null default '0',
  serves text not null default '',
  stale boolean not null default true,
  as_of timestamptz not null default '-infinity',
  scheduled_for timestamptz not null default '-infinity'
);
comment on table analytics is 'What the cron runs, synced from src/analytics by migrate';
comment on column analytics.stale is 'true when only a full rebuild makes it right: at first, after an import, a failure, or a restore into a new cluster';
comment on column analytics.as_of is 'the clock of its last run that succeeded';

create table refresh_state (
  is_only_row boolean primary key default true check (is_only_row),
  cursor_xid xid8 not null default '0',
  cursor_seq bigint not null default 0,
  as_of timestamptz not null default '-infinity',
  last_pass_from timestamptz not null default '-infinity',
  last_pass_to timestamptz not null default '-infinity',
  moved_at timestamptz not null default '-infinity',
  changed_at timestamptz not null default '-infinity',
  scheduled_for timestamptz not null default '-infinity',
  lease uuid,
  lease_until timestamptz
);
comment on table refresh_state is 'How far the rollups have read the log: the cursor (I9), and the lease of the tick that runs. One row.';
comment on column refresh_state.as_of is 'the clock of the last pass that left no committed event behind';
comment on column refresh_state.last_pass_from is 'versions with a valid time up to here were counted by the last pass';
comment on column refresh_state.last_pass_to is 'versions with a later valid time were not: in between it depends on when each was committed';
comment on column refresh_state.moved_at is 'when the cursor last moved';
comment on column refresh_state.changed_at is 'when a rollup last changed: a view that is made of them is older than that, or fresh';
insert into refresh_state default values;

create table refresh_log (
  refresh_id uuid primary key default gen_random_uuid(),
  lease uuid not null,
  name text not null references analytics,
  mode text check (mode in ('noop', 'incremental', 'full', 'deferred', 'done')),
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
comment on table refresh_log is 'Every run; the row is written before the work, so a killed refresh leaves a row without finished_at';
create index refresh_log_started on refresh_log (started_at desc);
create index refresh_log_name on refresh_log (name, started_at desc);
create index refresh_log_open on refresh_log (lease) where finished_at is null;

create type activity_bucket as (user_id uuid, entity_type text, day date);

-- Days are the record's own: its zone, else its user's. A date without a time is that day wherever its reader lives.
create function activity_days(p_from timestamptz, p_until timestamptz, p_zone text)
returns table (day date, records integer, minutes double precision)
language sql stable parallel safe
begin atomic
  with b as materialized (
    select (p_from at time zone p_zone)::date as first, (greatest(p_from, p_until) at time zone p_zone)::date as last
  )
  -- Nearly all: within one day.
  select b.first, 1, case when p_until > p_from then extract(epoch from p_until - p_from)::double precision / 60 else 0 end
  from b where b.last = b.first
  union all
  select s.day, s.records, s.minutes
  from (
    select d.day::date as day, (d.day::date = b.first)::integer as records,
      extract(epoch from least(p_until, (d.day::date + 1)::timestamp at time zone p_zone)
        - greatest(p_from, d.day::date::timestamp at time zone p_zone))::double precision / 60 as minutes
    from b
    -- A bound of a year for an interval that somebody forgot to end.
    cross join lateral generate_series(b.first, least(b.last, b.first + 366), interval '1 day') as d(day)
    where b.last > b.first
  ) s
  where s.records > 0 or s.minutes > 0;
end;
comment on function activity_days(timestamptz, timestamptz, text) is
  'The local days that a record falls on: counted on the first, its minutes split at each local midnight; a running one (no end) has none yet';

create function is_date(p_text text) returns boolean
language sql immutable parallel safe
return p_text ~ '^\d{4}-\d\d-\d\d$';
comment on function is_date(text) is 'Whether this is a date without a time, which is the same day in every zone';

create view activity with (security_invoker = true) as
  select e.user_id, e.entity_type, e.entity_id, e.occurred_at, e.occurred_until, e.related, e.doc, t.measures,
    z.timed, z.zone, d.day, d.records, d.minutes
  from live_entities e
  left join entity_types t on t.name = e.entity_type
  left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
  cross join lateral (
    select not coalesce(is_date(e.doc ->> t.axis_from[1]), false) as timed,
      case
        when is_date(e.doc ->> t.axis_from[1]) then 'UTC'
        -- as_zone() written out: a function with subqueries is called, and planned, for every row.
        else coalesce(
          (select n.name from time_zones n where n.name = e.doc ->> t.time_zone_field),
          (select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC'
        )
      end as zone
    -- A fence: else the planner writes the lookup of the zone out at each of its dozen uses.
    offset 0
  ) z
  cross join lateral activity_days(e.occurred_at, e.occurred_until, z.zone) d
  where e.deleted_at is null and e.user_id is not null and e.entity_type is not null
    and isfinite(e.occurred_at);
comment on view activity is 'A row per record and local day: what most rollups are made of';

create function activity_of(p_buckets activity_bucket[]) returns setof activity
language sql stable
begin atomic
  with runs as materialized (
    -- Days in a row are read in one range: day by day, what began the day before would be read twice.
    select r.user_id, r.entity_type, min(r.day) as first, max(r.day) as last
    from (
      select b.*, b.day - (row_number() over (partition by b.user_id, b.entity_type order by b.day))::integer as run
      from (select distinct u.user_id, u.entity_type, u.day from unnest(p_buckets) u) b
    ) r
    group by r.user_id, r.entity_type, r.run
  )
  select a.*
  from runs b
  cross join lateral (
    -- What can touch a local day began within a day of it, or is an interval of over a day.
    select a.* from activity a
    where a.user_id = b.user_id and a.entity_type = b.entity_type and a.day between b.first and b.last
      and a.occurred_at >= b.first::timestamp at time zone 'UTC' - interval '38 hours'
      and a.occurred_at < b.last::timestamp at time zone 'UTC' + interval '38 hours'
    union all
    select a.* from activity a
    where a.user_id = b.user_id and a.entity_type = b.entity_type and a.day between b.first and b.last
      and a.occurred_at < b.first::timestamp at time zone 'UTC' - interval '38 hours'
      and a.occurred_until - a.occurred_at > interval '24 hours'
      and a.occurred_until > b.first::timestamp at time zone 'UTC' - interval '14 hours'
    -- A fence: run by run through the index, however few entities the planner takes there to be.
    offset 0
  ) a;
end;
comment on function activity_of(activity_bucket[]) is 'The rows of activity in these buckets, by index ranges: read once, and made into each rollup''s rows by its R_of';

-- daily_activity: records and minutes.
create view daily_activity_definition with (security_invoker = true) as
  select user_id, entity_type, day, sum(records)::integer as records, sum(minutes) as minutes
  from activity group by 1, 2, 3;
comment on view daily_activity_definition is 'What daily_activity must equal';
create function daily_activity_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, records integer, minutes double precision)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, sum(a.records)::integer, sum(a.minutes)
  from unnest(p_rows) a group by 1, 2, 3;
end;
comment on function daily_activity_of(activity_bucket[], activity[]) is 'The rows that daily_activity must have in these buckets, which hold these rows of activity';

-- daily_related: the same by what a record is about: each habit, project, book, medication, exercise.
create view daily_related_definition with (security_invoker = true) as
  select a.user_id, a.entity_type, a.day, r.related_id, sum(a.records)::integer as records, sum(a.minutes) as minutes
  from activity a cross join lateral (select distinct r as related_id from unnest(a.related) r) r
  group by 1, 2, 3, 4;
comment on view daily_related_definition is 'What daily_related must equal';
create function daily_related_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, related_id uuid, records integer, minutes double precision)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, r.related_id, sum(a.records)::integer, sum(a.minutes)
  from unnest(p_rows) a cross join lateral (select distinct r as related_id from unnest(a.related) r) r
  group by 1, 2, 3, 4;
end;
comment on function daily_related_of(activity_bucket[], activity[]) is 'The rows that daily_related must have in these buckets, which hold these rows of activity';

-- daily_measures: every number that a type measures, in its unit, by the thing that it is measured of.
create function measured(p_doc jsonb, p_measures jsonb)
returns table (field text, unit text, of_id uuid, value numeric)
language sql stable parallel safe
begin atomic
  select m.field, coalesce(p_doc ->> m.unit_field, m.unit, ''),
    case when pg_input_is_valid(p_doc ->> m.of_field, 'uuid') then (p_doc ->> m.of_field)::uuid else '00000000-0000-0000-0000-000000000000' end,
    (p_doc ->> m.field)::numeric
  from jsonb_to_recordset(p_measures) as m(field text, unit text, unit_field text, of_field text)
  where jsonb_typeof(p_doc -> m.field) = 'number';
end;
comment on function measured(jsonb, jsonb) is 'The numbers that a doc measures, by its type''s list; of_id is the nil UUID when they are of nothing else';
create view daily_measures_definition with (security_invoker = true) as
  select a.user_id, a.entity_type, a.day, m.field, m.unit, m.of_id, count(*)::integer as count,
    sum(m.value) as sum, min(m.value) as min, max(m.value) as max,
    (array_agg(m.value order by a.occurred_at desc, a.entity_id))[1] as last
  from activity a cross join lateral measured(a.doc, a.measures) m
  where a.records = 1
  group by 1, 2, 3, 4, 5, 6;
comment on view daily_measures_definition is 'What daily_measures must equal';
create function daily_measures_of(p_buckets activity_bucket[], p_rows activity[])
returns table (
  user_id uuid, entity_type text, day date, field text, unit text, of_id uuid, count integer, sum numeric, min numeric, max numeric, last numeric
)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, m.field, m.unit, m.of_id, count(*)::integer, sum(m.value), min(m.value), max(m.value),
    (array_agg(m.value order by a.occurred_at desc, a.entity_id))[1]
  from unnest(p_rows) a cross join lateral measured(a.doc, a.measures) m
  where a.records = 1
  group by 1, 2, 3, 4, 5, 6;
end;
comment on function daily_measures_of(activity_bucket[], activity[]) is 'The rows that daily_measures must have in these buckets, which hold these rows of activity';

-- daily_hours: when in the day. Two arrays side by side, of the hours with anything in them: a year is 366 short rows.
create view daily_hours_definition with (security_invoker = true) as
  select h.user_id, h.entity_type, h.day, array_agg(h.hour order by h.hour) as hours, array_agg(h.records order by h.hour) as records
  from (
    select user_id, entity_type, day, extract(hour from occurred_at at time zone zone)::smallint as hour, count(*)::integer as records
    from activity where records = 1 and timed
    group by 1, 2, 3, 4
  ) h
  group by 1, 2, 3;
comment on view daily_hours_definition is 'What daily_hours must equal';
create function daily_hours_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, hours smallint[], records integer[])
language sql stable
begin atomic
  select h.user_id, h.entity_type, h.day, array_agg(h.hour order by h.hour), array_agg(h.records order by h.hour)
  from (
    select a.user_id, a.entity_type, a.day, extract(hour from a.occurred_at at time zone a.zone)::smallint as hour, count(*)::integer as records
    from unnest(p_rows) a where a.records = 1 and a.timed
    group by 1, 2, 3, 4
  ) h
  group by 1, 2, 3;
end;
comment on function daily_hours_of(activity_bucket[], activity[]) is 'The rows that daily_hours must have in these buckets, which hold these rows of activity';

-- task_flow: tasks created and done on a day, and put off until it.
create function task_day(p_task live_entities, p_what text, p_zone text) returns date
language sql stable parallel safe
return case p_what
  when 'created' then ((p_task).created_at at time zone p_zone)::date
  when 'done' then (as_instant((p_task).doc ->> 'done_at') at time zone p_zone)::date
  when 'snoozed' then case when is_date((p_task).doc ->> 'snooze_until') then (as_instant((p_task).doc ->> 'snooze_until') at time zone 'UTC')::date end
end;
comment on function task_day(live_entities, text, text) is 'The local day on which a task was created or done, or until which it is put off; null for none';
create view task_activity with (security_invoker = true) as
  select e.user_id, e.entity_type, e.entity_id, e.occurred_at, e.created_at, e.doc ->> 'snooze_until' as snooze_until, w.what,
    task_day(e, w.what, z.zone) as day
  from live_entities e
  left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
  cross join lateral (
    select coalesce((select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC') as zone offset 0
  ) z
  cross join (values ('created'), ('done'), ('snoozed')) as w(what)
  where e.deleted_at is null and e.user_id is not null and e.entity_type = 'task';
comment on view task_activity is 'A row per task and thing that happened to it';
create view task_flow_definition with (security_invoker = true) as
  select user_id, entity_type, day, (count(*) filter (where what = 'created'))::integer as created,
    (count(*) filter (where what = 'done'))::integer as done, (count(*) filter (where what = 'snoozed'))::integer as snoozed
  from task_activity where isfinite(day) group by 1, 2, 3;
comment on view task_flow_definition is 'What task_flow must equal';
create index entities_tasks_created on entities (user_id, created_at) where entity_type = 'task' and deleted_at is null;
create index entities_tasks_snoozed on entities (user_id, (doc ->> 'snooze_until'))
  where entity_type = 'task' and deleted_at is null and doc ->> 'snooze_until' is not null;
create function task_flow_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, created integer, done integer, snoozed integer)
language sql stable
begin atomic
  select b.user_id, b.entity_type, b.day, (count(*) filter (where t.what = 'created'))::integer,
    (count(*) filter (where t.what = 'done'))::integer, (count(*) filter (where t.what = 'snoozed'))::integer
  from unnest(p_buckets) b
  cross join lateral (
    select t.what from task_activity t
    where t.user_id = b.user_id and t.what = 'created' and t.day = b.day
      and t.created_at >= b.day::timestamp at time zone 'UTC' - interval '14 hours'
      and t.created_at < b.day::timestamp at time zone 'UTC' + interval '38 hours'
    union all
    -- A task that is done stands on the time axis where it was done.
    select t.what from task_activity t
    where t.user_id = b.user_id and t.what = 'done' and t.day = b.day
      and t.occurred_at >= b.day::timestamp at time zone 'UTC' - interval '14 hours'
      and t.occurred_at < b.day::timestamp at time zone 'UTC' + interval '38 hours'
    union all
    select t.what from task_activity t
    where t.user_id = b.user_id and t.what = 'snoozed' and t.day = b.day and t.snooze_until = b.day::text
    offset 0
  ) t
  where b.entity_type = 'task'
  group by 1, 2, 3;
end;
comment on function task_flow_of(activity_bucket[], activity[]) is 'The rows that task_flow must have in these buckets';

grant select on activity, task_activity, daily_activity_definition, daily_related_definition, daily_measures_definition,
  daily_hours_definition, task_flow_definition to annals_app;

create table daily_activity (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  records integer not null,
  minutes double precision not null,
  primary key (user_id, entity_type, day)
);
comment on table daily_activity is 'Rollup: records and minutes per user, entity type and local day';
create table daily_related (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  related_id uuid not null,
  records integer not null,
  minutes double precision not null,
  primary key (user_id, entity_type, day, related_id)
);
comment on table daily_related is 'Rollup: records and minutes per user, entity type, local day and what the record is about';
create table daily_measures (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  field text not null,
  unit text not null,
  of_id uuid not null,
  count integer not null,
  sum numeric not null,
  min numeric not null,
  max numeric not null,
  last numeric not null,
  primary key (user_id, entity_type, day, field, unit, of_id)
);
comment on table daily_measures is 'Rollup: measured numbers per user, entity type, local day, field, unit and thing measured';
create table daily_hours (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hours smallint[] not null,
  records integer[] not null,
  primary key (user_id, entity_type, day)
);
comment on table daily_hours is 'Rollup: records by local hour, per user, entity type and local day; two arrays side by side';
create table task_flow (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  created integer not null,
  done integer not null,
  snoozed integer not null,
  primary key (user_id, entity_type, day)
);
comment on table task_flow is 'Rollup: tasks created and done on a local day, and put off until it, per user';

do $$
declare
  v_rollup text;
  v_table text;
begin
  foreach v_rollup in array array['daily_activity', 'daily_related', 'daily_measures', 'daily_hours', 'task_flow'] loop
    execute format('create table %I (like %I including all)', v_rollup || '_next', v_rollup);
    execute format('comment on table %I is %L', v_rollup || '_next',
      'The twin of ' || v_rollup || ': empty, save while a rebuild fills it before the two swap their names');
    -- The twins trade places, so both carry the same rules.
    foreach v_table in array array[v_rollup, v_rollup || '_next'] loop
      execute format('alter table %I enable row level security', v_table);
      execute format('create policy own_days on %I for select to annals_app using (user_id = (select caller()))', v_table);
      execute format('grant select on %I to annals_app', v_table);
    end loop;
  end loop;
end
$$;

create function version_buckets(p_user_id uuid, p_entity_type text, p_doc jsonb, p_first_tx_time timestamptz) returns setof activity_bucket
language sql stable
begin atomic
  -- In the zone of today: whoever changed theirs is computed anew as a whole.
  select p_user_id, p_entity_type, d.day
  from entity_facts(p_entity_type, p_doc) x
  left join entity_types t on t.name = p_entity_type
  left join entities u on u.entity_id = p_user_id and u.entity_type = 'user'
  cross join lateral (
    select case
      when is_date(p_doc ->> t.axis_from[1]) then 'UTC'
      else coalesce(
        (select n.name from time_zones n where n.name = p_doc ->> t.time_zone_field),
        (select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC'
      )
    end as zone
    offset 0
  ) z
  cross join lateral (
    select a.day from activity_days(coalesce(x.occurred_at, p_first_tx_time), x.occurred_until, z.zone) a
    union
    select (w.at at time zone z.zone)::date
    from (values (coalesce(x.created_at, p_first_tx_time)), (as_instant(p_doc ->> 'done_at'))) as w(at)
    where p_entity_type = 'task' and w.at is not null
    union
    select (as_instant(p_doc ->> 'snooze_until') at time zone 'UTC')::date
    where p_entity_type = 'task' and is_date(p_doc ->> 'snooze_until') and as_instant(p_doc ->> 'snooze_until') is not null
  ) d
  where p_doc is not null and p_user_id is not null and p_entity_type is not null and isfinite(d.day);
end;
comment on function version_buckets(uuid, text, jsonb, timestamptz) is
  'Every bucket that a version can have counted in; p_first_tx_time is the entity''s first, where a doc without a time stands';

create type changed_version as (entity_id uuid, user_id uuid, entity_type text, doc jsonb, first_tx_time timestamptz);

create function changed_versions(p_state refresh_state, p_to_xid xid8, p_to_seq bigint, p_now timestamptz, p_user_id uuid)
returns setof changed_version
language sql stable
begin atomic
  with changed as materialized (
    select e.entity_id, e.user_id, e.entity_type, e.doc from event_log e
    where (e.xid, e.seq) > ((p_state).cursor_xid, (p_state).cursor_seq) and (e.xid, e.seq) <= (p_to_xid, p_to_seq)
      and (p_user_id is null or e.user_id is null or e.user_id = p_user_id)
    union all
    -- Versions of the future that came into force since the last pass.
    select e.entity_id, e.user_id, e.entity_type, e.doc from event_log e
    where e.valid_time > e.tx_time and e.valid_time > (p_state).last_pass_from and e.valid_time <= p_now
      and (p_user_id is null or e.user_id = p_user_id)
  ), ids as materialized (
    select distinct entity_id from changed
  ), versions as (
    -- Not `union all`: of a record that is new, what was written is what holds.
    select entity_id, user_id, entity_type, doc from changed
    union
    -- What the last pass counted (each lateral is fenced: by the index, entity by entity) …
    select i.entity_id, o.user_id, o.entity_type, o.doc
    from ids i
    left join lateral (
      select e.user_id, e.entity_type, e.doc from event_log e
      where e.entity_id = i.entity_id and e.valid_time <= (p_state).last_pass_from
        and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
      order by e.valid_time desc, e.tx_time desc, e.tx desc limit 1
    ) o on true
    union
    -- … or may have counted, since it was written while that pass ran …
    select i.entity_id, e.user_id, e.entity_type, e.doc
    from ids i
    cross join lateral (
      select e.* from event_log e
      where e.entity_id = i.entity_id and e.valid_time > (p_state).last_pass_from and e.valid_time <= (p_state).last_pass_to
        and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
      offset 0
    ) e
    union
    -- … and what holds now.
    select i.entity_id, n.user_id, n.entity_type, n.doc
    from ids i
    left join lateral (
      select l.user_id, l.entity_type, l.doc from live_entities l where l.entity_id = i.entity_id offset 0
    ) n on true
  )
  select v.entity_id, v.user_id, v.entity_type, v.doc, f.first_tx_time
  from versions v
  cross join lateral (
    select min(e.tx_time) as first_tx_time from event_log e where e.entity_id = v.entity_id
    union
    select min(e.tx_time) from event_log e
    where e.entity_id = v.entity_id and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
  ) f
  where f.first_tx_time is not null;
end;
comment on function changed_versions(refresh_state, xid8, bigint, timestamptz, uuid) is
  'Of every entity with an event between the cursor and (p_to_xid, p_to_seq), of one user or of all: the versions that the rollups may have '
  'counted, those written since and the one that holds now; nothing holding is a row without a doc';

create function zone_changed_users(p_versions changed_version[]) returns uuid[]
language sql immutable
return (
  select array_agg(entity_id) from (
    -- A user who moved to another zone moves every record that has no zone of its own.
    select v.entity_id from unnest(p_versions) v
    group by v.entity_id
    having bool_or(v.entity_type = 'user') and count(distinct coalesce(v.doc ->> 'time_zone', '')) > 1
  ) u
);
comment on function zone_changed_users(changed_version[]) is 'The users among these versions whose time zone is not the same in all of them; null for none';

create function dirty_buckets(p_versions changed_version[]) returns activity_bucket[]
language sql stable
return (
  select array_agg(distinct b)
  from unnest(p_versions) v cross join lateral version_buckets(v.user_id, v.entity_type, v.doc, v.first_tx_time) b
);
comment on function dirty_buckets(changed_version[]) is 'The buckets that these versions counted or count in; null for none';

create function pending_activity(p_user_id uuid) returns table (whole boolean, buckets activity_bucket[], as_of timestamptz)
language plpgsql stable as $$
declare
  -- More than this is computed anew as a whole: the user's own rows are then the shorter way.
  c_max_events constant integer := 5000;
  c_last_xid constant xid8 := '18446744073709551615';
  v_state refresh_state%rowtype;
  v_versions changed_version[];
begin
  select * into v_state from refresh_state;
  as_of := v_state.as_of;
  whole := v_state.cursor_xid >= pg_snapshot_xmax(pg_current_snapshot())
    or exists (select from analytics a where a.kind = 'rollup' and a.stale)
    or c_max_events < (
      select count(*) from (
        select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) limit c_max_events + 1
      ) e
    )
    or exists (select from evictions e where e.xid >= v_state.cursor_xid and e.user_id = p_user_id);
  if not whole then
    v_versions := array(select v from changed_versions(v_state, c_last_xid, 0, now(), p_user_id) v);
    if cardinality(v_versions) > 0 then
      whole := zone_changed_users(v_versions) is not null;
      buckets := case when not whole then dirty_buckets(v_versions) end;
    end if;
  end if;
  buckets := coalesce(buckets, '{}');
  return next;
end
$$;
comment on function pending_activity(uuid) is
  'What of a user''s rollups is behind the log at this moment: some buckets, or (whole) possibly all; as_of is the rollups'' own clock';
grant select on refresh_state, analytics to annals_app;
grant select on evictions to annals_app;

-- Views that are made of the rollups, refreshed whole: what they tell does not add up from days.
-- Postgres runs a refresh with a search path of its own, hence the setting; and plpgsql or text bodies, hence no binding to a twin.
create function habit_streaks_now()
returns table (
  user_id uuid, habit_id uuid, days bigint, first_day date, last_day date, last_streak_days integer,
  longest_streak_days integer, longest_streak_from date, longest_gap_days integer, longest_gap_from date
)
language sql stable set search_path = public, pg_temp as $$
  with marked as (
    select r.user_id, r.related_id, r.day,
      r.day - lag(r.day) over w - 1 as gap_days, lag(r.day) over w as day_before,
      r.day - (row_number() over w)::integer as run
    from daily_related r
    where r.entity_type = 'habit_log' and r.records > 0
    window w as (partition by r.user_id, r.related_id order by r.day)
  ), runs as (
    select user_id, related_id, run, count(*)::integer as days, min(day) as from_day, max(day) as last_day
    from marked group by 1, 2, 3
  ), streaks as (
    select user_id, related_id, sum(days)::bigint as days, min(from_day) as first_day, max(last_day) as last_day,
      (array_agg(days order by last_day desc))[1] as last_streak_days,
      max(days) as longest_streak_days, (array_agg(from_day order by days desc, from_day desc))[1] as longest_streak_from
    from runs group by 1, 2
  ), gaps as (
    select user_id, related_id, max(gap_days) as longest_gap_days,
      (array_agg(day_before + 1 order by gap_days desc, day desc))[1] as longest_gap_from
    from marked where gap_days > 0 group by 1, 2
  )
  select s.user_id, s.related_id, s.days, s.first_day, s.last_day, s.last_streak_days, s.longest_streak_days,
    s.longest_streak_from, coalesce(g.longest_gap_days, 0), g.longest_gap_from
  from streaks s left join gaps g using (user_id, related_id)
$$;
comment on function habit_streaks_now() is 'What habit_streaks holds after a refresh';
create materialized view habit_streaks as select * from habit_streaks_now();
create unique index habit_streaks_key on habit_streaks (user_id, habit_id);
comment on materialized view habit_streaks is 'Per habit: days it was logged, its last and longest run of days, its longest gap';

create function monthly_summary_now()
returns table (user_id uuid, entity_type text, month date, records bigint, minutes double precision, active_days bigint, busiest_day date)
language sql stable set search_path = public, pg_temp as $$
  select d.user_id, d.entity_type, date_trunc('month', d.day)::date, sum(d.records), sum(d.minutes), count(*),
    (array_agg(d.day order by d.records desc, d.minutes desc, d.day))[1]
  from daily_activity d group by 1, 2, 3
$$;
comment on function monthly_summary_now() is 'What monthly_summary holds after a refresh';
create materialized view monthly_summary as select * from monthly_summary_now();
create unique index monthly_summary_key on monthly_summary (user_id, entity_type, month);
comment on materialized view monthly_summary is 'Records, minutes, active days and the busiest day, per user, type and local month';

create function duration_profile_now()
returns table (
  user_id uuid, entity_type text, month date, records bigint, median_minutes double precision, p90_minutes double precision,
  p99_minutes double precision, longest_minutes double precision
)
language sql stable set search_path = public, pg_temp as $$
  select d.user_id, d.entity_type, d.month, count(*),
    percentile_cont(0.5) within group (order by d.minutes), percentile_cont(0.9) within group (order by d.minutes),
    percentile_cont(0.99) within group (order by d.minutes), max(d.minutes)
  from (
    select e.user_id, e.entity_type,
      date_trunc('month', e.occurred_at at time zone coalesce((select n.name from time_zones n where n.name = e.doc ->> t.time_zone_field), (select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC'))::date as month,
      extract(epoch from e.occurred_until - e.occurred_at)::double precision / 60 as minutes
    from live_entities e
    left join entity_types t on t.name = e.entity_type
    left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
    where e.deleted_at is null and e.user_id is not null and e.entity_type is not null
      and isfinite(e.occurred_at) and isfinite(e.occurred_until) and e.occurred_until > e.occurred_at
  ) d
  group by 1, 2, 3
$$;
comment on function duration_profile_now() is 'What duration_profile holds after a refresh';
create materialized view duration_profile as select * from duration_profile_now();
create unique index duration_profile_key on duration_profile (user_id, entity_type, month);
comment on materialized view duration_profile is
  'Medians and percentiles of how long records last, per user, type and month of their beginning: these do not decompose, so the view is refreshed whole';

-- A materialized view knows no row-level security: the application reads through these, which ask who calls.
create view own_habit_streaks with (security_barrier) as select * from habit_streaks where user_id = caller();
create view own_monthly_summary with (security_barrier) as select * from monthly_summary where user_id = caller();
create view own_duration_profile with (security_barrier) as select * from duration_profile where user_id = caller();
comment on view own_habit_streaks is 'The caller''s rows of habit_streaks';
comment on view own_monthly_summary is 'The caller''s rows of monthly_summary';
comment on view own_duration_profile is 'The caller''s rows of duration_profile';
grant select on own_habit_streaks, own_monthly_summary, own_duration_profile to annals_app;

revoke execute on function foreign_entities(uuid[], uuid) from public;
grant execute on function foreign_entities(uuid[], uuid) to annals_app;
