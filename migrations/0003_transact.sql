-- Native writes: any number of operations on any number of entities, committed together, in one call (I1).

create table transactions (
  tx bigint primary key,
  tx_time timestamptz not null,
  user_id uuid not null,
  events integer not null,
  client text,
  meta jsonb
);
comment on table transactions is 'Every native transaction: who wrote it, when, from which client, and what they said of it';
comment on column transactions.events is 'rows that it wrote to event_log under its own number';
create index transactions_user_time on transactions (user_id, tx_time desc, tx desc);
alter table transactions enable row level security;
create policy own_transactions on transactions to annals_app
  using (user_id = (select caller())) with check (user_id = (select caller()));
grant select, insert on transactions to annals_app;

-- Drawn from the log's own sequence: one order, (xid, seq), holds over versions and evictions.
alter table evictions
  add column entity_type text,
  add column seq bigint not null default nextval('event_log_seq_seq');
grant usage on sequence event_log_seq_seq to annals_import;
create index evictions_user_xid_seq on evictions (user_id, xid, seq);
alter table evictions enable row level security;
create policy own_evictions on evictions for select to annals_app using (user_id = (select caller()));
create policy all_evictions on evictions to annals_import using (true) with check (true);
grant select on evictions to annals_app;

create type event_row as (
  entity_id uuid,
  valid_time timestamptz,
  tx_time timestamptz,
  tx bigint,
  entity_type text,
  user_id uuid,
  doc jsonb,
  hints jsonb
);

create function event_rows(p_entity_id uuid, p_pending event_row[]) returns setof event_row
language sql stable
begin atomic
  select distinct on (r.valid_time) r.entity_id, r.valid_time, r.tx_time, r.tx, r.entity_type, r.user_id, r.doc, r.hints
  from (
    select e.entity_id, e.valid_time, e.tx_time, e.tx, e.entity_type, e.user_id, e.doc, e.hints
    from event_log e where e.entity_id = p_entity_id
    union all
    select p.* from unnest(p_pending) p where p.entity_id = p_entity_id
  ) r
  order by r.valid_time, r.tx_time desc, r.tx desc;
end;
comment on function event_rows(uuid, event_row[]) is
  'An entity''s history without corrections: one row a valid time, the latest transaction''s, the pending rows of this transaction included';

create function rows_to_write(p_row event_row, p_until timestamptz, p_pending event_row[]) returns event_row[]
language plpgsql stable as $$
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
$$;
comment on function rows_to_write(event_row, timestamptz, event_row[]) is
  'The rows that a put or delete (p_row, at its valid_time) writes, open-ended or until p_until: XTDB 1''s rules R4 to R6';

create function hints_without(p_hints jsonb, p_fields text[]) returns jsonb
language sql immutable parallel safe
return (
  select jsonb_object_agg(h.key, h.value)
  from jsonb_each(p_hints) h
  where replace(replace(split_part(h.key, '/', 2), '~1', '/'), '~0', '~') <> all (p_fields)
);
comment on function hints_without(jsonb, text[]) is 'Hints without those at or under these top-level fields; null when none is left';

create function expectation_met(p_expected jsonb, p_version text) returns boolean
language sql immutable parallel safe
return case jsonb_typeof(p_expected)
  when 'null' then p_version is null
  when 'array' then p_version is not null and p_expected ? p_version
  else p_version is not null and p_expected #>> '{}' in ('*', p_version)
end;
comment on function expectation_met(jsonb, text) is
  'Whether an entity at this version (null: absent) is what was expected: null absence, "*" presence, a version, or one of an array of them';

create function id_hint(p_hints jsonb) returns jsonb
language sql immutable parallel safe
return case when p_hints ? '/id' then jsonb_build_object('/id', p_hints -> '/id') end;
comment on function id_hint(jsonb) is 'The hint of an entity''s original id, which every later version must keep (I6); null when the id was a UUID';

create function merged_hints(p_kept jsonb, p_new jsonb) returns jsonb
language sql immutable parallel safe
return case
  when p_kept is null or p_kept = '{}' then nullif(nullif(p_new, 'null'), '{}')
  else p_kept || coalesce(nullif(p_new, 'null'), '{}')
end;
comment on function merged_hints(jsonb, jsonb) is 'Hints kept of a version and those of what replaces parts of it; null when there are none';

create function patched_part(p_part jsonb, p_path text[], p_action text, p_value jsonb, p_pointer text) returns jsonb
language plpgsql immutable parallel safe as $$
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
$$;
comment on function patched_part(jsonb, text[], text, jsonb, text) is
  'A part of a doc with what lies at the path set (parents are made as objects; "-" appends to an array) or unset (nothing there: nothing to do). '
  'Raises AN409 where the path leads through a text or number, or to an element that an array has not.';

create function patched(p_row event_row, p_edits jsonb) returns event_row
language plpgsql stable as $$
declare
  v_row event_row := p_row;
  v_edit jsonb;
  v_path text[];
  v_pointer text;
  v_members jsonb;
begin
  for v_edit in select jsonb_array_elements(p_edits) loop
    v_path := array(select jsonb_array_elements_text(v_edit -> 'path'));
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
      v_row.doc := patched_part(v_row.doc, v_path, v_edit ->> 'action', v_edit -> 'value', v_pointer);
      v_row.hints := (
        select jsonb_object_agg(h.key, h.value) from jsonb_each(v_row.hints) h
        where ltrim(h.key, '#') <> v_pointer and not ltrim(h.key, '#') ^@ (v_pointer || '/')
      );
      v_row.hints := merged_hints(v_row.hints, v_edit -> 'hints');
    end if;
  end loop;
  return v_row;
end
$$;
comment on function patched(event_row, jsonb) is
  'A version after the edits [{action: set|unset|add|remove, path: [text], pointer, value, hints}] deeper than its fields; add and remove are of sets. Raises AN409.';

create function evict_entity(p_entity_id uuid, p_tx bigint, p_tx_time timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
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
  -- The log no longer tells which days the entity counted in.
  update analytics set stale = true where not stale;
end
$$;
comment on function evict_entity(uuid, bigint, timestamptz) is
  'Forgets the caller''s own entity, every version of it, and leaves a row of evictions (I3). Runs as the owner, since the caller may delete nothing. Raises AN404.';

create function rows_before(p_user_id uuid, p_tx bigint, p_now timestamptz, p_new_tx bigint) returns setof event_row
language sql stable
begin atomic
  select e.entity_id, e.valid_time, p_now, p_new_tx, coalesce(b.entity_type, e.entity_type), p_user_id, b.doc,
    case when b.doc is null then id_hint(e.hints) else b.hints end
  from transactions t
  join event_log e on e.user_id = t.user_id and e.tx_time = t.tx_time and e.tx = t.tx
  left join lateral version_at(e.entity_id, e.valid_time, t.tx_time - interval '1 microsecond') b on true
  where t.user_id = p_user_id and t.tx = p_tx;
end;
comment on function rows_before(uuid, bigint, timestamptz, bigint) is
  'What undoes a transaction: at every valid time that it wrote for, the version that held there before it';

create function raise_problem(p_problem jsonb) returns void
language plpgsql stable as $$
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
$$;
comment on function raise_problem(jsonb) is 'Raises the first thing wrong with a transaction: {code, n, id, …}';

create function foreign_entities(p_ids uuid[], p_user_id uuid) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select entity_id from entities where entity_id = any (p_ids) and user_id is distinct from p_user_id;
end;
comment on function foreign_entities(uuid[], uuid) is
  'Which of these ids are somebody else''s. Runs as the owner, past row-level security, and tells transact only what it must refuse.';

create function lock_entities(p_user_id uuid, p_ids uuid[]) returns void
language plpgsql as $$
begin
  -- By their ids, since they may not be there yet: one of 256 locks a user, so that a bulk write cannot use up the server's.
  -- In one order for all, and before the rows themselves are locked.
  perform pg_advisory_xact_lock(hashtext(p_user_id::text), b)
    from (select distinct hashtext(i::text) & 255 as b from unnest(p_ids) i order by b) buckets;
end
$$;
comment on function lock_entities(uuid, uuid[]) is 'Makes every other writer of one of these entities of the user wait until this transaction ends';

create function transact(p_request jsonb, p_clock timestamptz default null) returns jsonb
-- Every table is read by its key, so one plan is right for all: planning costs more than the write. A plan that a
-- connection made while a table was small must not read it whole for ever.
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off
-- Whoever waits longer for another's write is told to try again.
set lock_timeout = '5s' as $$
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
    select jsonb_build_object('code', 'AN404', 'id', min(f::text)) into v_problem from foreign_entities(v_ids, v_user_id) f having count(*) > 0;
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
$$;
comment on function transact(jsonb, timestamptz) is
  'Applies {user_id, operations: [{op: put|patch|delete|match|restore|evict, entity_id, entity_type, doc | set, unset, edits | version | valid_time, tx_time, '
  'hints, valid_from, valid_to, expected_version}] or [{op: undo, tx}], idempotency_key, request_hash, client, meta} atomically and answers '
  '{tx, tx_time, entities: [{id, entity_type, version, updated_at, deleted_at}]}, entities in order of first mention, an evicted one as {id, evicted}. '
  'Raises AN400 unknown op, AN404 no such entity (also: somebody else''s), version or transaction, AN409 type changed, edit or undo impossible, '
  'AN412 version differs, AN413 too many, AN422 key reused, evict too late.';

create function forget_idempotency_keys(p_limit integer) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
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
$$;
comment on function forget_idempotency_keys(integer) is 'Forgets keys older than 24 hours, p_limit at most; returns how many. The cron''s, over all users.';
revoke execute on function forget_idempotency_keys(integer), evict_entity(uuid, bigint, timestamptz) from public;
grant execute on function forget_idempotency_keys(integer), evict_entity(uuid, bigint, timestamptz) to annals_app;
