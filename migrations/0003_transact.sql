-- Native writes: any number of operations on any number of entities, committed together, in one call (I1).

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

create function foreign_entities(p_ids uuid[], p_user_id uuid) returns setof uuid
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select entity_id from entities where entity_id = any (p_ids) and user_id is distinct from p_user_id;
end;
comment on function foreign_entities(uuid[], uuid) is
  'Which of these ids are somebody else''s. Runs as the owner, past row-level security, and tells transact only what it must refuse.';

create function transact(p_request jsonb, p_clock timestamptz default null) returns jsonb
language plpgsql as $$
declare
  c_max_operations constant integer := 1000;
  v_user_id constant uuid := (p_request ->> 'user_id')::uuid;
  v_key constant text := p_request ->> 'idempotency_key';
  v_ops constant jsonb := p_request -> 'operations';
  v_ids uuid[];
  v_op jsonb;
  v_ordinal integer;
  v_entity entities%rowtype;
  v_base event_row;
  v_row event_row;
  v_new event_row[];
  v_pending event_row[] := '{}';
  v_touched uuid[] := '{}';
  v_now timestamptz;
  v_tx bigint;
  v_set jsonb;
  v_fields text[];
  v_kept idempotency_keys%rowtype;
  v_answer jsonb;
begin
  if p_clock is not null and not pg_has_role(current_user, (select tableowner from pg_tables where schemaname = 'public' and tablename = 'event_log')::name, 'usage') then
    raise exception 'only the schema''s owner may set the clock' using errcode = 'AN403';
  end if;
  if jsonb_array_length(v_ops) > c_max_operations then
    raise exception 'a transaction takes % operations at most', c_max_operations
      using errcode = 'AN413', hint = 'Split it into several transactions.';
  end if;
  perform set_config('annals.user_id', v_user_id::text, true);

  if v_key is not null then
    insert into idempotency_keys (user_id, key, request_hash) values (v_user_id, v_key, p_request ->> 'request_hash')
      on conflict do nothing;
    if not found then
      select * into v_kept from idempotency_keys where user_id = v_user_id and key = v_key;
      if v_kept.request_hash <> p_request ->> 'request_hash' then
        raise exception 'this Idempotency-Key was used with another request'
          using errcode = 'AN422', hint = 'Use a new key for a new request.';
      end if;
      return v_kept.answer || '{"replayed": true}';
    end if;
  end if;

  v_ids := array(select distinct (o ->> 'entity_id')::uuid from jsonb_array_elements(v_ops) o order by 1);
  perform pg_advisory_xact_lock(hashtextextended(i::text, 0)) from unnest(v_ids) i;
  perform from entities where entity_id = any (v_ids) order by entity_id for update;
  select to_jsonb(array_agg(f)) into v_answer from foreign_entities(v_ids, v_user_id) f;
  if v_answer is not null then
    raise exception 'no such entity' using errcode = 'AN404', detail = v_answer ->> 0;
  end if;

  -- I4: the clock is read after the locks (now() is when the transaction began, before the wait) and never runs backwards.
  select greatest(coalesce(p_clock, clock_timestamp()), max(last_tx_time) + interval '1 microsecond') into v_now
    from entities where entity_id = any (v_ids);
  v_tx := nextval('tx_seq');

  for v_op, v_ordinal in select o, n from jsonb_array_elements(v_ops) with ordinality as a(o, n) order by n loop
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
    if v_op -> 'valid_from' is null and v_entity.next_valid_time is null and v_entity.entity_id <> all (v_touched) then
      v_base := null;
      if v_entity.doc is not null then
        v_base.entity_id := v_entity.entity_id;
        v_base.entity_type := v_entity.entity_type;
        v_base.doc := v_entity.doc;
        v_base.hints := v_entity.hints;
      end if;
    else
      v_base := null;
      select r.* into v_base from event_rows(v_entity.entity_id, v_pending) r
        where r.valid_time <= v_row.valid_time order by r.valid_time desc limit 1;
    end if;

    if v_op ? 'expected_version' and (v_op ->> 'expected_version')::bigint is distinct from
      (case when v_entity.doc is not null then v_entity.version end) then
      raise exception 'operation %: version % was expected, the entity is at %', v_ordinal,
        coalesce(v_op ->> 'expected_version', 'none'), coalesce(case when v_entity.doc is not null then v_entity.version end ::text, 'none')
        using errcode = 'AN412', hint = 'Read the entity again and decide anew.', detail = v_entity.entity_id::text;
    end if;

    case v_op ->> 'op'
    when 'match' then
      continue;
    when 'put' then
      v_row.entity_type := v_op ->> 'entity_type';
      v_row.doc := v_op -> 'doc';
      v_row.hints := nullif(v_op -> 'hints', 'null');
    when 'patch' then
      if v_base.doc is null then
        raise exception 'no such entity' using errcode = 'AN404', detail = v_entity.entity_id::text;
      end if;
      v_row.entity_type := v_base.entity_type;
      v_set := coalesce(v_op -> 'set', '{}');
      v_fields := array(select jsonb_object_keys(v_set)) || array(select jsonb_array_elements_text(coalesce(v_op -> 'unset', '[]')));
      v_row.doc := (v_base.doc - v_fields) || v_set;
      v_row.hints := nullif(coalesce(hints_without(v_base.hints, v_fields), '{}') || coalesce(nullif(v_op -> 'hints', 'null'), '{}'), '{}');
    when 'delete' then
      -- A delete at a valid time of its own is a statement about that time, as in XTDB: it may come before any put.
      if v_base.doc is null and v_op -> 'valid_from' is null and v_op -> 'valid_to' is null then
        raise exception 'no such entity' using errcode = 'AN404', detail = v_entity.entity_id::text;
      end if;
      v_row.entity_type := coalesce(v_base.entity_type, v_op ->> 'entity_type');
      v_row.hints := case when v_base.hints ? '/id' then jsonb_build_object('/id', v_base.hints -> '/id') end;
    else
      raise exception 'operation %: unknown op %', v_ordinal, v_op ->> 'op' using errcode = 'AN400';
    end case;
    if v_op ->> 'entity_type' <> coalesce(v_base.entity_type, v_row.entity_type) then
      raise exception 'operation %: the entity is a %, not a %', v_ordinal, v_base.entity_type, v_op ->> 'entity_type'
        using errcode = 'AN409', detail = v_entity.entity_id::text, hint = 'An entity keeps its type; use another id.';
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

  select jsonb_build_object(
    'tx', v_tx,
    'tx_time', iso(v_now),
    'entities', coalesce(jsonb_agg(jsonb_build_object(
      'id', e.entity_id, 'entity_type', e.entity_type, 'version', e.version, 'updated_at', iso(e.updated_at),
      'deleted_at', iso(e.deleted_at)
    ) order by array_position(v_touched, e.entity_id)), '[]')
  ) into v_answer
  from entities e where e.entity_id = any (v_touched);
  if v_key is not null then
    update idempotency_keys set answer = v_answer where user_id = v_user_id and key = v_key;
  end if;
  return v_answer;
end
$$;
comment on function transact(jsonb, timestamptz) is
  'Applies {user_id, operations: [{op: put|patch|delete|match, entity_id, entity_type, doc|set|unset, hints, valid_from, valid_to, expected_version}], '
  'idempotency_key, request_hash} atomically and answers {tx, tx_time, entities: [{id, entity_type, version, updated_at, deleted_at}]}, entities in order of first mention. '
  'Raises AN400 unknown op, AN404 no such entity (also: somebody else''s), AN409 type changed, AN412 version differs, AN413 too many, AN422 key reused.';
