-- How a doc becomes a row of entities, and how the log becomes current state. One definition, used by writes, imports,
-- the turning over of future versions, and rebuild: so I2 holds by construction.

create function sync_entity_types(p_types jsonb) returns void
language plpgsql as $$
begin
  delete from entity_types where name not in (select t ->> 'name' from jsonb_array_elements(p_types) t);
  insert into entity_types (name, xtdb_name, axis_from, axis_until, label_fields, relations, timeline, timer_parent, time_zone_field, measures)
  select t.name, t.xtdb_name, t.axis_from, t.axis_until, t.label_fields, t.relations, t.timeline, t.timer_parent, t.time_zone_field, t.measures
  from jsonb_to_recordset(p_types) as t(
    name text, xtdb_name text, axis_from text[], axis_until text, label_fields text[], relations jsonb,
    timeline boolean, timer_parent text, time_zone_field text, measures jsonb
  )
  on conflict (name) do update set
    xtdb_name = excluded.xtdb_name, axis_from = excluded.axis_from, axis_until = excluded.axis_until,
    label_fields = excluded.label_fields, relations = excluded.relations, timeline = excluded.timeline,
    timer_parent = excluded.timer_parent, time_zone_field = excluded.time_zone_field, measures = excluded.measures;
end
$$;
comment on function sync_entity_types(jsonb) is 'Makes entity_types equal to the list that src/domain declares. Run by migrate, as the owner.';

-- Stable, not immutable: an immutable wrapper of a stable cast is never inlined. The pattern demands a zone, so that no session setting matters.
create function as_instant(p_text text) returns timestamptz
language sql stable parallel safe
return case
  when p_text ~ '^\d{4}-\d\d-\d\d$' and pg_input_is_valid(p_text, 'date') then (p_text || 'T00:00:00Z')::timestamptz
  when p_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$' and pg_input_is_valid(p_text, 'timestamptz')
    then p_text::timestamptz
end;
comment on function as_instant(text) is 'An ISO 8601 instant or date (at 00:00 UTC), to the microsecond; null for anything else, since history may hold anything';

create function as_zone(p_text text, p_default text) returns text
language sql stable parallel safe
return coalesce((select name from time_zones where name = p_text), (select name from time_zones where name = p_default), 'UTC');
comment on function as_zone(text, text) is 'The first of the two that is a zone name Postgres knows, else UTC';

create function iso(p_at timestamptz) returns text
language sql stable parallel safe
return case
  when isfinite(p_at) then to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  else p_at::text
end;
comment on function iso(timestamptz) is 'ISO 8601 in UTC with microseconds, the text of every instant that Annals itself answers';

create type entity_facts as (
  occurred_at timestamptz,
  occurred_until timestamptz,
  created_at timestamptz,
  deleted_at timestamptz,
  sensitive boolean,
  archived boolean,
  label text,
  related uuid[]
);

-- A set of one row, so that the planner takes it into the query that asks: as a PL/pgSQL function it was two fifths of an import.
create function entity_facts(p_entity_type text, p_doc jsonb) returns setof entity_facts
language sql stable parallel safe rows 1
begin atomic
  select
    case when f.axis_until is null or f.axis_at is null then coalesce(f.axis_at, f.created_at) else f.axis_at end,
    case when f.axis_until is null or f.axis_at is null then coalesce(f.axis_at, f.created_at) else as_instant(f.until_text) end,
    f.created_at,
    case when f.deleted_text is not null then coalesce(as_instant(f.deleted_text), '-infinity') end,
    coalesce(p_doc -> 'sensitive' = 'true', false),
    coalesce(p_doc -> 'archived' = 'true', false),
    f.label,
    case when f.relations is null or f.relations = '[]' then '{}'::uuid[] else array(
      select r.id::uuid
      from jsonb_array_elements(f.relations) with ordinality as l(relation, n)
      cross join lateral jsonb_array_elements_text(
        case jsonb_typeof(p_doc -> (l.relation ->> 'field'))
          when 'array' then p_doc -> (l.relation ->> 'field')
          when 'string' then jsonb_build_array(p_doc -> (l.relation ->> 'field'))
          else '[]'
        end
      ) with ordinality as r(id, m)
      where pg_input_is_valid(r.id, 'uuid')
      order by l.n, r.m
    ) end
  from (
    select d.axis_until, d.relations, d.label, d.until_text, d.deleted_text, as_instant(d.created_text) as created_at,
      coalesce(as_instant(d.axis_text_1), as_instant(d.axis_text_2)) as axis_at
    from (
      -- Docs of before the app renamed its meta attributes keep the old names.
      select t.axis_until, t.relations,
        coalesce(p_doc ->> 'created_at', p_doc ->> 'tech.jgood.gleanmo.schema/created-at') as created_text,
        coalesce(p_doc ->> 'deleted_at', p_doc ->> 'tech.jgood.gleanmo.schema/deleted-at') as deleted_text,
        p_doc ->> t.axis_from[1] as axis_text_1, p_doc ->> t.axis_from[2] as axis_text_2, p_doc ->> t.axis_until as until_text,
        coalesce(
          nullif(p_doc ->> t.label_fields[1], ''), nullif(p_doc ->> t.label_fields[2], ''), nullif(p_doc ->> t.label_fields[3], '')
        ) as label
      from (select) one left join entity_types t on t.name = p_entity_type
      -- Fences: what stands above uses each of these several times, and would else compute it as often.
      offset 0
    ) d
    offset 0
  ) f;
end;
comment on function entity_facts(text, jsonb) is
  'What the columns of entities take from a doc by its type: its place on the time axis (occurred_until null is a running timer), flags, label, related ids';

create function facts_of(p_entity_type text, p_doc jsonb) returns entity_facts
language sql stable parallel safe
return (select x from entity_facts(p_entity_type, p_doc) x);
comment on function facts_of(text, jsonb) is
  'entity_facts() for the few rows of a branch that is seldom taken: a call, which costs no planning where the branch is not';

create function version_at(p_entity_id uuid, p_valid_time timestamptz, p_tx_time timestamptz) returns setof event_log
language sql stable parallel safe rows 1
begin atomic
  select e.* from event_log e
  where e.entity_id = p_entity_id and e.valid_time <= p_valid_time and e.tx_time <= p_tx_time
  order by e.valid_time desc, e.tx_time desc, e.tx desc
  limit 1;
end;
comment on function version_at(uuid, timestamptz, timestamptz) is
  'The event that holds at (valid time, transaction time), XTDB''s rule R1; no row or a null doc means none. shared rule: design, "History"';

-- As the owner: an entity's age is its own whoever it belonged to, and under row-level security a new owner would see a part of it.
create function first_tx_time(p_entity_id uuid) returns timestamptz
language sql stable security definer set search_path = public, pg_temp
return (select min(tx_time) from event_log where entity_id = p_entity_id);
comment on function first_tx_time(uuid) is 'When the store first learned of an entity; null for an unknown one';

create function fold_entities(p_ids uuid[], p_now timestamptz) returns void
language plpgsql as $$
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
$$;
comment on function fold_entities(uuid[], timestamptz) is
  'Sets the entities rows of these ids to what event_log says holds at the given clock (I2). Ids without events are left alone.';

create type entity_state as (
  entity_id uuid,
  entity_type text,
  user_id uuid,
  version bigint,
  occurred_at timestamptz,
  occurred_until timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  sensitive boolean,
  archived boolean,
  label text,
  related uuid[],
  doc jsonb,
  hints jsonb
);
comment on type entity_state is 'An entity as one version describes it: what entities holds of the present, for any moment';

create function state_at(p_entity_id uuid, p_valid_time timestamptz, p_tx_time timestamptz) returns setof entity_state
language sql stable parallel safe rows 1
begin atomic
  select v.entity_id, v.entity_type, v.user_id, v.seq,
    coalesce(x.occurred_at, first_tx_time(p_entity_id)),
    case when x.occurred_at is null then first_tx_time(p_entity_id) else x.occurred_until end,
    coalesce(x.created_at, first_tx_time(p_entity_id)), v.tx_time, x.deleted_at,
    x.sensitive, x.archived, x.label, x.related, v.doc, v.hints
  from version_at(p_entity_id, p_valid_time, p_tx_time) v
  cross join lateral facts_of(v.entity_type, v.doc) x
  where v.doc is not null;
end;
comment on function state_at(uuid, timestamptz, timestamptz) is 'The entity as it was at (valid time, transaction time); no row when nothing held';

-- What holds now, right also between the moment a future version comes into force and the cron that turns it over.
create view live_entities with (security_invoker = true) as
  select entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
    sensitive, archived, label, related, doc, hints
  from entities
  where doc is not null and (next_valid_time is null or next_valid_time > now())
  union all
  select s.entity_id, s.entity_type, s.user_id, s.version, s.occurred_at, s.occurred_until, s.created_at, s.updated_at,
    s.deleted_at, s.sensitive, s.archived, s.label, s.related, s.doc, s.hints
  from entities e
  cross join lateral state_at(e.entity_id, now(), 'infinity') s
  where e.next_valid_time <= now();
comment on view live_entities is 'Current state as every read should see it: entities, with versions whose valid time has just come already in force';
grant select on live_entities to annals_app, annals_import;

create function turn_over(p_now timestamptz, p_limit integer) returns integer
language plpgsql as $$
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
$$;
comment on function turn_over(timestamptz, integer) is 'Brings versions whose valid time has come into current state, p_limit entities at most; returns how many';

create function entity_record(p_state entity_state) returns jsonb
language sql stable parallel safe
return jsonb_build_object(
  'id', (p_state).entity_id,
  'entity_type', (p_state).entity_type,
  'user_id', (p_state).user_id,
  'version', (p_state).version,
  'occurred_at', iso((p_state).occurred_at),
  'occurred_until', iso((p_state).occurred_until),
  'created_at', iso((p_state).created_at),
  'updated_at', iso((p_state).updated_at),
  'deleted_at', iso((p_state).deleted_at)
) || (p_state).doc;
comment on function entity_record(entity_state) is
  'The JSON of one record as the API answers it: the envelope beside the doc''s own fields (whose created_at and deleted_at, to the nanosecond, win)';
