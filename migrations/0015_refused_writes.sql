-- A write that is refused costs little and tells nothing: refused before it waits where what it expects is gone already, given up
-- after a time, and in the same words whether an entity is somebody else's or nobody's.

create or replace function transact(p_request jsonb, p_clock timestamptz default null) returns jsonb
-- Every table is read by its key, so one plan is right for all: planning costs more than the write. A plan that a
-- connection made while a table was small must not read it whole for ever.
language plpgsql set plan_cache_mode = force_generic_plan set enable_seqscan = off
-- Whoever waits longer for another's write is told to try again, and whoever asks for more than can be done in time, to ask for less.
set lock_timeout = '5s' set transaction_timeout = '15s' as $$
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
$$;

alter function rest_write(jsonb, text[]) set transaction_timeout = '15s';
