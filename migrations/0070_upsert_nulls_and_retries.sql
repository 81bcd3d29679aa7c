-- An upsert takes away what it sets to null, as PostgREST's does, and its retry is answered as it was: 200 where nothing was created.

create or replace function rest_write(p_request jsonb, p_params text[])
returns table (refusal text, affected bigint, created bigint, id uuid, version bigint, body text, hints text)
language plpgsql set lock_timeout = '5s' set transaction_timeout = '15s' as $$
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
$$;
comment on function rest_write(jsonb, text[]) is
  'Writes by filter, in one transaction (I1): {user_id, action: insert|update|delete, operations | choose, choose_again, operation, on_conflict: merge|ignore, '
  'expected: [version | "*"], max_affected, singular, answer, idempotency_key, request_hash, client}; a merge takes away what the operation has in unset. The statements choose (no ids yet), choose_again and answer (ids as $2) come '
  'compiled, take p_params as $1 (answer: also the number created as $3) and run with the caller''s rights. A refusal (duplicate, precondition, max_affected, singular) writes nothing. Raises as transact does.';
