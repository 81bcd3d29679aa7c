-- Rollups that know what is hidden. What lists leave out unless asked (sensitive, archived, and records of a parent that is) is left
-- out of every chart too: each row of a rollup counts the records of one kind of hiddenness, and a reader adds up those that are shown.
-- And a task counts as put off on the day on which somebody did so, not on the day until which.
-- Everything here is derived: it is dropped, made anew, and filled by the next tick.

drop function heatmap(uuid, text[], date, date), dashboard(uuid, text[], date, date, boolean), pending_activity(uuid),
  dirty_buckets(changed_version[]), zone_changed_users(changed_version[]),
  changed_versions(refresh_state, xid8, bigint, timestamptz, uuid), version_buckets(uuid, text, jsonb, timestamptz),
  recompute_rollup(text, activity_bucket[], activity[]), recompute_users(text, uuid[]),
  daily_activity_of(activity_bucket[], activity[]), daily_related_of(activity_bucket[], activity[]),
  daily_measures_of(activity_bucket[], activity[]), daily_hours_of(activity_bucket[], activity[]),
  task_flow_of(activity_bucket[], activity[]), activity_of(activity_bucket[]);
drop type changed_version;
drop view own_habit_streaks, own_monthly_summary, own_duration_profile;
drop materialized view habit_streaks, monthly_summary, duration_profile;
drop function habit_streaks_now(), monthly_summary_now(), duration_profile_now();
drop view daily_activity_definition, daily_related_definition, daily_measures_definition, daily_hours_definition,
  task_flow_definition, task_activity, activity;
drop function task_day(live_entities, text, text);
drop table daily_activity, daily_activity_next, daily_related, daily_related_next, daily_measures, daily_measures_next,
  daily_hours, daily_hours_next, task_flow, task_flow_next;
drop index entities_tasks_snoozed;

-- Computed for every record that a refresh reads: the length first, as a pattern costs a third of all the rest; and date_part, as extract
-- goes by way of numeric.
create or replace function is_date(p_text text) returns boolean
language sql immutable parallel safe
return octet_length(p_text) = 10 and p_text ~ '^\d{4}-\d\d-\d\d$';
create or replace function activity_days(p_from timestamptz, p_until timestamptz, p_zone text)
returns table (day date, records integer, minutes double precision)
language sql stable parallel safe
begin atomic
  select d.day, d.records, d.minutes
  from (
    select (p_from at time zone p_zone)::date as first, (greatest(p_from, p_until) at time zone p_zone)::date as last offset 0
  ) b
  cross join lateral (
    -- Nearly all: within one day.
    select b.first as day, 1 as records,
      case when p_until > p_from then date_part('epoch', p_until - p_from) / 60 else 0 end as minutes
    where b.last = b.first
    union all
    select s.day, s.records, s.minutes
    from (
      select d.day::date as day, (d.day::date = b.first)::integer as records,
        date_part('epoch', least(p_until, (d.day::date + 1)::timestamp at time zone p_zone)
          - greatest(p_from, d.day::date::timestamp at time zone p_zone)) / 60 as minutes
      -- A bound of a year for an interval that somebody forgot to end.
      from generate_series(b.first, least(b.last, b.first + 366), interval '1 day') as d(day)
      where b.last > b.first
    ) s
    where s.records > 0 or s.minutes > 0
  ) d;
end;

create function hidden_bits(p_user_id uuid, p_sensitive boolean, p_archived boolean, p_related uuid[]) returns setof smallint
language sql stable parallel safe rows 1
begin atomic
  -- A set of one row, so that the planner takes it into the query that asks.
  select (p_sensitive::integer + 2 * p_archived::integer | case when p_related = '{}' then 0 else coalesce((
    select bit_or(case
      -- A version that has come into force and is not turned over yet: one read of the log for the few of them.
      when e.next_valid_time <= now() then (
        select s.sensitive::integer + 2 * s.archived::integer from state_at(e.entity_id, now(), 'infinity') s where s.user_id = p_user_id
      )
      when e.user_id = p_user_id then e.sensitive::integer + 2 * e.archived::integer
    end)
    -- A fence: by their ids, not by way of all that is hidden.
    from (select * from entities e where e.entity_id = any (p_related) offset 0) e
    where e.sensitive or e.archived or e.next_valid_time <= now()
  ), 0) end)::smallint;
end;
comment on function hidden_bits(uuid, boolean, boolean, uuid[]) is
  'What hides a record from a reader who asks for nothing hidden, by itself or by a thing that it is about: 1 sensitive, 2 archived. As src/store/visibility.ts has it';

create view activity with (security_invoker = true) as
  select e.user_id, e.entity_type, e.entity_id, e.occurred_at, e.occurred_until, e.related,
    case when t.measures <> '[]' then e.doc end as doc, h as hidden,
    case when z.timed then date_part('hour', e.occurred_at at time zone z.zone)::smallint end as hour, d.day, d.records, d.minutes
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
  cross join lateral hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h
  cross join lateral activity_days(e.occurred_at, e.occurred_until, z.zone) d
  where e.deleted_at is null and e.user_id is not null and e.entity_type is not null
    and isfinite(e.occurred_at);
comment on view activity is 'A row per record and local day: what most rollups are made of. `hour` is the local hour of its beginning, null for a date; `doc` is there where its type measures something';

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
  select user_id, entity_type, day, hidden, sum(records)::integer as records, sum(minutes) as minutes
  from activity group by 1, 2, 3, 4;
comment on view daily_activity_definition is 'What daily_activity must equal';
create function daily_activity_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, hidden smallint, records integer, minutes double precision)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, a.hidden, sum(a.records)::integer, sum(a.minutes)
  from unnest(p_rows) a group by 1, 2, 3, 4;
end;
comment on function daily_activity_of(activity_bucket[], activity[]) is 'The rows that daily_activity must have in these buckets, which hold these rows of activity';

-- daily_related: the same by what a record is about: each habit, project, book, medication, exercise.
create view daily_related_definition with (security_invoker = true) as
  select a.user_id, a.entity_type, a.day, a.hidden, r.related_id, sum(a.records)::integer as records, sum(a.minutes) as minutes
  from activity a cross join lateral unnest(a.related) with ordinality as r(related_id, n)
  -- Two fields may lead to the same thing.
  where array_position(a.related, r.related_id) = r.n
  group by 1, 2, 3, 4, 5;
comment on view daily_related_definition is 'What daily_related must equal';
create function daily_related_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, hidden smallint, related_id uuid, records integer, minutes double precision)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, a.hidden, r.related_id, sum(a.records)::integer, sum(a.minutes)
  from unnest(p_rows) a cross join lateral unnest(a.related) with ordinality as r(related_id, n)
  where array_position(a.related, r.related_id) = r.n
  group by 1, 2, 3, 4, 5;
end;
comment on function daily_related_of(activity_bucket[], activity[]) is 'The rows that daily_related must have in these buckets, which hold these rows of activity';

-- daily_measures: every number that a type measures, in its unit, by the thing that it is measured of.
create view daily_measures_definition with (security_invoker = true) as
  select a.user_id, a.entity_type, a.day, a.hidden, m.field, m.unit, m.of_id, count(*)::integer as count,
    sum(m.value) as sum, min(m.value) as min, max(m.value) as max,
    (array_agg(m.value order by a.occurred_at desc, a.entity_id))[1] as last
  from activity a
  join entity_types t on t.name = a.entity_type
  cross join lateral measured(a.doc, t.measures) m
  where a.records = 1
  group by 1, 2, 3, 4, 5, 6, 7;
comment on view daily_measures_definition is 'What daily_measures must equal';
create function daily_measures_of(p_buckets activity_bucket[], p_rows activity[])
returns table (
  user_id uuid, entity_type text, day date, hidden smallint, field text, unit text, of_id uuid,
  count integer, sum numeric, min numeric, max numeric, last numeric
)
language sql stable
begin atomic
  select a.user_id, a.entity_type, a.day, a.hidden, m.field, m.unit, m.of_id, count(*)::integer, sum(m.value), min(m.value), max(m.value),
    (array_agg(m.value order by a.occurred_at desc, a.entity_id))[1]
  from (select * from unnest(p_rows) r where r.records = 1 and r.doc is not null offset 0) a
  join entity_types t on t.name = a.entity_type
  cross join lateral measured(a.doc, t.measures) m
  group by 1, 2, 3, 4, 5, 6, 7;
end;
comment on function daily_measures_of(activity_bucket[], activity[]) is 'The rows that daily_measures must have in these buckets, which hold these rows of activity';

-- daily_hours: when in the day. Two arrays side by side, of the hours with anything in them: a year is 366 short rows.
create view daily_hours_definition with (security_invoker = true) as
  select h.user_id, h.entity_type, h.day, h.hidden, array_agg(h.hour order by h.hour) as hours, array_agg(h.records order by h.hour) as records
  from (
    select user_id, entity_type, day, hidden, hour, count(*)::integer as records
    from activity where records = 1 and hour is not null
    group by 1, 2, 3, 4, 5
  ) h
  group by 1, 2, 3, 4;
comment on view daily_hours_definition is 'What daily_hours must equal';
create function daily_hours_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, hidden smallint, hours smallint[], records integer[])
language sql stable
begin atomic
  select h.user_id, h.entity_type, h.day, h.hidden, array_agg(h.hour order by h.hour), array_agg(h.records order by h.hour)
  from (
    select a.user_id, a.entity_type, a.day, a.hidden, a.hour, count(*)::integer as records
    from unnest(p_rows) a where a.records = 1 and a.hour is not null
    group by 1, 2, 3, 4, 5
    -- A fence: else all rows are sorted for the arrays' sake, and not the few that are left.
    offset 0
  ) h
  group by 1, 2, 3, 4;
end;
comment on function daily_hours_of(activity_bucket[], activity[]) is 'The rows that daily_hours must have in these buckets, which hold these rows of activity';

-- task_flow: tasks created, done and put off on a day. The first two are in the task; that it was put off is in the log alone.
create view live_tasks with (security_invoker = true) as
  select e.user_id, e.entity_id, e.occurred_at, e.created_at, as_instant(e.doc ->> 'done_at') as done_at, h as hidden, z.zone
  from live_entities e
  left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
  cross join lateral (
    select coalesce((select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC') as zone offset 0
  ) z
  cross join lateral hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h
  where e.deleted_at is null and e.user_id is not null and e.entity_type = 'task';
comment on view live_tasks is 'Tasks as task_flow looks at them';

create view snoozes with (security_invoker = true) as
  select e.user_id, e.entity_id, e.tx_time
  from event_log e
  where e.entity_type = 'task' and e.doc ->> 'snooze_until' is not null
    and (e.doc ->> 'snooze_until') is distinct from (
      select p.doc ->> 'snooze_until' from event_log p
      where p.entity_id = e.entity_id and (p.tx_time, p.tx) < (e.tx_time, e.tx)
      order by p.tx_time desc, p.tx desc, p.valid_time desc limit 1
    );
comment on view snoozes is 'The writes that put a task off until another day than the transaction before had it';

create view task_activity with (security_invoker = true) as
  select t.user_id, t.hidden, 'created' as what, t.created_at as at, t.occurred_at, (t.created_at at time zone t.zone)::date as day from live_tasks t
  union all
  -- A task that is done stands on the time axis where it was done.
  select t.user_id, t.hidden, 'done', t.occurred_at, t.occurred_at, (t.done_at at time zone t.zone)::date from live_tasks t where t.done_at is not null
  union all
  select t.user_id, t.hidden, 'snoozed', s.tx_time, t.occurred_at, (s.tx_time at time zone t.zone)::date
  from snoozes s join live_tasks t on t.entity_id = s.entity_id and t.user_id = s.user_id;
comment on view task_activity is 'A row per task and thing that happened to it, at an instant that has an index';

create view task_flow_definition with (security_invoker = true) as
  select user_id, 'task' as entity_type, day, hidden, (count(*) filter (where what = 'created'))::integer as created,
    (count(*) filter (where what = 'done'))::integer as done, (count(*) filter (where what = 'snoozed'))::integer as snoozed
  from task_activity where isfinite(day) group by 1, 2, 3, 4;
comment on view task_flow_definition is 'What task_flow must equal';
create function task_flow_of(p_buckets activity_bucket[], p_rows activity[])
returns table (user_id uuid, entity_type text, day date, hidden smallint, created integer, done integer, snoozed integer)
language sql stable
begin atomic
  select b.user_id, b.entity_type, b.day, t.hidden, (count(*) filter (where t.what = 'created'))::integer,
    (count(*) filter (where t.what = 'done'))::integer, (count(*) filter (where t.what = 'snoozed'))::integer
  from unnest(p_buckets) b
  cross join lateral (
    select t.hidden, t.what from task_activity t
    where t.user_id = b.user_id and t.day = b.day
      and t.at >= b.day::timestamp at time zone 'UTC' - interval '14 hours'
      and t.at < b.day::timestamp at time zone 'UTC' + interval '38 hours'
    offset 0
  ) t
  where b.entity_type = 'task'
  group by 1, 2, 3, 4;
end;
comment on function task_flow_of(activity_bucket[], activity[]) is 'The rows that task_flow must have in these buckets';

grant select on activity, live_tasks, snoozes, task_activity, daily_activity_definition, daily_related_definition,
  daily_measures_definition, daily_hours_definition, task_flow_definition to annals_app;

create table daily_activity (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  records integer not null,
  minutes double precision not null,
  primary key (user_id, entity_type, day, hidden)
);
comment on table daily_activity is 'Rollup: records and minutes per user, entity type and local day';
create table daily_related (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  related_id uuid not null,
  records integer not null,
  minutes double precision not null,
  primary key (user_id, entity_type, day, hidden, related_id)
);
comment on table daily_related is 'Rollup: records and minutes per user, entity type, local day and what the record is about';
create table daily_measures (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  field text not null,
  unit text not null,
  of_id uuid not null,
  count integer not null,
  sum numeric not null,
  min numeric not null,
  max numeric not null,
  last numeric not null,
  primary key (user_id, entity_type, day, hidden, field, unit, of_id)
);
comment on table daily_measures is 'Rollup: measured numbers per user, entity type, local day, field, unit and thing measured';
create table daily_hours (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  hours smallint[] not null,
  records integer[] not null,
  primary key (user_id, entity_type, day, hidden)
);
comment on table daily_hours is 'Rollup: records by local hour, per user, entity type and local day; two arrays side by side';
create table task_flow (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  created integer not null,
  done integer not null,
  snoozed integer not null,
  primary key (user_id, entity_type, day, hidden)
);
comment on table task_flow is 'Rollup: tasks created, done and put off on a local day, per user';

do $$
declare
  v_rollup text;
  v_table text;
begin
  foreach v_rollup in array array['daily_activity', 'daily_related', 'daily_measures', 'daily_hours', 'task_flow'] loop
    execute format('comment on column %I.hidden is %L', v_rollup, 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()');
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
update analytics set stale = true;
alter table analytics add column rebuilding boolean not null default false;
comment on column analytics.rebuilding is 'a rebuild fills its twin, step by step: until the swap, answers are computed live';

-- What of the log is not in the rollups yet.
create type changed_version as (entity_id uuid, user_id uuid, entity_type text, doc jsonb);

create function changed_versions(p_state refresh_state, p_to_xid xid8, p_to_seq bigint, p_now timestamptz, p_user_id uuid)
returns setof changed_version
language sql stable
begin atomic
  with changed as materialized (
    select e.entity_id, e.user_id, e.entity_type, e.doc, e.seq from event_log e
    where (e.xid, e.seq) > ((p_state).cursor_xid, (p_state).cursor_seq) and (e.xid, e.seq) <= (p_to_xid, p_to_seq)
      and (p_user_id is null or e.user_id is null or e.user_id = p_user_id)
    union all
    -- Versions of the future that came into force since the last pass.
    select e.entity_id, e.user_id, e.entity_type, e.doc, e.seq from event_log e
    where e.valid_time > e.tx_time and e.valid_time > (p_state).last_pass_from and e.valid_time <= p_now
      and (p_user_id is null or e.user_id = p_user_id)
  ), ids as materialized (
    select entity_id, array_agg(seq) as versions from changed group by entity_id
  )
  select entity_id, user_id, entity_type, doc from changed
  union all
  -- What the last pass counted (each lateral is fenced: by the index, entity by entity) …
  select i.entity_id, o.user_id, o.entity_type, o.doc
  from ids i
  left join lateral (
    select e.user_id, e.entity_type, e.doc from event_log e
    where e.entity_id = i.entity_id and e.valid_time <= (p_state).last_pass_from
      and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
    order by e.valid_time desc, e.tx_time desc, e.tx desc limit 1
  ) o on true
  union all
  -- … or may have counted, since it was written while that pass ran …
  select i.entity_id, e.user_id, e.entity_type, e.doc
  from ids i
  cross join lateral (
    select e.* from event_log e
    where e.entity_id = i.entity_id and e.valid_time > (p_state).last_pass_from and e.valid_time <= (p_state).last_pass_to
      and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
    offset 0
  ) e
  union all
  -- … and what holds now, where that is not what was written.
  select i.entity_id, n.user_id, n.entity_type, n.doc
  from ids i
  left join lateral (
    select l.user_id, l.entity_type, l.doc, l.version from live_entities l where l.entity_id = i.entity_id offset 0
  ) n on true
  where (n.version = any (i.versions)) is not true;
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

create function related_buckets(p_user_id uuid, p_related_id uuid) returns setof activity_bucket
language plpgsql stable as $$
begin
  return query select distinct r.user_id, r.entity_type, r.day from daily_related r where r.user_id = p_user_id and r.related_id = p_related_id;
end
$$;
comment on function related_buckets(uuid, uuid) is 'The buckets that hold a record about this thing, as the last pass saw them';

create function dirty_buckets(p_state refresh_state, p_versions changed_version[]) returns activity_bucket[]
language sql stable
begin atomic
  with versions as materialized (
    select v.* from unnest(p_versions) v where v.doc is not null and v.user_id is not null and v.entity_type is not null
  ), placed as materialized (
    -- In the zone of today: whoever changed theirs is computed anew as a whole.
    select v.entity_id, v.user_id, v.entity_type, v.doc, x.occurred_at, x.occurred_until, x.created_at,
      z.zone
    from versions v
    cross join lateral entity_facts(v.entity_type, v.doc) x
    left join entity_types t on t.name = v.entity_type
    left join entities u on u.entity_id = v.user_id and u.entity_type = 'user'
    cross join lateral (
      select case
        when is_date(v.doc ->> t.axis_from[1]) then 'UTC'
        else coalesce(
          (select n.name from time_zones n where n.name = v.doc ->> t.time_zone_field),
          (select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC'
        )
      end as zone
      offset 0
    ) z
  ), first_known as materialized (
    -- Where a doc without a time stands: when the store first learned of the entity, as it does now and as it did.
    select p.entity_id, f.at
    from (select distinct entity_id from placed where occurred_at is null or created_at is null and entity_type = 'task') p
    cross join lateral (
      select min(e.tx_time) as at from event_log e where e.entity_id = p.entity_id
      union
      select min(e.tx_time) from event_log e
      where e.entity_id = p.entity_id and (e.xid, e.seq) <= ((p_state).cursor_xid, (p_state).cursor_seq)
    ) f
    where f.at is not null
  ), instants as (
    select p.user_id, p.zone, w.at
    from placed p
    cross join lateral (
      select p.created_at where p.created_at is not null
      union all select f.at from first_known f where f.entity_id = p.entity_id and p.created_at is null
      union all select as_instant(p.doc ->> 'done_at')
      union all select e.tx_time from event_log e where e.entity_id = p.entity_id and e.doc ->> 'snooze_until' is not null
    ) as w(at)
    where p.entity_type = 'task' and w.at is not null
  ), flagged as (
    -- A thing that hides what is about it, or does so no longer.
    select v.entity_id from unnest(p_versions) v
    where v.entity_id in (select f.entity_id from versions f where f.doc @> '{"sensitive": true}' or f.doc @> '{"archived": true}')
    group by v.entity_id
    having count(distinct (v.user_id, coalesce(v.doc -> 'sensitive' = 'true', false), coalesce(v.doc -> 'archived' = 'true', false))) > 1
  ), days as (
    select p.user_id, p.entity_type, d.day
    from placed p cross join lateral activity_days(p.occurred_at, p.occurred_until, p.zone) d where p.occurred_at is not null
    union
    select p.user_id, p.entity_type, (f.at at time zone p.zone)::date
    from placed p join first_known f using (entity_id) where p.occurred_at is null
    union
    select i.user_id, 'task' as entity_type, (i.at at time zone i.zone)::date from instants i
    union
    select b.user_id, b.entity_type, b.day
    from flagged f join versions v using (entity_id) cross join lateral related_buckets(v.user_id, f.entity_id) b
  )
  select array_agg(row(d.user_id, d.entity_type, d.day)::activity_bucket) from days d where isfinite(d.day);
end;
comment on function dirty_buckets(refresh_state, changed_version[]) is
  'The buckets that these versions counted or count in, and those of the records that they hide or show; null for none';

-- `order by … limit`: told only to look for any, the planner, which takes a third of the log to be new, reads all of it.
create function has_events_after(p_xid xid8, p_seq bigint) returns boolean
language sql stable
return (select true from event_log e where (e.xid, e.seq) > (p_xid, p_seq) order by e.xid, e.seq limit 1) is not null;
comment on function has_events_after(xid8, bigint) is 'Whether the log has a committed event behind this place';

create function pending_activity(p_user_id uuid) returns table (whole boolean, buckets activity_bucket[], as_of timestamptz)
language plpgsql stable as $$
declare
  -- More than this is computed anew as a whole: the user's own rows are then the shorter way.
  c_max_events constant integer := 5000;
  c_last_xid constant xid8 := '18446744073709551615';
  v_state refresh_state%rowtype;
  v_events integer;
  v_versions changed_version[];
begin
  select * into v_state from refresh_state;
  select count(*) into v_events from (
    select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) order by e.xid, e.seq limit c_max_events + 1
  ) e;
  as_of := v_state.as_of;
  buckets := '{}';
  whole := v_events > c_max_events
    or v_state.cursor_xid >= pg_snapshot_xmax(pg_current_snapshot())
    or exists (select from analytics a where a.kind = 'rollup' and (a.stale or a.rebuilding))
    or exists (select from evictions e where e.xid >= v_state.cursor_xid and e.user_id = p_user_id);
  -- Mostly nothing is behind, and to know that is enough.
  if not whole and (v_events > 0 or exists (
    select from event_log e where e.valid_time > e.tx_time and e.valid_time > v_state.last_pass_from and e.valid_time <= now()
  )) then
    v_versions := array(select v from changed_versions(v_state, c_last_xid, 0, now(), p_user_id) v);
    if cardinality(v_versions) > 0 then
      whole := zone_changed_users(v_versions) is not null;
      if not whole then
        buckets := coalesce(dirty_buckets(v_state, v_versions), '{}');
      end if;
    end if;
  end if;
  return next;
end
$$;
comment on function pending_activity(uuid) is
  'What of a user''s rollups is behind the log at this moment: some buckets, or (whole) possibly all; as_of is the rollups'' own clock';

-- Views that are made of the rollups, refreshed whole: what they tell does not add up from days, nor from kinds of hiddenness. So there
-- is a row for each choice of what is shown that makes a difference to its user: a reader's choice, less the bits that nothing has.
create function habit_streaks_now()
returns table (
  user_id uuid, habit_id uuid, shown smallint, days bigint, first_day date, last_day date, last_streak_days integer,
  longest_streak_days integer, longest_streak_from date, longest_gap_days integer, longest_gap_from date
)
language sql stable set search_path = public, pg_temp as $$
  with choices as (
    select b.user_id, s::smallint as shown
    from (select r.user_id, bit_or(r.hidden) as bits from daily_related r where r.entity_type = 'habit_log' group by 1) b
    cross join generate_series(0, 3) s where s & ~b.bits = 0
  ), logged as (
    select distinct r.user_id, r.related_id, c.shown, r.day
    from daily_related r join choices c using (user_id)
    where r.entity_type = 'habit_log' and r.records > 0 and r.hidden & ~c.shown = 0
  ), marked as (
    select l.user_id, l.related_id, l.shown, l.day,
      l.day - lag(l.day) over w - 1 as gap_days,
      l.day - (row_number() over w)::integer as run
    from logged l
    window w as (partition by l.user_id, l.related_id, l.shown order by l.day)
  ), runs as (
    -- The gap before a run is its first day's: its other days follow on each other.
    select user_id, related_id, shown, count(*)::integer as days, min(day) as from_day, max(day) as last_day,
      nullif(max(gap_days), 0) as gap_days
    from marked group by user_id, related_id, shown, run
  )
  select user_id, related_id, shown, sum(days)::bigint, min(from_day), max(last_day), (array_agg(days order by last_day desc))[1],
    max(days), (array_agg(from_day order by days desc, from_day desc))[1],
    coalesce(max(gap_days), 0), (array_agg(from_day - gap_days order by gap_days desc nulls last, from_day desc))[1]
  from runs group by 1, 2, 3
$$;
comment on function habit_streaks_now() is 'What habit_streaks holds after a refresh';
create materialized view habit_streaks as select * from habit_streaks_now();
create unique index habit_streaks_key on habit_streaks (user_id, habit_id, shown);
comment on materialized view habit_streaks is 'Per habit and choice of what is shown: days it was logged, its last and longest run of days, its longest gap';

create function monthly_summary_now()
returns table (
  user_id uuid, entity_type text, month date, shown smallint, records bigint, minutes double precision, active_days bigint, busiest_day date
)
language sql stable set search_path = public, pg_temp as $$
  with choices as (
    select b.user_id, s::smallint as shown
    from (select d.user_id, bit_or(d.hidden) as bits from daily_activity d group by 1) b
    cross join generate_series(0, 3) s where s & ~b.bits = 0
  ), days as (
    select d.user_id, d.entity_type, c.shown, d.day, sum(d.records) as records, sum(d.minutes) as minutes
    from daily_activity d join choices c using (user_id) where d.hidden & ~c.shown = 0 group by 1, 2, 3, 4
  )
  select d.user_id, d.entity_type, date_trunc('month', d.day)::date, d.shown, sum(d.records)::bigint, sum(d.minutes), count(*),
    (array_agg(d.day order by d.records desc, d.minutes desc, d.day))[1]
  from days d group by 1, 2, 3, 4
$$;
comment on function monthly_summary_now() is 'What monthly_summary holds after a refresh';
create materialized view monthly_summary as select * from monthly_summary_now();
create unique index monthly_summary_key on monthly_summary (user_id, entity_type, month, shown);
comment on materialized view monthly_summary is 'Records, minutes, active days and the busiest day, per user, type, local month and choice of what is shown';

create function duration_profile_now()
returns table (
  user_id uuid, entity_type text, month date, shown smallint, records bigint, median_minutes double precision, p90_minutes double precision,
  p99_minutes double precision, longest_minutes double precision
)
language sql stable set search_path = public, pg_temp as $$
  with lasting as materialized (
    select e.user_id, e.entity_type, h as hidden,
      date_trunc('month', e.occurred_at at time zone coalesce((select n.name from time_zones n where n.name = e.doc ->> t.time_zone_field), (select n.name from time_zones n where n.name = u.doc ->> 'time_zone'), 'UTC'))::date as month,
      extract(epoch from e.occurred_until - e.occurred_at)::double precision / 60 as minutes
    from live_entities e
    left join entity_types t on t.name = e.entity_type
    left join entities u on u.entity_id = e.user_id and u.entity_type = 'user'
    cross join lateral hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h
    where e.deleted_at is null and e.user_id is not null and e.entity_type is not null
      and isfinite(e.occurred_at) and isfinite(e.occurred_until) and e.occurred_until > e.occurred_at
  ), choices as (
    select b.user_id, s::smallint as shown
    from (select l.user_id, bit_or(l.hidden) as bits from lasting l group by 1) b
    cross join generate_series(0, 3) s where s & ~b.bits = 0
  )
  select l.user_id, l.entity_type, l.month, c.shown, count(*),
    percentile_cont(0.5) within group (order by l.minutes), percentile_cont(0.9) within group (order by l.minutes),
    percentile_cont(0.99) within group (order by l.minutes), max(l.minutes)
  from lasting l join choices c using (user_id) where l.hidden & ~c.shown = 0
  group by 1, 2, 3, 4
$$;
comment on function duration_profile_now() is 'What duration_profile holds after a refresh';
create materialized view duration_profile as select * from duration_profile_now();
create unique index duration_profile_key on duration_profile (user_id, entity_type, month, shown);
comment on materialized view duration_profile is
  'Medians and percentiles of how long records last, per user, type, month of their beginning and choice of what is shown: these do not decompose, so the view is refreshed whole';

-- A materialized view knows no row-level security: the application reads through these, which ask who calls.
create view own_habit_streaks with (security_barrier) as select * from habit_streaks where user_id = caller();
create view own_monthly_summary with (security_barrier) as select * from monthly_summary where user_id = caller();
create view own_duration_profile with (security_barrier) as select * from duration_profile where user_id = caller();
comment on view own_habit_streaks is 'The caller''s rows of habit_streaks';
comment on view own_monthly_summary is 'The caller''s rows of monthly_summary';
comment on view own_duration_profile is 'The caller''s rows of duration_profile';
grant select on own_habit_streaks, own_monthly_summary, own_duration_profile to annals_app;
