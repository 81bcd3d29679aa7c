-- Extensions
create extension btree_gist;
create extension pgcrypto;

-- Schemas
create schema typed; comment on schema typed is 'A view per entity type, made by migrate from src/domain, for the owner and whoever the owner lets in. Your own views are better off elsewhere.';

-- Composite types
create type activity_bucket as (user_id uuid, entity_type text, day date);
create type changed_version as (entity_id uuid, user_id uuid, entity_type text, doc jsonb);
create type entity_facts as (occurred_at timestamp with time zone, occurred_until timestamp with time zone, created_at timestamp with time zone, deleted_at timestamp with time zone, sensitive boolean, archived boolean, label text, related uuid[]);
create type entity_state as (entity_id uuid, entity_type text, user_id uuid, version bigint, occurred_at timestamp with time zone, occurred_until timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, deleted_at timestamp with time zone, sensitive boolean, archived boolean, label text, related uuid[], doc jsonb, hints jsonb);
create type event_row as (entity_id uuid, valid_time timestamp with time zone, tx_time timestamp with time zone, tx bigint, entity_type text, user_id uuid, doc jsonb, hints jsonb);
create type event_version as (seq bigint, xid xid8, tx bigint, tx_time timestamp with time zone, valid_time timestamp with time zone, entity_id uuid, user_id uuid, import_id uuid, entity_type text, doc jsonb, hints jsonb, occurred_at timestamp with time zone);

-- Sequences
create sequence event_log_seq_seq as bigint;
create sequence tx_seq as bigint;

-- Tables
create table analytics (
  name text not null,
  kind text not null,
  cadence interval not null default '00:00:00'::interval,
  serves text not null default ''::text,
  stale boolean not null default true,
  as_of timestamp with time zone not null default '-infinity'::timestamp with time zone,
  scheduled_for timestamp with time zone not null default '-infinity'::timestamp with time zone,
  rebuilding boolean not null default false,
  definition text
);
create table call_stats (
  name text not null,
  hour timestamp with time zone not null,
  calls bigint not null,
  slow bigint not null,
  failed bigint not null,
  total_ms double precision not null,
  max_ms double precision not null,
  histogram bigint[] not null
);
create table daily_activity (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  records integer not null,
  minutes double precision not null
);
create table daily_activity_next (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  records integer not null,
  minutes double precision not null
);
create table daily_hours (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  hours smallint[] not null,
  records integer[] not null
);
create table daily_hours_next (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  hours smallint[] not null,
  records integer[] not null
);
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
  last numeric not null
);
create table daily_measures_next (
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
  last numeric not null
);
create table daily_related (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  related_id uuid not null,
  records integer not null,
  minutes double precision not null
);
create table daily_related_next (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  related_id uuid not null,
  records integer not null,
  minutes double precision not null
);
create table drift_log (
  drift_id bigint not null generated always as identity,
  refresh_id uuid not null,
  found_at timestamp with time zone not null default clock_timestamp(),
  name text not null,
  bucket activity_bucket not null,
  stored jsonb not null,
  expected jsonb not null
);
create table entities (
  entity_id uuid not null,
  user_id uuid,
  version bigint,
  occurred_at timestamp with time zone,
  occurred_until timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  last_tx_time timestamp with time zone not null,
  next_valid_time timestamp with time zone,
  sensitive boolean not null,
  archived boolean not null,
  entity_type text,
  label text,
  related uuid[] not null,
  doc jsonb,
  hints jsonb
);
create table entity_types (
  name text not null,
  xtdb_name text not null,
  axis_from text[] not null,
  axis_until text,
  label_fields text[] not null,
  relations jsonb not null,
  timeline boolean not null,
  timer_parent text,
  time_zone_field text,
  measures jsonb not null default '[]'::jsonb,
  refold_after uuid
);
create table event_log (
  seq bigint not null default nextval('event_log_seq_seq'::regclass),
  xid xid8 not null default pg_current_xact_id(),
  tx bigint not null,
  tx_time timestamp with time zone not null,
  valid_time timestamp with time zone not null,
  entity_id uuid not null,
  user_id uuid,
  import_id uuid,
  entity_type text,
  doc jsonb,
  hints jsonb,
  occurred_at timestamp with time zone
);
create table evictions (
  eviction_id bigint not null generated always as identity,
  entity_id uuid,
  xtdb_id_hash text,
  tx bigint not null,
  tx_time timestamp with time zone not null,
  user_id uuid,
  evicted_by text not null,
  import_id uuid,
  xid xid8 not null default pg_current_xact_id(),
  entity_type text,
  seq bigint not null default nextval('event_log_seq_seq'::regclass)
);
create table idempotency_keys (
  user_id uuid not null,
  key text not null,
  request_hash text not null,
  answer jsonb,
  created_at timestamp with time zone not null default clock_timestamp()
);
create table import_chunks (
  import_id uuid not null,
  first_line bigint not null,
  last_line bigint not null,
  digest text not null,
  bytes bigint not null,
  rows integer not null,
  inserted integer not null,
  tombstones integer not null,
  evictions integer not null,
  skipped integer not null,
  rejects integer not null,
  conflicts integer not null,
  nonconforming integer not null,
  entities integer not null,
  first_entity uuid,
  last_entity uuid,
  max_tx bigint,
  header jsonb,
  footer jsonb,
  report jsonb not null,
  applied_at timestamp with time zone not null default clock_timestamp()
);
create table import_rejects (
  import_id uuid not null,
  line bigint not null,
  reason text not null,
  raw bytea not null,
  mended_at timestamp with time zone,
  mended_digest text
);
create table import_repeats (
  import_id uuid not null,
  events bigint[] not null,
  evictions bigint[] not null
);
create table import_transitions (
  state text not null,
  action text not null,
  next_state text not null
);
create table imports (
  import_id uuid not null default gen_random_uuid(),
  fingerprint text not null,
  arguments jsonb not null default '{}'::jsonb,
  file_name text not null,
  total_bytes bigint not null,
  created_by uuid not null,
  state text not null default 'running'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  state_since timestamp with time zone not null default clock_timestamp(),
  ran_before interval not null default '00:00:00'::interval,
  last_error text,
  erased bigint not null default 0,
  forced_by uuid,
  forced_reason text
);
create table log_rewrite (
  is_only_row boolean not null default true,
  monthly boolean not null,
  since_xid xid8 not null default pg_current_xact_id(),
  cursor_xid xid8 not null default '0'::xid8,
  cursor_seq bigint not null default 0,
  copied bigint not null default 0,
  state text not null default 'copying'::text,
  started_at timestamp with time zone not null default clock_timestamp()
);
create table projections (
  entity_type text not null,
  fields jsonb not null,
  indexed text[] not null,
  cursor uuid not null default '00000000-0000-0000-0000-000000000000'::uuid,
  is_complete boolean not null default false
);
create table refresh_log (
  refresh_id uuid not null default gen_random_uuid(),
  lease uuid not null,
  name text not null,
  mode text,
  scheduled_for timestamp with time zone not null,
  started_at timestamp with time zone not null default clock_timestamp(),
  finished_at timestamp with time zone,
  duration_ms double precision,
  events bigint,
  buckets bigint,
  rows bigint,
  lag_before_ms double precision,
  error text
);
create table refresh_state (
  is_only_row boolean not null default true,
  cursor_xid xid8 not null default '0'::xid8,
  cursor_seq bigint not null default 0,
  as_of timestamp with time zone not null default '-infinity'::timestamp with time zone,
  last_pass_from timestamp with time zone not null default '-infinity'::timestamp with time zone,
  last_pass_to timestamp with time zone not null default '-infinity'::timestamp with time zone,
  moved_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  changed_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  scheduled_for timestamp with time zone not null default '-infinity'::timestamp with time zone,
  lease uuid,
  lease_until timestamp with time zone,
  rebuild_user uuid,
  rebuild_type text,
  rebuild_before timestamp with time zone
);
create table route_stats (
  route text not null,
  hour timestamp with time zone not null,
  requests bigint not null,
  refused bigint not null,
  failed bigint not null,
  total_ms double precision not null,
  max_ms double precision not null,
  histogram bigint[] not null
);
create table slow_calls (
  slow_call_id bigint not null generated always as identity,
  at timestamp with time zone not null,
  name text not null,
  duration_ms double precision not null,
  rows integer
);
create table slow_statements (
  name text not null,
  statement text not null
);
create table task_flow (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  created integer not null,
  done integer not null,
  snoozed integer not null
);
create table task_flow_next (
  user_id uuid not null,
  entity_type text not null,
  day date not null,
  hidden smallint not null,
  created integer not null,
  done integer not null,
  snoozed integer not null
);
create table time_zones (
  name text not null
);
create table transactions (
  tx bigint not null,
  tx_time timestamp with time zone not null,
  user_id uuid not null,
  events integer not null,
  client text,
  meta jsonb
);
create table tripwire_samples (
  name text not null,
  at timestamp with time zone not null,
  value double precision not null
);
create table tripwires (
  name text not null,
  value double precision not null,
  limit_value double precision not null,
  tripped boolean not null,
  since timestamp with time zone not null default clock_timestamp(),
  told boolean not null default false,
  measured_at timestamp with time zone not null default clock_timestamp(),
  detail text
);

-- Constraints
alter table analytics add constraint analytics_kind_check CHECK ((kind = ANY (ARRAY['rollup'::text, 'materialized_view'::text, 'housekeeping'::text, 'check'::text])));
alter table analytics add constraint analytics_pkey PRIMARY KEY (name);
alter table call_stats add constraint call_stats_pkey PRIMARY KEY (name, hour);
alter table daily_activity add constraint daily_activity_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table daily_activity_next add constraint daily_activity_next_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table daily_hours add constraint daily_hours_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table daily_hours_next add constraint daily_hours_next_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table daily_measures add constraint daily_measures_pkey PRIMARY KEY (user_id, entity_type, day, hidden, field, unit, of_id);
alter table daily_measures_next add constraint daily_measures_next_pkey PRIMARY KEY (user_id, entity_type, day, hidden, field, unit, of_id);
alter table daily_related add constraint daily_related_pkey PRIMARY KEY (user_id, entity_type, day, hidden, related_id);
alter table daily_related_next add constraint daily_related_next_pkey PRIMARY KEY (user_id, entity_type, day, hidden, related_id);
alter table drift_log add constraint drift_log_pkey PRIMARY KEY (drift_id);
alter table entities add constraint entities_absent_is_deleted CHECK (((doc IS NOT NULL) OR (deleted_at IS NOT NULL)));
alter table entities add constraint entities_pkey PRIMARY KEY (entity_id);
alter table entity_types add constraint entity_types_axis_from_check CHECK ((cardinality(axis_from) <= 2));
alter table entity_types add constraint entity_types_label_fields_check CHECK ((cardinality(label_fields) <= 3));
alter table entity_types add constraint entity_types_pkey PRIMARY KEY (name);
alter table entity_types add constraint entity_types_xtdb_name_key UNIQUE (xtdb_name);
alter table event_log add constraint event_log_pkey PRIMARY KEY (entity_id, valid_time, tx_time, tx);
alter table evictions add constraint evictions_pkey PRIMARY KEY (eviction_id);
alter table evictions add constraint evictions_xtdb_id_hash_entity_id_tx_tx_time_key UNIQUE NULLS NOT DISTINCT (xtdb_id_hash, entity_id, tx, tx_time);
alter table idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (user_id, key);
alter table import_chunks add constraint import_chunks_check CHECK ((last_line >= first_line));
alter table import_chunks add constraint import_chunks_first_line_check CHECK ((first_line > 0));
alter table import_chunks add constraint import_chunks_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(import_id);
alter table import_chunks add constraint import_chunks_import_id_int8range_excl EXCLUDE USING gist (import_id WITH =, int8range(first_line, last_line, '[]'::text) WITH &&);
alter table import_chunks add constraint import_chunks_pkey PRIMARY KEY (import_id, first_line);
alter table import_rejects add constraint import_rejects_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(import_id);
alter table import_rejects add constraint import_rejects_mended CHECK (((mended_at IS NULL) = (mended_digest IS NULL)));
alter table import_rejects add constraint import_rejects_pkey PRIMARY KEY (import_id, line);
alter table import_repeats add constraint import_repeats_import_id_fkey FOREIGN KEY (import_id) REFERENCES imports(import_id);
alter table import_transitions add constraint import_transitions_pkey PRIMARY KEY (state, action);
alter table imports add constraint imports_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text));
alter table imports add constraint imports_forced_for_a_reason CHECK (((forced_by IS NULL) = (forced_reason IS NULL)));
alter table imports add constraint imports_pkey PRIMARY KEY (import_id);
alter table imports add constraint imports_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'cancelled'::text, 'finished'::text])));
alter table imports add constraint imports_total_bytes_check CHECK ((total_bytes >= 0));
alter table log_rewrite add constraint log_rewrite_is_only_row_check CHECK (is_only_row);
alter table log_rewrite add constraint log_rewrite_pkey PRIMARY KEY (is_only_row);
alter table log_rewrite add constraint log_rewrite_state_check CHECK ((state = ANY (ARRAY['copying'::text, 'equal'::text, 'swapped'::text])));
alter table projections add constraint projections_pkey PRIMARY KEY (entity_type);
alter table refresh_log add constraint refresh_log_mode_check CHECK ((mode = ANY (ARRAY['noop'::text, 'incremental'::text, 'full'::text, 'deferred'::text, 'done'::text])));
alter table refresh_log add constraint refresh_log_name_fkey FOREIGN KEY (name) REFERENCES analytics(name);
alter table refresh_log add constraint refresh_log_pkey PRIMARY KEY (refresh_id);
alter table refresh_state add constraint refresh_state_is_only_row_check CHECK (is_only_row);
alter table refresh_state add constraint refresh_state_pkey PRIMARY KEY (is_only_row);
alter table route_stats add constraint route_stats_pkey PRIMARY KEY (route, hour);
alter table slow_calls add constraint slow_calls_pkey PRIMARY KEY (slow_call_id);
alter table slow_statements add constraint slow_statements_pkey PRIMARY KEY (name);
alter table task_flow add constraint task_flow_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table task_flow_next add constraint task_flow_next_pkey PRIMARY KEY (user_id, entity_type, day, hidden);
alter table time_zones add constraint time_zones_pkey PRIMARY KEY (name);
alter table transactions add constraint transactions_pkey PRIMARY KEY (tx);
alter table tripwire_samples add constraint tripwire_samples_pkey PRIMARY KEY (name, at);
alter table tripwires add constraint tripwires_pkey PRIMARY KEY (name);

-- Views
create view activity with (security_invoker=true) as
 SELECT e.user_id,
    e.entity_type,
    e.entity_id,
    e.occurred_at,
    e.occurred_until,
    e.related,
        CASE
            WHEN (t.measures <> '[]'::jsonb) THEN e.doc
            ELSE NULL::jsonb
        END AS doc,
    h.h AS hidden,
        CASE
            WHEN z.timed THEN (date_part('hour'::text, (e.occurred_at AT TIME ZONE z.zone)))::smallint
            ELSE NULL::smallint
        END AS hour,
    d.day,
    d.records,
    d.minutes
   FROM (((((live_entities e
     LEFT JOIN entity_types t ON ((t.name = e.entity_type)))
     LEFT JOIN entities u ON (((u.entity_id = e.user_id) AND (u.entity_type = 'user'::text))))
     CROSS JOIN LATERAL ( SELECT (NOT COALESCE(is_date((e.doc ->> t.axis_from[1])), false)) AS timed,
                CASE
                    WHEN is_date((e.doc ->> t.axis_from[1])) THEN 'UTC'::text
                    ELSE COALESCE(( SELECT n.name
                       FROM time_zones n
                      WHERE (n.name = (e.doc ->> t.time_zone_field))), ( SELECT n.name
                       FROM time_zones n
                      WHERE (n.name = (u.doc ->> 'time_zone'::text))), 'UTC'::text)
                END AS zone
         OFFSET 0) z)
     CROSS JOIN LATERAL hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h(h))
     CROSS JOIN LATERAL activity_days(e.occurred_at, e.occurred_until, z.zone) d(day, records, minutes))
  WHERE ((e.deleted_at IS NULL) AND (e.user_id IS NOT NULL) AND (e.entity_type IS NOT NULL) AND isfinite(e.occurred_at));
create view daily_activity_definition with (security_invoker=true) as
 SELECT user_id,
    entity_type,
    day,
    hidden,
    (sum(records))::integer AS records,
    sum(minutes) AS minutes
   FROM activity
  GROUP BY user_id, entity_type, day, hidden;
create view daily_hours_definition with (security_invoker=true) as
 SELECT user_id,
    entity_type,
    day,
    hidden,
    array_agg(hour ORDER BY hour) AS hours,
    array_agg(records ORDER BY hour) AS records
   FROM ( SELECT activity.user_id,
            activity.entity_type,
            activity.day,
            activity.hidden,
            activity.hour,
            (count(*))::integer AS records
           FROM activity
          WHERE ((activity.records = 1) AND (activity.hour IS NOT NULL))
          GROUP BY activity.user_id, activity.entity_type, activity.day, activity.hidden, activity.hour) h
  GROUP BY user_id, entity_type, day, hidden;
create view daily_measures_definition with (security_invoker=true) as
 SELECT a.user_id,
    a.entity_type,
    a.day,
    a.hidden,
    m.field,
    m.unit,
    m.of_id,
    (count(*))::integer AS count,
    sum(m.value) AS sum,
    min(m.value) AS min,
    max(m.value) AS max,
    (array_agg(m.value ORDER BY a.occurred_at DESC, a.entity_id))[1] AS last
   FROM ((activity a
     JOIN entity_types t ON ((t.name = a.entity_type)))
     CROSS JOIN LATERAL measured(a.doc, t.measures) m(field, unit, of_id, value))
  WHERE (a.records = 1)
  GROUP BY a.user_id, a.entity_type, a.day, a.hidden, m.field, m.unit, m.of_id;
create view daily_related_definition with (security_invoker=true) as
 SELECT a.user_id,
    a.entity_type,
    a.day,
    a.hidden,
    r.related_id,
    (sum(a.records))::integer AS records,
    sum(a.minutes) AS minutes
   FROM (activity a
     CROSS JOIN LATERAL unnest(a.related) WITH ORDINALITY r(related_id, n))
  WHERE (array_position(a.related, r.related_id) = r.n)
  GROUP BY a.user_id, a.entity_type, a.day, a.hidden, r.related_id;
create materialized view duration_profile as
 SELECT user_id,
    entity_type,
    month,
    shown,
    records,
    median_minutes,
    p90_minutes,
    p99_minutes,
    longest_minutes
   FROM duration_profile_now() duration_profile_now(user_id, entity_type, month, shown, records, median_minutes, p90_minutes, p99_minutes, longest_minutes);
create materialized view habit_streaks as
 SELECT user_id,
    habit_id,
    shown,
    days,
    first_day,
    last_day,
    last_streak_days,
    longest_streak_days,
    longest_streak_from,
    longest_gap_days,
    longest_gap_from
   FROM habit_streaks_now() habit_streaks_now(user_id, habit_id, shown, days, first_day, last_day, last_streak_days, longest_streak_days, longest_streak_from, longest_gap_days, longest_gap_from);
create view live_entities with (security_invoker=true) as
 SELECT entity_id,
    entity_type,
    user_id,
    version,
    occurred_at,
    occurred_until,
    created_at,
    updated_at,
    deleted_at,
    sensitive,
    archived,
    label,
    related,
    doc,
    hints
   FROM ( SELECT entities.entity_id,
            entities.entity_type,
            entities.user_id,
            entities.version,
            entities.occurred_at,
            entities.occurred_until,
            entities.created_at,
            entities.updated_at,
            entities.deleted_at,
            entities.sensitive,
            entities.archived,
            entities.label,
            entities.related,
            entities.doc,
            entities.hints,
            entities.next_valid_time
           FROM entities
        UNION ALL
         SELECT due_entities.entity_id,
            due_entities.entity_type,
            due_entities.user_id,
            due_entities.version,
            due_entities.occurred_at,
            due_entities.occurred_until,
            due_entities.created_at,
            due_entities.updated_at,
            due_entities.deleted_at,
            due_entities.sensitive,
            due_entities.archived,
            due_entities.label,
            due_entities.related,
            due_entities.doc,
            due_entities.hints,
            NULL::timestamp with time zone
           FROM due_entities() due_entities(entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at, sensitive, archived, label, related, doc, hints)) u
  WHERE ((doc IS NOT NULL) AND ((next_valid_time IS NULL) OR (next_valid_time > now())));
create view live_tasks with (security_invoker=true) as
 SELECT e.user_id,
    e.entity_id,
    e.occurred_at,
    e.created_at,
    as_instant((e.doc ->> 'done_at'::text)) AS done_at,
    h.h AS hidden,
    z.zone
   FROM (((live_entities e
     LEFT JOIN entities u ON (((u.entity_id = e.user_id) AND (u.entity_type = 'user'::text))))
     CROSS JOIN LATERAL ( SELECT COALESCE(( SELECT n.name
                   FROM time_zones n
                  WHERE (n.name = (u.doc ->> 'time_zone'::text))), 'UTC'::text) AS zone
         OFFSET 0) z)
     CROSS JOIN LATERAL hidden_bits(e.user_id, e.sensitive, e.archived, e.related) h(h))
  WHERE ((e.deleted_at IS NULL) AND (e.user_id IS NOT NULL) AND (e.entity_type = 'task'::text));
create materialized view monthly_summary as
 SELECT user_id,
    entity_type,
    month,
    shown,
    records,
    minutes,
    active_days,
    busiest_day
   FROM monthly_summary_now() monthly_summary_now(user_id, entity_type, month, shown, records, minutes, active_days, busiest_day);
create view own_duration_profile with (security_barrier=true) as
 SELECT user_id,
    entity_type,
    month,
    shown,
    records,
    median_minutes,
    p90_minutes,
    p99_minutes,
    longest_minutes
   FROM duration_profile
  WHERE (user_id = caller());
create view own_entities as
 SELECT entity_id,
    entity_type,
    user_id,
    version,
    occurred_at,
    occurred_until,
    created_at,
    updated_at,
    deleted_at,
    sensitive,
    archived,
    label,
    related,
    doc,
    hints
   FROM ( SELECT entities.entity_id,
            entities.entity_type,
            entities.user_id,
            entities.version,
            entities.occurred_at,
            entities.occurred_until,
            entities.created_at,
            entities.updated_at,
            entities.deleted_at,
            entities.sensitive,
            entities.archived,
            entities.label,
            entities.related,
            entities.doc,
            entities.hints,
            entities.next_valid_time
           FROM entities
        UNION ALL
         SELECT due_entities.entity_id,
            due_entities.entity_type,
            due_entities.user_id,
            due_entities.version,
            due_entities.occurred_at,
            due_entities.occurred_until,
            due_entities.created_at,
            due_entities.updated_at,
            due_entities.deleted_at,
            due_entities.sensitive,
            due_entities.archived,
            due_entities.label,
            due_entities.related,
            due_entities.doc,
            due_entities.hints,
            NULL::timestamp with time zone
           FROM due_entities() due_entities(entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at, sensitive, archived, label, related, doc, hints)) u
  WHERE ((user_id = ( SELECT caller() AS caller)) AND (doc IS NOT NULL) AND ((next_valid_time IS NULL) OR (next_valid_time > now())));
create view own_events as
 SELECT entity_id,
    entity_type,
    user_id,
    xid,
    seq,
    tx,
    tx_time,
    valid_time,
    doc,
    hints
   FROM event_log e
  WHERE ((user_id = ( SELECT caller() AS caller)) AND (COALESCE((pg_visible_in_snapshot(xid, ( SELECT basis() AS basis)))::integer, 1) <> 0));
create view own_habit_streaks with (security_barrier=true) as
 SELECT user_id,
    habit_id,
    shown,
    days,
    first_day,
    last_day,
    last_streak_days,
    longest_streak_days,
    longest_streak_from,
    longest_gap_days,
    longest_gap_from
   FROM habit_streaks
  WHERE (user_id = caller());
create view own_imported_deletes as
 SELECT e.entity_id,
    e.seq,
    e.valid_time,
    e.tx_time,
    e.tx,
    o.entity_type,
    e.doc,
    e.hints
   FROM (event_log e
     JOIN entities o ON ((o.entity_id = e.entity_id)))
  WHERE ((e.user_id IS NULL) AND (e.doc IS NULL) AND (o.user_id = ( SELECT caller() AS caller)) AND (COALESCE((pg_visible_in_snapshot(e.xid, ( SELECT basis() AS basis)))::integer, 1) <> 0));
create view own_monthly_summary with (security_barrier=true) as
 SELECT user_id,
    entity_type,
    month,
    shown,
    records,
    minutes,
    active_days,
    busiest_day
   FROM monthly_summary
  WHERE (user_id = caller());
create view own_versions as
 SELECT entity_id,
    entity_type,
    user_id,
    seq,
    occurred_at,
    valid_time,
    tx_time,
    tx,
    doc,
    hints,
    ahead
   FROM ( SELECT event_log.entity_id,
            event_log.entity_type,
            event_log.user_id,
            event_log.seq,
            event_log.occurred_at,
            event_log.valid_time,
            event_log.tx_time,
            event_log.tx,
            event_log.doc,
            event_log.hints,
            false AS ahead,
            event_log.xid
           FROM event_log
        UNION ALL
         SELECT event_log.entity_id,
            event_log.entity_type,
            event_log.user_id,
            event_log.seq,
            event_log.occurred_at,
            event_log.valid_time,
            event_log.tx_time,
            event_log.tx,
            event_log.doc,
            event_log.hints,
            true,
            event_log.xid
           FROM event_log) v
  WHERE ((user_id = ( SELECT caller() AS caller)) AND (doc IS NOT NULL) AND (COALESCE((pg_visible_in_snapshot(xid, ( SELECT basis() AS basis)))::integer, 1) <> 0));
create view snoozes with (security_invoker=true) as
 SELECT user_id,
    entity_id,
    tx_time
   FROM event_log e
  WHERE ((entity_type = 'task'::text) AND ((doc ->> 'snooze_until'::text) IS NOT NULL) AND ((doc ->> 'snooze_until'::text) IS DISTINCT FROM ( SELECT (p.doc ->> 'snooze_until'::text)
           FROM event_log p
          WHERE ((p.entity_id = e.entity_id) AND (ROW(p.tx_time, p.tx) < ROW(e.tx_time, e.tx)))
          ORDER BY p.tx_time DESC, p.tx DESC, p.valid_time DESC
         LIMIT 1)));
create view task_activity with (security_invoker=true) as
 SELECT t.user_id,
    t.hidden,
    'created'::text AS what,
    t.created_at AS at,
    t.occurred_at,
    ((t.created_at AT TIME ZONE t.zone))::date AS day
   FROM live_tasks t
UNION ALL
 SELECT t.user_id,
    t.hidden,
    'done'::text AS what,
    t.occurred_at AS at,
    t.occurred_at,
    ((t.done_at AT TIME ZONE t.zone))::date AS day
   FROM live_tasks t
  WHERE (t.done_at IS NOT NULL)
UNION ALL
 SELECT t.user_id,
    t.hidden,
    'snoozed'::text AS what,
    s.tx_time AS at,
    t.occurred_at,
    ((s.tx_time AT TIME ZONE t.zone))::date AS day
   FROM (snoozes s
     JOIN live_tasks t ON (((t.entity_id = s.entity_id) AND (t.user_id = s.user_id))));
create view task_flow_definition with (security_invoker=true) as
 SELECT user_id,
    'task'::text AS entity_type,
    day,
    hidden,
    (count(*) FILTER (WHERE (what = 'created'::text)))::integer AS created,
    (count(*) FILTER (WHERE (what = 'done'::text)))::integer AS done,
    (count(*) FILTER (WHERE (what = 'snoozed'::text)))::integer AS snoozed
   FROM task_activity
  WHERE isfinite(day)
  GROUP BY user_id, 'task'::text, day, hidden;

-- Settings of tables and columns
alter table entities alter column doc set statistics 400;
alter table entities set (autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.02);
alter table event_log set (autovacuum_vacuum_insert_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02, autovacuum_freeze_min_age=0);

-- Indexes
CREATE UNIQUE INDEX duration_profile_key ON public.duration_profile USING btree (user_id, entity_type, month, shown);
CREATE INDEX entities_doc ON public.entities USING gin (doc jsonb_path_ops);
CREATE INDEX entities_hidden_parents ON public.entities USING btree (user_id) WHERE (sensitive OR archived);
CREATE INDEX entities_long ON public.entities USING btree (user_id, entity_type, occurred_until) WHERE ((occurred_until - occurred_at) > '24:00:00'::interval);
CREATE INDEX entities_running ON public.entities USING btree (user_id, occurred_at DESC) WHERE ((occurred_until IS NULL) AND (deleted_at IS NULL));
CREATE INDEX entities_tasks_created ON public.entities USING btree (user_id, created_at) WHERE ((entity_type = 'task'::text) AND (deleted_at IS NULL));
CREATE INDEX entities_turning_over ON public.entities USING btree (next_valid_time) WHERE (next_valid_time IS NOT NULL);
CREATE INDEX entities_user ON public.entities USING btree (user_id, entity_id);
CREATE INDEX entities_user_time ON public.entities USING btree (user_id, occurred_at DESC, entity_id) WHERE (deleted_at IS NULL);
CREATE INDEX entities_user_type_time ON public.entities USING btree (user_id, entity_type, occurred_at DESC, entity_id);
CREATE INDEX event_log_ahead ON public.event_log USING btree (user_id, entity_type, occurred_at DESC, entity_id) WHERE (occurred_at > tx_time);
CREATE INDEX event_log_flagged ON public.event_log USING btree (user_id, entity_type, entity_id) WHERE ((doc @> '{"sensitive": true}'::jsonb) OR (doc @> '{"archived": true}'::jsonb));
CREATE INDEX event_log_future ON public.event_log USING btree (valid_time) WHERE (valid_time > tx_time);
CREATE INDEX event_log_nobody ON public.event_log USING btree (xid, seq) WHERE (user_id IS NULL);
CREATE INDEX event_log_nobody_time ON public.event_log USING btree (tx_time, tx, seq) WHERE (user_id IS NULL);
CREATE INDEX event_log_user_time ON public.event_log USING btree (user_id, tx_time, tx, seq);
CREATE INDEX event_log_user_type_occurred ON public.event_log USING btree (user_id, entity_type, occurred_at DESC, entity_id, tx_time, valid_time) WHERE (doc IS NOT NULL);
CREATE INDEX event_log_user_type_time ON public.event_log USING btree (user_id, entity_type, tx_time);
CREATE INDEX event_log_user_xid_seq ON public.event_log USING btree (user_id, xid, seq);
CREATE INDEX event_log_xid_seq ON public.event_log USING btree (xid, seq);
CREATE INDEX evictions_user_xid_seq ON public.evictions USING btree (user_id, xid, seq);
CREATE UNIQUE INDEX evictions_xtdb ON public.evictions USING btree (xtdb_id_hash, tx, tx_time) WHERE (xtdb_id_hash IS NOT NULL);
CREATE UNIQUE INDEX habit_streaks_key ON public.habit_streaks USING btree (user_id, habit_id, shown);
CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at);
CREATE INDEX import_chunks_footer ON public.import_chunks USING btree (import_id, last_line) WHERE (footer IS NOT NULL);
CREATE INDEX import_rejects_entity ON public.import_rejects USING btree (rejected_entity(reason, raw)) WHERE (rejected_entity(reason, raw) IS NOT NULL);
CREATE INDEX import_repeats_import ON public.import_repeats USING btree (import_id);
CREATE UNIQUE INDEX imports_fingerprint ON public.imports USING btree (fingerprint, arguments) WHERE (state <> 'cancelled'::text);
CREATE UNIQUE INDEX monthly_summary_key ON public.monthly_summary USING btree (user_id, entity_type, month, shown);
CREATE INDEX refresh_log_name ON public.refresh_log USING btree (name, started_at DESC);
CREATE INDEX refresh_log_open ON public.refresh_log USING btree (lease) WHERE (finished_at IS NULL);
CREATE INDEX refresh_log_started ON public.refresh_log USING btree (started_at DESC);
CREATE INDEX slow_calls_at ON public.slow_calls USING btree (at);
CREATE INDEX transactions_user_time ON public.transactions USING btree (user_id, tx_time DESC, tx DESC);

-- Functions
CREATE OR REPLACE FUNCTION public.about_rows(p_table regclass)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  c_exact_up_to constant integer := 20000;
  v_rows bigint;
begin
  -- Counting costs as much as there is to count; the planner's own number follows within a tenth.
  select reltuples into v_rows from pg_class where oid = p_table;
  if v_rows <= c_exact_up_to then
    execute format('select count(*) from (select from %s limit %s) t', p_table, c_exact_up_to * 2) into v_rows;
  end if;
  return v_rows;
end
$function$
;
CREATE OR REPLACE FUNCTION public.activity_days(p_from timestamp with time zone, p_until timestamp with time zone, p_zone text)
 RETURNS TABLE(day date, records integer, minutes double precision)
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT d.day,
     d.records,
     d.minutes
    FROM (( SELECT ((activity_days.p_from AT TIME ZONE activity_days.p_zone))::date AS first,
             ((GREATEST(activity_days.p_from, activity_days.p_until) AT TIME ZONE activity_days.p_zone))::date AS last
          OFFSET 0) b
      CROSS JOIN LATERAL ( SELECT b.first AS day,
             1 AS records,
                 CASE
                     WHEN (activity_days.p_until > activity_days.p_from) THEN (date_part('epoch'::text, (activity_days.p_until - activity_days.p_from)) / (60)::double precision)
                     ELSE (0)::double precision
                 END AS minutes
           WHERE (b.last = b.first)
         UNION ALL
          SELECT s.day,
             s.records,
             s.minutes
            FROM ( SELECT (d_1.day)::date AS day,
                     (((d_1.day)::date = b.first))::integer AS records,
                     (date_part('epoch'::text, (LEAST(activity_days.p_until, ((((d_1.day)::date + 1))::timestamp without time zone AT TIME ZONE activity_days.p_zone)) - GREATEST(activity_days.p_from, (((d_1.day)::date)::timestamp without time zone AT TIME ZONE activity_days.p_zone)))) / (60)::double precision) AS minutes
                    FROM generate_series((b.first)::timestamp with time zone, (LEAST(b.last, (b.first + 366)))::timestamp with time zone, '1 day'::interval) d_1(day)
                   WHERE (b.last > b.first)) s
           WHERE ((s.records > 0) OR (s.minutes > (0)::double precision))) d);
END
;
CREATE OR REPLACE FUNCTION public.activity_of(p_buckets activity_bucket[])
 RETURNS SETOF activity
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 WITH runs AS MATERIALIZED (
          SELECT r.user_id,
             r.entity_type,
             min(r.day) AS first,
             max(r.day) AS last
            FROM ( SELECT b_1.user_id,
                     b_1.entity_type,
                     b_1.day,
                     (b_1.day - (row_number() OVER (PARTITION BY b_1.user_id, b_1.entity_type ORDER BY b_1.day))::integer) AS run
                    FROM ( SELECT DISTINCT u.user_id,
                             u.entity_type,
                             u.day
                            FROM unnest(activity_of.p_buckets) u(user_id, entity_type, day)) b_1) r
           GROUP BY r.user_id, r.entity_type, r.run
         )
  SELECT a.user_id,
     a.entity_type,
     a.entity_id,
     a.occurred_at,
     a.occurred_until,
     a.related,
     a.doc,
     a.hidden,
     a.hour,
     a.day,
     a.records,
     a.minutes
    FROM (runs b
      CROSS JOIN LATERAL ( SELECT a_1.user_id,
             a_1.entity_type,
             a_1.entity_id,
             a_1.occurred_at,
             a_1.occurred_until,
             a_1.related,
             a_1.doc,
             a_1.hidden,
             a_1.hour,
             a_1.day,
             a_1.records,
             a_1.minutes
            FROM activity a_1
           WHERE ((a_1.user_id = b.user_id) AND (a_1.entity_type = b.entity_type) AND ((a_1.day >= b.first) AND (a_1.day <= b.last)) AND (a_1.occurred_at >= (((b.first)::timestamp without time zone AT TIME ZONE 'UTC'::text) - '38:00:00'::interval)) AND (a_1.occurred_at < (((b.last)::timestamp without time zone AT TIME ZONE 'UTC'::text) + '38:00:00'::interval)))
         UNION ALL
          SELECT a_1.user_id,
             a_1.entity_type,
             a_1.entity_id,
             a_1.occurred_at,
             a_1.occurred_until,
             a_1.related,
             a_1.doc,
             a_1.hidden,
             a_1.hour,
             a_1.day,
             a_1.records,
             a_1.minutes
            FROM activity a_1
           WHERE ((a_1.user_id = b.user_id) AND (a_1.entity_type = b.entity_type) AND ((a_1.day >= b.first) AND (a_1.day <= b.last)) AND (a_1.occurred_at < (((b.first)::timestamp without time zone AT TIME ZONE 'UTC'::text) - '38:00:00'::interval)) AND ((a_1.occurred_until - a_1.occurred_at) > '24:00:00'::interval) AND (a_1.occurred_until > (((b.first)::timestamp without time zone AT TIME ZONE 'UTC'::text) - '14:00:00'::interval)))
  OFFSET 0) a);
END
;
CREATE OR REPLACE FUNCTION public.added(p_one bigint[], p_other bigint[])
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE
RETURN (SELECT array_agg((COALESCE(u.a, (0)::bigint) + COALESCE(u.b, (0)::bigint)) ORDER BY u.n) AS array_agg FROM UNNEST(added.p_one, added.p_other) WITH ORDINALITY u(a, b, n))
;
CREATE OR REPLACE FUNCTION public.adopt_log()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.another_version()
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN 'the store holds another version of this entity at this valid time and transaction'::text
;
CREATE OR REPLACE FUNCTION public.as_date(p_text text)
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN ((p_text ~ '^\d{4}-\d\d-\d\d$'::text) AND pg_input_is_valid(p_text, 'date'::text)) THEN (p_text)::date ELSE NULL::date END
;
CREATE OR REPLACE FUNCTION public.as_instant(p_text text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN (("right"(p_text, 1) = 'Z'::text) AND (translate("left"(p_text, 16), '123456789 '::text, '000000000T'::text) = '0000-00-00T00:00'::text) AND (length(p_text) > 16)) THEN CASE WHEN pg_input_is_valid(p_text, 'timestamptz'::text) THEN (p_text)::timestamp with time zone ELSE NULL::timestamp with time zone END WHEN ((p_text ~ '^\d{4}-\d\d-\d\d$'::text) AND pg_input_is_valid(p_text, 'date'::text)) THEN ((p_text || 'T00:00:00Z'::text))::timestamp with time zone WHEN ((p_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*[+-]\d\d(:?\d\d)?$'::text) AND pg_input_is_valid(p_text, 'timestamptz'::text)) THEN (p_text)::timestamp with time zone ELSE NULL::timestamp with time zone END
;
CREATE OR REPLACE FUNCTION public.as_zone(p_text text, p_default text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((SELECT time_zones.name FROM time_zones WHERE (time_zones.name = as_zone.p_text)), (SELECT time_zones.name FROM time_zones WHERE (time_zones.name = as_zone.p_default)), 'UTC'::text)
;
CREATE OR REPLACE FUNCTION public.basis()
 RETURNS pg_snapshot
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('annals.basis'::text, true), ''::text))::pg_snapshot
;
CREATE OR REPLACE FUNCTION public.begin_rebuild()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.buckets_near(p_user_id uuid, p_entity_type text, p_from timestamp with time zone, p_before timestamp with time zone)
 RETURNS SETOF activity_bucket
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 WITH records AS MATERIALIZED (
          SELECT e.entity_id,
             e.occurred_at,
             e.occurred_until,
             e.created_at
            FROM live_entities e
           WHERE ((e.user_id = buckets_near.p_user_id) AND (e.entity_type = buckets_near.p_entity_type) AND (e.occurred_at >= buckets_near.p_from) AND (e.occurred_at < buckets_near.p_before) AND (e.deleted_at IS NULL) AND isfinite(e.occurred_at))
         ), spans AS (
          SELECT records.occurred_at AS first,
             GREATEST(records.occurred_at, LEAST(records.occurred_until, (records.occurred_at + '366 days'::interval))) AS last
            FROM records
         UNION ALL
          SELECT records.created_at,
             records.created_at
            FROM records
           WHERE ((buckets_near.p_entity_type = 'task'::text) AND isfinite(records.created_at))
         UNION ALL
          SELECT e.tx_time,
             e.tx_time
            FROM (records r
              JOIN event_log e ON (((e.entity_id = r.entity_id) AND ((e.doc ->> 'snooze_until'::text) IS NOT NULL))))
           WHERE (buckets_near.p_entity_type = 'task'::text)
         )
  SELECT DISTINCT buckets_near.p_user_id AS p_user_id,
     buckets_near.p_entity_type AS p_entity_type,
     (d.day)::date AS day
    FROM (spans s
      CROSS JOIN LATERAL generate_series(((((s.first AT TIME ZONE 'UTC'::text))::date - 1))::timestamp with time zone, ((((s.last AT TIME ZONE 'UTC'::text))::date + 1))::timestamp with time zone, '1 day'::interval) d(day));
END
;
CREATE OR REPLACE FUNCTION public.buckets_within(p_whole boolean, p_buckets activity_bucket[], p_user_id uuid, p_entity_types text[], p_from date, p_to date)
 RETURNS activity_bucket[]
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if p_whole then
    return array(
      select row(p_user_id, t.name, d.day::date)::activity_bucket
      from unnest(p_entity_types) as t(name) cross join generate_series(p_from, p_to, interval '1 day') as d(day)
    );
  end if;
  return array(select b from unnest(p_buckets) b where b.entity_type = any (p_entity_types) and b.day between p_from and p_to);
end
$function$
;
CREATE OR REPLACE FUNCTION public.caller()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('annals.user_id'::text, true), ''::text))::uuid
;
CREATE OR REPLACE FUNCTION public.changed_fields(p_before jsonb, p_after jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT key FROM ((SELECT jsonb_each.key, jsonb_each.value FROM jsonb_each(changed_fields.p_before) jsonb_each(key, value)) b FULL JOIN (SELECT jsonb_each.key, jsonb_each.value FROM jsonb_each(changed_fields.p_after) jsonb_each(key, value)) a USING (key)) WHERE (a.value IS DISTINCT FROM b.value) ORDER BY (key COLLATE "C"))
;
CREATE OR REPLACE FUNCTION public.changed_versions(p_state refresh_state, p_to_xid xid8, p_to_seq bigint, p_now timestamp with time zone, p_user_id uuid)
 RETURNS SETOF changed_version
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 WITH changed AS MATERIALIZED (
          SELECT e.entity_id,
             e.user_id,
             e.entity_type,
             e.doc,
             e.seq
            FROM event_log e
           WHERE ((ROW(e.xid, e.seq) > ROW((changed_versions.p_state).cursor_xid, (changed_versions.p_state).cursor_seq)) AND (ROW(e.xid, e.seq) <= ROW(changed_versions.p_to_xid, changed_versions.p_to_seq)) AND ((changed_versions.p_user_id IS NULL) OR (e.user_id IS NULL) OR (e.user_id = changed_versions.p_user_id)))
         UNION ALL
          SELECT e.entity_id,
             e.user_id,
             e.entity_type,
             e.doc,
             e.seq
            FROM event_log e
           WHERE ((e.valid_time > e.tx_time) AND (e.valid_time > (changed_versions.p_state).last_pass_from) AND (e.valid_time <= changed_versions.p_now) AND ((changed_versions.p_user_id IS NULL) OR (e.user_id = changed_versions.p_user_id)))
         ), ids AS MATERIALIZED (
          SELECT changed.entity_id,
             array_agg(changed.seq) AS versions
            FROM changed
           GROUP BY changed.entity_id
         )
  SELECT changed.entity_id,
     changed.user_id,
     changed.entity_type,
     changed.doc
    FROM changed
 UNION ALL
  SELECT i.entity_id,
     o.user_id,
     o.entity_type,
     o.doc
    FROM (ids i
      LEFT JOIN LATERAL ( SELECT e.user_id,
             e.entity_type,
             e.doc
            FROM event_log e
           WHERE ((e.entity_id = i.entity_id) AND (e.valid_time <= (changed_versions.p_state).last_pass_from) AND (ROW(e.xid, e.seq) <= ROW((changed_versions.p_state).cursor_xid, (changed_versions.p_state).cursor_seq)))
           ORDER BY e.valid_time DESC, e.tx_time DESC, e.tx DESC
          LIMIT 1) o ON (true))
 UNION ALL
  SELECT i.entity_id,
     e.user_id,
     e.entity_type,
     e.doc
    FROM (ids i
      CROSS JOIN LATERAL ( SELECT e_1.seq,
             e_1.xid,
             e_1.tx,
             e_1.tx_time,
             e_1.valid_time,
             e_1.entity_id,
             e_1.user_id,
             e_1.import_id,
             e_1.entity_type,
             e_1.doc,
             e_1.hints,
             e_1.occurred_at
            FROM event_log e_1
           WHERE ((e_1.entity_id = i.entity_id) AND (e_1.valid_time > (changed_versions.p_state).last_pass_from) AND (e_1.valid_time <= (changed_versions.p_state).last_pass_to) AND (ROW(e_1.xid, e_1.seq) <= ROW((changed_versions.p_state).cursor_xid, (changed_versions.p_state).cursor_seq)))
          OFFSET 0) e)
 UNION ALL
  SELECT i.entity_id,
     n.user_id,
     n.entity_type,
     n.doc
    FROM (ids i
      LEFT JOIN LATERAL ( SELECT l.user_id,
             l.entity_type,
             l.doc,
             l.version
            FROM live_entities l
           WHERE (l.entity_id = i.entity_id)
          OFFSET 0) n ON (true))
   WHERE ((n.version = ANY (i.versions)) IS NOT TRUE);
END
;
CREATE OR REPLACE FUNCTION public.check_tripwires(p_limits jsonb, p_measured jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform keep_measurements(p_measured);
  perform pg_advisory_xact_lock(hashtextextended('tripwires', 0));
  with measured as (
    select l.key as name, coalesce(v.value, 0) as value, l.value::double precision as limit_value, v.detail
    from jsonb_each_text(p_limits) l left join tripwire_values(p_limits) v on v.name = l.key
  )
  insert into tripwires as t (name, value, limit_value, tripped, detail)
  select name, value, limit_value, value > limit_value, detail from measured
  on conflict (name) do update set
    value = excluded.value, limit_value = excluded.limit_value, detail = excluded.detail, measured_at = excluded.measured_at,
    tripped = excluded.tripped, since = case when t.tripped = excluded.tripped then t.since else excluded.since end;
  delete from tripwires where not p_limits ? name;
  insert into tripwire_samples (name, at, value)
    select name, date_trunc('hour', measured_at), value from tripwires
    on conflict (name, at) do update set value = excluded.value;
  return jsonb_build_object(
    'news', coalesce((select jsonb_agg(tripwire(t) order by t.name) from tripwires t where t.tripped <> t.told), '[]'),
    'tripwires', coalesce((select jsonb_agg(tripwire(t) order by t.name) from tripwires t), '[]'),
    -- An import that nobody goes on with makes no noise: the one moment at which to look at it even so.
    'next_due', (
      select iso(min(greatest(i.state_since, c.last_at) + make_interval(secs => 60 * least((p_limits ->> 'import_stuck_minutes')::double precision, 1e7)) + interval '1 second'))
      from imports i
      cross join lateral (select max(applied_at) as last_at from import_chunks c where c.import_id = i.import_id) c
      where i.state = 'running' and not exists (select from tripwires where name = 'import_stuck_minutes' and tripped)
    )
  );
end
$function$
;
CREATE OR REPLACE FUNCTION public.daily_activity_of(p_buckets activity_bucket[], p_rows activity[])
 RETURNS TABLE(user_id uuid, entity_type text, day date, hidden smallint, records integer, minutes double precision)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT a.user_id,
     a.entity_type,
     a.day,
     a.hidden,
     (sum(a.records))::integer AS sum,
     sum(a.minutes) AS sum
    FROM unnest(daily_activity_of.p_rows) a(user_id, entity_type, entity_id, occurred_at, occurred_until, related, doc, hidden, hour, day, records, minutes)
   GROUP BY a.user_id, a.entity_type, a.day, a.hidden;
END
;
CREATE OR REPLACE FUNCTION public.daily_hours_of(p_buckets activity_bucket[], p_rows activity[])
 RETURNS TABLE(user_id uuid, entity_type text, day date, hidden smallint, hours smallint[], records integer[])
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT h.user_id,
     h.entity_type,
     h.day,
     h.hidden,
     array_agg(h.hour ORDER BY h.hour) AS array_agg,
     array_agg(h.records ORDER BY h.hour) AS array_agg
    FROM ( SELECT a.user_id,
             a.entity_type,
             a.day,
             a.hidden,
             a.hour,
             (count(*))::integer AS records
            FROM unnest(daily_hours_of.p_rows) a(user_id, entity_type, entity_id, occurred_at, occurred_until, related, doc, hidden, hour, day, records, minutes)
           WHERE ((a.records = 1) AND (a.hour IS NOT NULL))
           GROUP BY a.user_id, a.entity_type, a.day, a.hidden, a.hour
          OFFSET 0) h
   GROUP BY h.user_id, h.entity_type, h.day, h.hidden;
END
;
CREATE OR REPLACE FUNCTION public.daily_measures_of(p_buckets activity_bucket[], p_rows activity[])
 RETURNS TABLE(user_id uuid, entity_type text, day date, hidden smallint, field text, unit text, of_id uuid, count integer, sum numeric, min numeric, max numeric, last numeric)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT a.user_id,
     a.entity_type,
     a.day,
     a.hidden,
     m.field,
     m.unit,
     m.of_id,
     (count(*))::integer AS count,
     sum(m.value) AS sum,
     min(m.value) AS min,
     max(m.value) AS max,
     (array_agg(m.value ORDER BY a.occurred_at DESC, a.entity_id))[1] AS array_agg
    FROM ((( SELECT r.user_id,
             r.entity_type,
             r.entity_id,
             r.occurred_at,
             r.occurred_until,
             r.related,
             r.doc,
             r.hidden,
             r.hour,
             r.day,
             r.records,
             r.minutes
            FROM unnest(daily_measures_of.p_rows) r(user_id, entity_type, entity_id, occurred_at, occurred_until, related, doc, hidden, hour, day, records, minutes)
           WHERE ((r.records = 1) AND (r.doc IS NOT NULL))
          OFFSET 0) a
      JOIN entity_types t ON ((t.name = a.entity_type)))
      CROSS JOIN LATERAL measured(a.doc, t.measures) m(field, unit, of_id, value))
   GROUP BY a.user_id, a.entity_type, a.day, a.hidden, m.field, m.unit, m.of_id;
END
;
CREATE OR REPLACE FUNCTION public.daily_related_of(p_buckets activity_bucket[], p_rows activity[])
 RETURNS TABLE(user_id uuid, entity_type text, day date, hidden smallint, related_id uuid, records integer, minutes double precision)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT a.user_id,
     a.entity_type,
     a.day,
     a.hidden,
     r.related_id,
     (sum(a.records))::integer AS sum,
     sum(a.minutes) AS sum
    FROM (unnest(daily_related_of.p_rows) a(user_id, entity_type, entity_id, occurred_at, occurred_until, related, doc, hidden, hour, day, records, minutes)
      CROSS JOIN LATERAL unnest(a.related) WITH ORDINALITY r(related_id, n))
   WHERE (array_position(a.related, r.related_id) = r.n)
   GROUP BY a.user_id, a.entity_type, a.day, a.hidden, r.related_id;
END
;
CREATE OR REPLACE FUNCTION public.dashboard(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint, p_with_points boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET jit TO 'off'
AS $function$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
  v_pending record;
  v_buckets activity_bucket[];
  v_rows activity[] := '{}';
  v_answer jsonb;
begin
  select * into v_pending from pending_activity(p_user_id);
  v_buckets := buckets_within(v_pending.whole, v_pending.buckets, p_user_id, p_entity_types, p_from, p_to);
  if cardinality(v_buckets) > 0 then
    v_rows := array(select a from activity_of(v_buckets) a);
  end if;
  with zone as materialized (
    select user_zone(p_user_id) as name
  ), running as materialized (
    select * from running_activity(p_user_id, p_entity_types, p_from, p_to, p_shown)
  ), activity_rows as materialized (
    select entity_type, day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    union all
    select entity_type, day, 0, minutes from running
  ), related_rows as (
    select related_id, day, records, minutes from (
      select r.* from daily_related r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_related_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    union all
    select distinct_related.id, r.day, 0, r.minutes
    from running r cross join lateral (select distinct u as id from unnest(r.related) u) distinct_related
  ), related as (
    select r.related_id, sum(r.records) as records, sum(r.minutes) as minutes, count(distinct r.day) as active_days, max(r.day) as last_day
    from related_rows r group by r.related_id
  ), measure_rows as (
    select r.* from (
      select r.* from daily_measures r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_measures_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
  ), measures as (
    -- The last of all is that of the last day, where a day has a row for each kind of hiddenness.
    select r.entity_type, r.field, r.unit, r.of_id, sum(r.count) as count, sum(r.sum) as sum, min(r.min) as min, max(r.max) as max,
      (max(array[r.day - '2000-01-01'::date, -r.hidden, r.last]))[3] as last
    from measure_rows r group by 1, 2, 3, 4
    -- Of one type all that a person has: adherence counts the days of every medication, in every unit.
    order by sum(r.count) desc, 1, 2, 3, 4 limit case when p_with_points then 1000 else 50 end
  ), points as (
    select d.entity_type, d.field, d.unit, d.of_id, jsonb_agg(
        jsonb_build_object('day', d.day, 'count', d.count, 'sum', d.sum, 'min', d.min, 'max', d.max, 'last', d.last) order by d.day
      ) as points
    from (
      select r.entity_type, r.field, r.unit, r.of_id, r.day, sum(r.count) as count, sum(r.sum) as sum, min(r.min) as min, max(r.max) as max,
        (max(array[-r.hidden, r.last]))[2] as last
      from measure_rows r where p_with_points group by 1, 2, 3, 4, 5
    ) d
    group by 1, 2, 3, 4
  ), hours as (
    select h.weekday, h.hour, sum(h.records) as records
    from (
      -- The first of January 1 was a Monday; in numbers, since this is worked out for each hour. So "unnest" does not make a table of each day.
      select 1 + (r.day - '0001-01-01'::date) % 7 as weekday, unnest(r.hours) as hour, unnest(r.records) as records
      from (
        select r.* from daily_hours r
        where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
          and not v_pending.whole
          and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
        union all
        select x.* from daily_hours_of(v_buckets, v_rows) x
      ) r where r.hidden & ~p_shown = 0
    ) h
    group by 1, 2
  ), flow as (
    select day, sum(created) as created, sum(done) as done, sum(snoozed) as snoozed from (
      select r.* from task_flow r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from task_flow_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
    group by day
  ), shown as materialized (
    -- By id, one by one: a condition over all of a user's entities would read them all.
    select p.entity_id, p.entity_type, p.label
    from (
      select r.related_id as id from related r union select m.of_id from measures m union select h.habit_id from own_habit_streaks h
    ) w
    cross join lateral (
      select l.* from own_entities l
      where l.entity_id = w.id and l.deleted_at is null and is_shown(p_shown, l.sensitive, l.archived, l.related, v_hidden)
      offset 0
    ) p
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'views_as_of', (
      select jsonb_object_agg(a.name, case when isfinite(a.as_of) then iso(a.as_of) end) from analytics a where a.kind = 'materialized_view'
    ),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', d.minutes) order by d.day), '[]')
      from (select day, sum(records) as records, round(sum(minutes)::numeric, 2) as minutes from activity_rows group by day) d
    ),
    'types', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', t.entity_type, 'records', t.records, 'minutes', t.minutes, 'active_days', t.active_days
      ) order by t.records desc, t.entity_type), '[]')
      from (
        select entity_type, sum(records) as records, round(sum(minutes)::numeric, 2) as minutes, count(distinct day) as active_days
        from activity_rows group by entity_type
      ) t
    ),
    'related', (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.minutes desc, r.records desc, r.id), '[]')
      from (
        select s.entity_id as id, s.entity_type, s.label, r.records, round(r.minutes::numeric, 2) as minutes, r.active_days, r.last_day
        from related r join shown s on s.entity_id = r.related_id
        order by r.minutes desc, r.records desc, s.entity_id limit 50
      ) r
    ),
    'measures', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', m.entity_type, 'field', m.field, 'unit', m.unit, 'of_id', nullif(m.of_id, '00000000-0000-0000-0000-000000000000'), 'of_label', s.label,
        'count', m.count, 'sum', m.sum, 'min', m.min, 'max', m.max, 'last', m.last, 'points', p.points
      ) order by m.entity_type, m.field, m.unit, m.of_id), '[]')
      from measures m left join points p using (entity_type, field, unit, of_id) left join shown s on s.entity_id = m.of_id
      where m.of_id = '00000000-0000-0000-0000-000000000000' or s.entity_id is not null
    ),
    'hours', (
      select coalesce(jsonb_agg(jsonb_build_object('weekday', h.weekday, 'hour', h.hour, 'records', h.records) order by h.weekday, h.hour), '[]')
      from hours h
    ),
    'task_flow', (select coalesce(jsonb_agg(to_jsonb(f) order by f.day), '[]') from flow f),
    'streaks', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'habit_id', h.habit_id, 'label', s.label, 'days', h.days, 'last_day', h.last_day,
        'current_streak_days', case when h.last_day >= (now() at time zone (select name from zone))::date - 1 then h.last_streak_days else 0 end,
        'longest_streak_days', h.longest_streak_days, 'longest_streak_from', h.longest_streak_from,
        'longest_gap_days', h.longest_gap_days, 'longest_gap_from', h.longest_gap_from
      ) order by h.last_day desc, h.habit_id), '[]')
      from own_habit_streaks h join shown s on s.entity_id = h.habit_id
      where 'habit_log' = any (p_entity_types) and h.shown = p_shown & (select max(b.shown) from own_habit_streaks b)
    ),
    'months', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', m.entity_type, 'month', m.month, 'records', m.records, 'minutes', round(m.minutes::numeric, 2),
        'active_days', m.active_days, 'busiest_day', m.busiest_day
      ) order by m.month, m.entity_type), '[]')
      from own_monthly_summary m
      where m.shown = p_shown & (select max(b.shown) from own_monthly_summary b)
        and m.entity_type = any (p_entity_types) and m.month between date_trunc('month', p_from)::date and p_to
    ),
    'durations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'entity_type', d.entity_type, 'month', d.month, 'records', d.records, 'median_minutes', round(d.median_minutes::numeric, 2),
        'p90_minutes', round(d.p90_minutes::numeric, 2), 'p99_minutes', round(d.p99_minutes::numeric, 2),
        'longest_minutes', round(d.longest_minutes::numeric, 2)
      ) order by d.month, d.entity_type), '[]')
      from own_duration_profile d
      where d.shown = p_shown & (select max(b.shown) from own_duration_profile b)
        and d.entity_type = any (p_entity_types) and d.month between date_trunc('month', p_from)::date and p_to
    )
  ) into v_answer;
  return v_answer;
end
$function$
;
CREATE OR REPLACE FUNCTION public.definition_digest(p_name text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  with recursive parts(class_id, object_id) as (
    select 'pg_class'::regclass, to_regclass(p_name || '_definition')::oid
    union
    select 'pg_proc'::regclass, p.oid from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname in (p_name || '_of', p_name || '_now')
    union
    select d.refclassid::regclass, d.refobjid
    from parts p
    left join pg_rewrite r on p.class_id = 'pg_class'::regclass and r.ev_class = p.object_id
    join pg_depend d on d.classid = case when r.oid is null then p.class_id else 'pg_rewrite'::regclass end and d.objid = coalesce(r.oid, p.object_id)
    where d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
  )
  select md5(string_agg(t.text, '' order by t.text collate "C"))
  from (
    select pg_get_viewdef(c.oid) as text from parts p join pg_class c on c.oid = p.object_id
    where p.class_id = 'pg_class'::regclass and c.relkind = 'v'
    union all
    select pg_get_functiondef(f.oid) from parts p join pg_proc f on f.oid = p.object_id
    where p.class_id = 'pg_proc'::regclass and f.pronamespace = 'public'::regnamespace and f.prokind = 'f'
    union all
    select jsonb_build_array(t.name, t.axis_from, t.axis_until, t.relations, t.time_zone_field, t.measures)::text from entity_types t
  ) t
$function$
;
CREATE OR REPLACE FUNCTION public.dirty_buckets(p_state refresh_state, p_versions changed_version[])
 RETURNS activity_bucket[]
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 WITH versions AS MATERIALIZED (
          SELECT v.entity_id,
             v.user_id,
             v.entity_type,
             v.doc
            FROM unnest(dirty_buckets.p_versions) v(entity_id, user_id, entity_type, doc)
           WHERE ((v.doc IS NOT NULL) AND (v.user_id IS NOT NULL) AND (v.entity_type IS NOT NULL))
         ), placed AS MATERIALIZED (
          SELECT v.entity_id,
             v.user_id,
             v.entity_type,
             v.doc,
             x.occurred_at,
             x.occurred_until,
             x.created_at,
             z.zone
            FROM ((((versions v
              CROSS JOIN LATERAL entity_facts(v.entity_type, v.doc) x(occurred_at, occurred_until, created_at, deleted_at, sensitive, archived, label, related))
              LEFT JOIN entity_types t ON ((t.name = v.entity_type)))
              LEFT JOIN entities u ON (((u.entity_id = v.user_id) AND (u.entity_type = 'user'::text))))
              CROSS JOIN LATERAL ( SELECT
                         CASE
                             WHEN is_date((v.doc ->> t.axis_from[1])) THEN 'UTC'::text
                             ELSE COALESCE(( SELECT n.name
                                FROM time_zones n
                               WHERE (n.name = (v.doc ->> t.time_zone_field))), ( SELECT n.name
                                FROM time_zones n
                               WHERE (n.name = (u.doc ->> 'time_zone'::text))), 'UTC'::text)
                         END AS zone
                  OFFSET 0) z)
         ), first_known AS MATERIALIZED (
          SELECT p.entity_id,
             f.at
            FROM (( SELECT DISTINCT placed.entity_id
                    FROM placed
                   WHERE ((placed.occurred_at IS NULL) OR ((placed.created_at IS NULL) AND (placed.entity_type = 'task'::text)))) p
              CROSS JOIN LATERAL ( SELECT min(e.tx_time) AS at
                    FROM event_log e
                   WHERE (e.entity_id = p.entity_id)
                 UNION
                  SELECT min(e.tx_time) AS min
                    FROM event_log e
                   WHERE ((e.entity_id = p.entity_id) AND (ROW(e.xid, e.seq) <= ROW((dirty_buckets.p_state).cursor_xid, (dirty_buckets.p_state).cursor_seq)))) f)
           WHERE (f.at IS NOT NULL)
         ), instants AS (
          SELECT p.user_id,
             p.zone,
             w.at
            FROM (placed p
              CROSS JOIN LATERAL ( SELECT p.created_at
                   WHERE (p.created_at IS NOT NULL)
                 UNION ALL
                  SELECT f.at
                    FROM first_known f
                   WHERE ((f.entity_id = p.entity_id) AND (p.created_at IS NULL))
                 UNION ALL
                  SELECT as_instant((p.doc ->> 'done_at'::text)) AS as_instant
                 UNION ALL
                  SELECT e.tx_time
                    FROM event_log e
                   WHERE ((e.entity_id = p.entity_id) AND ((e.doc ->> 'snooze_until'::text) IS NOT NULL))) w(at))
           WHERE ((p.entity_type = 'task'::text) AND (w.at IS NOT NULL))
         ), flagged AS (
          SELECT v.entity_id
            FROM unnest(dirty_buckets.p_versions) v(entity_id, user_id, entity_type, doc)
           WHERE (v.entity_id IN ( SELECT f.entity_id
                    FROM versions f
                   WHERE ((f.doc @> '{"sensitive": true}'::jsonb) OR (f.doc @> '{"archived": true}'::jsonb))))
           GROUP BY v.entity_id
          HAVING (count(DISTINCT ROW(v.user_id, COALESCE(((v.doc -> 'sensitive'::text) = 'true'::jsonb), false), COALESCE(((v.doc -> 'archived'::text) = 'true'::jsonb), false))) > 1)
         ), days AS (
          SELECT p.user_id,
             p.entity_type,
             d_1.day
            FROM (placed p
              CROSS JOIN LATERAL activity_days(p.occurred_at, p.occurred_until, p.zone) d_1(day, records, minutes))
           WHERE (p.occurred_at IS NOT NULL)
         UNION
          SELECT p.user_id,
             p.entity_type,
             ((f.at AT TIME ZONE p.zone))::date AS timezone
            FROM (placed p
              JOIN first_known f USING (entity_id))
           WHERE (p.occurred_at IS NULL)
         UNION
          SELECT i.user_id,
             'task'::text AS entity_type,
             ((i.at AT TIME ZONE i.zone))::date AS timezone
            FROM instants i
         UNION
          SELECT b.user_id,
             b.entity_type,
             b.day
            FROM ((flagged f
              JOIN versions v USING (entity_id))
              CROSS JOIN LATERAL related_buckets(v.user_id, f.entity_id) b(user_id, entity_type, day))
         )
  SELECT array_agg(ROW(d.user_id, d.entity_type, d.day)::activity_bucket) AS array_agg
    FROM days d
   WHERE isfinite(d.day);
END
;
CREATE OR REPLACE FUNCTION public.drift_check(p_lease uuid, p_refresh_id uuid, p_sample integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET jit TO 'off'
AS $function$
declare
  -- More is behind only while a transaction stays open, and would be held in memory here: 1.9 GB of a million. The next check is soon enough.
  c_max_events constant integer := 5000;
  c_last_xid constant xid8 := '18446744073709551615';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_behind bigint;
  v_rollup text;
  v_checked bigint := 0;
  v_count bigint;
  v_drift bigint := 0;
  v_bad activity_bucket[];
  v_error text;
begin
  select count(*) into v_behind from (
    select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) order by e.xid, e.seq limit c_max_events + 1
  ) e;
  begin
    for v_rollup in
      select name from analytics where kind = 'rollup' and not stale and not rebuilding and v_behind <= c_max_events order by name
    loop
      -- One statement, one snapshot: what is behind the log anyway is left out, then table and definition must agree.
      execute format($sql$
        with pending as materialized (
          select array(select v from changed_versions($1, $2, 0, now(), null) v) as versions
        ), sample as materialized (
          (
            select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket
            from %1$I r tablesample system (sample_percent('%1$I', $3)) order by random() limit $3
          )
          union
          -- Records, too: a bucket that is missing altogether would not be drawn from the table.
          (select b from unnest(dirty_buckets($1, array(
            select row(e.entity_id, e.user_id, e.entity_type, e.doc)::changed_version
            from entities e tablesample system (sample_percent('entities', $3))
            where e.deleted_at is null and e.doc is not null order by random() limit $3
          ))) b)
        ), buckets as materialized (
          select array_agg(s.bucket) as list from sample s
          where not s.bucket = any (coalesce((select dirty_buckets($1, versions) from pending), '{}'))
            and not (s.bucket).user_id = any (coalesce((select zone_changed_users(versions) from pending), '{}'))
        ), stored as (
          select row(b.user_id, b.entity_type, b.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from buckets cross join lateral unnest(buckets.list) b join %1$I r using (user_id, entity_type, day) group by 1
        ), expected as (
          select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from %2$I((select list from buckets), (select array(select a from activity_of(list) a) from buckets)) r group by 1
        ), found as (
          insert into drift_log (refresh_id, name, bucket, stored, expected)
          select $4, %1$L, coalesce(s.bucket, x.bucket), coalesce(s.rows, '[]'), coalesce(x.rows, '[]')
          from stored s full join expected x on s.bucket = x.bucket
          where s.rows is distinct from x.rows
          returning bucket
        )
        select (select coalesce(cardinality(list), 0) from buckets), (select array_agg(bucket) from found)
      $sql$, v_rollup, v_rollup || '_of') using v_state, c_last_xid, p_sample, p_refresh_id into v_count, v_bad;
      v_checked := v_checked + v_count;
      if v_bad is not null then
        v_drift := v_drift + cardinality(v_bad);
        perform recompute_rollup(v_rollup, v_rollup, v_bad, array(select a from activity_of(v_bad) a));
        update refresh_state set changed_at = clock_timestamp();
      end if;
    end loop;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for, stale = v_error is not null,
    as_of = case when v_error is null then v_began else as_of end where name = 'drift_check';
  return refresh_done(p_refresh_id, 'done', ms_since(v_began), null, v_checked, v_drift, v_error);
end
$function$
;
CREATE OR REPLACE FUNCTION public.drifts(p_limit integer)
 RETURNS SETOF jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT jsonb_build_object('refresh_id', drift_log.refresh_id, 'found_at', iso(drift_log.found_at), 'name', drift_log.name, 'entity_type', (drift_log.bucket).entity_type, 'day', (drift_log.bucket).day, 'stored', drift_log.stored, 'expected', drift_log.expected) AS jsonb_build_object
    FROM drift_log
   ORDER BY drift_log.drift_id DESC
  LIMIT drifts.p_limit;
END
;
CREATE OR REPLACE FUNCTION public.due_entities()
 RETURNS SETOF entity_state
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE ROWS 1
AS $function$
begin
  -- Nearly always there is none, and what is not run is not planned: inside the views this cost more than all the rest of a read.
  if exists (select from entities where next_valid_time <= now()) then
    return query select s.* from entities e cross join lateral state_at(e.entity_id, now(), 'infinity') s where e.next_valid_time <= now();
  end if;
end
$function$
;
CREATE OR REPLACE FUNCTION public.duration_profile_now()
 RETURNS TABLE(user_id uuid, entity_type text, month date, shown smallint, records bigint, median_minutes double precision, p90_minutes double precision, p99_minutes double precision, longest_minutes double precision)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.enter_basis(p_basis jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_snapshot constant pg_snapshot := (p_basis ->> 'snapshot')::pg_snapshot;
begin
  if p_basis is null then
    return jsonb_build_object('log', log_identity(), 'snapshot', pg_current_snapshot()::text, 'at', iso(now()));
  end if;
  if p_basis ->> 'log' <> log_identity() or exists (
    select from evictions where user_id = caller() and not pg_visible_in_snapshot(xid, v_snapshot)
  ) then
    raise exception 'what this basis stands for is gone: an entity was evicted since, or another log was restored'
      using errcode = 'AN410', hint = 'Begin again with Basis: now.';
  end if;
  perform set_config('annals.basis', v_snapshot::text, true);
  return p_basis;
end
$function$
;
CREATE OR REPLACE FUNCTION public.entities_at(p_user_id uuid, p_entity_type text, p_valid_time timestamp with time zone, p_tx_time timestamp with time zone)
 RETURNS SETOF entity_state
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT e.entity_id,
     e.entity_type,
     e.user_id,
     e.seq,
     e.occurred_at,
         CASE
             WHEN ((t.axis_until IS NULL) OR (as_instant((e.doc ->> t.axis_from[1])) IS NULL)) THEN e.occurred_at
             ELSE as_instant((e.doc ->> t.axis_until))
         END AS as_instant,
     COALESCE(as_instant(COALESCE((e.doc ->> 'created_at'::text), (e.doc ->> 'tech.jgood.gleanmo.schema/created-at'::text))), first_tx_time(e.entity_id)) AS "coalesce",
     e.tx_time,
         CASE
             WHEN (COALESCE((e.doc ->> 'deleted_at'::text), (e.doc ->> 'tech.jgood.gleanmo.schema/deleted-at'::text)) IS NOT NULL) THEN COALESCE(as_instant(COALESCE((e.doc ->> 'deleted_at'::text), (e.doc ->> 'tech.jgood.gleanmo.schema/deleted-at'::text))), '-infinity'::timestamp with time zone)
             ELSE NULL::timestamp with time zone
         END AS "case",
     ((e.doc -> 'sensitive'::text) = 'true'::jsonb),
     ((e.doc -> 'archived'::text) = 'true'::jsonb),
     ( SELECT x.label
            FROM entity_facts(e.entity_type, e.doc) x(occurred_at, occurred_until, created_at, deleted_at, sensitive, archived, label, related)) AS label,
     ( SELECT x.related
            FROM entity_facts(e.entity_type, e.doc) x(occurred_at, occurred_until, created_at, deleted_at, sensitive, archived, label, related)) AS related,
     e.doc,
     e.hints
    FROM (own_versions e
      LEFT JOIN entity_types t ON ((t.name = entities_at.p_entity_type)))
   WHERE ((e.user_id = entities_at.p_user_id) AND (e.entity_type = entities_at.p_entity_type) AND (e.doc IS NOT NULL) AND (e.valid_time <= entities_at.p_valid_time) AND (e.tx_time <= entities_at.p_tx_time) AND (((NOT e.ahead) AND (e.occurred_at <= entities_at.p_tx_time)) OR (e.ahead AND (e.occurred_at > entities_at.p_tx_time) AND (e.occurred_at > e.tx_time))) AND (NOT (EXISTS ( SELECT
            FROM event_log n
           WHERE ((n.entity_id = e.entity_id) AND (n.valid_time <= entities_at.p_valid_time) AND (n.tx_time <= entities_at.p_tx_time) AND (ROW(n.valid_time, n.tx_time, n.tx) > ROW(e.valid_time, e.tx_time, e.tx)))))));
END
;
CREATE OR REPLACE FUNCTION public.entity_facts(p_entity_type text, p_doc jsonb)
 RETURNS SETOF entity_facts
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
 SELECT
         CASE
             WHEN ((f.axis_until IS NULL) OR (f.axis_at IS NULL)) THEN COALESCE(f.axis_at, f.created_at)
             ELSE f.axis_at
         END AS axis_at,
         CASE
             WHEN ((f.axis_until IS NULL) OR (f.axis_at IS NULL)) THEN COALESCE(f.axis_at, f.created_at)
             ELSE as_instant(f.until_text)
         END AS as_instant,
     f.created_at,
         CASE
             WHEN (f.deleted_text IS NOT NULL) THEN COALESCE(as_instant(f.deleted_text), '-infinity'::timestamp with time zone)
             ELSE NULL::timestamp with time zone
         END AS "case",
     COALESCE(((entity_facts.p_doc -> 'sensitive'::text) = 'true'::jsonb), false) AS "coalesce",
     COALESCE(((entity_facts.p_doc -> 'archived'::text) = 'true'::jsonb), false) AS "coalesce",
     f.label,
         CASE
             WHEN ((f.relations IS NULL) OR (f.relations = '[]'::jsonb)) THEN '{}'::uuid[]
             ELSE ARRAY( SELECT (r.id)::uuid AS id
                FROM (jsonb_array_elements(f.relations) WITH ORDINALITY l(relation, n)
                  CROSS JOIN LATERAL jsonb_array_elements_text(
                     CASE jsonb_typeof((entity_facts.p_doc -> (l.relation ->> 'field'::text)))
                         WHEN 'array'::text THEN (entity_facts.p_doc -> (l.relation ->> 'field'::text))
                         WHEN 'string'::text THEN jsonb_build_array((entity_facts.p_doc -> (l.relation ->> 'field'::text)))
                         ELSE '[]'::jsonb
                     END) WITH ORDINALITY r(id, m))
               WHERE pg_input_is_valid(r.id, 'uuid'::text)
               ORDER BY l.n, r.m)
         END AS "array"
    FROM ( SELECT d.axis_until,
             d.relations,
             d.label,
             d.until_text,
             d.deleted_text,
             as_instant(d.created_text) AS created_at,
             COALESCE(as_instant(d.axis_text_1), as_instant(d.axis_text_2)) AS axis_at
            FROM ( SELECT t.axis_until,
                     t.relations,
                     COALESCE((entity_facts.p_doc ->> 'created_at'::text), (entity_facts.p_doc ->> 'tech.jgood.gleanmo.schema/created-at'::text)) AS created_text,
                     COALESCE((entity_facts.p_doc ->> 'deleted_at'::text), (entity_facts.p_doc ->> 'tech.jgood.gleanmo.schema/deleted-at'::text)) AS deleted_text,
                     (entity_facts.p_doc ->> t.axis_from[1]) AS axis_text_1,
                     (entity_facts.p_doc ->> t.axis_from[2]) AS axis_text_2,
                     (entity_facts.p_doc ->> t.axis_until) AS until_text,
                     COALESCE(NULLIF((entity_facts.p_doc ->> t.label_fields[1]), ''::text), NULLIF((entity_facts.p_doc ->> t.label_fields[2]), ''::text), NULLIF((entity_facts.p_doc ->> t.label_fields[3]), ''::text)) AS label
                    FROM (( SELECT) one
                      LEFT JOIN entity_types t ON ((t.name = entity_facts.p_entity_type)))
                  OFFSET 0) d
          OFFSET 0) f;
END
;
CREATE OR REPLACE FUNCTION public.entity_record(p_state entity_state)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (jsonb_build_object('id', (p_state).entity_id, 'entity_type', (p_state).entity_type, 'user_id', (p_state).user_id, 'version', (p_state).version, 'occurred_at', iso((p_state).occurred_at), 'occurred_until', iso((p_state).occurred_until), 'created_at', iso((p_state).created_at), 'updated_at', iso((p_state).updated_at), 'deleted_at', iso((p_state).deleted_at)) || (p_state).doc)
;
CREATE OR REPLACE FUNCTION public.erase_evicted()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  v_ids uuid[];
  v_seqs bigint[];
  v_erased bigint;
  v_reject record;
begin
  -- An eviction names its entity by XTDB's hash, which of a UUID is the SHA-1 of its text. Whatever came in of the entity from
  -- before the eviction goes, in whatever order and by whatever file it came; what was written later stays. So does what a file
  -- holds that tells of the eviction: it was there after it.
  with hashed as (
    select entity_id, encode(digest(entity_id::text, 'sha1'), 'hex') as hash from entities
    where exists (select from evictions where xtdb_id_hash is not null)
  ), named as (
    select v.eviction_id, h.entity_id from evictions v join hashed h on h.hash = v.xtdb_id_hash
    union
    select v.eviction_id, e.entity_id from evictions v join entities e using (entity_id)
  ), told as (
    select eviction_id, import_id from evictions where import_id is not null
    union all
    select unnest(evictions), import_id from import_repeats where evictions <> '{}'
    union all
    -- A delta has only the evictions since its base, and knows of those before it.
    select v.eviction_id, c.import_id
    from import_chunks c join evictions v on v.evicted_by = 'xtdb' and v.tx <= (c.header ->> 'since')::bigint
    where c.header ->> 'since' is not null and c.header ->> 'store' = 'xtdb'
  ), older as materialized (
    select v.eviction_id, l.entity_id, l.seq
    from named n
    join evictions v using (eviction_id)
    join event_log l on l.entity_id = n.entity_id and (l.tx_time, l.tx) < (v.tx_time, v.tx)
    where not exists (select from told t where t.eviction_id = v.eviction_id and t.import_id = l.import_id)
  ), repeated as (
    select o.eviction_id, o.seq
    from import_repeats r
    cross join lateral unnest(r.events) as again(seq)
    join older o using (seq)
    join told t on t.eviction_id = o.eviction_id and t.import_id = r.import_id
  ), gone as (
    select * from older o where not exists (select from repeated r where r.eviction_id = o.eviction_id and r.seq = o.seq)
  ), recorded as (
    update evictions v set entity_id = e.entity_id, user_id = e.user_id, entity_type = e.entity_type,
      xid = pg_current_xact_id(), seq = nextval('event_log_seq_seq')
    from (select distinct eviction_id, entity_id from gone) g join entities e using (entity_id)
    where v.eviction_id = g.eviction_id
  )
  select array_agg(distinct entity_id), array_agg(distinct seq) into v_ids, v_seqs from gone;
  if v_ids is null then
    return 0;
  end if;
  perform from entities where entity_id = any (v_ids) order by entity_id for update;
  delete from event_log where entity_id = any (v_ids) and seq = any (v_seqs);
  get diagnostics v_erased = row_count;
  -- What a file that tells of the eviction has in the place of what went: a delete, where XTDB lost the document.
  for v_reject in
    select r.import_id, r.line, r.raw
    from import_rejects r join evictions v on v.entity_id = rejected_entity(r.reason, r.raw)
    where v.entity_id = any (v_ids) and v.xid = pg_current_xact_id() and r.mended_at is null
      and (v.import_id = r.import_id or exists (
        select from import_repeats t where t.import_id = r.import_id and v.eviction_id = any (t.evictions)
      ))
  loop
    insert into event_log (tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at)
      select i.tx, i.tx_time, i.valid_time, i.entity_id, i.user_id, v_reject.import_id, i.entity_type, nullif(i.doc, 'null'),
        nullif(i.hints, 'null'), x.occurred_at
      from jsonb_to_record(convert_from(v_reject.raw, 'UTF8')::jsonb) as i(
        tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, user_id uuid, entity_type text, doc jsonb, hints jsonb
      )
      cross join lateral entity_facts(i.entity_type, nullif(i.doc, 'null')) x
      on conflict do nothing;
    if found then
      update import_rejects set mended_at = clock_timestamp(), mended_digest = encode(sha256(v_reject.raw), 'hex')
        where import_id = v_reject.import_id and line = v_reject.line;
    end if;
  end loop;
  delete from entities e
    where e.entity_id = any (v_ids) and not exists (select from event_log l where l.entity_id = e.entity_id);
  perform fold_entities(v_ids, clock_timestamp());
  update import_rejects set raw = '' where rejected_entity(reason, raw) = any (v_ids);
  return v_erased;
end
$function$
;
CREATE OR REPLACE FUNCTION public.event_rows(p_entity_id uuid, p_pending event_row[])
 RETURNS SETOF event_row
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT DISTINCT ON (r.valid_time) r.entity_id,
     r.valid_time,
     r.tx_time,
     r.tx,
     r.entity_type,
     r.user_id,
     r.doc,
     r.hints
    FROM ( SELECT e.entity_id,
             e.valid_time,
             e.tx_time,
             e.tx,
             e.entity_type,
             e.user_id,
             e.doc,
             e.hints
            FROM event_log e
           WHERE (e.entity_id = event_rows.p_entity_id)
         UNION ALL
          SELECT p.entity_id,
             p.valid_time,
             p.tx_time,
             p.tx,
             p.entity_type,
             p.user_id,
             p.doc,
             p.hints
            FROM unnest(event_rows.p_pending) p(entity_id, valid_time, tx_time, tx, entity_type, user_id, doc, hints)
           WHERE (p.entity_id = event_rows.p_entity_id)) r
   ORDER BY r.valid_time, r.tx_time DESC, r.tx DESC;
END
;
CREATE OR REPLACE FUNCTION public.evict_entity(p_entity_id uuid, p_tx bigint, p_tx_time timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  v_type text;
begin
  select entity_type into v_type from entities where entity_id = p_entity_id and user_id = caller();
  if not found then
    raise exception 'no such entity' using errcode = 'AN404', detail = p_entity_id::text;
  end if;
  insert into evictions (entity_id, entity_type, tx, tx_time, user_id, evicted_by)
    values (p_entity_id, v_type, p_tx, p_tx_time, caller(), caller()::text);
  delete from event_log where entity_id = p_entity_id;
  delete from entities where entity_id = p_entity_id;
  update import_rejects set raw = '' where rejected_entity(reason, raw) = p_entity_id;
  -- The log no longer tells which days the entity counted in: the next pass, which reads evictions too, computes its user anew.
end
$function$
;
CREATE OR REPLACE FUNCTION public.expectation_met(p_expected jsonb, p_version text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(p_expected) WHEN 'null'::text THEN (p_version IS NULL) WHEN 'array'::text THEN ((p_version IS NOT NULL) AND (p_expected ? p_version)) ELSE ((p_version IS NOT NULL) AND ((p_expected #>> '{}'::text[]) = ANY (ARRAY['*'::text, p_version]))) END
;
CREATE OR REPLACE FUNCTION public.explain_slow(p_name text)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
declare
  v_statement text;
begin
  select statement into v_statement from slow_statements where name = p_name;
  if v_statement is null then
    raise exception 'no statement of this name was slow' using errcode = 'AN404', detail = p_name,
      hint = 'Ask for the slow queries: each entry has a name.';
  end if;
  -- As the application's own role, not the owner: the plan is the one that people get, policies included, and nothing runs.
  return query execute 'explain (generic_plan, costs, verbose) ' || v_statement;
  -- A function in PL/pgSQL is one step of that plan, whatever it does.
  return query
    select format('%s() has statements of its own: with pg_stat_statements.track = all, each is among the statistics.', p.proname)
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace and l.lanname = 'plpgsql' and v_statement ~ ('\m' || p.proname || '\s*\(')
    order by 1;
end
$function$
;
CREATE OR REPLACE FUNCTION public.facts_of(p_entity_type text, p_doc jsonb)
 RETURNS entity_facts
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (SELECT x.*::entity_facts AS x FROM entity_facts(facts_of.p_entity_type, facts_of.p_doc) x(occurred_at, occurred_until, created_at, deleted_at, sensitive, archived, label, related))
;
CREATE OR REPLACE FUNCTION public.first_tx_time(p_entity_id uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
RETURN (SELECT min(event_log.tx_time) AS min FROM event_log WHERE ((event_log.entity_id = first_tx_time.p_entity_id) AND (COALESCE((pg_visible_in_snapshot(event_log.xid, (SELECT basis() AS basis)))::integer, 1) <> 0)))
;
CREATE OR REPLACE FUNCTION public.fold_entities(p_ids uuid[], p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_again uuid[] := p_ids;
  v_known uuid[];
begin
  -- Rows that exist are locked first, in one order for all, so what is read next is the last word on them. A row that a
  -- rival creates in between is met as a conflict, folded from a snapshot that may miss the rival's events, and so folded
  -- once more, now locked by us: two rounds always end it.
  for v_round in 1..2 loop
    perform from entities where entity_id = any (v_again) order by entity_id for update;
    select coalesce(array_agg(entity_id), '{}') into v_known from entities where entity_id = any (v_again);
    with folded as (
      select
        i.entity_id, s.first_tx_time, s.last_tx_time, s.next_valid_time,
        v.seq, v.tx_time, v.valid_time, v.doc, v.hints,
        coalesce(v.user_id, o.user_id) as user_id,
        case when v.doc is null then o.entity_type else v.entity_type end as entity_type
      from unnest(v_again) as i(entity_id)
      cross join lateral (
        select first_tx_time(i.entity_id) as first_tx_time, max(e.tx_time) as last_tx_time,
          min(e.valid_time) filter (where e.valid_time > p_now) as next_valid_time
        from event_log e where e.entity_id = i.entity_id
      ) s
      left join lateral version_at(i.entity_id, p_now, 'infinity') v on true
      left join lateral (
        -- An imported tombstone says neither whose nor what: the newest doc before it does, else the newest of all.
        select e.user_id, e.entity_type from event_log e
        where e.entity_id = i.entity_id and v.doc is null
        order by (e.doc is not null) desc, (e.valid_time <= p_now) desc, e.valid_time desc, e.tx_time desc, e.tx desc
        limit 1
      ) o on true
      where s.last_tx_time is not null
    ), written as (
      insert into entities as w (
        entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
        last_tx_time, next_valid_time, sensitive, archived, entity_type, label, related, doc, hints
      )
      select
        f.entity_id, f.user_id, f.seq,
        coalesce(x.occurred_at, f.first_tx_time), case when x.occurred_at is null then f.first_tx_time else x.occurred_until end,
        coalesce(x.created_at, f.first_tx_time), coalesce(f.tx_time, f.first_tx_time),
        case when f.doc is null then coalesce(f.valid_time, '-infinity') else x.deleted_at end,
        f.last_tx_time, f.next_valid_time, x.sensitive, x.archived, f.entity_type, x.label, x.related, f.doc, f.hints
      from folded f
      cross join lateral entity_facts(f.entity_type, f.doc) x
      order by f.entity_id
      on conflict (entity_id) do update set
        user_id = excluded.user_id, version = excluded.version,
        occurred_at = excluded.occurred_at, occurred_until = excluded.occurred_until,
        created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at,
        last_tx_time = excluded.last_tx_time, next_valid_time = excluded.next_valid_time,
        sensitive = excluded.sensitive, archived = excluded.archived, entity_type = excluded.entity_type,
        label = excluded.label, related = excluded.related, doc = excluded.doc, hints = excluded.hints
      returning w.entity_id, (w.xmax <> 0) as existed
    )
    select array_agg(entity_id) filter (where existed and not entity_id = any (v_known)) into v_again from written;
    exit when v_again is null;
  end loop;
end
$function$
;
CREATE OR REPLACE FUNCTION public.foreign_entities(p_ids uuid[], p_user_id uuid)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
BEGIN ATOMIC
 SELECT entities.entity_id
    FROM entities
   WHERE ((entities.entity_id = ANY (foreign_entities.p_ids)) AND (entities.user_id IS DISTINCT FROM foreign_entities.p_user_id));
END
;
CREATE OR REPLACE FUNCTION public.forget_idempotency_keys(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  v_forgotten integer;
begin
  delete from idempotency_keys where (user_id, key) in (
    select user_id, key from idempotency_keys where created_at < clock_timestamp() - interval '24 hours'
    order by created_at limit p_limit for update skip locked
  );
  get diagnostics v_forgotten = row_count;
  return v_forgotten;
end
$function$
;
CREATE OR REPLACE FUNCTION public.habit_streaks_now()
 RETURNS TABLE(user_id uuid, habit_id uuid, shown smallint, days bigint, first_day date, last_day date, last_streak_days integer, longest_streak_days integer, longest_streak_from date, longest_gap_days integer, longest_gap_from date)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.has_events_after(p_xid xid8, p_seq bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN ((SELECT true FROM event_log e WHERE (ROW(e.xid, e.seq) > ROW(has_events_after.p_xid, has_events_after.p_seq)) ORDER BY e.xid, e.seq LIMIT 1) IS NOT NULL)
;
CREATE OR REPLACE FUNCTION public.heatmap(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET jit TO 'off'
AS $function$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
  v_pending record;
  v_buckets activity_bucket[];
  v_rows activity[] := '{}';
  v_answer jsonb;
begin
  select * into v_pending from pending_activity(p_user_id);
  v_buckets := buckets_within(v_pending.whole, v_pending.buckets, p_user_id, p_entity_types, p_from, p_to);
  if cardinality(v_buckets) > 0 then
    v_rows := array(select a from activity_of(v_buckets) a);
  end if;
  with recursive zone as materialized (
    select user_zone(p_user_id) as name
  ), running as materialized (
    select * from running_activity(p_user_id, p_entity_types, p_from, p_to, p_shown)
  ), days as (
    select d.day, sum(d.records)::integer as records, sum(d.minutes) as minutes
    from (
      select day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
      union all
      select day, 0, minutes from running
    ) d
    group by d.day
  ), first_days as (
    -- The first day of each year, found from the one before. Compared as dates: row-level security lets no other comparison into the index.
    select t.name as entity_type, '-infinity'::date as day from unnest(p_entity_types) t(name) where not v_pending.whole
    union all
    select f.entity_type, n.day
    from first_days f
    cross join lateral (
      select d.day from daily_activity d
      where d.user_id = p_user_id and d.entity_type = f.entity_type and d.day >= (date_trunc('year', f.day::timestamp) + interval '1 year')::date
        -- Of "hidden & ~p_shown = 0" the planner thinks that it leaves nearly nothing, and then it sorts all later days.
        and d.hidden in (0, p_shown & 1, p_shown & 2, p_shown)
        and (d.entity_type, d.day) not in (select b.entity_type, b.day from unnest(v_pending.buckets) b)
      order by d.day limit 1
    ) n
  ), years as (
    select extract(year from f.day)::integer as year from first_days f where isfinite(f.day)
    union
    -- Where the rollup does not know: any record of the year that is shown will do.
    select extract(year from y.first)::integer
    from zone z
    cross join lateral (
      select date_trunc('year', b.day::timestamp) from unnest(v_pending.buckets) b where b.entity_type = any (p_entity_types)
      union
      select generate_series(
        date_trunc('year', min(e.occurred_at) at time zone z.name), max(e.occurred_at) at time zone z.name, interval '1 year'
      )
      from entities e
      where v_pending.whole and e.user_id = p_user_id and e.entity_type = any (p_entity_types) and isfinite(e.occurred_at)
    ) y(first)
    where exists (
      select from own_entities e
      where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.deleted_at is null
        and is_shown(p_shown, e.sensitive, e.archived, e.related, v_hidden)
        and e.occurred_at >= y.first at time zone z.name
        and e.occurred_at < (y.first + interval '1 year') at time zone z.name
    )
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from years y where y.year between 1 and 9999),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
      from days d
    )
  ) into v_answer;
  return v_answer;
end
$function$
;
CREATE OR REPLACE FUNCTION public.hidden_bits(p_user_id uuid, p_sensitive boolean, p_archived boolean, p_related uuid[])
 RETURNS SETOF smallint
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
 SELECT ((((p_sensitive)::integer + (2 * (p_archived)::integer)) |
         CASE
             WHEN (p_related = '{}'::uuid[]) THEN 0
             ELSE COALESCE(( SELECT bit_or(
                     CASE
                         WHEN (e.next_valid_time <= now()) THEN ( SELECT ((s.sensitive)::integer + (2 * (s.archived)::integer))
                            FROM state_at(e.entity_id, now(), 'infinity'::timestamp with time zone) s(entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at, sensitive, archived, label, related, doc, hints)
                           WHERE (s.user_id = hidden_bits.p_user_id))
                         WHEN (e.user_id = hidden_bits.p_user_id) THEN ((e.sensitive)::integer + (2 * (e.archived)::integer))
                         ELSE NULL::integer
                     END) AS bit_or
                FROM ( SELECT e_1.entity_id,
                         e_1.user_id,
                         e_1.version,
                         e_1.occurred_at,
                         e_1.occurred_until,
                         e_1.created_at,
                         e_1.updated_at,
                         e_1.deleted_at,
                         e_1.last_tx_time,
                         e_1.next_valid_time,
                         e_1.sensitive,
                         e_1.archived,
                         e_1.entity_type,
                         e_1.label,
                         e_1.related,
                         e_1.doc,
                         e_1.hints
                        FROM entities e_1
                       WHERE (e_1.entity_id = ANY (hidden_bits.p_related))
                      OFFSET 0) e
               WHERE (e.sensitive OR e.archived OR (e.next_valid_time <= now()))), 0)
         END))::smallint AS int2;
END
;
CREATE OR REPLACE FUNCTION public.hidden_parents(p_user_id uuid, p_shown smallint, p_entity_types text[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
begin
  return array(
    select p.entity_id from own_entities p
    where p.user_id = p_user_id and (p.sensitive or p.archived)
      and (p.sensitive and p_shown & 1 = 0 or p.archived and p_shown & 2 = 0)
      and (p_entity_types is null or p.entity_type = any (p_entity_types))
  );
end
$function$
;
CREATE OR REPLACE FUNCTION public.hints_of_doc(p_hints jsonb, p_entity_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((COALESCE(p_hints, '{}'::jsonb) - ARRAY['/id'::text, '/xt~1id'::text]) || jsonb_build_object('/id', COALESCE((p_hints -> '/xt~1id'::text), (p_hints -> '/id'::text), jsonb_build_array('id', format('#uuid "%s"'::text, p_entity_id)))))
;
CREATE OR REPLACE FUNCTION public.hints_without(p_hints jsonb, p_fields text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(h.key, h.value) AS jsonb_object_agg FROM jsonb_each(hints_without.p_hints) h(key, value) WHERE (replace(replace(split_part(h.key, '/'::text, 2), '~1'::text, '/'::text), '~0'::text, '~'::text) <> ALL (hints_without.p_fields)))
;
CREATE OR REPLACE FUNCTION public.hold_lease(p_lease uuid)
 RETURNS refresh_state
 LANGUAGE plpgsql
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.housekeep(p_lease uuid, p_refresh_id uuid, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  c_refreshes_live constant interval := '30 days';
  c_measurements_live constant interval := '90 days';
  c_trends_live constant interval := '400 days';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_name text;
  v_rows bigint := 0;
  v_more bigint;
  v_error text;
begin
  select name into v_name from refresh_log where refresh_id = p_refresh_id and lease = p_lease;
  begin
    case v_name
    when 'turn_over' then
      v_rows := turn_over(clock_timestamp(), p_limit);
    when 'expire_idempotency_keys' then
      v_rows := forget_idempotency_keys(p_limit);
    when 'prune_logs' then
      delete from refresh_log where started_at < clock_timestamp() - c_refreshes_live;
      get diagnostics v_rows = row_count;
      delete from route_stats where hour < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from call_stats where hour < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from slow_calls where at < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from tripwire_samples where at < clock_timestamp() - c_trends_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
    when 'months_ahead' then
      v_rows := months_ahead();
    end case;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for, stale = v_error is not null,
    as_of = case when v_error is null then v_began else as_of end where name = v_name;
  return refresh_done(p_refresh_id, 'done', ms_since(v_began), null, null, v_rows, v_error);
end
$function$
;
CREATE OR REPLACE FUNCTION public.id_hint(p_hints jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_hints ? '/id'::text) THEN jsonb_build_object('/id', (p_hints -> '/id'::text)) ELSE NULL::jsonb END
;
CREATE OR REPLACE FUNCTION public.ids_in(p_value jsonb)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN ARRAY(SELECT (r.value)::uuid AS r FROM jsonb_array_elements_text(CASE jsonb_typeof(ids_in.p_value) WHEN 'array'::text THEN ids_in.p_value WHEN 'string'::text THEN jsonb_build_array(ids_in.p_value) ELSE '[]'::jsonb END) r(value) WHERE pg_input_is_valid(r.value, 'uuid'::text))
;
CREATE OR REPLACE FUNCTION public.import_act(p_import_id uuid, p_action text, p_error text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_import imports%rowtype;
  v_next text;
begin
  -- For update: waits for chunks under way, which hold the row shared, and keeps out later ones.
  select * into v_import from imports where import_id = p_import_id for update;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'Open the import first.';
  end if;
  select next_state into v_next from import_transitions where state = v_import.state and action = p_action;
  if not found then
    raise exception 'the import is %: it cannot %', v_import.state, p_action using errcode = 'AN409',
      hint = case v_import.state
        when 'cancelled' then 'Open a new import of the file: what is in already will not be written twice.'
        when 'paused' then 'Resume it first.'
        else 'Nothing is left to do.'
      end;
  end if;
  if v_next <> v_import.state then
    update imports set
      state = v_next, state_since = clock_timestamp(),
      ran_before = ran_before + case when state = 'running' then clock_timestamp() - state_since else '0' end,
      last_error = coalesce(p_error, last_error)
    where import_id = p_import_id;
  end if;
  return import_status(p_import_id);
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_backup(p_backup jsonb)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_taken bigint;
begin
  insert into transactions (tx, tx_time, user_id, events, client, meta)
    select t.tx, t.tx_time, t.user_id, t.events, t.client, t.meta::jsonb
    from jsonb_to_recordset(p_backup -> 'transactions') as t(
      tx bigint, tx_time timestamptz, user_id uuid, events integer, client text, meta text
    )
    on conflict (tx) do nothing;
  -- One that is there already is the same one, or else it must not vanish (I10).
  select t.tx into v_taken
    from jsonb_to_recordset(p_backup -> 'transactions') as t(tx bigint, tx_time timestamptz, user_id uuid)
    join transactions x using (tx) where (x.tx_time, x.user_id) is distinct from (t.tx_time, t.user_id) limit 1;
  if found then
    raise exception 'the store has another transaction %', v_taken using errcode = 'AN409',
      hint = 'A backup is restored into a database of its own. Into a store in use bring an export without transactions: --format edn.';
  end if;
  -- Before import_chunk comes to them: it knows less of an eviction, and leaves alone what is there.
  insert into evictions (entity_id, xtdb_id_hash, tx, tx_time, user_id, entity_type, evicted_by, import_id)
    select r.entity_id, r.xtdb_id_hash, r.tx, r.tx_time, r.user_id, r.entity_type, r.evicted_by, (p_backup ->> 'import_id')::uuid
    from jsonb_to_recordset(p_backup -> 'evictions') as r(
      entity_id uuid, xtdb_id_hash text, tx bigint, tx_time timestamptz, user_id uuid, entity_type text, evicted_by text
    )
    on conflict do nothing;
  -- The next native transaction has a number of its own.
  perform setval('tx_seq', greatest(s.last_value, (
    select max(t.tx) from jsonb_to_recordset(p_backup -> 'transactions') as t(tx bigint)
  ))) from tx_seq s;
  return true;
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_chunk(p_chunk jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_import imports%rowtype;
  v_kept import_chunks%rowtype;
  v_first constant bigint := (p_chunk ->> 'first_line')::bigint;
  v_last constant bigint := (p_chunk ->> 'last_line')::bigint;
  v_written jsonb;
  v_rejects integer;
  v_conflicts jsonb := '[]';
  v_footer_line bigint;
begin
  -- Shared: chunks of one import run side by side; what changes its state takes the row for itself and so waits for them all.
  select * into v_import from imports where import_id = (p_chunk ->> 'import_id')::uuid for share;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'Open the import first.';
  end if;
  if v_import.fingerprint <> p_chunk ->> 'fingerprint' then
    raise exception 'this chunk is of another file than the import was opened with'
      using errcode = 'AN409', hint = 'Open an import for this file, or send the file the import was opened with.';
  end if;

  if v_import.arguments = '{}' and (p_chunk ->> 'skipped')::integer > 0 then
    raise exception 'the chunk leaves rows out, but the import was opened to bring in all'
      using errcode = 'AN409', hint = 'Open an import with the arguments that leave them out.';
  end if;

  if v_import.state = 'running' then
    -- The fence: a rival with any of these lines waits here until the first one commits, and then does nothing.
    insert into import_chunks (
      import_id, first_line, last_line, digest, bytes, rows, inserted, tombstones, evictions, skipped, rejects, conflicts,
      nonconforming, entities, header, footer, report
    ) values (
      v_import.import_id, v_first, v_last, p_chunk ->> 'digest', (p_chunk ->> 'bytes')::bigint, 0, 0, 0, 0,
      (p_chunk ->> 'skipped')::integer, 0, 0, (p_chunk ->> 'nonconforming')::integer, 0, nullif(p_chunk -> 'header', 'null'), nullif(p_chunk -> 'footer', 'null'),
      p_chunk -> 'report'
    ) on conflict do nothing;
  end if;
  if v_import.state <> 'running' or not found then
    select * into v_kept from import_chunks where import_id = v_import.import_id and first_line = v_first and last_line = v_last;
    if v_kept.digest = p_chunk ->> 'digest' then
      return jsonb_build_object(
        'applied', false, 'first_line', v_first, 'last_line', v_last, 'rows', v_kept.rows, 'inserted', v_kept.inserted,
        'tombstones', v_kept.tombstones, 'evictions', v_kept.evictions, 'skipped', v_kept.skipped, 'rejects', v_kept.rejects, 'nonconforming', v_kept.nonconforming,
        'conflicts', v_conflicts
      );
    elsif v_import.state = 'running' then
      raise exception 'lines % to % overlap lines that are in already, cut or worded otherwise', v_first, v_last
        using errcode = 'AN409', hint = 'Ask for the import''s status and send the lines that are missing.';
    else
      raise exception 'the import is %: it takes no chunk', v_import.state using errcode = 'AN409',
        hint = case v_import.state
          when 'paused' then 'Resume it first.'
          else 'Open an import of the file.'
        end;
    end if;
  end if;
  select min(last_line) into v_footer_line from import_chunks where import_id = v_import.import_id and footer is not null;
  if v_last > v_footer_line or (p_chunk -> 'footer' <> 'null' and exists (
    select from import_chunks where import_id = v_import.import_id and first_line > v_last
  )) then
    raise exception 'the file goes on after its footer' using errcode = 'AN422', hint = 'The file is not what was exported. Export again.';
  end if;

  v_written := import_write(v_import.import_id, p_chunk -> 'rows', p_chunk -> 'evictions');
  if v_written -> 'conflicts' <> '[]' then
    with conflicts as (
      insert into import_rejects (import_id, line, reason, raw)
      select v_import.import_id, (r ->> 'line')::bigint, another_version(), convert_to(r::text, 'UTF8')
      from jsonb_array_elements(p_chunk -> 'rows') r where v_written -> 'conflicts' @> (r -> 'line')
      returning line, reason
    )
    select jsonb_agg(jsonb_build_object('line', line, 'reason', reason) order by line) into v_conflicts from conflicts;
  end if;
  insert into import_rejects (import_id, line, reason, raw)
    select v_import.import_id, r.line, r.reason, decode(r.raw, 'base64')
    from jsonb_to_recordset(p_chunk -> 'rejects') as r(line bigint, reason text, raw text);
  get diagnostics v_rejects = row_count;

  update import_chunks set
    rows = (v_written ->> 'rows')::integer, inserted = (v_written ->> 'inserted')::integer,
    tombstones = (v_written ->> 'tombstones')::integer, evictions = jsonb_array_length(p_chunk -> 'evictions'),
    rejects = v_rejects, conflicts = jsonb_array_length(v_conflicts), entities = (v_written ->> 'entities')::integer,
    first_entity = (p_chunk -> 'rows' -> 0 ->> 'entity_id')::uuid, last_entity = (p_chunk -> 'rows' -> -1 ->> 'entity_id')::uuid,
    max_tx = (v_written ->> 'max_tx')::bigint
  where import_id = v_import.import_id and first_line = v_first;
  return jsonb_build_object(
    'applied', true, 'first_line', v_first, 'last_line', v_last, 'rows', v_written -> 'rows', 'inserted', v_written -> 'inserted',
    'tombstones', v_written -> 'tombstones', 'evictions', jsonb_array_length(p_chunk -> 'evictions'), 'skipped', p_chunk -> 'skipped', 'rejects', v_rejects, 'nonconforming', p_chunk -> 'nonconforming',
    'conflicts', v_conflicts
  );
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_finish(p_import_id uuid, p_forced_by uuid DEFAULT NULL::uuid, p_forced_reason text DEFAULT NULL::text)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_status jsonb;
  v_footer jsonb;
  v_last_line bigint;
  v_entities bigint;
  v_lines bigint;
  v_transactions bigint;
begin
  perform from imports where import_id = p_import_id and state = 'finished' for update;
  if found then
    return import_status(p_import_id);
  end if;
  v_status := import_act(p_import_id, 'finish');
  select c.footer, c.last_line into v_footer, v_last_line
    from import_chunks c where c.import_id = p_import_id and c.footer is not null order by c.last_line limit 1;
  if v_footer is null then
    raise exception 'the file has no footer: it was cut short' using errcode = 'AN422',
      hint = format('Lines up to %s are in. Send the rest, or export again.', (v_status ->> 'next_line')::bigint - 1);
  end if;
  if (v_status ->> 'next_line')::bigint <= v_last_line then
    raise exception 'line % is missing', v_status ->> 'next_line' using errcode = 'AN422',
      hint = 'Send the missing lines and finish again.';
  end if;
  -- Two chunks sent side by side can each be in before they see the other.
  if (v_status ->> 'lines')::bigint <> v_last_line then
    raise exception 'the file goes on after its footer' using errcode = 'AN422', hint = 'The file is not what was exported. Export again.';
  end if;
  -- Every line is the header, the footer, a row, an eviction, a transaction, left out, or a reject: then nothing can be missing unnoticed.
  v_lines := (v_status ->> 'rows')::bigint + (v_status ->> 'evictions')::bigint + (v_status ->> 'transactions')::bigint
    + (v_status ->> 'skipped')::bigint + (v_status ->> 'rejects')::bigint + 2;
  if v_lines <> v_last_line then
    raise exception 'of % lines only % are accounted for', v_last_line, v_lines
      using errcode = 'AN500';
  end if;
  v_transactions := coalesce((v_footer ->> 'transactions')::bigint, 0);
  if p_forced_by is null and (v_footer ->> 'rows')::bigint + (v_footer ->> 'evicted')::bigint + v_transactions + 2 <> v_last_line then
    raise exception 'the footer promises % rows, % evictions and % transactions, the file has % such lines',
      v_footer ->> 'rows', v_footer ->> 'evicted', v_transactions, v_last_line - 2
      using errcode = 'AN422', hint = 'The file is not what was exported. Export again.';
  end if;
  if p_forced_by is null and (v_status ->> 'rejects')::bigint = 0 and (v_status ->> 'skipped')::bigint = 0 then
    -- Rows are grouped by entity, so an entity is counted twice just where a chunk ends within it.
    select sum(c.entities) - count(*) filter (where c.last_entity = n.first_entity) into v_entities
    from import_chunks c left join import_chunks n on n.import_id = c.import_id and n.first_line = c.last_line + 1
    where c.import_id = p_import_id;
    if v_entities <> (v_footer ->> 'entities')::bigint then
      raise exception 'the footer promises % entities, the file has %', v_footer ->> 'entities', v_entities
        using errcode = 'AN422', hint = 'The file is not what was exported, or its rows are not grouped by entity. Export again.';
    end if;
  end if;
  perform setval('tx_seq', greatest((select max(max_tx) from import_chunks where import_id = p_import_id), last_value)) from tx_seq;
  update imports set erased = erase_evicted(), forced_by = p_forced_by, forced_reason = p_forced_reason where import_id = p_import_id;
  -- One rebuild, not a million invalidations.
  update analytics set stale = true;
  return import_status(p_import_id);
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_list()
 RETURNS SETOF jsonb
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT import_status(imports.import_id) AS import_status
    FROM imports
   ORDER BY imports.created_at DESC, imports.import_id
  LIMIT 100;
END
;
CREATE OR REPLACE FUNCTION public.import_mend(p_mend jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_state text;
  v_reject import_rejects%rowtype;
  v_written jsonb;
begin
  -- Not for share: of two that mend a finished import, each would wait for the other to let go before it counts what it erased.
  select state into v_state from imports where import_id = (p_mend ->> 'import_id')::uuid for no key update;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'List the imports to find its id.';
  elsif v_state = 'cancelled' then
    raise exception 'the import is cancelled: it takes no line' using errcode = 'AN409', hint = 'Open an import of the file.';
  end if;
  select * into v_reject from import_rejects
    where import_id = (p_mend ->> 'import_id')::uuid and line = (p_mend ->> 'line')::bigint for update;
  if not found then
    raise exception 'line % was not rejected', p_mend ->> 'line' using errcode = 'AN404', hint = 'Only rejected lines can be mended.';
  elsif v_reject.mended_digest = p_mend ->> 'digest' then
    return jsonb_build_object('applied', false, 'line', v_reject.line);
  elsif v_reject.mended_at is not null then
    raise exception 'line % was mended already, with other words', v_reject.line using errcode = 'AN409',
      hint = 'What came in stays in: write a new version instead.';
  end if;
  v_written := import_write(v_reject.import_id, p_mend -> 'rows', p_mend -> 'evictions');
  if v_written -> 'conflicts' <> '[]' then
    raise exception 'line %: %', v_reject.line, another_version() using errcode = 'AN409',
      hint = 'A version is known by entity, valid time, transaction time and transaction.';
  end if;
  update import_rejects set mended_at = clock_timestamp(), mended_digest = p_mend ->> 'digest'
    where import_id = v_reject.import_id and line = v_reject.line;
  if v_state = 'finished' then
    perform setval('tx_seq', greatest((v_written ->> 'max_tx')::bigint, last_value)) from tx_seq;
    update imports set erased = erased + erase_evicted() where import_id = v_reject.import_id;
    update analytics set stale = true where not stale;
  end if;
  return jsonb_build_object('applied', true, 'line', v_reject.line);
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_open(p_request jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_import imports%rowtype;
  v_created boolean;
begin
  insert into imports (fingerprint, arguments, file_name, total_bytes, created_by)
    values (p_request ->> 'fingerprint', p_request -> 'arguments', p_request ->> 'file_name', (p_request ->> 'total_bytes')::bigint, (p_request ->> 'created_by')::uuid)
    on conflict (fingerprint, arguments) where state <> 'cancelled' do nothing;
  v_created := found;
  select * into strict v_import from imports
    where fingerprint = p_request ->> 'fingerprint' and arguments = p_request -> 'arguments' and state <> 'cancelled';
  return import_status(v_import.import_id) || jsonb_build_object('created', v_created);
end
$function$
;
CREATE OR REPLACE FUNCTION public.import_report(p_import_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT jsonb_build_object('types', COALESCE(( SELECT jsonb_object_agg(t.key, t.counters) AS jsonb_object_agg
            FROM ( SELECT t_1.key,
                     jsonb_build_object('rows', sum(((t_1.value ->> 'rows'::text))::bigint), 'entities', (sum(((t_1.value ->> 'entities'::text))::bigint) - (( SELECT count(*) AS count
                            FROM (import_chunks e
                              JOIN import_chunks n ON (((n.import_id = e.import_id) AND (n.first_line = (e.last_line + 1)))))
                           WHERE ((e.import_id = i.import_id) AND (((e.report -> 'last'::text) -> 'entity_id'::text) = ((n.report -> 'first'::text) -> 'entity_id'::text)) AND (((e.report -> 'last'::text) -> 'types'::text) ? t_1.key) AND (((n.report -> 'first'::text) -> 'types'::text) ? t_1.key))))::numeric), 'versions', sum(((t_1.value ->> 'versions'::text))::bigint), 'tombstones', sum(((t_1.value ->> 'tombstones'::text))::bigint), 'back_dated', sum(((t_1.value ->> 'back_dated'::text))::bigint), 'future', sum(((t_1.value ->> 'future'::text))::bigint), 'nonconforming', sum(((t_1.value ->> 'nonconforming'::text))::bigint), 'without_user', sum(((t_1.value ->> 'without_user'::text))::bigint)) AS counters
                    FROM (import_chunks c
                      CROSS JOIN LATERAL jsonb_each((c.report -> 'types'::text)) t_1(key, value))
                   WHERE (c.import_id = i.import_id)
                   GROUP BY t_1.key) t), '{}'::jsonb), 'nonconforming', COALESCE(( SELECT jsonb_object_agg(f.key, jsonb_build_object('count', f.count, 'line', f.line)) AS jsonb_object_agg
            FROM ( SELECT f_1.key,
                     sum(((f_1.value ->> 'count'::text))::bigint) AS count,
                     min(((f_1.value ->> 'line'::text))::bigint) AS line
                    FROM (import_chunks c
                      CROSS JOIN LATERAL jsonb_each((c.report -> 'nonconforming'::text)) f_1(key, value))
                   WHERE (c.import_id = i.import_id)
                   GROUP BY f_1.key) f), '{}'::jsonb), 'unknown_attributes', COALESCE(( SELECT jsonb_object_agg(f.key, jsonb_build_object('count', f.count, 'line', f.line)) AS jsonb_object_agg
            FROM ( SELECT f_1.key,
                     sum(((f_1.value ->> 'count'::text))::bigint) AS count,
                     min(((f_1.value ->> 'line'::text))::bigint) AS line
                    FROM (import_chunks c
                      CROSS JOIN LATERAL jsonb_each((c.report -> 'unknown_attributes'::text)) f_1(key, value))
                   WHERE (c.import_id = i.import_id)
                   GROUP BY f_1.key) f), '{}'::jsonb), 'skipped', COALESCE(( SELECT jsonb_object_agg(k.key, k.count) AS jsonb_object_agg
            FROM ( SELECT k_1.key,
                     sum((k_1.value)::bigint) AS count
                    FROM (import_chunks c
                      CROSS JOIN LATERAL jsonb_each_text((c.report -> 'skipped'::text)) k_1(key, value))
                   WHERE (c.import_id = i.import_id)
                   GROUP BY k_1.key) k), '{}'::jsonb), 'other_ids', ( SELECT jsonb_build_object('count', sum((((c.report -> 'other_ids'::text) ->> 'count'::text))::bigint), 'line', min((((c.report -> 'other_ids'::text) ->> 'line'::text))::bigint)) AS jsonb_build_object
            FROM import_chunks c
           WHERE (c.import_id = i.import_id)
          HAVING (sum((((c.report -> 'other_ids'::text) ->> 'count'::text))::bigint) > (0)::numeric))) AS jsonb_build_object
    FROM imports i
   WHERE (i.import_id = import_report.p_import_id);
END
;
CREATE OR REPLACE FUNCTION public.import_status(p_import_id uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT jsonb_build_object('import_id', i.import_id, 'state', i.state, 'fingerprint', i.fingerprint, 'arguments', i.arguments, 'file_name', i.file_name, 'total_bytes', i.total_bytes, 'created_by', i.created_by, 'created_at', iso(i.created_at), 'state_since', iso(i.state_since), 'running_ms', round((EXTRACT(epoch FROM (i.ran_before +
         CASE
             WHEN (i.state = 'running'::text) THEN (clock_timestamp() - i.state_since)
             ELSE '00:00:00'::interval
         END)) * (1000)::numeric)), 'last_chunk_at', iso(s.last_chunk_at), 'last_heartbeat_at', iso(GREATEST(s.last_chunk_at, i.state_since)), 'last_error', i.last_error, 'header', ( SELECT c.header
            FROM import_chunks c
           WHERE ((c.import_id = i.import_id) AND (c.first_line = 1))), 'footer', ( SELECT c.footer
            FROM import_chunks c
           WHERE ((c.import_id = i.import_id) AND (c.footer IS NOT NULL))
           ORDER BY c.last_line
          LIMIT 1), 'applied_lines', COALESCE(( SELECT jsonb_agg(jsonb_build_array(lower(r.r), (upper(r.r) - 1)) ORDER BY r.r) AS jsonb_agg
            FROM unnest(s.applied_lines) r(r)), '[]'::jsonb), 'next_line', COALESCE(( SELECT upper(r.r) AS upper
            FROM unnest(s.applied_lines) r(r)
           WHERE (lower(r.r) = 1)), (1)::bigint), 'chunks', s.chunks, 'lines', s.lines, 'bytes', s.bytes, 'rows', s.rows, 'inserted', s.inserted, 'tombstones', s.tombstones, 'evictions', s.evictions, 'skipped', s.skipped, 'transactions', s.transactions, 'rejects', s.rejects, 'conflicts', s.conflicts, 'nonconforming', s.nonconforming, 'mended', ( SELECT count(*) AS count
            FROM import_rejects r
           WHERE ((r.import_id = i.import_id) AND (r.mended_at IS NOT NULL))), 'erased', i.erased, 'forced_by', i.forced_by, 'forced_reason', i.forced_reason) AS jsonb_build_object
    FROM (imports i
      CROSS JOIN LATERAL ( SELECT count(*) AS chunks,
             COALESCE(sum(((c.last_line - c.first_line) + 1)), (0)::numeric) AS lines,
             COALESCE(sum(c.bytes), (0)::numeric) AS bytes,
             COALESCE(sum(c.rows), (0)::bigint) AS rows,
             COALESCE(sum(c.inserted), (0)::bigint) AS inserted,
             COALESCE(sum(c.tombstones), (0)::bigint) AS tombstones,
             COALESCE(sum(c.evictions), (0)::bigint) AS evictions,
             COALESCE(sum(c.skipped), (0)::bigint) AS skipped,
             COALESCE(sum(((c.report ->> 'transactions'::text))::bigint), (0)::numeric) AS transactions,
             COALESCE(sum(c.rejects), (0)::bigint) AS rejects,
             COALESCE(sum(c.conflicts), (0)::bigint) AS conflicts,
             COALESCE(sum(c.nonconforming), (0)::bigint) AS nonconforming,
             max(c.applied_at) AS last_chunk_at,
             range_agg(int8range(c.first_line, c.last_line, '[]'::text)) AS applied_lines
            FROM import_chunks c
           WHERE (c.import_id = i.import_id)) s)
   WHERE (i.import_id = import_status.p_import_id);
END
;
CREATE OR REPLACE FUNCTION public.import_write(p_import_id uuid, p_rows jsonb, p_evictions jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_now constant timestamptz := clock_timestamp();
  v_rows integer;
  v_inserted integer;
  v_tombstones integer;
  v_entities integer;
  v_conflicts jsonb := '[]';
  v_repeats bigint[];
  v_evictions bigint[];
  v_max_tx bigint;
  v_others uuid[];
begin
  with input as materialized (
    select * from jsonb_to_recordset(p_rows) as r(
      line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, user_id uuid, entity_type text,
      doc jsonb, hints jsonb
    )
  ), inserted as (
    insert into event_log (tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at)
    select i.tx, i.tx_time, i.valid_time, i.entity_id, i.user_id, p_import_id, i.entity_type, nullif(i.doc, 'null'),
      nullif(i.hints, 'null'), x.occurred_at
    from input i cross join lateral entity_facts(i.entity_type, nullif(i.doc, 'null')) x
    order by i.entity_id, i.valid_time, i.tx_time, i.tx
    on conflict (entity_id, valid_time, tx_time, tx) do nothing
    returning entity_id, valid_time, tx_time, tx, seq, user_id, entity_type, doc, hints
  ), ranked as (
    select i.*, row_number() over latest_first as n, min(i.tx_time) over whole as first_tx_time, max(i.tx_time) over whole as last_tx_time
    from inserted i
    window
      latest_first as (partition by i.entity_id order by i.valid_time desc, i.tx_time desc, i.tx desc),
      whole as (latest_first rows between unbounded preceding and unbounded following)
  ), created as (
    -- An entity that nobody knows yet is folded from what was just written, if its latest version is a doc that holds now. Who
    -- has no row has no other event: a rival that writes some is met here as a conflict, and the later of the two folds both.
    insert into entities (
      entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      last_tx_time, next_valid_time, sensitive, archived, entity_type, label, related, doc, hints
    )
    select
      r.entity_id, r.user_id, r.seq,
      coalesce(x.occurred_at, r.first_tx_time), case when x.occurred_at is null then r.first_tx_time else x.occurred_until end,
      coalesce(x.created_at, r.first_tx_time), r.tx_time, x.deleted_at,
      r.last_tx_time, null, x.sensitive, x.archived, r.entity_type, x.label, x.related, r.doc, r.hints
    from ranked r
    cross join lateral entity_facts(r.entity_type, r.doc) x
    where r.n = 1 and r.doc is not null and r.valid_time <= v_now
    order by r.entity_id
    on conflict (entity_id) do nothing
    returning entity_id
  )
  select (select count(*) from input), (select count(*) from inserted),
    (select count(*) from input where nullif(doc, 'null') is null), (select max(tx) from input),
    count(*), array_agg(e.entity_id) filter (where c.entity_id is null)
  from (select distinct entity_id from input) e left join created c using (entity_id)
  into v_rows, v_inserted, v_tombstones, v_max_tx, v_entities, v_others;

  if v_inserted < v_rows then
    -- A version that is there already is the same version, or else it must not vanish: same place in history, another doc (I10).
    -- Two deletes are the same one, by whatever name of the entity: before it is put, XTDB's log has no more than the hash of its id.
    -- Nor is a version another one for that.
    select coalesce(jsonb_agg(r.line order by r.line) filter (where r.is_other), '[]'),
      array_agg(r.seq) filter (where not r.is_other and r.import_id is distinct from p_import_id)
    into v_conflicts, v_repeats
    from (
      select r.line, e.seq, e.import_id,
        nullif(r.doc, 'null') is distinct from e.doc or (
          e.doc is not null and nullif(r.hints, 'null') is distinct from e.hints
          and hints_of_doc(nullif(r.hints, 'null'), entity_id) is distinct from hints_of_doc(e.hints, entity_id)
        ) as is_other
      from jsonb_to_recordset(p_rows) as r(
        line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, doc jsonb, hints jsonb
      )
      join event_log e using (entity_id, valid_time, tx_time, tx)
      offset 0
    ) r;
  end if;

  if p_evictions <> '[]' then
    insert into evictions (entity_id, xtdb_id_hash, tx, tx_time, evicted_by, import_id)
      select r.entity_id, r.xtdb_id_hash, r.tx, r.tx_time, 'xtdb', p_import_id
      from jsonb_to_recordset(p_evictions) as r(entity_id uuid, xtdb_id_hash text, tx bigint, tx_time timestamptz)
      on conflict do nothing;
    select array_agg(v.eviction_id) into v_evictions
      from jsonb_to_recordset(p_evictions) as r(xtdb_id_hash text, tx bigint, tx_time timestamptz)
      join evictions v using (xtdb_id_hash, tx, tx_time)
      where v.import_id is distinct from p_import_id;
  end if;
  if v_repeats is not null or v_evictions is not null then
    insert into import_repeats (import_id, events, evictions)
      values (p_import_id, coalesce(v_repeats, '{}'), coalesce(v_evictions, '{}'));
  end if;

  if v_others is not null then
    perform fold_entities(v_others, v_now);
  end if;
  return jsonb_build_object(
    'rows', v_rows, 'inserted', v_inserted, 'tombstones', v_tombstones, 'conflicts', v_conflicts,
    'entities', v_entities, 'max_tx', v_max_tx
  );
end
$function$
;
CREATE OR REPLACE FUNCTION public.is_date(p_text text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((octet_length(p_text) = 10) AND (p_text ~ '^\d{4}-\d\d-\d\d$'::text))
;
CREATE OR REPLACE FUNCTION public.is_due(p_unit analytics, p_scheduled_for timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
RETURN CASE (p_unit).kind WHEN 'rollup'::text THEN true WHEN 'materialized_view'::text THEN ((((p_unit).scheduled_for + (p_unit).cadence) <= p_scheduled_for) AND ((p_unit).stale OR (EXISTS (SELECT FROM refresh_state s WHERE ((s.changed_at >= (is_due.p_unit).as_of) OR has_events_after(s.cursor_xid, s.cursor_seq) OR (EXISTS (SELECT FROM analytics r WHERE ((r.kind = 'rollup'::text) AND (r.stale OR r.rebuilding))))))))) ELSE CASE (p_unit).name WHEN 'turn_over'::text THEN (EXISTS (SELECT FROM entities WHERE (entities.next_valid_time <= clock_timestamp()))) ELSE (((p_unit).scheduled_for + (p_unit).cadence) <= p_scheduled_for) END END
;
CREATE OR REPLACE FUNCTION public.is_own_entity(p_entity_id uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
RETURN (EXISTS (SELECT FROM entities WHERE ((entities.entity_id = is_own_entity.p_entity_id) AND (entities.user_id = (SELECT caller() AS caller)))))
;
CREATE OR REPLACE FUNCTION public.is_shown(p_shown smallint, p_sensitive boolean, p_archived boolean, p_related uuid[], p_hidden uuid[])
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (((p_sensitive IS NOT TRUE) OR (((p_shown)::integer & 1) <> 0)) AND ((p_archived IS NOT TRUE) OR (((p_shown)::integer & 2) <> 0)) AND (NOT (p_related && p_hidden)))
;
CREATE OR REPLACE FUNCTION public.iso(p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN ((p_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (p_at < 'infinity'::timestamp with time zone)) THEN to_char((p_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text) WHEN isfinite(p_at) THEN to_char((p_at AT TIME ZONE 'UTC'::text), '"0000"-MM-DD"T"HH24:MI:SS.US"Z"'::text) ELSE (p_at)::text END
;
CREATE OR REPLACE FUNCTION public.keep_measurements(p_measured jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into route_stats as s (route, hour, requests, refused, failed, total_ms, max_ms, histogram)
  select m.route, m.hour, m.requests, m.refused, m.failed, m.total_ms, m.max_ms, m.histogram
  from jsonb_to_recordset(p_measured -> 'routes') as m(
    route text, hour timestamptz, requests bigint, refused bigint, failed bigint, total_ms double precision, max_ms double precision, histogram bigint[]
  )
  on conflict (route, hour) do update set
    requests = s.requests + excluded.requests, refused = s.refused + excluded.refused, failed = s.failed + excluded.failed,
    total_ms = s.total_ms + excluded.total_ms, max_ms = greatest(s.max_ms, excluded.max_ms), histogram = added(s.histogram, excluded.histogram);
  insert into call_stats as s (name, hour, calls, slow, failed, total_ms, max_ms, histogram)
  select m.name, m.hour, m.calls, m.slow, m.failed, m.total_ms, m.max_ms, m.histogram
  from jsonb_to_recordset(p_measured -> 'calls') as m(
    name text, hour timestamptz, calls bigint, slow bigint, failed bigint, total_ms double precision, max_ms double precision, histogram bigint[]
  )
  on conflict (name, hour) do update set
    calls = s.calls + excluded.calls, slow = s.slow + excluded.slow, failed = s.failed + excluded.failed,
    total_ms = s.total_ms + excluded.total_ms, max_ms = greatest(s.max_ms, excluded.max_ms), histogram = added(s.histogram, excluded.histogram);
  insert into slow_calls (at, name, duration_ms, rows)
  select m.at, m.name, m.duration_ms, m.rows
  from jsonb_to_recordset(p_measured -> 'slow') as m(at timestamptz, name text, duration_ms double precision, rows integer);
  insert into slow_statements (name, statement)
  select key, value from jsonb_each_text(p_measured -> 'statements')
  on conflict (name) do update set statement = excluded.statement where slow_statements.statement <> excluded.statement;
$function$
;
CREATE OR REPLACE FUNCTION public.lease_lasts()
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
RETURN '00:05:00'::interval
;
CREATE OR REPLACE FUNCTION public.lock_entities(p_user_id uuid, p_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- By their ids, since they may not be there yet: one of 256 locks a user, so that a bulk write cannot use up the server's.
  -- In one order for all, and before the rows themselves are locked.
  perform pg_advisory_xact_lock(hashtext(p_user_id::text), b)
    from (select distinct hashtext(i::text) & 255 as b from unnest(p_ids) i order by b) buckets;
end
$function$
;
CREATE OR REPLACE FUNCTION public.log_identity()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
RETURN ((((SELECT pg_control_system.system_identifier FROM pg_control_system() pg_control_system(pg_control_version, catalog_version_no, system_identifier, pg_control_last_modified)))::text || '/'::text) || ((SELECT pg_control_checkpoint.timeline_id FROM pg_control_checkpoint() pg_control_checkpoint(checkpoint_lsn, redo_lsn, redo_wal_file, timeline_id, prev_timeline_id, full_page_writes, next_xid, next_oid, next_multixact_id, next_multi_offset, oldest_xid, oldest_xid_dbid, oldest_active_xid, oldest_multi_xid, oldest_multi_dbid, oldest_commit_ts_xid, newest_commit_ts_xid, checkpoint_time)))::text)
;
CREATE OR REPLACE FUNCTION public.log_rewrite_begin(p_monthly boolean)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_rewrite log_rewrite%rowtype;
  v_months timestamptz[];
  v_definition text;
  v_month timestamptz;
begin
  select * into v_rewrite from log_rewrite;
  if v_rewrite.monthly <> p_monthly then
    raise exception 'the log is on its way into the other shape' using errcode = 'AN409',
      hint = 'Let that end first, or give it up: annals partition --give-up.';
  elsif v_rewrite.monthly is not null then
    return v_rewrite.state;
  elsif p_monthly = (select relkind = 'p' from pg_class where oid = 'event_log'::regclass) then
    return 'done';
  end if;
  if p_monthly then
    v_months := array(
      select date_trunc('month', tx_time, 'UTC') from event_log
      union select generate_series(date_trunc('month', now(), 'UTC'), now() + interval '3 months', interval '1 month', 'UTC')
      order by 1
    );
  end if;
  -- Waits for writers and holds the next ones up: whatever was written before the trigger is committed, and every chunk sees it.
  lock table event_log in share row exclusive mode;
  execute 'create table event_log_next (like event_log including defaults including constraints including comments including storage)'
    || case when p_monthly then ' partition by range (tx_time)' else '' end;
  for v_definition in
    select regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX event_log(\w*) ON (ONLY )?public\.event_log ', 'INDEX event_log_next\1 ON event_log_next ')
    from pg_index i where i.indrelid = 'event_log'::regclass and not i.indisprimary
    union all
    select format('alter table event_log_next add constraint event_log_next_pkey %s', pg_get_constraintdef(k.oid))
    from pg_constraint k where k.conrelid = 'event_log'::regclass and k.contype = 'p'
  loop
    execute v_definition;
  end loop;
  if not p_monthly then
    perform tend_log('event_log_next');
  else
    create table event_log_other partition of event_log_next default;
    perform tend_log('event_log_other');
    create trigger event_log_no_truncate before truncate on event_log_other for each statement execute function refuse_log_change();
    foreach v_month in array v_months loop
      perform make_log_month('event_log_next', v_month);
    end loop;
  end if;
  create trigger event_log_mirror after insert on event_log for each row execute function mirror_event();
  insert into log_rewrite (monthly) values (p_monthly);
  return 'copying';
end
$function$
;
CREATE OR REPLACE FUNCTION public.log_rewrite_compare()
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_answer jsonb;
begin
  -- One statement, so one snapshot: the trigger writes both in one transaction, and they are equal at any moment. A sum of hashes does
  -- not depend on order. Who is evicted meanwhile is left out here and taken out at the swap.
  select jsonb_build_object('log', l.digest, 'twin', t.digest, 'equal', l.digest = t.digest) into v_answer
  from (
    select count(*) || ':' || coalesce(sum(hashtextextended(e::text, 0)), 0) as digest from event_log e
    where entity_id not in (select v.entity_id from evictions v, log_rewrite r where v.xid >= r.since_xid and v.entity_id is not null)
  ) l, (
    select count(*) || ':' || coalesce(sum(hashtextextended(e::text, 0)), 0) as digest from event_log_next e
    where entity_id not in (select v.entity_id from evictions v, log_rewrite r where v.xid >= r.since_xid and v.entity_id is not null)
  ) t;
  update log_rewrite set state = case when v_answer -> 'equal' = 'true' then 'equal' else state end;
  -- The twin's plans are right from its first moment as the log.
  analyze event_log_next;
  return v_answer;
end
$function$
;
CREATE OR REPLACE FUNCTION public.log_rewrite_copy(p_rows integer)
 RETURNS jsonb
 LANGUAGE plpgsql
AS $function$
declare
  v_rewrite log_rewrite%rowtype;
  v_copied bigint;
begin
  select * into strict v_rewrite from log_rewrite for update;
  -- In the log's own order, which is nearly that of its pages. Not up to a transaction id: after a restore old ids lie above new ones.
  with page as materialized (
    select * from event_log where (xid, seq) > (v_rewrite.cursor_xid, v_rewrite.cursor_seq) order by xid, seq limit p_rows
  ), written as (
    insert into event_log_next select * from page on conflict do nothing
  )
  update log_rewrite l set copied = l.copied + (select count(*) from page), cursor_xid = p.xid, cursor_seq = p.seq
    from (select xid, seq from page order by xid desc, seq desc limit 1) p
    returning l.copied into v_copied;
  v_copied := coalesce(v_copied, v_rewrite.copied);
  return jsonb_build_object('copied', v_copied, 'more', v_copied - v_rewrite.copied = p_rows);
end
$function$
;
CREATE OR REPLACE FUNCTION public.log_rewrite_end()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  drop trigger if exists event_log_mirror on event_log;
  drop table if exists event_log_before, event_log_next;
  delete from log_rewrite;
end
$function$
;
CREATE OR REPLACE FUNCTION public.log_rewrite_swap()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_bound text[];
  v_dress text[];
  v_statement text;
begin
  lock table event_log in access exclusive mode;
  perform from log_rewrite where state = 'equal' for update;
  if not found then
    raise exception 'log and twin were not found equal' using errcode = 'AN409', hint = 'Compare them first.';
  elsif (select count(distinct (c.columns, c.indexes)) from (
      select (select count(*) from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped) as columns,
        (select count(*) from pg_index where indrelid = t.oid) as indexes
      from pg_class t where t.oid in ('event_log'::regclass, 'event_log_next'::regclass)
    ) c) > 1 then
    raise exception 'the log has another form than its twin, which was made before a migration' using errcode = 'AN409',
      hint = 'Give the twin up and begin again: annals partition --give-up.';
  end if;
  delete from event_log_next n using evictions v, log_rewrite r
    where v.xid >= r.since_xid and n.entity_id = v.entity_id and not exists (
      select from event_log e
      where (e.entity_id, e.valid_time, e.tx_time, e.tx) = (n.entity_id, n.valid_time, n.tx_time, n.tx)
    );
  drop trigger event_log_mirror on event_log;

  -- Views and parsed functions hold on to a table by its number: read as text now, and again once the twin has the name.
  select array_agg(x.definition) into v_bound from (
    select format('create or replace view %s%s as %s', c.oid::regclass, ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
      as definition
    from pg_class c
    where c.relkind = 'v' and exists (
      select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      where r.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = 'event_log'::regclass
    )
    union all
    select pg_get_functiondef(p.oid) from pg_proc p
    where p.prosqlbody is not null and exists (
      select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid = 'event_log'::regclass
    )
  ) x;
  -- What the log wears besides its columns and indexes.
  select array_agg(x.definition order by x.n) into v_dress from (
    select 0 as n, format('comment on table event_log is %L', obj_description('event_log'::regclass, 'pg_class')) as definition
    union all
    select 1, pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'event_log'::regclass and not tgisinternal
    union all
    select 2, format('create policy %I on event_log for %s to %s%s%s', policyname, cmd, array_to_string(roles, ', '),
      ' using (' || qual || ')', ' with check (' || with_check || ')')
    from pg_policies where schemaname = 'public' and tablename = 'event_log'
    union all
    select 3, format('grant %s on event_log to %I', a.privilege_type, a.grantee::regrole)
    from pg_class c cross join aclexplode(c.relacl) a where c.oid = 'event_log'::regclass and a.grantee <> c.relowner
    union all
    select 3, format('grant %s (%I) on event_log to %I', a.privilege_type, t.attname, a.grantee::regrole)
    from pg_attribute t cross join aclexplode(t.attacl) a where t.attrelid = 'event_log'::regclass
  ) x;

  alter table event_log rename to event_log_before;
  alter table event_log_next rename to event_log;
  for v_statement in
    select format('alter index %I rename to %I', c.relname, regexp_replace(c.relname, '^event_log', 'event_log_before'))
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'event_log_before'::regclass
    union all
    select format('alter index %I rename to %I', c.relname, regexp_replace(c.relname, '^event_log_next', 'event_log'))
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'event_log'::regclass
  loop
    execute v_statement;
  end loop;
  alter table event_log enable row level security;
  foreach v_statement in array v_dress || v_bound loop
    execute v_statement;
  end loop;
  update log_rewrite set state = 'swapped';
end
$function$
;
CREATE OR REPLACE FUNCTION public.make_log_month(p_log regclass, p_month timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_name constant text := 'event_log_' || to_char(p_month at time zone 'UTC', 'YYYY_MM');
  v_end constant timestamptz := date_add(p_month, interval '1 month', 'UTC');
begin
  -- Made by itself and then attached: a partition that is born in its place shuts everybody out of the whole log.
  execute format('create table %I (like %s including defaults including constraints including storage)', v_name, p_log);
  execute format('create trigger event_log_no_truncate before truncate on %I for each statement execute function refuse_log_change()', v_name);
  perform tend_log(v_name);
  execute format('alter table %s attach partition %I for values from (%L) to (%L)', p_log, v_name, p_month, v_end);
end
$function$
;
CREATE OR REPLACE FUNCTION public.measured(p_doc jsonb, p_measures jsonb)
 RETURNS TABLE(field text, unit text, of_id uuid, value numeric)
 LANGUAGE sql
 STABLE PARALLEL SAFE
BEGIN ATOMIC
 SELECT m.field,
     COALESCE((measured.p_doc ->> m.unit_field), m.unit, ''::text) AS "coalesce",
         CASE
             WHEN pg_input_is_valid((measured.p_doc ->> m.of_field), 'uuid'::text) THEN ((measured.p_doc ->> m.of_field))::uuid
             ELSE '00000000-0000-0000-0000-000000000000'::uuid
         END AS "case",
     ((measured.p_doc ->> m.field))::numeric AS "numeric"
    FROM jsonb_to_recordset(measured.p_measures) m(field text, unit text, unit_field text, of_field text)
   WHERE (jsonb_typeof((measured.p_doc -> m.field)) = 'number'::text);
END
;
CREATE OR REPLACE FUNCTION public.merged_hints(p_kept jsonb, p_new jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((p_kept IS NULL) OR (p_kept = '{}'::jsonb)) THEN NULLIF(NULLIF(p_new, 'null'::jsonb), '{}'::jsonb) ELSE (p_kept || COALESCE(NULLIF(p_new, 'null'::jsonb), '{}'::jsonb)) END
;
CREATE OR REPLACE FUNCTION public.mirror_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into event_log_next values (new.*) on conflict do nothing;
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION public.monthly_summary_now()
 RETURNS TABLE(user_id uuid, entity_type text, month date, shown smallint, records bigint, minutes double precision, active_days bigint, busiest_day date)
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.months_ahead()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_month timestamptz;
  v_made integer := 0;
begin
  if (select relkind <> 'p' from pg_class where oid = 'event_log'::regclass) then
    return 0;
  end if;
  -- Nobody's write shall wait for this: when the log is busy, the next run does it.
  perform set_config('lock_timeout', '1s', true);
  for v_month in
    select m from generate_series(date_trunc('month', now(), 'UTC'), now() + interval '3 months', interval '1 month', 'UTC') m
    where to_regclass('event_log_' || to_char(m at time zone 'UTC', 'YYYY_MM')) is null
      -- A month that began before it had a partition stays where all strays go.
      and not exists (select from event_log_other where tx_time >= m and tx_time < m + interval '1 month')
  loop
    perform make_log_month('event_log', v_month);
    v_made := v_made + 1;
  end loop;
  -- Autovacuum analyzes the parts, never the whole, from which joins and the share of what changed are estimated.
  analyze event_log;
  return v_made;
end
$function$
;
CREATE OR REPLACE FUNCTION public.ms_since(p_from timestamp with time zone)
 RETURNS double precision
 LANGUAGE sql
RETURN (EXTRACT(epoch FROM (clock_timestamp() - p_from)) * (1000)::numeric)
;
CREATE OR REPLACE FUNCTION public.next_to_rebuild(p_state refresh_state, p_records integer, OUT buckets activity_bucket[], OUT is_last boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.overview(p_user_id uuid, p_shown smallint, p_timeline integer, p_running integer)
 RETURNS TABLE(section text, record text, hints text, entity_type text, today integer, last_7_days integer, occurred_at timestamp with time zone, id uuid)
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET jit TO 'off'
AS $function$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
  v_me record;
  v_types text[];
  v_today date;
begin
  select as_zone(u.doc ->> 'time_zone', 'UTC') as zone, u.doc ->> 'email' as email, u.label, u.doc -> 'show_bm_logs' = 'true' as shows_bm_logs
  into v_me
  from (select) as always left join own_entities u on u.entity_id = p_user_id and u.entity_type = 'user';
  v_types := array(select t.name from entity_types t where t.timeline and (t.name <> 'bm_log' or v_me.shows_bm_logs));
  v_today := (now() at time zone v_me.zone)::date;
  return query
  with seen as not materialized (
    select s.* from own_entities s
    where s.user_id = p_user_id and s.deleted_at is null and is_shown(p_shown, s.sensitive, s.archived, s.related, v_hidden)
  ), listed as (
    (
      select 'timeline' as section, s.* from seen s where s.entity_type = any (v_types) and s.occurred_at <= now()
      order by s.occurred_at desc, s.entity_id limit p_timeline
    )
    union all
    (
      select 'running', s.* from seen s
      where s.entity_type in (select t.name from entity_types t where t.timer_parent is not null) and s.occurred_until is null
      order by s.occurred_at desc, s.entity_id limit p_running
    )
  )
  select 'user', jsonb_build_object(
      'as_of', iso(now()), 'time_zone', v_me.zone, 'id', p_user_id, 'email', v_me.email, 'label', v_me.label
    )::text, null, null, null::integer, null::integer, null::timestamptz, null::uuid
  union all
  select l.section, (
      entity_record(row(
        l.entity_id, l.entity_type, l.user_id, l.version, l.occurred_at, l.occurred_until, l.created_at, l.updated_at,
        l.deleted_at, l.sensitive, l.archived, l.label, l.related, l.doc, l.hints
      )::entity_state) || jsonb_build_object('label', l.label, 'related', coalesce(r.related, '[]'))
    )::text, l.hints::text, null, null, null, l.occurred_at, l.entity_id
  from listed l
  left join lateral (
    select jsonb_agg(jsonb_build_object('id', p.entity_id, 'entity_type', p.entity_type, 'label', p.label) order by p.label, p.entity_id) as related
    -- Fenced off by "offset 0", each is looked up by id; joined, all of the user's records would be read for each.
    from unnest(l.related) i cross join lateral (select * from own_entities p where p.entity_id = i offset 0) p
  ) r on true
  union all
  select 'count', null, null, s.entity_type,
    (count(*) filter (where s.occurred_at >= v_today::timestamp at time zone v_me.zone))::integer, count(*)::integer, null, null
  from seen s
  where s.entity_type = any (v_types) and s.occurred_at >= (v_today - 6)::timestamp at time zone v_me.zone
    and s.occurred_at < (v_today + 1)::timestamp at time zone v_me.zone
  group by s.entity_type
  order by 1, 7 desc, 8, 4;
end
$function$
;
CREATE OR REPLACE FUNCTION public.patched(p_row event_row, p_edits jsonb)
 RETURNS event_row
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_row event_row := p_row;
  v_edit jsonb;
  v_path text[];
  v_pointer text;
  v_members jsonb;
begin
  for v_edit in select jsonb_array_elements(p_edits) loop
    v_path := array(select jsonb_array_elements_text(v_edit -> 'path'));
    continue when v_edit ->> 'action' = 'object' and jsonb_typeof(v_row.doc #> v_path) = 'object';
    v_pointer := v_edit ->> 'pointer';
    if v_edit ->> 'action' in ('add', 'remove') then
      -- A set: no positions, no doubles, in alphabetical order, as the schema writes it.
      v_members := coalesce(v_row.doc -> v_path[1], '[]');
      if jsonb_typeof(v_members) <> 'array' then
        raise exception '%: the field holds no set', v_pointer using errcode = 'AN409', hint = 'Set the field whole.';
      end if;
      if v_edit ->> 'action' = 'remove' then
        v_members := v_members - (v_edit ->> 'value');
      elsif not v_members ? (v_edit ->> 'value') then
        v_members := (
          select jsonb_agg(m order by m #>> '{}' collate "C")
          from jsonb_array_elements(v_members || jsonb_build_array(v_edit -> 'value')) m
        );
      end if;
      v_row.doc := v_row.doc || jsonb_build_object(v_path[1], v_members);
      v_row.hints := hints_without(v_row.hints, v_path[1:1]);
    else
      -- A place among other things than keys and elements, or one that an unset would move, has hints that speak of it.
      if exists (
        select from jsonb_each(v_row.hints) h
        where ((v_pointer || '/') ^@ (h.key || '/') and h.value not in ('"string-keys"', '"list"', '"vector"', '"legacy"') and h.key <> v_pointer)
          or (v_edit ->> 'action' = 'unset' and v_path[cardinality(v_path)] ~ '^\d+$'
            and ltrim(h.key, '#') ^@ (regexp_replace(v_pointer, '/[^/]*$', '') || '/'))
      ) then
        raise exception '%: what is around it has no plain form in JSON', v_pointer
          using errcode = 'AN409', hint = 'Set the whole attribute.';
      end if;
      v_row.doc := patched_part(
        v_row.doc, v_path, case v_edit ->> 'action' when 'unset' then 'unset' else 'set' end, v_edit -> 'value', v_pointer
      );
      v_row.hints := (
        select jsonb_object_agg(h.key, h.value) from jsonb_each(v_row.hints) h
        where ltrim(h.key, '#') <> v_pointer and not ltrim(h.key, '#') ^@ (v_pointer || '/')
      );
      v_row.hints := merged_hints(v_row.hints, v_edit -> 'hints');
    end if;
  end loop;
  return v_row;
end
$function$
;
CREATE OR REPLACE FUNCTION public.patched_part(p_part jsonb, p_path text[], p_action text, p_value jsonb, p_pointer text)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  v_key constant text := p_path[1];
  v_last constant boolean := cardinality(p_path) = 1;
  v_index integer;
begin
  if jsonb_typeof(p_part) = 'array' then
    if p_action = 'set' and v_last and v_key = '-' then
      return p_part || jsonb_build_array(p_value);
    end if;
    if v_key !~ '^(0|[1-9]\d{0,8})$' or v_key::integer >= jsonb_array_length(p_part) then
      raise exception '%: the array has no element %', p_pointer, v_key using errcode = 'AN409', hint = 'Read the entity again.';
    end if;
    v_index := v_key::integer;
    if v_last then
      return case p_action when 'set' then jsonb_set(p_part, p_path, p_value) else p_part - v_index end;
    end if;
    return jsonb_set(p_part, array[v_key], patched_part(p_part -> v_index, p_path[2:], p_action, p_value, p_pointer));
  end if;
  if p_part is null and p_action = 'unset' then
    return null;
  elsif p_part is not null and jsonb_typeof(p_part) <> 'object' then
    raise exception '%: there is a % where it leads through', p_pointer, jsonb_typeof(p_part)
      using errcode = 'AN409', hint = 'Set the part above it whole.';
  end if;
  if v_last then
    return case p_action when 'set' then coalesce(p_part, '{}') || jsonb_build_object(v_key, p_value) else p_part - v_key end;
  end if;
  if p_action = 'unset' and not p_part ? v_key then
    return p_part;
  end if;
  return coalesce(p_part, '{}')
    || jsonb_build_object(v_key, patched_part(p_part -> v_key, p_path[2:], p_action, p_value, p_pointer));
end
$function$
;
CREATE OR REPLACE FUNCTION public.pending_activity(p_user_id uuid)
 RETURNS TABLE(whole boolean, buckets activity_bucket[], as_of timestamp with time zone)
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.percentile_of(p_histogram bigint[], p_share double precision)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
RETURN (SELECT min(h.n_ms) AS min FROM (SELECT (2.0 ^ ((u.n - 1))::numeric) AS n_ms, sum(u.c) OVER (ORDER BY u.n) AS upto, sum(u.c) OVER () AS total FROM unnest(percentile_of.p_histogram) WITH ORDINALITY u(c, n)) h WHERE (((h.upto)::double precision >= ((h.total)::double precision * percentile_of.p_share)) AND (h.total > (0)::numeric)))
;
CREATE OR REPLACE FUNCTION public.performance(p_measured jsonb, p_since timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform keep_measurements(p_measured);
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'route', r.route, 'hour', iso(r.hour), 'requests', r.requests, 'refused', r.refused, 'failed', r.failed, 'mean_ms', r.total_ms / r.requests,
      'max_ms', r.max_ms, 'p50_ms', percentile_of(r.histogram, 0.5), 'p90_ms', percentile_of(r.histogram, 0.9), 'p99_ms', percentile_of(r.histogram, 0.99)
    ) order by r.hour desc, r.route)
    from route_stats r where r.hour >= date_trunc('hour', p_since)
  ), '[]');
end
$function$
;
CREATE OR REPLACE FUNCTION public.place_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  v_fields text[];
  v_field text;
begin
  if new.doc is null then
    new.occurred_at := null;
    return new;
  end if;
  select axis_from into v_fields from entity_types where name = new.entity_type;
  foreach v_field in array coalesce(v_fields, '{}') loop
    new.occurred_at := as_instant(new.doc ->> v_field);
    if new.occurred_at is not null then
      return new;
    end if;
  end loop;
  new.occurred_at := as_instant(coalesce(new.doc ->> 'created_at', new.doc ->> 'tech.jgood.gleanmo.schema/created-at'));
  if new.occurred_at is null then
    new.occurred_at := least(first_tx_time(new.entity_id), new.tx_time);
  end if;
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION public.plan_rows(p_sql text, p_params text[])
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  v_plan json;
begin
  execute 'explain (format json) ' || p_sql into v_plan using p_params;
  return (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
end
$function$
;
CREATE OR REPLACE FUNCTION public.raise_problem(p_problem jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  case p_problem ->> 'code'
  when 'AN404' then
    raise exception 'no such entity' using errcode = 'AN404', detail = p_problem ->> 'id';
  when 'AN409' then
    raise exception 'operation %: the entity is a %, not a %', p_problem ->> 'n', p_problem ->> 'is', p_problem ->> 'said'
      using errcode = 'AN409', detail = p_problem ->> 'id', hint = 'An entity keeps its type; use another id.';
  when 'AN412' then
    raise exception 'operation %: version % was expected, the entity is at %', p_problem ->> 'n',
      coalesce(p_problem ->> 'expected', 'none'), coalesce(nullif(p_problem ->> 'actual', ''), case when p_problem ->> 'actual' = '' then 'one of this transaction' else 'none' end)
      using errcode = 'AN412', detail = p_problem ->> 'id', hint = 'Read the entity again and decide anew.';
  end case;
end
$function$
;
CREATE OR REPLACE FUNCTION public.rebuild_rollups(p_lease uuid, p_max_records integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET jit TO 'off'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.recompute_rollup(p_name text, p_into text, p_buckets activity_bucket[], p_rows activity[])
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  v_rows bigint;
begin
  execute format(
    'delete from %1$I d using unnest($1) b where d.user_id = b.user_id and d.entity_type = b.entity_type and d.day = b.day', p_into
  ) using p_buckets;
  execute format('insert into %1$I select * from %2$I($1, $2) order by user_id, entity_type, day', p_into, p_name || '_of')
    using p_buckets, p_rows;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$function$
;
CREATE OR REPLACE FUNCTION public.recompute_users(p_name text, p_into text, p_users uuid[])
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  v_rows bigint;
begin
  execute format('delete from %I where user_id = any ($1)', p_into) using p_users;
  execute format('insert into %1$I select * from %2$I where user_id = any ($1)', p_into, p_name || '_definition') using p_users;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$function$
;
CREATE OR REPLACE FUNCTION public.refold(p_limit integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_type entity_types%rowtype;
  v_ids uuid[];
begin
  select * into v_type from entity_types where refold_after is not null order by name limit 1 for update;
  if not found then
    return false;
  end if;
  v_ids := array(
    select entity_id from entities where entity_type = v_type.name and entity_id > v_type.refold_after order by entity_id limit p_limit
  );
  perform fold_entities(v_ids, clock_timestamp());
  update entity_types set refold_after = v_ids[cardinality(v_ids)] where name = v_type.name;
  if cardinality(v_ids) > 0 then
    -- No event tells the rollups: the next tick rebuilds them, also one that began meanwhile.
    update analytics set stale = true where kind in ('rollup', 'materialized_view') and not stale;
  end if;
  return true;
end
$function$
;
CREATE OR REPLACE FUNCTION public.refresh_done(p_refresh_id uuid, p_mode text, p_ms double precision, p_events bigint, p_buckets bigint, p_rows bigint, p_error text)
 RETURNS jsonb
 LANGUAGE sql
AS $function$
  update refresh_log set mode = p_mode, finished_at = clock_timestamp(), duration_ms = p_ms, events = p_events, buckets = p_buckets,
    rows = p_rows, error = p_error
  where refresh_id = p_refresh_id
  returning jsonb_build_object(
    'refresh_id', refresh_id, 'name', name, 'mode', mode, 'duration_ms', duration_ms, 'events', events, 'buckets', buckets,
    'rows', rows, 'error', error
  )
$function$
;
CREATE OR REPLACE FUNCTION public.refresh_finish(p_lease uuid)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.refresh_rollups(p_lease uuid, p_max_events integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET jit TO 'off'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.refresh_start(p_scheduled_for timestamp with time zone, p_names text[], p_rebuild boolean)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.refresh_view(p_lease uuid, p_refresh_id uuid)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.refreshes(p_limit integer, p_name text DEFAULT NULL::text)
 RETURNS SETOF jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.refuse_log_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  -- The only way out of the log is an eviction, recorded in this same transaction (I3).
  if tg_op = 'DELETE' and exists (
    select from evictions where entity_id = old.entity_id and xid = pg_current_xact_id()
  ) then
    return old;
  end if;
  raise exception 'event_log is append-only: % is refused', tg_op
    using errcode = 'AN403', hint = 'Write a new version, or evict the entity.';
end
$function$
;
CREATE OR REPLACE FUNCTION public.rejected_entity(p_reason text, p_raw bytea)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN ((p_reason = another_version()) AND (p_raw <> '\x'::bytea)) THEN (((convert_from(p_raw, 'UTF8'::name))::jsonb ->> 'entity_id'::text))::uuid ELSE NULL::uuid END
;
CREATE OR REPLACE FUNCTION public.related_buckets(p_user_id uuid, p_related_id uuid)
 RETURNS SETOF activity_bucket
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  return query select distinct r.user_id, r.entity_type, r.day from daily_related r where r.user_id = p_user_id and r.related_id = p_related_id;
end
$function$
;
CREATE OR REPLACE FUNCTION public.require_position(p_position xid8)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  -- Not pg_current_snapshot() whole: on a standby its list of running transactions is empty. Below xmin all are over, and replayed.
  if p_position >= pg_snapshot_xmin(pg_current_snapshot()) then
    raise exception 'the replica has not got as far as transaction %', p_position using errcode = 'AN425';
  end if;
end
$function$
;
CREATE OR REPLACE FUNCTION public.rest_read(p_entity_type text, p_fields jsonb, p_projected text, p_projected_params text[], p_plain text, p_plain_params text[])
 RETURNS TABLE(total text, id uuid, version text, body text, hints text, place text)
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  -- A version whose time has just come is not in its columns before the cron has turned it over.
  if exists (
    select from projections p
    where p.entity_type = p_entity_type and p.is_complete and p.fields @> p_fields and p_fields ?| p.indexed
  ) and not exists (select from entities e where e.next_valid_time <= now()) then
    return query execute p_projected using p_projected_params;
  else
    return query execute p_plain using p_plain_params;
  end if;
end
$function$
;
CREATE OR REPLACE FUNCTION public.rest_write(p_request jsonb, p_params text[])
 RETURNS TABLE(refusal text, affected bigint, created bigint, id uuid, version bigint, body text, hints text)
 LANGUAGE plpgsql
 SET lock_timeout TO '5s'
 SET transaction_timeout TO '15s'
AS $function$
#variable_conflict use_column
declare
  v_user_id constant uuid := (p_request ->> 'user_id')::uuid;
  v_action constant text := p_request ->> 'action';
  v_key constant text := p_request ->> 'idempotency_key';
  v_transaction jsonb := jsonb_build_object('user_id', v_user_id, 'request_hash', p_request -> 'request_hash', 'client', p_request -> 'client')
    || case when v_key is null then '{}'::jsonb else jsonb_build_object('idempotency_key', v_key) end;
  v_ids uuid[];
  v_there uuid[] := '{}';
  v_created bigint;
  v_versions bigint[];
  v_operations jsonb;
  v_answer jsonb;
begin
  perform set_config('annals.user_id', v_user_id::text, true);
  if v_key is not null then
    -- A retry while the first is under way waits here: further on it would meet what the first wrote, and be refused for it.
    perform pg_advisory_xact_lock(hashtextextended(v_user_id || ' ' || v_key, 0));
  end if;
  if v_key is null or not exists (select from idempotency_keys k where k.user_id = v_user_id and k.key = v_key and k.created_at >= clock_timestamp() - interval '24 hours') then
    if v_action = 'insert' then
      select array_agg(distinct (o ->> 'entity_id')::uuid) into v_ids from jsonb_array_elements(p_request -> 'operations') o;
    else
      execute p_request ->> 'choose' into v_ids, v_versions using p_params;
    end if;
    -- What was chosen is chosen again under the locks: a rival's write in between may have moved it out.
    perform lock_entities(v_user_id, v_ids);
    if v_action = 'insert' then
      v_there := array(select e.entity_id from own_entities e where e.entity_id = any (v_ids));
      v_operations := p_request -> 'operations';
      if v_there <> '{}' then
        if p_request ->> 'on_conflict' is null then
          return query select 'duplicate', 0::bigint, 0::bigint, v_there[1], null::bigint, null::text, null::text;
          return;
        end if;
        select jsonb_agg(
            case when (o ->> 'entity_id')::uuid = any (v_there) then
              jsonb_build_object('op', 'patch', 'entity_id', o -> 'entity_id', 'entity_type', o -> 'entity_type', 'set', o -> 'doc',
                'unset', coalesce(o -> 'unset', '[]'), 'hints', o -> 'hints')
            else o end order by n)
          into v_operations
          from jsonb_array_elements(v_operations) with ordinality as a(o, n)
          where p_request ->> 'on_conflict' = 'merge' or not (o ->> 'entity_id')::uuid = any (v_there);
      end if;
    else
      if v_ids is not null then
        execute p_request ->> 'choose_again' into v_ids, v_versions using p_params, v_ids;
      end if;
      if p_request -> 'expected' is not null and (
        v_ids is null or not exists (
          select from jsonb_array_elements_text(p_request -> 'expected') x where x = '*' or x = v_versions[1]::text
        )
      ) then
        return query select 'precondition', coalesce(cardinality(v_ids), 0)::bigint, 0::bigint, v_ids[1], v_versions[1], null::text, null::text;
        return;
      end if;
      select jsonb_agg((p_request -> 'operation') || jsonb_build_object('entity_id', i) order by n)
        into v_operations from unnest(v_ids) with ordinality as a(i, n);
    end if;
    affected := coalesce(jsonb_array_length(v_operations), 0);
    if affected > (p_request ->> 'max_affected')::bigint or (p_request -> 'singular' = 'true' and affected <> 1) then
      return query select case when p_request -> 'singular' = 'true' and affected <> 1 then 'singular' else 'max_affected' end,
        affected, 0::bigint, null::uuid, null::bigint, null::text, null::text;
      return;
    end if;
    if v_operations is null then
      return query select null::text, 0::bigint, 0::bigint, null::uuid, null::bigint, null::text, null::text;
      return;
    end if;
    v_transaction := v_transaction || jsonb_build_object('operations', v_operations);
  else
    v_transaction := v_transaction || '{"operations": []}';
  end if;

  if v_action = 'delete' and p_request ->> 'answer' is not null and v_ids is not null then
    return query execute p_request ->> 'answer' using p_params, v_ids, 0::bigint;
    perform transact(v_transaction);
    return;
  end if;
  v_answer := transact(v_transaction);
  v_ids := array(select (a ->> 'id')::uuid from jsonb_array_elements(v_answer -> 'entities') a);
  if v_answer ? 'replayed' then
    -- What was there when the first was answered: at its time, by what was known just before.
    v_there := array(
      select i from unnest(v_ids) i, (select (v_answer ->> 'tx_time')::timestamptz as tx_time) t,
        version_at(i, t.tx_time, t.tx_time - interval '1 microsecond') v
      where v.doc is not null
    );
  end if;
  v_created := (select count(*) from unnest(v_ids) i where i <> all (v_there));
  if p_request ->> 'answer' is not null then
    return query execute p_request ->> 'answer' using p_params, v_ids, v_created;
  else
    return query
      select null::text, cardinality(v_ids)::bigint, v_created,
        (a ->> 'id')::uuid, (a ->> 'version')::bigint, null::text, null::text
      from jsonb_array_elements(v_answer -> 'entities') a;
  end if;
end
$function$
;
CREATE OR REPLACE FUNCTION public.role_in_grant(p_grantee oid)
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN CASE p_grantee WHEN 0 THEN 'public'::text ELSE ((p_grantee)::regrole)::text END
;
CREATE OR REPLACE FUNCTION public.rows_before(p_user_id uuid, p_tx bigint, p_now timestamp with time zone, p_new_tx bigint)
 RETURNS SETOF event_row
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT e.entity_id,
     e.valid_time,
     rows_before.p_now AS p_now,
     rows_before.p_new_tx AS p_new_tx,
     COALESCE(b.entity_type, e.entity_type) AS "coalesce",
     rows_before.p_user_id AS p_user_id,
     b.doc,
         CASE
             WHEN (b.doc IS NULL) THEN id_hint(e.hints)
             ELSE b.hints
         END AS hints
    FROM ((transactions t
      JOIN event_log e ON (((e.user_id = t.user_id) AND (e.tx_time = t.tx_time) AND (e.tx = t.tx))))
      LEFT JOIN LATERAL version_at(e.entity_id, e.valid_time, (t.tx_time - '00:00:00.000001'::interval)) b(seq, xid, tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at) ON (true))
   WHERE ((t.user_id = rows_before.p_user_id) AND (t.tx = rows_before.p_tx));
END
;
CREATE OR REPLACE FUNCTION public.rows_to_write(p_row event_row, p_until timestamp with time zone, p_pending event_row[])
 RETURNS event_row[]
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_rows event_row[] := array(select r from event_rows(p_row.entity_id, p_pending) r order by r.valid_time);
  v_before event_row;
  v_row event_row;
  v_new event_row := p_row;
  v_written event_row[] := array[p_row];
begin
  if p_until is null then
    -- R4: the write holds until the next version that differs from the one it replaces. After a tombstone the run is empty.
    select r.* into v_before from unnest(v_rows) r where r.valid_time <= p_row.valid_time order by r.valid_time desc limit 1;
    if v_before.doc is null then
      return v_written;
    end if;
    foreach v_row in array v_rows loop
      continue when v_row.valid_time < p_row.valid_time;
      exit when (v_row.tx_time, v_row.tx) <> (v_before.tx_time, v_before.tx)
        or v_row.doc is distinct from v_before.doc or v_row.hints is distinct from v_before.hints;
      v_new.valid_time := v_row.valid_time;
      v_written := array_append(v_written, v_new);
    end loop;
    return v_written;
  end if;
  -- R6: an empty range writes nothing; an end before the start is not refused and falls out of the rule below.
  if p_until = p_row.valid_time then
    return '{}';
  end if;
  -- R5: over every version inside the range; at its end what held there comes back, with its own transaction.
  foreach v_row in array v_rows loop
    if v_row.valid_time <= p_until then
      v_before := v_row;
    end if;
    if v_row.valid_time > p_row.valid_time and v_row.valid_time < p_until then
      v_new.valid_time := v_row.valid_time;
      v_written := array_append(v_written, v_new);
    end if;
  end loop;
  if v_before.entity_id is null then
    v_before := p_row;
    v_before.doc := null;
    v_before.hints := null;
  end if;
  v_before.valid_time := p_until;
  return array_append(v_written, v_before);
end
$function$
;
CREATE OR REPLACE FUNCTION public.running_activity(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint)
 RETURNS TABLE(entity_type text, related uuid[], day date, minutes double precision)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 WITH zone AS MATERIALIZED (
          SELECT user_zone(running_activity.p_user_id) AS name
         )
  SELECT e.entity_type,
     e.related,
     a.day,
     a.minutes
    FROM (((own_entities e
      JOIN entity_types t ON (((t.name = e.entity_type) AND (t.timer_parent IS NOT NULL))))
      CROSS JOIN zone z)
      CROSS JOIN LATERAL activity_days(e.occurred_at, now(), as_zone((e.doc ->> t.time_zone_field), z.name)) a(day, records, minutes))
   WHERE ((e.user_id = running_activity.p_user_id) AND (e.entity_type = ANY (running_activity.p_entity_types)) AND (e.occurred_until IS NULL) AND (e.deleted_at IS NULL) AND isfinite(e.occurred_at) AND (e.occurred_at < now()) AND ((a.day >= running_activity.p_from) AND (a.day <= running_activity.p_to)) AND is_shown(running_activity.p_shown, e.sensitive, e.archived, e.related, ( SELECT hidden_parents(running_activity.p_user_id, running_activity.p_shown, NULL::text[]) AS hidden_parents)));
END
;
CREATE OR REPLACE FUNCTION public.sample_percent(p_table regclass, p_rows integer)
 RETURNS real
 LANGUAGE sql
 STABLE
RETURN (LEAST((100)::double precision, ((((100.0 * (50)::numeric) * (p_rows)::numeric))::double precision / GREATEST((SELECT pg_class.reltuples FROM pg_class WHERE (pg_class.oid = (sample_percent.p_table)::oid)), (1)::real))))::real
;
CREATE OR REPLACE FUNCTION public.slow_queries(p_measured jsonb, p_since timestamp with time zone, p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform keep_measurements(p_measured);
  return jsonb_build_object(
    'calls', coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', c.name, 'calls', c.calls, 'slow', c.slow, 'failed', c.failed, 'mean_ms', c.total_ms / c.calls, 'max_ms', c.max_ms,
        'p50_ms', percentile_of(c.histogram, 0.5), 'p99_ms', percentile_of(c.histogram, 0.99), 'total_ms', c.total_ms
      ) order by c.slow desc, c.total_ms desc)
      from (
        select s.name, sum(s.calls) as calls, sum(s.slow) as slow, sum(s.failed) as failed, sum(s.total_ms) as total_ms, max(s.max_ms) as max_ms,
          (select array_agg(t.c order by t.n) from (
            select u.n, sum(u.c)::bigint as c from call_stats h cross join lateral unnest(h.histogram) with ordinality as u(c, n)
            where h.name = s.name and h.hour >= date_trunc('hour', p_since) group by u.n
          ) t) as histogram
        from call_stats s where s.hour >= date_trunc('hour', p_since) group by s.name
      ) c
    ), '[]'),
    'slow', coalesce((
      select jsonb_agg(jsonb_build_object('at', iso(s.at), 'name', s.name, 'duration_ms', s.duration_ms, 'rows', s.rows) order by s.at desc, s.slow_call_id desc)
      from (select * from slow_calls where at >= p_since order by at desc, slow_call_id desc limit p_limit) s
    ), '[]'),
    'statements', statement_statistics(p_limit)
  );
end
$function$
;
CREATE OR REPLACE FUNCTION public.stale_entities()
 RETURNS bigint
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT (( SELECT count(*) AS count
            FROM ((entities e
              LEFT JOIN LATERAL version_at(e.entity_id, now(), 'infinity'::timestamp with time zone) v(seq, xid, tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at) ON (true))
              LEFT JOIN LATERAL state_at(e.entity_id, now(), 'infinity'::timestamp with time zone) s(entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at, sensitive, archived, label, related, doc, hints) ON (true))
           WHERE (((e.next_valid_time IS NULL) OR (e.next_valid_time > now())) AND ((e.version IS DISTINCT FROM v.seq) OR ((e.doc IS DISTINCT FROM v.doc) OR (e.hints IS DISTINCT FROM v.hints)) OR ((s.doc IS NOT NULL) AND ((e.user_id IS DISTINCT FROM s.user_id) OR (e.entity_type IS DISTINCT FROM s.entity_type) OR (e.occurred_at IS DISTINCT FROM s.occurred_at) OR (e.occurred_until IS DISTINCT FROM s.occurred_until) OR (e.created_at IS DISTINCT FROM s.created_at) OR (e.updated_at IS DISTINCT FROM s.updated_at) OR (e.deleted_at IS DISTINCT FROM s.deleted_at) OR (e.sensitive IS DISTINCT FROM s.sensitive) OR (e.archived IS DISTINCT FROM s.archived) OR (e.label IS DISTINCT FROM s.label) OR (e.related IS DISTINCT FROM s.related)))))) + ( SELECT count(DISTINCT l.entity_id) AS count
            FROM event_log l
           WHERE (NOT (EXISTS ( SELECT
                    FROM entities e
                   WHERE (e.entity_id = l.entity_id))))));
END
;
CREATE OR REPLACE FUNCTION public.state_at(p_entity_id uuid, p_valid_time timestamp with time zone, p_tx_time timestamp with time zone)
 RETURNS SETOF entity_state
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
 SELECT v.entity_id,
     v.entity_type,
     v.user_id,
     v.seq,
     COALESCE(x.occurred_at, first_tx_time(state_at.p_entity_id)) AS "coalesce",
         CASE
             WHEN (x.occurred_at IS NULL) THEN first_tx_time(state_at.p_entity_id)
             ELSE x.occurred_until
         END AS occurred_until,
     COALESCE(x.created_at, first_tx_time(state_at.p_entity_id)) AS "coalesce",
     v.tx_time,
     x.deleted_at,
     x.sensitive,
     x.archived,
     x.label,
     x.related,
     v.doc,
     v.hints
    FROM (version_at(state_at.p_entity_id, state_at.p_valid_time, state_at.p_tx_time) v(seq, xid, tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at)
      CROSS JOIN LATERAL facts_of(v.entity_type, v.doc) x(occurred_at, occurred_until, created_at, deleted_at, sensitive, archived, label, related))
   WHERE (v.doc IS NOT NULL);
END
;
CREATE OR REPLACE FUNCTION public.statement_statistics(p_limit integer)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  v_statistics jsonb;
begin
  if to_regclass('pg_stat_statements') is null then
    return null;
  end if;
  execute $sql$
    select jsonb_agg(jsonb_build_object(
      'query', left(query, 500), 'calls', calls, 'mean_ms', mean_exec_time, 'max_ms', max_exec_time, 'total_ms', total_exec_time, 'rows', rows
    ) order by total_exec_time desc)
    from (
      select s.* from pg_stat_statements s join pg_database d on d.oid = s.dbid
      where d.datname = current_database() order by total_exec_time desc limit $1
    ) s
  $sql$ using p_limit into v_statistics;
  return v_statistics;
exception when object_not_in_prerequisite_state then
  -- The extension was created, but the server did not load its library when it started.
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION public.swap_rollup(p_name text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
$function$
;
CREATE OR REPLACE FUNCTION public.sync_analytics(p_analytics jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from refresh_log where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  delete from analytics where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  insert into analytics as known (name, kind, cadence, serves, definition)
  select a.name, a.kind, make_interval(secs => a.cadence_s), a.serves,
    case when a.kind in ('rollup', 'materialized_view') then definition_digest(a.name) end
  from jsonb_to_recordset(p_analytics) as a(name text, kind text, cadence_s integer, serves text)
  on conflict (name) do update set kind = excluded.kind, cadence = excluded.cadence, serves = excluded.serves,
    definition = excluded.definition, stale = known.stale or known.definition is distinct from excluded.definition;
end
$function$
;
CREATE OR REPLACE FUNCTION public.sync_database_rights()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Of two at once the second finds nothing to do.
  perform pg_advisory_xact_lock(hashtextextended('database rights', 0));
  if has_database_privilege('public', current_database(), 'temporary') then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
end
$function$
;
CREATE OR REPLACE FUNCTION public.sync_entity_types(p_types jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from entity_types where name not in (select t ->> 'name' from jsonb_array_elements(p_types) t);
  insert into entity_types as known (
    name, xtdb_name, axis_from, axis_until, label_fields, relations, timeline, timer_parent, time_zone_field, measures, refold_after
  )
  select t.name, t.xtdb_name, t.axis_from, t.axis_until, t.label_fields, t.relations, t.timeline, t.timer_parent, t.time_zone_field, t.measures,
    '00000000-0000-0000-0000-000000000000'
  from jsonb_to_recordset(p_types) as t(
    name text, xtdb_name text, axis_from text[], axis_until text, label_fields text[], relations jsonb,
    timeline boolean, timer_parent text, time_zone_field text, measures jsonb
  )
  on conflict (name) do update set
    xtdb_name = excluded.xtdb_name, axis_from = excluded.axis_from, axis_until = excluded.axis_until,
    label_fields = excluded.label_fields, relations = excluded.relations, timeline = excluded.timeline,
    timer_parent = excluded.timer_parent, time_zone_field = excluded.time_zone_field, measures = excluded.measures,
    refold_after = case
      when (known.axis_from, known.axis_until, known.label_fields, known.relations)
        is distinct from (excluded.axis_from, excluded.axis_until, excluded.label_fields, excluded.relations) then excluded.refold_after
      else known.refold_after
    end;
end
$function$
;
CREATE OR REPLACE FUNCTION public.sync_typed_views(p_views jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_view record;
  v_right record;
  v_rights jsonb;
  v_create text;
  v_detail text;
begin
  -- Of two at once the second finds nothing to do.
  perform pg_advisory_xact_lock(hashtextextended('typed views', 0));
  for v_view in
    with wanted as (
      select w.name, w.query, format('%s [%s]', w.comment, md5(w.query)) as comment
      from jsonb_to_recordset(p_views) as w(name text, query text, comment text)
    ), present as (
      select c.relname::text as name, c.oid, c.relacl, d.comment, coalesce(d.comment ~ 'Made by migrate \[[0-9a-f]{32}\]$', false) as is_ours
      from pg_class c cross join obj_description(c.oid, 'pg_class') as d(comment) where c.relnamespace = 'typed'::regnamespace
    )
    select name, w.query, w.comment, p.oid, p.relacl, p.is_ours from wanted w full join present p using (name)
    where w.comment is distinct from p.comment and (w.name is not null or p.is_ours)
    order by name
  loop
    if not v_view.is_ours then
      raise exception 'typed.% is somebody''s own, and has the name of an entity type', v_view.name using errcode = 'duplicate_table',
        hint = 'All else is migrated. Rename it, or move it to a schema of your own, and run migrate again.';
    end if;
    if v_view.query is null then
      execute format('drop view typed.%I', v_view.name);
      continue;
    end if;
    v_create := format('create or replace view typed.%I as %s', v_view.name, v_view.query);
    begin
      execute v_create;
    exception
      -- Other columns than more of them at the end. The rights go with the view, and are given again: no others, which a new one may have by default.
      when invalid_table_definition then
        v_rights := (
          select jsonb_agg(to_jsonb(a) || jsonb_build_object('attname', o.attname)) from (
            select null as attname, v_view.relacl as acl
            union all select attname, attacl from pg_attribute where attrelid = v_view.oid
          ) o cross join aclexplode(o.acl) a
        );
        execute format('drop view typed.%I', v_view.name);
        execute v_create;
        for v_right in
          select distinct role_in_grant(a.grantee) as grantee from pg_class c cross join aclexplode(c.relacl) a
          where c.oid = format('typed.%I', v_view.name)::regclass and a.grantee <> c.relowner
        loop
          execute format('revoke all on typed.%I from %s', v_view.name, v_right.grantee);
        end loop;
        for v_right in
          select r.privilege_type as name, ' (' || quote_ident(r.attname) || ')' as columns, role_in_grant(r.grantee) as grantee,
            case when r.is_grantable then ' with grant option' end as option
          from jsonb_to_recordset(v_rights) as r(privilege_type text, attname name, grantee oid, is_grantable boolean)
          where r.attname is null
            or exists (select from pg_attribute where attrelid = format('typed.%I', v_view.name)::regclass and attname = r.attname)
        loop
          execute format('grant %s%s on typed.%I to %s%s', v_right.name, v_right.columns, v_view.name, v_right.grantee, v_right.option);
        end loop;
    end;
    execute format('comment on view typed.%I is %L', v_view.name, v_view.comment);
  end loop;
exception
  when dependent_objects_still_exist then
    get stacked diagnostics v_detail = pg_exception_detail;
    raise exception 'typed.% cannot be changed: %', v_view.name, v_detail using errcode = 'dependent_objects_still_exist',
      hint = 'All else is migrated. Keep its text (pg_get_viewdef), drop it, run migrate again, and make it anew.';
end
$function$
;
CREATE OR REPLACE FUNCTION public.task_flow_of(p_buckets activity_bucket[], p_rows activity[])
 RETURNS TABLE(user_id uuid, entity_type text, day date, hidden smallint, created integer, done integer, snoozed integer)
 LANGUAGE sql
 STABLE
BEGIN ATOMIC
 SELECT b.user_id,
     b.entity_type,
     b.day,
     t.hidden,
     (count(*) FILTER (WHERE (t.what = 'created'::text)))::integer AS count,
     (count(*) FILTER (WHERE (t.what = 'done'::text)))::integer AS count,
     (count(*) FILTER (WHERE (t.what = 'snoozed'::text)))::integer AS count
    FROM (unnest(task_flow_of.p_buckets) b(user_id, entity_type, day)
      CROSS JOIN LATERAL ( SELECT t_1.hidden,
             t_1.what
            FROM task_activity t_1
           WHERE ((t_1.user_id = b.user_id) AND (t_1.day = b.day) AND (t_1.at >= (((b.day)::timestamp without time zone AT TIME ZONE 'UTC'::text) - '14:00:00'::interval)) AND (t_1.at < (((b.day)::timestamp without time zone AT TIME ZONE 'UTC'::text) + '38:00:00'::interval)))
          OFFSET 0) t)
   WHERE (b.entity_type = 'task'::text)
   GROUP BY b.user_id, b.entity_type, b.day, t.hidden;
END
;
CREATE OR REPLACE FUNCTION public.tend_log(p_table regclass)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  execute format('alter table %s set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_freeze_min_age = 0)', p_table);
end
$function$
;
CREATE OR REPLACE FUNCTION public.transact(p_request jsonb, p_clock timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET lock_timeout TO '5s'
 SET transaction_timeout TO '15s'
AS $function$
declare
  c_max_operations constant integer := 1000;
  c_key_lifetime constant interval := '24 hours';
  v_user_id constant uuid := (p_request ->> 'user_id')::uuid;
  v_key constant text := p_request ->> 'idempotency_key';
  v_ops constant jsonb := p_request -> 'operations';
  v_count constant integer := jsonb_array_length(v_ops);
  v_undone constant bigint := case when v_ops -> 0 ->> 'op' = 'undo' then (v_ops -> 0 ->> 'tx')::bigint end;
  v_ids uuid[];
  v_is_simple boolean;
  v_rows event_row[];
  v_existed boolean[];
  v_problem jsonb;
  v_op jsonb;
  v_ordinal integer;
  v_entity entities%rowtype;
  v_present text;
  v_base event_row;
  v_row event_row;
  v_new event_row[];
  v_pending event_row[] := '{}';
  v_touched uuid[] := '{}';
  v_now timestamptz;
  v_tx bigint;
  v_events integer;
  v_set jsonb;
  v_fields text[];
  v_kept idempotency_keys%rowtype;
  v_entities jsonb;
  v_answer jsonb;
begin
  if p_clock is not null and not pg_has_role(current_user, (select tableowner from pg_tables where schemaname = 'public' and tablename = 'event_log')::name, 'usage') then
    raise exception 'only the schema''s owner may set the clock' using errcode = 'AN403';
  end if;
  if v_count > c_max_operations then
    raise exception 'a transaction takes % operations at most', c_max_operations
      using errcode = 'AN413', hint = 'Split it into several transactions.';
  end if;
  perform set_config('annals.user_id', p_request ->> 'user_id', true);

  if v_key is not null then
    -- A second request with the key waits here until the first has its answer.
    insert into idempotency_keys as k (user_id, key, request_hash) values (v_user_id, v_key, p_request ->> 'request_hash')
      on conflict (user_id, key) do update set request_hash = excluded.request_hash, answer = null, created_at = excluded.created_at
        where k.created_at < excluded.created_at - c_key_lifetime;
    if not found then
      select * into v_kept from idempotency_keys where user_id = v_user_id and key = v_key;
      if v_kept.request_hash <> p_request ->> 'request_hash' then
        raise exception 'this Idempotency-Key was used with another request'
          using errcode = 'AN422', hint = 'Use a new key for a new request.';
      end if;
      return v_kept.answer || '{"replayed": true}';
    end if;
  end if;

  if v_undone is not null then
    v_ids := array(select distinct entity_id from rows_before(v_user_id, v_undone, null, null) order by entity_id);
    v_is_simple := false;
  else
    select array_agg(distinct (o ->> 'entity_id')::uuid order by (o ->> 'entity_id')::uuid),
      not bool_or(o ->> 'op' not in ('put', 'patch', 'delete', 'match') or o ?| '{valid_from,valid_to,edits}')
      into v_ids, v_is_simple
      from jsonb_array_elements(v_ops) o;
    v_is_simple := v_is_simple and cardinality(v_ids) = v_count;
  end if;

  if jsonb_path_exists(v_ops, '$[*].expected_version') then
    -- Of many who write over one version all but one are refused. Those who come after that one need not wait for the others to
    -- be told so. What an earlier operation here touches is for later, and a version that has just come into force too.
    select jsonb_build_object('code', 'AN412', 'n', o.n, 'id', o.entity_id, 'expected', o.o -> 'expected_version', 'actual', p.actual)
      into v_problem
      from (
        select distinct on ((a.o ->> 'entity_id')::uuid) a.o, a.n, (a.o ->> 'entity_id')::uuid as entity_id
        from jsonb_array_elements(v_ops) with ordinality as a(o, n) order by (a.o ->> 'entity_id')::uuid, a.n
      ) o
      left join entities e using (entity_id)
      cross join lateral (select case when e.doc is not null then e.version::text end as actual) p
      where o.o ? 'expected_version' and e.next_valid_time is null and not expectation_met(o.o -> 'expected_version', p.actual)
      order by o.n limit 1;
    if v_problem is not null then
      perform raise_problem(v_problem);
    end if;
  end if;

  perform lock_entities(v_user_id, v_ids);

  if v_is_simple then
    -- Nearly every transaction: writes at the present to entities without a version of the future, each of them once.
    select
      array_agg(
        row(
          o.entity_id, null, null, null, case when e.doc is not null then e.entity_type else o.o ->> 'entity_type' end, v_user_id,
          case o.op
            when 'put' then o.o -> 'doc'
            when 'patch' then (e.doc - f.fields) || coalesce(o.o -> 'set', '{}')
          end,
          case o.op
            when 'put' then merged_hints(id_hint(e.hints), o.o -> 'hints')
            when 'patch' then merged_hints(hints_without(e.hints, f.fields), o.o -> 'hints')
            else id_hint(e.hints)
          end
        )::event_row
        order by o.n
      ) filter (where o.op <> 'match'),
      array_agg(e.entity_id is not null order by o.n) filter (where o.op <> 'match'),
      -- I4: the clock is read after the locks (now() is when the transaction began, before the wait) and never runs backwards.
      greatest(coalesce(p_clock, clock_timestamp()), max(e.last_tx_time) + interval '1 microsecond'),
      bool_and(e.next_valid_time is null),
      (array_agg(p.problem order by o.n) filter (where p.problem is not null))[1]
    into v_rows, v_existed, v_now, v_is_simple, v_problem
    from (
      select a.o, a.n, a.o ->> 'op' as op, (a.o ->> 'entity_id')::uuid as entity_id
      from jsonb_array_elements(v_ops) with ordinality as a(o, n)
      order by 4
    ) o
    left join lateral (select * from entities where entities.entity_id = o.entity_id for update) e on true
    cross join lateral (
      select case when o.op = 'patch' then
        array(select jsonb_object_keys(o.o -> 'set')) || array(select jsonb_array_elements_text(o.o -> 'unset'))
      end as fields
    ) f
    cross join lateral (
      select case
        when o.o ? 'expected_version'
          and not expectation_met(o.o -> 'expected_version', case when e.doc is not null then e.version::text end)
          then jsonb_build_object('code', 'AN412', 'n', o.n, 'id', o.entity_id, 'expected', o.o -> 'expected_version',
            'actual', case when e.doc is not null then e.version end)
        when o.op in ('patch', 'delete') and e.doc is null then jsonb_build_object('code', 'AN404', 'id', o.entity_id)
        when e.doc is not null and o.o ->> 'entity_type' <> e.entity_type
          then jsonb_build_object('code', 'AN409', 'n', o.n, 'id', o.entity_id, 'is', e.entity_type, 'said', o.o ->> 'entity_type')
      end as problem
    ) p;
  end if;

  if v_is_simple then
    if v_problem is not null then
      perform raise_problem(v_problem);
    end if;
    v_tx := nextval('tx_seq');
    with input as materialized (
      select i.*, x.occurred_at, x.occurred_until, x.created_at, x.deleted_at, x.sensitive, x.archived, x.label, x.related
      from unnest(v_rows, v_existed) with ordinality
        as i(entity_id, valid_time, tx_time, tx, entity_type, user_id, doc, hints, existed, n)
      cross join lateral entity_facts(i.entity_type, i.doc) x
    ), logged as (
      insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc, hints, occurred_at)
      select v_tx, v_now, v_now, i.entity_id, i.user_id, i.entity_type, i.doc, i.hints,
        -- Of the others the log's own trigger finds it.
        case when i.doc is not null then coalesce(i.occurred_at, case when not i.existed then v_now end) end
      from input i order by i.n
      returning entity_id, seq
    ), created as (
      insert into entities (
        entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
        last_tx_time, next_valid_time, sensitive, archived, entity_type, label, related, doc, hints
      )
      select i.entity_id, i.user_id, l.seq, coalesce(i.occurred_at, v_now), case when i.occurred_at is null then v_now else i.occurred_until end,
        coalesce(i.created_at, v_now), v_now, i.deleted_at,
        v_now, null, i.sensitive, i.archived, i.entity_type, i.label, i.related, i.doc, i.hints
      from input i join logged l using (entity_id)
      where not i.existed
      order by i.entity_id
      -- Somebody else's, which row-level security hides: told as what is not there.
      on conflict (entity_id) do nothing
      returning entity_id, entity_type, version, updated_at, deleted_at
    ), updated as (
      -- All of these are there: an insert that always conflicts finds its row by the key, whatever the planner thinks of the table's size.
      insert into entities as e (
        entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
        last_tx_time, next_valid_time, sensitive, archived, entity_type, label, related, doc, hints
      )
      select i.entity_id, i.user_id, l.seq, coalesce(i.occurred_at, i.created_at, f.first_tx_time),
        case when i.occurred_at is null then coalesce(i.created_at, f.first_tx_time) else i.occurred_until end,
        coalesce(i.created_at, f.first_tx_time), v_now, case when i.doc is null then v_now else i.deleted_at end,
        v_now, null, i.sensitive, i.archived, i.entity_type, i.label, i.related, i.doc, i.hints
      from input i
      join logged l using (entity_id)
      cross join lateral (
        select case when i.created_at is null then first_tx_time(i.entity_id) end as first_tx_time
      ) f
      where i.existed
      order by i.entity_id
      on conflict (entity_id) do update set
        user_id = excluded.user_id, version = excluded.version,
        occurred_at = excluded.occurred_at, occurred_until = excluded.occurred_until,
        created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at,
        last_tx_time = excluded.last_tx_time, sensitive = excluded.sensitive, archived = excluded.archived,
        entity_type = excluded.entity_type, label = excluded.label, related = excluded.related, doc = excluded.doc, hints = excluded.hints
      returning e.entity_id, e.entity_type, e.version, e.updated_at, e.deleted_at
    )
    select coalesce(jsonb_agg(jsonb_build_object(
        'id', i.entity_id, 'entity_type', w.entity_type, 'version', w.version, 'updated_at', iso(w.updated_at), 'deleted_at', iso(w.deleted_at)
      ) order by i.n), '[]'),
      count(*), (array_agg(jsonb_build_object('code', 'AN404', 'id', i.entity_id)) filter (where w.entity_id is null))[1]
    into v_entities, v_events, v_problem
    from input i
    left join (select * from created union all select * from updated) w using (entity_id);
    if v_problem is not null then
      perform raise_problem(v_problem);
    end if;
  else
    perform from entities where entity_id = any (v_ids) order by entity_id for update;
    -- A match writes nothing: to it, what is somebody else's is absent.
    select jsonb_build_object('code', 'AN404', 'id', min(f::text)) into v_problem
      from foreign_entities(
        case when v_undone is null then array(select (o ->> 'entity_id')::uuid from jsonb_array_elements(v_ops) o where o ->> 'op' <> 'match') else v_ids end,
        v_user_id
      ) f
      having count(*) > 0;
    if v_problem is not null then
      perform raise_problem(v_problem);
    end if;
    select greatest(coalesce(p_clock, clock_timestamp()), max(last_tx_time) + interval '1 microsecond') into v_now
      from entities where entity_id = any (v_ids);
    v_tx := nextval('tx_seq');

    if v_undone is not null then
      v_pending := array(select r from rows_before(v_user_id, v_undone, v_now, v_tx) r);
      v_touched := v_ids;
      select jsonb_build_object('events', t.events, 'changed', (
          select jsonb_agg(e.entity_id order by e.entity_id) from entities e where e.entity_id = any (v_ids) and e.last_tx_time > t.tx_time
        ))
        into v_problem from transactions t where t.user_id = v_user_id and t.tx = v_undone;
      if v_problem is null then
        raise exception 'no such transaction' using errcode = 'AN404', detail = v_undone::text;
      elsif (v_problem ->> 'events')::integer <> cardinality(v_pending) or cardinality(v_pending) = 0 then
        raise exception 'transaction % cannot be undone: what it wrote was evicted, or it wrote nothing', v_undone using errcode = 'AN409';
      elsif v_problem -> 'changed' <> 'null' then
        raise exception 'transaction % cannot be undone: what it wrote was changed since', v_undone
          using errcode = 'AN409', detail = v_problem ->> 'changed', hint = 'Restore the entities one by one, each to the version you want.';
      end if;
    end if;

    for v_op, v_ordinal in select o, n from jsonb_array_elements(v_ops) with ordinality as a(o, n) where v_undone is null order by n loop
      select * into v_entity from entities where entity_id = (v_op ->> 'entity_id')::uuid;
      if v_entity.entity_id is null then
        v_entity.entity_id := (v_op ->> 'entity_id')::uuid;
      end if;

      v_row := null;
      v_row.entity_id := v_entity.entity_id;
      v_row.valid_time := coalesce((v_op ->> 'valid_from')::timestamptz, v_now);
      v_row.tx_time := v_now;
      v_row.tx := v_tx;
      v_row.user_id := v_user_id;

      -- What holds at the operation's valid time: most entities have no version of the future and no second operation here.
      v_base := null;
      if v_op -> 'valid_from' is null and v_entity.next_valid_time is null and v_entity.entity_id <> all (v_touched) then
        if v_entity.doc is not null then
          v_base.entity_id := v_entity.entity_id;
          v_base.entity_type := v_entity.entity_type;
          v_base.doc := v_entity.doc;
        end if;
        v_base.hints := v_entity.hints;
      else
        select r.* into v_base from event_rows(v_entity.entity_id, v_pending) r
          where r.valid_time <= v_row.valid_time order by r.valid_time desc limit 1;
      end if;

      if v_op ? 'expected_version' then
        -- What an earlier operation wrote has no version yet: only presence and absence can be expected of it.
        v_present := null;
        if v_entity.entity_id = any (v_touched) then
          select case when r.doc is not null then '' end into v_present from event_rows(v_entity.entity_id, v_pending) r
            where r.valid_time <= v_now order by r.valid_time desc limit 1;
        elsif v_entity.next_valid_time <= v_now then
          select case when r.doc is not null then r.seq::text end into v_present from version_at(v_entity.entity_id, v_now, 'infinity') r;
        elsif v_entity.doc is not null then
          v_present := v_entity.version::text;
        end if;
        if not expectation_met(v_op -> 'expected_version', v_present) then
          perform raise_problem(jsonb_build_object('code', 'AN412', 'n', v_ordinal, 'id', v_entity.entity_id,
            'expected', v_op -> 'expected_version', 'actual', v_present));
        end if;
      end if;

      case v_op ->> 'op'
      when 'match' then
        continue;
      when 'put' then
        v_row.entity_type := v_op ->> 'entity_type';
        v_row.doc := v_op -> 'doc';
        v_row.hints := merged_hints(id_hint(v_base.hints), v_op -> 'hints');
      when 'patch' then
        if v_base.doc is null then
          perform raise_problem(jsonb_build_object('code', 'AN404', 'id', v_entity.entity_id));
        end if;
        v_row.entity_type := v_base.entity_type;
        v_set := coalesce(v_op -> 'set', '{}');
        v_fields := array(select jsonb_object_keys(v_set)) || array(select jsonb_array_elements_text(v_op -> 'unset'));
        v_row.doc := (v_base.doc - v_fields) || v_set;
        v_row.hints := merged_hints(hints_without(v_base.hints, v_fields), v_op -> 'hints');
        if v_op ? 'edits' then
          v_row := patched(v_row, v_op -> 'edits');
        end if;
      when 'delete' then
        -- A delete at a valid time of its own is a statement about that time, as in XTDB: it may come before any put.
        if v_base.doc is null and v_op -> 'valid_from' is null and v_op -> 'valid_to' is null then
          perform raise_problem(jsonb_build_object('code', 'AN404', 'id', v_entity.entity_id));
        end if;
        v_row.entity_type := coalesce(v_base.entity_type, v_op ->> 'entity_type');
        v_row.hints := id_hint(v_base.hints);
      when 'restore' then
        select r.entity_type, r.doc, r.hints into v_row.entity_type, v_row.doc, v_row.hints from (
          select g.entity_type, g.doc, g.hints from event_log g
          where g.entity_id = v_entity.entity_id and g.seq = (v_op ->> 'version')::bigint
          union all
          select g.entity_type, g.doc, g.hints
          from version_at(v_entity.entity_id, coalesce((v_op ->> 'valid_time')::timestamptz, v_now), coalesce((v_op ->> 'tx_time')::timestamptz, 'infinity')) g
          where not v_op ? 'version'
        ) r;
        if v_row.doc is null then
          if v_entity.last_tx_time is null then
            perform raise_problem(jsonb_build_object('code', 'AN404', 'id', v_entity.entity_id));
          end if;
          raise exception 'operation %: no such version of the entity', v_ordinal
            using errcode = 'AN404', detail = v_entity.entity_id::text, hint = 'Its history lists the versions; a delete is none.';
        end if;
      when 'evict' then
        if v_entity.entity_id = any (v_touched) then
          raise exception 'operation %: an entity is evicted before anything else is done to it', v_ordinal
            using errcode = 'AN422', detail = v_entity.entity_id::text, hint = 'Move the evict to the front.';
        end if;
        perform evict_entity(v_entity.entity_id, v_tx, v_now);
        v_touched := array_append(v_touched, v_entity.entity_id);
        continue;
      else
        raise exception 'operation %: unknown op %', v_ordinal, v_op ->> 'op' using errcode = 'AN400';
      end case;
      if v_op ->> 'entity_type' <> coalesce(v_base.entity_type, v_row.entity_type) and v_base.doc is not null then
        perform raise_problem(jsonb_build_object('code', 'AN409', 'n', v_ordinal, 'id', v_entity.entity_id,
          'is', v_base.entity_type, 'said', v_op ->> 'entity_type'));
      end if;

      if v_op -> 'valid_from' is null and v_op -> 'valid_to' is null and v_entity.next_valid_time is null
        and v_entity.entity_id <> all (v_touched) then
        v_pending := array_append(v_pending, v_row);
      else
        -- R7: the later operation of a transaction on one valid time wins, and the earlier leaves no row.
        v_new := rows_to_write(v_row, (v_op ->> 'valid_to')::timestamptz, v_pending);
        v_pending := array(
          select p from unnest(v_pending) p
          where not exists (
            select from unnest(v_new) n
            where (n.entity_id, n.valid_time, n.tx_time, n.tx) = (p.entity_id, p.valid_time, p.tx_time, p.tx)
          )
        ) || v_new;
      end if;
      v_touched := array_append(v_touched, v_entity.entity_id);
    end loop;

    insert into event_log (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc, hints)
      select p.tx, p.tx_time, p.valid_time, p.entity_id, p.user_id, p.entity_type, p.doc, p.hints
      from unnest(v_pending) p
      -- A version that a bounded write brings back keeps its own transaction: it may stand there already.
      on conflict (entity_id, valid_time, tx_time, tx) do nothing;
    -- At the clock of the write or, when the log ran ahead of the clock, at the write's own time: a write is seen at once.
    perform fold_entities(array(select distinct t from unnest(v_touched) t), v_now);

    select coalesce(jsonb_agg(case
        when e.entity_id is null then jsonb_build_object('id', t.entity_id, 'evicted', true)
        else jsonb_build_object(
          'id', e.entity_id, 'entity_type', e.entity_type, 'version', e.version, 'updated_at', iso(e.updated_at), 'deleted_at', iso(e.deleted_at)
        )
      end order by t.n), '[]'),
      (select count(*) from unnest(v_pending) p where p.tx = v_tx and p.tx_time = v_now)
    into v_entities, v_events
    from (select u.entity_id, min(u.n) as n from unnest(v_touched) with ordinality as u(entity_id, n) group by u.entity_id) t
    left join entities e using (entity_id);
  end if;

  insert into transactions (tx, tx_time, user_id, events, client, meta)
    values (v_tx, v_now, v_user_id, v_events, p_request ->> 'client', nullif(p_request -> 'meta', 'null'));
  v_answer := jsonb_build_object('tx', v_tx, 'tx_time', iso(v_now), 'entities', v_entities);
  if v_key is not null then
    update idempotency_keys set answer = v_answer where user_id = v_user_id and key = v_key;
  end if;
  return v_answer;
end
$function$
;
CREATE OR REPLACE FUNCTION public.transaction_entry(p_transaction transactions)
 RETURNS jsonb
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN jsonb_build_object('tx', (p_transaction).tx, 'tx_time', iso((p_transaction).tx_time), 'client', (p_transaction).client, 'meta', (p_transaction).meta, 'events', (p_transaction).events)
;
CREATE OR REPLACE FUNCTION public.tripwire(p_tripwire tripwires)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
RETURN jsonb_build_object('name', (p_tripwire).name, 'value', (p_tripwire).value, 'limit', (p_tripwire).limit_value, 'tripped', (p_tripwire).tripped, 'since', iso((p_tripwire).since), 'measured_at', iso((p_tripwire).measured_at), 'detail', (p_tripwire).detail, 'trend_per_day', (SELECT CASE WHEN (EXTRACT(epoch FROM (max(s.at) - min(s.at))) > (0)::numeric) THEN regr_slope(s.value, ((EXTRACT(epoch FROM s.at) / (86400)::numeric))::double precision) ELSE NULL::double precision END AS "case" FROM tripwire_samples s WHERE ((s.name = (tripwire.p_tripwire).name) AND (s.at > (clock_timestamp() - '30 days'::interval)))))
;
CREATE OR REPLACE FUNCTION public.tripwire_values(p_limits jsonb)
 RETURNS TABLE(name text, value double precision, limit_value double precision, detail text)
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_state refresh_state%rowtype;
  v_pending boolean;
begin
  select * into v_state from refresh_state;
  v_pending := has_events_after(v_state.cursor_xid, v_state.cursor_seq);
  return query
  select m.name, coalesce(m.value, 0), (p_limits ->> m.name)::double precision, m.detail
  from (
    select 'events' as name, about_rows('event_log')::double precision as value, null as detail
    union all
    select 'rows', sum(about_rows(c.oid)), null
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'm')
    union all
    (select 'refresh_ms', l.duration_ms, l.name
      from (
        -- The last run of each: a slow one that is followed by a quick one is over.
        select distinct on (l.name) l.name,
          case when l.finished_at is null then ms_since(l.started_at) else l.duration_ms end as duration_ms
        from refresh_log l where l.mode is distinct from 'noop' order by l.name, l.started_at desc
      ) l order by l.duration_ms desc nulls last limit 1)
    union all
    (select 'refresh_factor', l.factor, case when l.factor is not null then l.name end
      from (
        -- A first run has no usual.
        select n.name, case when u.usual_ms is not null then n.duration_ms / greatest(u.usual_ms, 1000) end as factor
        from (
          select distinct on (l.name) l.name, l.mode, l.duration_ms, l.started_at from refresh_log l
          where l.mode in ('incremental', 'full', 'done') order by l.name, l.started_at desc
        ) n
        cross join lateral (
          select percentile_cont(0.5) within group (order by p.duration_ms) as usual_ms
          from (
            select p.duration_ms from refresh_log p
            where p.name = n.name and p.mode = n.mode and p.started_at < n.started_at
            order by p.started_at desc limit 50
          ) p
        ) u
      ) l order by l.factor desc nulls last limit 1)
    union all
    (select 'slow_queries', sum(count(*)) over (), s.name
      from slow_calls s
      where s.at > clock_timestamp() - interval '1 hour'
        -- Batches take their time by design, and trip by their own durations.
        and s.name not in ('import_chunk', 'refresh_rollups', 'rebuild_rollups') and not exists (select from analytics a where a.name = s.name)
      group by s.name order by count(*) desc limit 1)
    union all
    (select 'import_stuck_minutes', ms_since(greatest(max(c.applied_at), i.state_since)) / 60000, i.file_name
      from imports i left join import_chunks c using (import_id)
      where i.state = 'running' group by i.import_id order by 2 desc limit 1)
    union all
    select 'watermark_minutes', case when v_pending and isfinite(v_state.moved_at) then ms_since(v_state.moved_at) / 60000 end, null
    union all
    select 'lag_minutes', case when v_pending and isfinite(v_state.as_of) then ms_since(v_state.as_of) / 60000 end, null
    union all
    select 'storage_bytes', pg_database_size(current_database()), null
    union all
    select 'failed_refreshes', count(*), string_agg(f.name, ', ' order by f.name)
      from (
        select distinct on (l.name) l.name, l.error from refresh_log l where l.finished_at is not null order by l.name, l.started_at desc
      ) f where f.error is not null
    union all
    (select 'drift', l.rows, null from refresh_log l
      where l.name = 'drift_check' and l.finished_at is not null order by l.started_at desc limit 1)
  ) m
  where p_limits ? m.name;
end
$function$
;
CREATE OR REPLACE FUNCTION public.tripwires_told(p_told jsonb)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update tripwires t set told = n.tripped from jsonb_to_recordset(p_told) as n(name text, tripped boolean) where t.name = n.name
$function$
;
CREATE OR REPLACE FUNCTION public.turn_over(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
begin
  select array_agg(entity_id) into v_ids
  from (select entity_id from entities where next_valid_time <= p_now order by next_valid_time limit p_limit) due;
  if v_ids is not null then
    perform fold_entities(v_ids, p_now);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$function$
;
CREATE OR REPLACE FUNCTION public.user_zone(p_user_id uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN as_zone((SELECT (u.doc ->> 'time_zone'::text) FROM live_entities u WHERE ((u.entity_id = user_zone.p_user_id) AND (u.entity_type = 'user'::text))), 'UTC'::text)
;
CREATE OR REPLACE FUNCTION public.version_at(p_entity_id uuid, p_valid_time timestamp with time zone, p_tx_time timestamp with time zone)
 RETURNS SETOF event_version
 LANGUAGE sql
 STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
 SELECT e.seq,
     e.xid,
     e.tx,
     e.tx_time,
     e.valid_time,
     e.entity_id,
     e.user_id,
     e.import_id,
     e.entity_type,
     e.doc,
     e.hints,
     e.occurred_at
    FROM event_log e
   WHERE ((e.entity_id = version_at.p_entity_id) AND (e.valid_time <= version_at.p_valid_time) AND (e.tx_time <= version_at.p_tx_time))
   ORDER BY e.valid_time DESC, e.tx_time DESC, e.tx DESC
  LIMIT 1;
END
;
CREATE OR REPLACE FUNCTION public.without_noise(p_row jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
RETURN CASE WHEN (p_row ? 'minutes'::text) THEN (p_row || jsonb_build_object('minutes', round(((p_row ->> 'minutes'::text))::numeric, 6))) ELSE p_row END
;
CREATE OR REPLACE FUNCTION public.zone_changed_users(p_versions changed_version[])
 RETURNS uuid[]
 LANGUAGE sql
 IMMUTABLE
RETURN (SELECT array_agg(u.entity_id) AS array_agg FROM (SELECT v.entity_id FROM unnest(zone_changed_users.p_versions) v(entity_id, user_id, entity_type, doc) GROUP BY v.entity_id HAVING (bool_or((v.entity_type = 'user'::text)) AND (count(DISTINCT COALESCE((v.doc ->> 'time_zone'::text), ''::text)) > 1))) u)
;

-- Triggers
CREATE TRIGGER event_log_append_only BEFORE DELETE OR UPDATE ON public.event_log FOR EACH ROW EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER event_log_no_truncate BEFORE TRUNCATE ON public.event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER event_log_place BEFORE INSERT ON public.event_log FOR EACH ROW WHEN (((new.doc IS NOT NULL) AND (new.occurred_at IS NULL))) EXECUTE FUNCTION place_event();

-- Row-level security
alter table daily_activity enable row level security;
create policy own_days on daily_activity for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_activity_next enable row level security;
create policy own_days on daily_activity_next for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_hours enable row level security;
create policy own_days on daily_hours for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_hours_next enable row level security;
create policy own_days on daily_hours_next for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_measures enable row level security;
create policy own_days on daily_measures for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_measures_next enable row level security;
create policy own_days on daily_measures_next for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_related enable row level security;
create policy own_days on daily_related for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table daily_related_next enable row level security;
create policy own_days on daily_related_next for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table entities enable row level security;
create policy all_entities on entities for all to annals_import using true with check true;
create policy own_entities on entities for all to annals_app using (user_id = ( SELECT caller() AS caller)) with check (user_id = ( SELECT caller() AS caller));
alter table event_log enable row level security;
create policy all_events on event_log for all to annals_import using true with check true;
create policy own_events on event_log for select to annals_app using (((user_id = ( SELECT caller() AS caller)) OR ((user_id IS NULL) AND (doc IS NULL) AND is_own_entity(entity_id))) AND (COALESCE((pg_visible_in_snapshot(xid, ( SELECT basis() AS basis)))::integer, 1) <> 0));
create policy own_writes on event_log for insert to annals_app with check (user_id = ( SELECT caller() AS caller));
alter table evictions enable row level security;
create policy all_evictions on evictions for all to annals_import using true with check true;
create policy own_evictions on evictions for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table idempotency_keys enable row level security;
create policy own_keys on idempotency_keys for all to annals_app using (user_id = ( SELECT caller() AS caller)) with check (user_id = ( SELECT caller() AS caller));
alter table task_flow enable row level security;
create policy own_days on task_flow for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table task_flow_next enable row level security;
create policy own_days on task_flow_next for select to annals_app using (user_id = ( SELECT caller() AS caller));
alter table transactions enable row level security;
create policy all_transactions on transactions for all to annals_import using true with check true;
create policy own_transactions on transactions for all to annals_app using (user_id = ( SELECT caller() AS caller)) with check (user_id = ( SELECT caller() AS caller));

-- Grants
grant execute on function check_tripwires(jsonb,jsonb) to annals_app;
grant execute on function drift_check(uuid,uuid,integer) to annals_app;
grant execute on function drifts(integer) to annals_app;
grant execute on function erase_evicted() to annals_import;
grant execute on function evict_entity(uuid,bigint,timestamp with time zone) to annals_app;
grant execute on function explain_slow(text) to annals_app;
grant execute on function first_tx_time(uuid) to annals_app;
grant execute on function first_tx_time(uuid) to annals_import;
grant execute on function foreign_entities(uuid[],uuid) to annals_app;
grant execute on function forget_idempotency_keys(integer) to annals_app;
grant execute on function housekeep(uuid,uuid,integer) to annals_app;
grant execute on function is_own_entity(uuid) to annals_app;
grant execute on function keep_measurements(jsonb) to annals_app;
grant execute on function log_identity() to annals_app;
grant execute on function performance(jsonb,timestamp with time zone) to annals_app;
grant execute on function rebuild_rollups(uuid,integer) to annals_app;
grant execute on function refresh_finish(uuid) to annals_app;
grant execute on function refresh_rollups(uuid,integer) to annals_app;
grant execute on function refresh_start(timestamp with time zone,text[],boolean) to annals_app;
grant execute on function refresh_view(uuid,uuid) to annals_app;
grant execute on function refreshes(integer,text) to annals_app;
grant execute on function slow_queries(jsonb,timestamp with time zone,integer) to annals_app;
grant execute on function tripwires_told(jsonb) to annals_app;
grant insert (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc, hints, occurred_at) on event_log to annals_app;
grant insert, select on event_log to annals_import;
grant insert, select on evictions to annals_import;
grant insert, select on import_repeats to annals_import;
grant insert, select on transactions to annals_app;
grant insert, select on transactions to annals_import;
grant insert, select, update on entities to annals_app;
grant insert, select, update on entities to annals_import;
grant insert, select, update on idempotency_keys to annals_app;
grant insert, select, update on import_chunks to annals_import;
grant insert, select, update on import_rejects to annals_import;
grant insert, select, update on imports to annals_import;
grant select on activity to annals_app;
grant select on analytics to annals_app;
grant select on daily_activity to annals_app;
grant select on daily_activity_definition to annals_app;
grant select on daily_activity_next to annals_app;
grant select on daily_hours to annals_app;
grant select on daily_hours_definition to annals_app;
grant select on daily_hours_next to annals_app;
grant select on daily_measures to annals_app;
grant select on daily_measures_definition to annals_app;
grant select on daily_measures_next to annals_app;
grant select on daily_related to annals_app;
grant select on daily_related_definition to annals_app;
grant select on daily_related_next to annals_app;
grant select on entity_types to annals_app;
grant select on entity_types to annals_import;
grant select on event_log to annals_app;
grant select on evictions to annals_app;
grant select on import_transitions to annals_import;
grant select on live_entities to annals_app;
grant select on live_entities to annals_import;
grant select on live_tasks to annals_app;
grant select on own_duration_profile to annals_app;
grant select on own_entities to annals_app;
grant select on own_events to annals_app;
grant select on own_habit_streaks to annals_app;
grant select on own_imported_deletes to annals_app;
grant select on own_monthly_summary to annals_app;
grant select on own_versions to annals_app;
grant select on projections to annals_app;
grant select on refresh_state to annals_app;
grant select on slow_statements to annals_app;
grant select on snoozes to annals_app;
grant select on task_activity to annals_app;
grant select on task_flow to annals_app;
grant select on task_flow_definition to annals_app;
grant select on task_flow_next to annals_app;
grant select on time_zones to annals_app;
grant select on time_zones to annals_import;
grant select, update on analytics to annals_import;
grant select, update, usage on tx_seq to annals_import;
grant usage on event_log_seq_seq to annals_app;
grant usage on event_log_seq_seq to annals_import;
grant usage on tx_seq to annals_app;

-- Comments
comment on function about_rows(regclass) is 'How many rows a table has: exact when small, the planner''s estimate when large';
comment on function activity_days(timestamp with time zone,timestamp with time zone,text) is 'The local days that a record falls on: counted on the first, its minutes split at each local midnight; a running one (no end) has none yet';
comment on function activity_of(activity_bucket[]) is 'The rows of activity in these buckets, by index ranges: read once, and made into each rollup''s rows by its R_of';
comment on function added(bigint[],bigint[]) is 'Two histograms in one';
comment on function adopt_log() is 'After a restore from a dump: gives every event and eviction whose transaction id this cluster has not reached its own transaction''s, so that all come after what was read before, in the order of their sequence. The owner''s. Returns how many events.';
comment on function another_version() is 'The reason of a reject whose row is well-formed, and whose bytes are kept as JSON';
comment on function as_date(text) is 'A date of the years 0001 to 9999; null for anything else';
comment on function as_instant(text) is 'An ISO 8601 instant or date (at 00:00 UTC), to the microsecond; null for anything else, since history may hold anything';
comment on function as_zone(text,text) is 'The first of the two that is a zone name Postgres knows, else UTC';
comment on function basis() is 'The snapshot that this transaction reads the log in; null for the present one';
comment on function begin_rebuild() is 'Begins, or begins anew, the rebuild of the rollups that are stale: their twins are emptied';
comment on function buckets_near(uuid,text,timestamp with time zone,timestamp with time zone) is 'At least the buckets that the records of this user and type, which stand between these two on the time axis, count in';
comment on function buckets_within(boolean,activity_bucket[],uuid,text[],date,date) is 'Of what is behind, the buckets of these types and days; all of them when everything may be';
comment on function caller() is 'The user this transaction acts for, set from the verified token; null for nobody. Every policy asks it (I7).';
comment on function changed_fields(jsonb,jsonb) is 'The top-level fields in which two docs differ, in alphabetical order; a doc that is null has none';
comment on function changed_versions(refresh_state,xid8,bigint,timestamp with time zone,uuid) is 'Of every entity with an event between the cursor and (p_to_xid, p_to_seq), of one user or of all: the versions that the rollups may have counted, those written since and the one that holds now; nothing holding is a row without a doc';
comment on function check_tripwires(jsonb,jsonb) is 'Keeps what was measured, measures every tripwire of p_limits, and answers {news, tripwires, next_due}: news are those whose state the operator was not told yet';
comment on function daily_activity_of(activity_bucket[],activity[]) is 'The rows that daily_activity must have in these buckets, which hold these rows of activity';
comment on function daily_hours_of(activity_bucket[],activity[]) is 'The rows that daily_hours must have in these buckets, which hold these rows of activity';
comment on function daily_measures_of(activity_bucket[],activity[]) is 'The rows that daily_measures must have in these buckets, which hold these rows of activity';
comment on function daily_related_of(activity_bucket[],activity[]) is 'The rows that daily_related must have in these buckets, which hold these rows of activity';
comment on function dashboard(uuid,text[],date,date,smallint,boolean) is 'Eight charts and how fresh they are; see src/store/dashboard.ts. p_shown as for heatmap(); p_with_points: measures with a point a day';
comment on function definition_digest(text) is 'Changes with every view and function that a rollup or materialized view is made by, and with what entity_types says of days, relations and measures';
comment on function dirty_buckets(refresh_state,changed_version[]) is 'The buckets that these versions counted or count in, and those of the records that they hide or show; null for none';
comment on function drift_check(uuid,uuid,integer) is 'Computes up to 2 x p_sample random buckets of each rollup anew, logs every difference in drift_log and heals it; in the refresh log `buckets` were checked and `rows` differed. Raises AN409.';
comment on function drifts(integer) is 'The newest differences that the drift check found and healed, for the operator';
comment on function due_entities() is 'Entities of which a version has come into force that the cron has not turned over yet, as that version; all that the caller may see';
comment on function duration_profile_now() is 'What duration_profile holds after a refresh';
comment on function enter_basis(jsonb) is 'Makes this transaction read the log as of {log, snapshot, at}, or (null) answers that of this moment, which must be a repeatable read. Raises AN410.';
comment on function entities_at(uuid,text,timestamp with time zone,timestamp with time zone) is 'The caller''s entities of a type (p_user_id must be the caller) as they were at (valid time, transaction time): state_at() for all of them, in the order of an index';
comment on function entity_facts(text,jsonb) is 'What the columns of entities take from a doc by its type: its place on the time axis (occurred_until null is a running timer), flags, label, related ids';
comment on function entity_record(entity_state) is 'The JSON of one record as the API answers it: the envelope beside the doc''s own fields (whose created_at and deleted_at, to the nanosecond, win)';
comment on function erase_evicted() is 'Takes out of the log, by the log''s own rule (I3), every version older than an eviction of its entity, but for those that a file holds which tells of the eviction; answers how many. Runs as the owner, since an import may delete nothing.';
comment on function event_rows(uuid,event_row[]) is 'An entity''s history without corrections: one row a valid time, the latest transaction''s, the pending rows of this transaction included';
comment on function evict_entity(uuid,bigint,timestamp with time zone) is 'Forgets the caller''s own entity, every version of it, and leaves a row of evictions (I3). Runs as the owner, since the caller may delete nothing. Raises AN404.';
comment on function expectation_met(jsonb,text) is 'Whether an entity at this version (null: absent) is what was expected: null absence, "*" presence, a version, or one of an array of them';
comment on function explain_slow(text) is 'The generic plan of a statement that was slow; it is planned, not run. Raises AN404.';
comment on function facts_of(text,jsonb) is 'entity_facts() for the few rows of a branch that is seldom taken: a call, which costs no planning where the branch is not';
comment on function first_tx_time(uuid) is 'When the store first learned of an entity; null for an unknown one';
comment on function fold_entities(uuid[],timestamp with time zone) is 'Sets the entities rows of these ids to what event_log says holds at the given clock (I2). Ids without events are left alone.';
comment on function foreign_entities(uuid[],uuid) is 'Which of these ids are somebody else''s. Runs as the owner, past row-level security, and tells transact only what it must refuse.';
comment on function forget_idempotency_keys(integer) is 'Forgets keys older than 24 hours, p_limit at most; returns how many. The cron''s, over all users.';
comment on function habit_streaks_now() is 'What habit_streaks holds after a refresh';
comment on function has_events_after(xid8,bigint) is 'Whether the log has a committed event behind this place';
comment on function heatmap(uuid,text[],date,date,smallint) is 'Records and minutes per local day, running timers up to now: {time_zone, as_of, rolled_up_at, lag_ms, years, days}. p_shown: 1 also sensitive records, 2 archived ones, 3 both';
comment on function hidden_bits(uuid,boolean,boolean,uuid[]) is 'What hides a record from a reader who asks for nothing hidden, by itself or by a thing that it is about: 1 sensitive, 2 archived. As src/store/visibility.ts has it';
comment on function hidden_parents(uuid,smallint,text[]) is 'The caller''s things of some types (null: any) that hide the records about them, for is_shown(). p_shown: 1 sensitive ones do not, 2 archived ones, 3 neither';
comment on function hints_of_doc(jsonb,uuid) is 'Hints without the name that the history gave the entity beside the document: the id alone that the document itself says';
comment on function hints_without(jsonb,text[]) is 'Hints without those at or under these top-level fields; null when none is left';
comment on function hold_lease(uuid) is 'The state of the rollups, locked for the holder of this lease. Raises AN409 when it was lost.';
comment on function housekeep(uuid,uuid,integer) is 'Runs the housekeeping that this lease started: turns over p_limit versions at most, expires keys, prunes logs, or makes the log''s next months; `rows` are those touched. Raises AN409.';
comment on function id_hint(jsonb) is 'The hint of an entity''s original id, which every later version must keep (I6); null when the id was a UUID';
comment on function ids_in(jsonb) is 'The ids in the field of a relation, single or a set; what is no id is left out, since history may hold anything';
comment on function import_act(uuid,text,text) is 'Pauses (with the sender''s reason), resumes or cancels an import by the table import_transitions; what is in stays in. Raises AN404, AN409.';
comment on function import_backup(jsonb) is 'Writes what only a backup has of a chunk, {import_id, transactions, evictions}, once; called in one statement with import_chunk, so that both commit together. Raises AN409 for a transaction''s number that another has.';
comment on function import_chunk(jsonb) is 'Applies {import_id, fingerprint, first_line, last_line, digest, bytes, rows, evictions, skipped, rejects, nonconforming, report, header, footer} once (I8) and answers the chunk''s counters with `applied` and `conflicts`. Raises AN404 no such import; AN409 another file, overlapping lines, an import that is not running; AN422 lines after the footer.';
comment on function import_finish(uuid,uuid,text) is 'Closes an import whose every line is in and whose footer agrees (or somebody forces it, for a reason), erases what was evicted since it came in, and marks the analytics for one rebuild. Raises AN404, AN409, AN422 (with what is missing).';
comment on function import_list() is 'The status of the newest 100 imports';
comment on function import_mend(jsonb) is 'Applies {import_id, line, digest, rows, evictions}, a corrected line in place of one that was rejected, once; the same again changes nothing. Answers {applied, line}. Raises AN404, AN409.';
comment on function import_open(jsonb) is 'Opens an import of {fingerprint, arguments, file_name, total_bytes, created_by}, or finds the one of the same file and arguments; answers its status and whether it was `created`';
comment on function import_report(uuid) is 'What the rows of an import are: counters per entity type; nonconforming fields, unknown attributes and ids that were no UUID, each with an example line';
comment on function import_status(uuid) is 'How far an import got: state, applied_lines as [first, last] ranges, next_line (the first that is missing), counters summed over its chunks; null for an unknown id';
comment on function import_write(uuid,jsonb,jsonb) is 'Writes rows and evictions of a history and folds their entities; answers {rows, inserted, tombstones, entities, max_tx, conflicts}: the lines of rows whose place in history holds another doc, which stays';
comment on function is_date(text) is 'Whether this is a date without a time, which is the same day in every zone';
comment on function is_due(analytics,timestamp with time zone) is 'Whether a tick of this scheduled time runs this unit';
comment on function is_own_entity(uuid) is 'Whether the entity is the caller''s';
comment on function is_shown(smallint,boolean,boolean,uuid[],uuid[]) is 'Whether a record that is not deleted is seen by a reader who asks for p_shown: 1 also sensitive records, 2 archived ones, 3 both. p_hidden: hidden_parents() for the same';
comment on function iso(timestamp with time zone) is 'ISO 8601 in UTC with microseconds, the text of every instant that Annals itself answers';
comment on function keep_measurements(jsonb) is 'Adds what the Workers measured: {routes, calls, slow, statements}, see src/analytics/measurements.ts';
comment on function lease_lasts() is 'How long after its last sign of life a tick is taken for dead. A call under way is safe for as long as it takes: it holds the row locked.';
comment on function lock_entities(uuid,uuid[]) is 'Makes every other writer of one of these entities of the user wait until this transaction ends';
comment on function log_identity() is 'Which cluster, and which life of it, the log''s transaction ids belong to: after a restore it is another, and cursors of before mean nothing (I9)';
comment on function log_rewrite_begin(boolean) is 'Makes the log''s twin, in months or whole, and mirrors every write from now on; answers the state, of one that was begun before as well: copying, equal, swapped, or done when the log has that shape. Raises AN409.';
comment on function log_rewrite_compare() is 'Whether log and twin hold the same rows: {log, twin, equal}, digests that do not depend on order. Only then can they be swapped.';
comment on function log_rewrite_copy(integer) is 'Copies one chunk of the log into its twin, with the checkpoint: {copied, more}';
comment on function log_rewrite_end() is 'Drops whichever table is not the log: the old one after a swap, the twin before it';
comment on function log_rewrite_swap() is 'Gives the twin the log''s name, indexes'' names, triggers, policies, grants, and all that is bound to it, behind a lock of some 50 ms. The old table stays until log_rewrite_end(). Raises AN409.';
comment on function make_log_month(regclass,timestamp with time zone) is 'Gives a log in months the partition of the month that begins then (UTC)';
comment on function measured(jsonb,jsonb) is 'The numbers that a doc measures, by its type''s list; of_id is the nil UUID when they are of nothing else';
comment on function merged_hints(jsonb,jsonb) is 'Hints kept of a version and those of what replaces parts of it; null when there are none';
comment on function mirror_event() is 'Trigger of event_log while its twin is filled: what is written to the one is written to the other';
comment on function monthly_summary_now() is 'What monthly_summary holds after a refresh';
comment on function months_ahead() is 'The partitions of this month and the next three, of a log that is in months; returns how many it made';
comment on function ms_since(timestamp with time zone) is 'Milliseconds from p_from to this very moment';
comment on function next_to_rebuild(refresh_state,integer) is 'The buckets of the next p_records records that a rebuild comes to, and notes that it has; is_last when there are no more behind them';
comment on function overview(uuid,smallint,integer,integer) is 'All that the first screen shows, see src/store/overview.ts: at most so many records of the timeline, and timers that run. p_shown as for hidden_parents()';
comment on function patched(event_row,jsonb) is 'A version after the edits [{action: set|unset|add|remove|object, path: [text], pointer, value, hints}] deeper than its fields; add and remove are of sets, object makes an empty one unless an object is there. Raises AN409.';
comment on function patched_part(jsonb,text[],text,jsonb,text) is 'A part of a doc with what lies at the path set (parents are made as objects; "-" appends to an array) or unset (nothing there: nothing to do). Raises AN409 where the path leads through a text or number, or to an element that an array has not.';
comment on function pending_activity(uuid) is 'What of a user''s rollups is behind the log at this moment: some buckets, or (whole) possibly all; as_of is the rollups'' own clock';
comment on function percentile_of(bigint[],double precision) is 'The upper bound, in ms, of the bucket in which this share of a histogram is reached; null for an empty one';
comment on function performance(jsonb,timestamp with time zone) is 'Keeps what was measured and answers requests, errors and latencies per route and hour, newest first';
comment on function place_event() is 'Trigger of event_log: sets occurred_at as entity_facts() would';
comment on function plan_rows(text,text[]) is 'How many rows the planner expects of a statement, which runs with the caller''s rights and takes p_params as $1';
comment on function raise_problem(jsonb) is 'Raises the first thing wrong with a transaction: {code, n, id, …}';
comment on function rebuild_rollups(uuid,integer) is 'One step of a rebuild: the buckets of the next p_max_records records, and behind the last the swap. Answers {outcomes, rebuilding}: rebuilding when there are more steps. A rollup that fails is logged, marked stale, and left as it was. Raises AN409.';
comment on function recompute_rollup(text,text,activity_bucket[],activity[]) is 'Sets these buckets of a rollup, in its table or its twin, to their definition, given their rows of activity; returns the rows written';
comment on function recompute_users(text,text,uuid[]) is 'Sets all of these users'' rows of a rollup, in its table or its twin, to their definition; returns the rows written';
comment on function refold(integer) is 'Folds the next p_limit entities of a type whose facts changed, and notes how far it is; false when none is left. Run by migrate, as the owner, until it says so.';
comment on function refresh_done(uuid,text,double precision,bigint,bigint,bigint,text) is 'Completes a line of the refresh log, and answers it';
comment on function refresh_finish(uuid) is 'Gives the lease back; answers when the next tick has something to do even if nobody writes, or null for never. Raises AN409.';
comment on function refresh_rollups(uuid,integer) is 'One pass: brings the rollups that this lease started up to date, p_max_events events at most, and logs each. Only committed events below every running transaction are read (I9). Answers {outcomes, more, rebuilding}: more when events remain, rebuilding when rebuild_rollups() has the next steps. A rollup that fails is logged, marked stale, and left as it was. Raises AN409.';
comment on function refresh_start(timestamp with time zone,text[],boolean) is 'Takes the lease for a scheduled time (null: for now, whatever was scheduled) and writes "started" for what is due, or for these names, to be rebuilt from scratch when p_rebuild; answers {lease, units: [{refresh_id, name, kind}]} in the order to run them, or null when the tick was taken or another runs';
comment on function refresh_view(uuid,uuid) is 'Refreshes a materialized view that this lease started, and logs it; its readers wait for nothing. Raises AN409.';
comment on function refreshes(integer,text) is 'The newest runs, for the operator; one that was killed is abandoned';
comment on function refuse_log_change() is 'Trigger of event_log (I3). Raises AN403.';
comment on function rejected_entity(text,bytea) is 'The entity of a reject that is a version like any other, but for its place in history, which is taken; else null';
comment on function related_buckets(uuid,uuid) is 'The buckets that hold a record about this thing, as the last pass saw them';
comment on function require_position(xid8) is 'Raises AN425, which never leaves src/store, when this database may not have the transaction with that id yet, though it committed';
comment on function rest_read(text,jsonb,text,text[],text,text[]) is 'A list by whichever of two compiled statements fits: over the type''s projection, where that is complete and has these fields ({name: kind}), or over docs. Both run with the caller''s rights.';
comment on function rest_write(jsonb,text[]) is 'Writes by filter, in one transaction (I1): {user_id, action: insert|update|delete, operations | choose, choose_again, operation, on_conflict: merge|ignore, expected: [version | "*"], max_affected, singular, answer, idempotency_key, request_hash, client}; a merge takes away what the operation has in unset. The statements choose (no ids yet), choose_again and answer (ids as $2) come compiled, take p_params as $1 (answer: also the number created as $3) and run with the caller''s rights. A refusal (duplicate, precondition, max_affected, singular) writes nothing. Raises as transact does.';
comment on function role_in_grant(oid) is 'A grantee of aclexplode() as GRANT names it';
comment on function rows_before(uuid,bigint,timestamp with time zone,bigint) is 'What undoes a transaction: at every valid time that it wrote for, the version that held there before it';
comment on function rows_to_write(event_row,timestamp with time zone,event_row[]) is 'The rows that a put or delete (p_row, at its valid_time) writes, open-ended or until p_until: XTDB 1''s rules R4 to R6';
comment on function running_activity(uuid,text[],date,date,smallint) is 'Timers that run have no minutes in any rollup yet: those up to this moment, by local day';
comment on function sample_percent(regclass,integer) is 'How much of a table `tablesample system` should read to draw so many rows from: 50 for each, since what lies on one page is of one time; percent';
comment on function slow_queries(jsonb,timestamp with time zone,integer) is 'Keeps what was measured and answers the calls by name, the newest slow ones, and pg_stat_statements where that is installed (else null)';
comment on function stale_entities() is 'How many entities'' current state is not the fold of their log (I2); 0 unless something is broken. Versions whose time has just come are the cron''s to turn over';
comment on function state_at(uuid,timestamp with time zone,timestamp with time zone) is 'The entity as it was at (valid time, transaction time); no row when nothing held';
comment on function statement_statistics(integer) is 'The most costly statements of this database by pg_stat_statements; null where that is not installed or not loaded';
comment on function swap_rollup(text) is 'Lets a rollup and its filled twin swap names, and empties what is the twin now; returns the rows';
comment on function sync_analytics(jsonb) is 'Makes the table analytics equal to the list that src/analytics declares; what is made by something else than it was is stale. Run by migrate, as the owner, after the entity types are.';
comment on function sync_database_rights() is 'Takes temporary functions from everybody, as 0001_log_and_state.sql did: that is a right of the database, which neither a dump nor a template brings along. Run by migrate, as the owner.';
comment on function sync_entity_types(jsonb) is 'Makes entity_types equal to the list that src/domain declares; entities of a type that says something else of them are to be folded anew, see refold(). Run by migrate, as the owner.';
comment on function sync_typed_views(jsonb) is 'Makes the views of the schema typed equal to p_views ([{"name": entity type, "query": text, "comment": text}]): changes those that changed, drops those of types that are gone. Run by migrate, as the owner. Raises 2BP01 where something of somebody''s own stands on a view that must go, 42P07 where it has a view''s name.';
comment on function task_flow_of(activity_bucket[],activity[]) is 'The rows that task_flow must have in these buckets';
comment on function tend_log(regclass) is 'Gives a table of the log the autovacuum settings that suit a log; docs/playbook.md has the reasons';
comment on function transact(jsonb,timestamp with time zone) is 'Applies {user_id, operations: [{op: put|patch|delete|match|restore|evict, entity_id, entity_type, doc | set, unset, edits | version | valid_time, tx_time, hints, valid_from, valid_to, expected_version}] or [{op: undo, tx}], idempotency_key, request_hash, client, meta} atomically and answers {tx, tx_time, entities: [{id, entity_type, version, updated_at, deleted_at}]}, entities in order of first mention, an evicted one as {id, evicted}. Raises AN400 unknown op, AN404 no such entity (also: somebody else''s), version or transaction, AN409 type changed, edit or undo impossible, AN412 version differs, AN413 too many, AN422 key reused, evict too late.';
comment on function transaction_entry(transactions) is 'A transaction as the API answers it';
comment on function tripwire(tripwires) is 'A tripwire as JSON; trend_per_day is the slope of its value over the last 30 days, null when there is but one measurement';
comment on function tripwire_values(jsonb) is 'What each limit of p_limits ({name: number}) limits, measured now; `detail` names the refresh, statement or file it is about';
comment on function tripwires_told(jsonb) is 'Notes that the operator was told that these ([{name, tripped}]) tripped or recovered';
comment on function turn_over(timestamp with time zone,integer) is 'Brings versions whose valid time has come into current state, p_limit entities at most; returns how many';
comment on function user_zone(uuid) is 'The zone that a user lives in, else UTC';
comment on function version_at(uuid,timestamp with time zone,timestamp with time zone) is 'The event that holds at (valid time, transaction time), XTDB''s rule R1; no row or a null doc means none. shared rule: design, "History"';
comment on function without_noise(jsonb) is 'A rollup''s row as the drift check compares it';
comment on function zone_changed_users(changed_version[]) is 'The users among these versions whose time zone is not the same in all of them; null for none';
comment on materialized view duration_profile is 'Medians and percentiles of how long records last, per user, type, month of their beginning and choice of what is shown: these do not decompose, so the view is refreshed whole';
comment on materialized view habit_streaks is 'Per habit and choice of what is shown: days it was logged, its last and longest run of days, its longest gap';
comment on materialized view monthly_summary is 'Records, minutes, active days and the busiest day, per user, type, local month and choice of what is shown';
comment on sequence event_log_seq_seq is 'Versions and evictions: one order, (xid, seq), holds over both';
comment on sequence tx_seq is 'Numbers native transactions; an import pushes it past the greatest XTDB tx-id it wrote';
comment on table analytics is 'What the cron runs, synced from src/analytics by migrate';
comment on table analytics.as_of is 'the clock of its last run that succeeded';
comment on table analytics.definition is 'a digest of the SQL and of the entity types'' facts that it was last declared with';
comment on table analytics.rebuilding is 'a rebuild fills its twin, step by step: until the swap, answers are computed live';
comment on table analytics.stale is 'true when only a full rebuild makes it right: at first, after an import, a failure, or a restore into a new cluster';
comment on table call_stats is 'Calls to the database by name and hour, as the Worker saw them, the way there and back included; slow is over the limit';
comment on table daily_activity is 'Rollup: records and minutes per user, entity type and local day';
comment on table daily_activity.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_activity_next is 'The twin of daily_activity: empty, save while a rebuild fills it before the two swap their names';
comment on table daily_activity_next.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_hours is 'Rollup: records by local hour, per user, entity type and local day; two arrays side by side';
comment on table daily_hours.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_hours_next is 'The twin of daily_hours: empty, save while a rebuild fills it before the two swap their names';
comment on table daily_hours_next.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_measures is 'Rollup: measured numbers per user, entity type, local day, field, unit and thing measured';
comment on table daily_measures.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_measures_next is 'The twin of daily_measures: empty, save while a rebuild fills it before the two swap their names';
comment on table daily_measures_next.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_related is 'Rollup: records and minutes per user, entity type, local day and what the record is about';
comment on table daily_related.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table daily_related_next is 'The twin of daily_related: empty, save while a rebuild fills it before the two swap their names';
comment on table daily_related_next.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table drift_log is 'Every bucket of a rollup that was found to differ from its definition, as it was and as it was set right. Should stay empty.';
comment on table entities is 'One row per entity that has any event: the version that holds now, a fold of event_log (I2)';
comment on table entities.deleted_at is 'from the doc (soft delete), a tombstone''s valid time, or -infinity while only future versions exist';
comment on table entities.last_tx_time is 'the latest tx_time of any of its events: the floor of the next write''s clock (I4)';
comment on table entities.next_valid_time is 'when a version written for the future comes into force; null for nearly all';
comment on table entities.version is 'seq of the event that holds now, the ETag; null while only future versions exist';
comment on table entities_user is 'an export''s order';
comment on table entity_types is 'Facts of each entity type that SQL needs, synced from src/domain';
comment on table entity_types.axis_from is 'doc fields, first present wins: where the entity stands on the time axis';
comment on table entity_types.measures is '[{"field": text, "unit": text, "unit_field": text, "of_field": text}]: numbers, their unit or the field that names it, what they are measured of';
comment on table entity_types.refold_after is 'entities of this type behind this id are still as its facts before made them; null: none';
comment on table entity_types.relations is '[{"field": text, "target": entity type, "many": boolean}]';
comment on table event_log is 'Append-only: one complete snapshot of an entity per write; doc null is a tombstone';
comment on table event_log.occurred_at is 'the doc''s place on the time axis by the type''s facts when it was written; null for a tombstone';
comment on table event_log.seq is 'the version of the state this event makes; drawn before commit, so order consumers by (xid, seq)';
comment on table event_log.user_id is 'null on imported tombstones, whose source row names nobody: the owner is entities.user_id';
comment on table idempotency_keys is 'The first answer to each Idempotency-Key (I5), committed with the write it answers';
comment on table import_chunks is 'The checkpoint: which lines of which file are in, with their counters';
comment on table import_chunks.digest is 'sha-256 of the chunk''s bytes: the same lines sent again are known by it';
comment on table import_chunks.rejects is 'lines that are no row; conflicts counts rows whose place in history holds another doc';
comment on table import_chunks.skipped is 'rows that the import''s arguments leave out';
comment on table import_rejects is 'Lines that could not be taken, with reason and raw bytes (I10): text would not hold a NUL or broken UTF-8';
comment on table import_rejects.mended_digest is 'sha-256 of the line that was applied in its place';
comment on table import_repeats is 'What of an import''s file was in the store already: a row for each chunk or mended line that had any';
comment on table import_repeats.events is 'seq of each event';
comment on table import_repeats.evictions is 'eviction_id of each eviction';
comment on table import_transitions is 'Every legal action on an import. An action repeated is no error: its answer may have been lost.';
comment on table imports is 'A history being brought in, or brought in';
comment on table imports.arguments is 'what of the file it brings in: {"only": [type], "except": [type], "thin": {type: minutes}}; {} is all of it';
comment on table imports.erased is 'versions that its end took out of the log, since an eviction came after them';
comment on table imports.fingerprint is 'sha-256 of the whole file, decompressed, in hex: what makes it this file and no other';
comment on table imports.forced_reason is 'why forced_by finished it although the footer disagreed';
comment on table imports.last_error is 'what the sender said when it paused';
comment on table imports.ran_before is 'time in state running before state_since: without the pauses';
comment on table log_rewrite is 'The checkpoint of a log that is being brought into another shape; no row when none is';
comment on table log_rewrite.since_xid is 'the transaction that began it: what later ones write is mirrored, whom they evict is taken out at the end';
comment on table projections is 'Entity types that have a table projected_TYPE, kept by triggers on entities';
comment on table projections.cursor is 'entities up to this id were filled in; later writes come by trigger';
comment on table projections.fields is '{field: kind}, as src/api/rest compares them: a list uses the projection when its own say the same';
comment on table projections.indexed is 'fields with an index per user';
comment on table refresh_log is 'Every run; the row is written before the work, so a killed refresh leaves a row without finished_at';
comment on table refresh_state is 'How far the rollups have read the log: the cursor (I9), and the lease of the tick that runs. One row.';
comment on table refresh_state.as_of is 'the clock of the last pass that left no committed event behind';
comment on table refresh_state.changed_at is 'when a rollup last changed: a view that is made of them is older than that, or fresh';
comment on table refresh_state.last_pass_from is 'versions with a valid time up to here were counted by the last pass';
comment on table refresh_state.last_pass_to is 'versions with a later valid time were not: in between it depends on when each was committed';
comment on table refresh_state.moved_at is 'when the cursor last moved';
comment on table refresh_state.rebuild_user is 'with rebuild_type and rebuild_before how far it is: records of this user and type before this time, then those of the types and users behind them, are left; null: none was looked at';
comment on table route_stats is 'Requests per route and hour; refused are 4xx, failed 5xx';
comment on table route_stats.histogram is 'element n counts the requests of less than 2^(n-1) ms and not less than half of that';
comment on table slow_calls is 'Single calls over the limit: name, duration, rows; never a parameter''s value';
comment on table slow_statements is 'The text of each statement that was slow, with $1 for every value: what a plan is asked for';
comment on table task_flow is 'Rollup: tasks created, done and put off on a local day, per user';
comment on table task_flow.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table task_flow_next is 'The twin of task_flow: empty, save while a rebuild fills it before the two swap their names';
comment on table task_flow_next.hidden is 'of records that are: 0 hidden by nothing, 1 sensitive, 2 archived, 3 both; by hidden_bits()';
comment on table transactions is 'Every native transaction: who wrote it, when, from which client, and what they said of it';
comment on table transactions.events is 'rows that it wrote to event_log under its own number';
comment on table tripwire_samples is 'One measurement an hour at most, from which the trend comes';
comment on table tripwires is 'Where each limit stands; told is what the operator was last told: whether it was tripped';
comment on view activity is 'A row per record and local day: what most rollups are made of. `hour` is the local hour of its beginning, null for a date; `doc` is there where its type measures something';
comment on view daily_activity_definition is 'What daily_activity must equal';
comment on view daily_hours_definition is 'What daily_hours must equal';
comment on view daily_measures_definition is 'What daily_measures must equal';
comment on view daily_related_definition is 'What daily_related must equal';
comment on view live_entities is 'Current state as every read should see it: entities, with versions whose valid time has just come already in force';
comment on view live_tasks is 'Tasks as task_flow looks at them';
comment on view own_duration_profile is 'The caller''s rows of duration_profile';
comment on view own_entities is 'live_entities of the caller alone, for annals_app: the same rows as under row-level security, with every index in reach';
comment on view own_events is 'The caller''s events, for annals_app: the same rows as under row-level security, but for deletes that name nobody';
comment on view own_habit_streaks is 'The caller''s rows of habit_streaks';
comment on view own_imported_deletes is 'Tombstones of the caller''s entities that came without an owner, for annals_app: the same rows as under row-level security, by an index on time';
comment on view own_monthly_summary is 'The caller''s rows of monthly_summary';
comment on view own_versions is 'The caller''s versions, tombstones left out, for annals_app: as under row-level security, with every index in reach';
comment on view own_versions.ahead is 'each version is here with true and with false: a reader must choose';
comment on view snoozes is 'The writes that put a task off until another day than the transaction before had it';
comment on view task_activity is 'A row per task and thing that happened to it, at an instant that has an index';
comment on view task_flow_definition is 'What task_flow must equal';
