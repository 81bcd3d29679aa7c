-- The two tables everything rests on: event_log (what was ever written, append-only) and entities (what holds now).
-- Roles: the schema's owner runs migrations; annals_app serves people at the edge and sees one caller's rows (I7);
-- annals_import writes histories and sees all. Both are created without login: `annals roles` gives them passwords.

do $$
declare
  v_role text;
begin
  foreach v_role in array array['annals_app', 'annals_import'] loop
    begin
      execute format('create role %I nologin', v_role);
    exception
      -- Roles belong to the cluster, not the database: another database's migration may have made it, or be making it now.
      when duplicate_object or unique_violation then
        raise notice 'role % is already there', v_role;
    end;
  end loop;
end
$$;

create extension if not exists btree_gist;

revoke create on schema public from public;
-- A cheap function of one's own in a filter is shown every row before a view's condition hides it: so nobody makes any, temporary ones included.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;
grant usage on schema public to annals_app, annals_import;

-- What the database knows of each entity type. Written by `sync_entity_types` from src/domain on every migrate,
-- so that a new type needs no migration.
create table entity_types (
  name text primary key,
  xtdb_name text not null unique,
  axis_from text[] not null check (cardinality(axis_from) <= 2),
  axis_until text,
  label_fields text[] not null check (cardinality(label_fields) <= 3),
  relations jsonb not null,
  timeline boolean not null,
  timer_parent text,
  time_zone_field text,
  measures jsonb not null default '[]'
);
comment on table entity_types is 'Facts of each entity type that SQL needs, synced from src/domain';
comment on column entity_types.axis_from is 'doc fields, first present wins: where the entity stands on the time axis';
comment on column entity_types.measures is '[{"field": text, "unit": text, "unit_field": text, "of_field": text}]: numbers, their unit or the field that names it, what they are measured of';
comment on column entity_types.relations is '[{"field": text, "target": entity type, "many": boolean}]';

-- Zone names are checked against a table: pg_timezone_names reads some 600 files at every look.
create table time_zones (
  name text primary key
);
insert into time_zones (name) select name from pg_timezone_names;

create sequence tx_seq as bigint;
comment on sequence tx_seq is 'Numbers native transactions; an import pushes it past the greatest XTDB tx-id it wrote';

create table event_log (
  seq bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  tx bigint not null,
  tx_time timestamptz not null,
  valid_time timestamptz not null,
  entity_id uuid not null,
  user_id uuid,
  import_id uuid,
  entity_type text,
  doc jsonb,
  hints jsonb,
  -- Every unique key holds tx_time, so that the table can be partitioned by month of tx_time without a new key.
  primary key (entity_id, valid_time, tx_time, tx)
);
comment on table event_log is 'Append-only: one complete snapshot of an entity per write; doc null is a tombstone';
comment on column event_log.seq is 'the version of the state this event makes; drawn before commit, so order consumers by (xid, seq)';
comment on column event_log.user_id is 'null on imported tombstones, whose source row names nobody: the owner is entities.user_id';
create index event_log_xid_seq on event_log (xid, seq);
create index event_log_user_type_time on event_log (user_id, entity_type, tx_time);
-- The few rows written ahead of their time: what the cron turns over.
create index event_log_future on event_log (valid_time) where valid_time > tx_time;

create table entities (
  entity_id uuid primary key,
  user_id uuid,
  version bigint,
  occurred_at timestamptz,
  occurred_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  last_tx_time timestamptz not null,
  next_valid_time timestamptz,
  sensitive boolean not null,
  archived boolean not null,
  entity_type text,
  label text,
  related uuid[] not null,
  doc jsonb,
  hints jsonb,
  constraint entities_absent_is_deleted check (doc is not null or deleted_at is not null)
);
comment on table entities is 'One row per entity that has any event: the version that holds now, a fold of event_log (I2)';
comment on column entities.version is 'seq of the event that holds now, the ETag; null while only future versions exist';
comment on column entities.deleted_at is 'from the doc (soft delete), a tombstone''s valid time, or -infinity while only future versions exist';
comment on column entities.last_tx_time is 'the latest tx_time of any of its events: the floor of the next write''s clock (I4)';
comment on column entities.next_valid_time is 'when a version written for the future comes into force; null for nearly all';
create index entities_doc on entities using gin (doc jsonb_path_ops);
create index entities_user_type_time on entities (user_id, entity_type, occurred_at desc, entity_id) where deleted_at is null;
create index entities_user_time on entities (user_id, occurred_at desc, entity_id) where deleted_at is null;
create index entities_running on entities (user_id, occurred_at desc) where occurred_until is null and deleted_at is null;
create index entities_hidden_parents on entities (user_id) where sensitive or archived;
-- Intervals of over a day: what a day's bucket must look for beyond the records that began near it.
create index entities_long on entities (user_id, entity_type, occurred_until) where occurred_until - occurred_at > interval '24 hours';
create index entities_turning_over on entities (next_valid_time) where next_valid_time is not null;

-- A person's right to be forgotten: who was erased, when and by whom. An entity evicted in XTDB is known by its SHA-1 alone.
create table evictions (
  eviction_id bigint generated always as identity primary key,
  entity_id uuid,
  xtdb_id_hash text,
  tx bigint not null,
  tx_time timestamptz not null,
  user_id uuid,
  evicted_by text not null,
  import_id uuid,
  xid xid8 not null default pg_current_xact_id(),
  unique nulls not distinct (xtdb_id_hash, entity_id, tx, tx_time)
);

create function refuse_log_change() returns trigger
language plpgsql as $$
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
$$;
comment on function refuse_log_change() is 'Trigger of event_log (I3). Raises AN403.';
create trigger event_log_append_only before update or delete on event_log
  for each row execute function refuse_log_change();
create trigger event_log_no_truncate before truncate on event_log
  for each statement execute function refuse_log_change();

create table idempotency_keys (
  user_id uuid not null,
  key text not null,
  request_hash text not null,
  answer jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, key)
);
comment on table idempotency_keys is 'The first answer to each Idempotency-Key (I5), committed with the write it answers';
create index idempotency_keys_created on idempotency_keys (created_at);

create function caller() returns uuid
language sql stable parallel safe
return nullif(current_setting('annals.user_id', true), '')::uuid;
comment on function caller() is 'The user this transaction acts for, set from the verified token; null for nobody. Every policy asks it (I7).';

alter table event_log enable row level security;
alter table entities enable row level security;
alter table idempotency_keys enable row level security;

-- `(select caller())` is evaluated once a statement and can be an index condition; a bare call is asked for every row.
create policy own_entities on entities to annals_app
  using (user_id = (select caller())) with check (user_id = (select caller()));
create policy own_events on event_log for select to annals_app
  using (
    user_id = (select caller())
    or (
      user_id is null and doc is null
      and exists (select from entities e where e.entity_id = event_log.entity_id and e.user_id = (select caller()))
    )
  );
create policy own_writes on event_log for insert to annals_app with check (user_id = (select caller()));
create policy own_keys on idempotency_keys to annals_app
  using (user_id = (select caller())) with check (user_id = (select caller()));
create policy all_entities on entities to annals_import using (true) with check (true);
create policy all_events on event_log to annals_import using (true) with check (true);

grant select on entity_types, time_zones to annals_app, annals_import;
grant select, insert on event_log to annals_app, annals_import;
grant select, insert, update on entities to annals_app, annals_import;
grant select, insert, update on idempotency_keys to annals_app;
grant select, insert on evictions to annals_import;
grant usage on sequence tx_seq to annals_app;
grant select, usage, update on sequence tx_seq to annals_import;
