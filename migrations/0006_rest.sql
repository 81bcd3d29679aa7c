-- What lists need: a road on which every index can be used, lists as of any moment, and writes by filter.

create function due_entities() returns setof entity_state
language plpgsql stable parallel safe rows 1 as $$
begin
  -- Nearly always there is none, and what is not run is not planned: inside the views this cost more than all the rest of a read.
  if exists (select from entities where next_valid_time <= now()) then
    return query select s.* from entities e cross join lateral state_at(e.entity_id, now(), 'infinity') s where e.next_valid_time <= now();
  end if;
end
$$;
comment on function due_entities() is 'Entities of which a version has come into force that the cron has not turned over yet, as that version; all that the caller may see';

-- Row-level security puts its own condition before every other, and lets only leakproof operators pass it into an index:
-- `doc @> …` is none, so that under a policy the GIN index is never used. This view is the policy as a plain condition instead. It
-- runs with its owner's rights, asks caller() for every row as the policies do (I7), and annals_app can write no functions to peek with.
--
-- Postgres reads a union in the order of an index only if its members have no conditions of their own, so these stand outside.
create view own_entities as
  select u.entity_id, u.entity_type, u.user_id, u.version, u.occurred_at, u.occurred_until, u.created_at, u.updated_at,
    u.deleted_at, u.sensitive, u.archived, u.label, u.related, u.doc, u.hints
  from (
    select entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      sensitive, archived, label, related, doc, hints, next_valid_time
    from entities
    union all
    select entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      sensitive, archived, label, related, doc, hints, null
    from due_entities()
  ) u
  where u.user_id = (select caller()) and u.doc is not null and (u.next_valid_time is null or u.next_valid_time > now());
comment on view own_entities is 'live_entities of the caller alone, for annals_app: the same rows as under row-level security, with every index in reach';
grant select on own_entities to annals_app;

create or replace view live_entities with (security_invoker = true) as
  select u.entity_id, u.entity_type, u.user_id, u.version, u.occurred_at, u.occurred_until, u.created_at, u.updated_at,
    u.deleted_at, u.sensitive, u.archived, u.label, u.related, u.doc, u.hints
  from (
    select entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      sensitive, archived, label, related, doc, hints, next_valid_time
    from entities
    union all
    select entity_id, entity_type, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      sensitive, archived, label, related, doc, hints, null
    from due_entities()
  ) u
  where u.doc is not null and (u.next_valid_time is null or u.next_valid_time > now());

-- Whole, so that it also answers lists that show deleted records.
drop index entities_user_type_time;
create index entities_user_type_time on entities (user_id, entity_type, occurred_at desc, entity_id);

-- Where each version stands on the time axis, so that a list as of any moment is an index range as well.
alter table event_log add column occurred_at timestamptz;
comment on column event_log.occurred_at is 'the doc''s place on the time axis by the type''s facts when it was written; null for a tombstone';

-- Not seq and xid, which the log draws itself: a forged xid would hide an event from every consumer (I9).
revoke insert on event_log from annals_app;
grant insert (tx, tx_time, valid_time, entity_id, user_id, entity_type, doc, hints, occurred_at) on event_log to annals_app;

create function place_event() returns trigger
language plpgsql as $$
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
$$;
comment on function place_event() is 'Trigger of event_log: sets occurred_at as entity_facts() would';
-- An import works it out for a whole chunk at once.
create trigger event_log_place before insert on event_log for each row when (new.occurred_at is null) execute function place_event();

alter table event_log disable trigger event_log_append_only;
update event_log e set occurred_at = x.occurred_at
  from (
    select s.ctid as place, coalesce(f.occurred_at, (select min(o.tx_time) from event_log o where o.entity_id = s.entity_id)) as occurred_at
    from event_log s cross join lateral entity_facts(s.entity_type, s.doc) f
    where s.doc is not null
  ) x
  where e.ctid = x.place;
alter table event_log enable trigger event_log_append_only;

-- With both times, so that what was not known yet is passed over without a look at the table.
create index event_log_user_type_occurred on event_log (user_id, entity_type, occurred_at desc, entity_id, tx_time, valid_time)
  where doc is not null;
-- What was written down before it happened.
create index event_log_ahead on event_log (user_id, entity_type, occurred_at desc, entity_id) where occurred_at > tx_time;
-- The few versions that can hide others: what a past list must look at beside its own rows.
create index event_log_flagged on event_log (user_id, entity_type, entity_id)
  where doc @> '{"sensitive": true}' or doc @> '{"archived": true}';

-- Its `*` was spelled out when it was made: once more, with the new column.
create or replace function version_at(p_entity_id uuid, p_valid_time timestamptz, p_tx_time timestamptz) returns setof event_log
language sql stable parallel safe rows 1
begin atomic
  select e.* from event_log e
  where e.entity_id = p_entity_id and e.valid_time <= p_valid_time and e.tx_time <= p_tx_time
  order by e.valid_time desc, e.tx_time desc, e.tx desc
  limit 1;
end;

-- As own_entities, and each row twice: a reader asks for half of each, and so has an index for either half.
create view own_versions as
  select v.*
  from (
    select entity_id, entity_type, user_id, seq, occurred_at, valid_time, tx_time, tx, doc, hints, false as ahead from event_log
    union all
    select entity_id, entity_type, user_id, seq, occurred_at, valid_time, tx_time, tx, doc, hints, true from event_log
  ) v
  where v.user_id = (select caller()) and v.doc is not null;
comment on view own_versions is 'The caller''s versions, tombstones left out, for annals_app: as under row-level security, with every index in reach';
comment on column own_versions.ahead is 'each version is here with true and with false: a reader must choose';
grant select on own_versions to annals_app;

create function entities_at(p_user_id uuid, p_entity_type text, p_valid_time timestamptz, p_tx_time timestamptz) returns setof entity_state
language sql stable parallel safe rows 1000
begin atomic
  select e.entity_id, e.entity_type, e.user_id, e.seq, e.occurred_at,
    case
      when t.axis_until is null or as_instant(e.doc ->> t.axis_from[1]) is null then e.occurred_at
      else as_instant(e.doc ->> t.axis_until)
    end,
    coalesce(
      as_instant(coalesce(e.doc ->> 'created_at', e.doc ->> 'tech.jgood.gleanmo.schema/created-at')),
      first_tx_time(e.entity_id)
    ),
    e.tx_time,
    case
      when coalesce(e.doc ->> 'deleted_at', e.doc ->> 'tech.jgood.gleanmo.schema/deleted-at') is not null
        then coalesce(as_instant(coalesce(e.doc ->> 'deleted_at', e.doc ->> 'tech.jgood.gleanmo.schema/deleted-at')), '-infinity')
    end,
    e.doc -> 'sensitive' = 'true',
    e.doc -> 'archived' = 'true',
    (select x.label from entity_facts(e.entity_type, e.doc) x),
    (select x.related from entity_facts(e.entity_type, e.doc) x),
    e.doc, e.hints
  from own_versions e
  left join entity_types t on t.name = p_entity_type
  where e.user_id = p_user_id and e.entity_type = p_entity_type and e.doc is not null
    and e.valid_time <= p_valid_time and e.tx_time <= p_tx_time
    -- What happened after p_tx_time was known then only if it was written ahead: so nothing later need be passed over. Each
    -- member of the union is left with its own half of this, and its own index.
    and ((not e.ahead and e.occurred_at <= p_tx_time) or (e.ahead and e.occurred_at > p_tx_time and e.occurred_at > e.tx_time))
    -- Each entity has one version that holds: the one that none comes after. So the log is read in the order of the time
    -- axis, and a page ends as soon as it is full.
    and not exists (
      select from event_log n
      where n.entity_id = e.entity_id and n.valid_time <= p_valid_time and n.tx_time <= p_tx_time
        and (n.valid_time, n.tx_time, n.tx) > (e.valid_time, e.tx_time, e.tx)
    );
end;
comment on function entities_at(uuid, text, timestamptz, timestamptz) is
  'The caller''s entities of a type (p_user_id must be the caller) as they were at (valid time, transaction time): state_at() for all of them, in the order of an index';

create function ids_in(p_value jsonb) returns uuid[]
language sql stable parallel safe
return array(
  select r::uuid
  from jsonb_array_elements_text(
    case jsonb_typeof(p_value) when 'array' then p_value when 'string' then jsonb_build_array(p_value) else '[]' end
  ) r
  where pg_input_is_valid(r, 'uuid')
);
comment on function ids_in(jsonb) is 'The ids in the field of a relation, single or a set; what is no id is left out, since history may hold anything';

create function as_date(p_text text) returns date
language sql stable parallel safe
return case when p_text ~ '^\d{4}-\d\d-\d\d$' and pg_input_is_valid(p_text, 'date') then p_text::date end;
comment on function as_date(text) is 'A date of the years 0001 to 9999; null for anything else';

-- Volatile, since explain is not allowed elsewhere.
create function plan_rows(p_sql text, p_params text[]) returns bigint
language plpgsql as $$
declare
  v_plan json;
begin
  execute 'explain (format json) ' || p_sql into v_plan using p_params;
  return (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
end
$$;
comment on function plan_rows(text, text[]) is
  'How many rows the planner expects of a statement, which runs with the caller''s rights and takes p_params as $1';

create function rest_write(p_request jsonb, p_params text[])
returns table (refusal text, affected bigint, created bigint, id uuid, version bigint, body text, hints text)
language plpgsql as $$
#variable_conflict use_column
declare
  v_user_id constant uuid := (p_request ->> 'user_id')::uuid;
  v_action constant text := p_request ->> 'action';
  v_key constant text := p_request ->> 'idempotency_key';
  v_transaction jsonb := jsonb_build_object('user_id', v_user_id, 'request_hash', p_request -> 'request_hash')
    || case when v_key is null then '{}'::jsonb else jsonb_build_object('idempotency_key', v_key) end;
  v_ids uuid[];
  v_there uuid[];
  v_versions bigint[];
  v_operations jsonb;
  v_answer jsonb;
begin
  perform set_config('annals.user_id', v_user_id::text, true);
  if v_key is null or not exists (select from idempotency_keys k where k.user_id = v_user_id and k.key = v_key and k.created_at >= clock_timestamp() - interval '24 hours') then
    if v_action = 'insert' then
      select array_agg(distinct (o ->> 'entity_id')::uuid) into v_ids from jsonb_array_elements(p_request -> 'operations') o;
    else
      execute p_request ->> 'choose' into v_ids, v_versions using p_params;
    end if;
    -- What was chosen is chosen again under the locks: a rival's write in between may have moved it out.
    perform lock_entities(v_user_id, v_ids);
    if v_action = 'insert' then
      select array_agg(e.entity_id) into v_there from own_entities e where e.entity_id = any (v_ids);
      v_operations := p_request -> 'operations';
      if v_there is not null then
        if p_request ->> 'on_conflict' is null then
          return query select 'duplicate', 0::bigint, 0::bigint, v_there[1], null::bigint, null::text, null::text;
          return;
        end if;
        select jsonb_agg(
            case when (o ->> 'entity_id')::uuid = any (v_there) then
              jsonb_build_object('op', 'patch', 'entity_id', o -> 'entity_id', 'entity_type', o -> 'entity_type', 'set', o -> 'doc', 'hints', o -> 'hints')
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
  if p_request ->> 'answer' is not null then
    return query execute p_request ->> 'answer'
      using p_params, v_ids, (select count(*) from unnest(v_ids) i where not i = any (coalesce(v_there, '{}')));
  else
    return query
      select null::text, cardinality(v_ids)::bigint, (select count(*) from unnest(v_ids) i where not i = any (coalesce(v_there, '{}'))),
        (a ->> 'id')::uuid, (a ->> 'version')::bigint, null::text, null::text
      from jsonb_array_elements(v_answer -> 'entities') a;
  end if;
end
$$;
comment on function rest_write(jsonb, text[]) is
  'Writes by filter, in one transaction (I1): {user_id, action: insert|update|delete, operations | choose, choose_again, operation, on_conflict: merge|ignore, '
  'expected: [version | "*"], max_affected, singular, answer, idempotency_key, request_hash}. The statements choose (no ids yet), choose_again and answer (ids as $2) come '
  'compiled, take p_params as $1 (answer: also the number created as $3) and run with the caller''s rights. A refusal (duplicate, precondition, max_affected, singular) writes nothing. Raises as transact does.';
