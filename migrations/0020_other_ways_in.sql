-- Histories come in as backups of our own too (NDJSON), which hold what XTDB's do not: native transactions and who evicted.
-- And an import says more of itself: its heartbeat, its last error for good, entities by type.

create policy all_transactions on transactions to annals_import using (true) with check (true);
grant select, insert on transactions to annals_import;

create function import_backup(p_backup jsonb) returns boolean
language plpgsql as $$
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
$$;
comment on function import_backup(jsonb) is
  'Writes what only a backup has of a chunk, {import_id, transactions, evictions}, once; called in one statement with import_chunk, so that both commit together. '
  'Raises AN409 for a transaction''s number that another has.';

create or replace function import_status(p_import_id uuid) returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'import_id', i.import_id, 'state', i.state, 'fingerprint', i.fingerprint, 'arguments', i.arguments, 'file_name', i.file_name,
    'total_bytes', i.total_bytes, 'created_by', i.created_by, 'created_at', iso(i.created_at), 'state_since', iso(i.state_since),
    'running_ms', round(extract(epoch from i.ran_before
      + case when i.state = 'running' then clock_timestamp() - i.state_since else '0' end) * 1000),
    'last_chunk_at', iso(s.last_chunk_at),
    -- A chunk, or a button: whoever drives it was there then.
    'last_heartbeat_at', iso(greatest(s.last_chunk_at, i.state_since)), 'last_error', i.last_error,
    'header', (select c.header from import_chunks c where c.import_id = i.import_id and c.first_line = 1),
    'footer', (select c.footer from import_chunks c where c.import_id = i.import_id and c.footer is not null order by c.last_line limit 1),
    -- What is in, as ranges of lines: chunks that were sent side by side can leave gaps, and a sender goes on with those.
    'applied_lines', coalesce((
      select jsonb_agg(jsonb_build_array(lower(r), upper(r) - 1) order by r) from unnest(s.applied_lines) r
    ), '[]'),
    'next_line', coalesce((select upper(r) from unnest(s.applied_lines) r where lower(r) = 1), 1),
    'chunks', s.chunks, 'lines', s.lines, 'bytes', s.bytes, 'rows', s.rows, 'inserted', s.inserted, 'tombstones', s.tombstones,
    'evictions', s.evictions, 'skipped', s.skipped, 'transactions', s.transactions, 'rejects', s.rejects, 'conflicts', s.conflicts, 'nonconforming', s.nonconforming,
    'mended', (select count(*) from import_rejects r where r.import_id = i.import_id and r.mended_at is not null),
    'erased', i.erased, 'forced_by', i.forced_by, 'forced_reason', i.forced_reason
  )
  from imports i
  cross join lateral (
    select count(*) as chunks, coalesce(sum(c.last_line - c.first_line + 1), 0) as lines, coalesce(sum(c.bytes), 0) as bytes,
      coalesce(sum(c.rows), 0) as rows, coalesce(sum(c.inserted), 0) as inserted, coalesce(sum(c.tombstones), 0) as tombstones,
      coalesce(sum(c.evictions), 0) as evictions, coalesce(sum(c.skipped), 0) as skipped,
      coalesce(sum((c.report ->> 'transactions')::bigint), 0) as transactions, coalesce(sum(c.rejects), 0) as rejects, coalesce(sum(c.conflicts), 0) as conflicts,
      coalesce(sum(c.nonconforming), 0) as nonconforming, max(c.applied_at) as last_chunk_at,
      range_agg(int8range(c.first_line, c.last_line, '[]')) as applied_lines
    from import_chunks c where c.import_id = i.import_id
  ) s
  where i.import_id = p_import_id;
end;
comment on function import_status(uuid) is
  'How far an import got: state, applied_lines as [first, last] ranges, next_line (the first that is missing), counters summed over its chunks; null for an unknown id';

create or replace function import_act(p_import_id uuid, p_action text, p_error text default null) returns jsonb
language plpgsql as $$
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
$$;
comment on function import_act(uuid, text, text) is
  'Pauses (with the sender''s reason), resumes or cancels an import by the table import_transitions; what is in stays in. Raises AN404, AN409.';

create or replace function import_report(p_import_id uuid) returns jsonb
language sql stable
begin atomic
  -- Rows are grouped by entity, so an entity is counted twice just where a chunk ends within it.
  select jsonb_build_object(
    'types', coalesce((
      select jsonb_object_agg(t.key, t.counters)
      from (
        select t.key, jsonb_build_object(
          'rows', sum((t.value ->> 'rows')::bigint),
          'entities', sum((t.value ->> 'entities')::bigint) - (
            select count(*) from import_chunks e
            join import_chunks n on n.import_id = e.import_id and n.first_line = e.last_line + 1
            where e.import_id = i.import_id and e.report -> 'last' -> 'entity_id' = n.report -> 'first' -> 'entity_id'
              and e.report -> 'last' -> 'types' ? t.key and n.report -> 'first' -> 'types' ? t.key
          ),
          'versions', sum((t.value ->> 'versions')::bigint), 'tombstones', sum((t.value ->> 'tombstones')::bigint),
          'back_dated', sum((t.value ->> 'back_dated')::bigint), 'future', sum((t.value ->> 'future')::bigint),
          'nonconforming', sum((t.value ->> 'nonconforming')::bigint), 'without_user', sum((t.value ->> 'without_user')::bigint)
        ) as counters
        from import_chunks c cross join lateral jsonb_each(c.report -> 'types') t
        where c.import_id = i.import_id group by t.key
      ) t
    ), '{}'),
    'nonconforming', coalesce((
      select jsonb_object_agg(f.key, jsonb_build_object('count', f.count, 'line', f.line))
      from (
        select f.key, sum((f.value ->> 'count')::bigint) as count, min((f.value ->> 'line')::bigint) as line
        from import_chunks c cross join lateral jsonb_each(c.report -> 'nonconforming') f
        where c.import_id = i.import_id group by f.key
      ) f
    ), '{}'),
    'unknown_attributes', coalesce((
      select jsonb_object_agg(f.key, jsonb_build_object('count', f.count, 'line', f.line))
      from (
        select f.key, sum((f.value ->> 'count')::bigint) as count, min((f.value ->> 'line')::bigint) as line
        from import_chunks c cross join lateral jsonb_each(c.report -> 'unknown_attributes') f
        where c.import_id = i.import_id group by f.key
      ) f
    ), '{}'),
    'skipped', coalesce((
      select jsonb_object_agg(k.key, k.count)
      from (
        select k.key, sum(k.value::bigint) as count
        from import_chunks c cross join lateral jsonb_each_text(c.report -> 'skipped') k
        where c.import_id = i.import_id group by k.key
      ) k
    ), '{}'),
    'other_ids', (
      select jsonb_build_object('count', sum((c.report -> 'other_ids' ->> 'count')::bigint), 'line', min((c.report -> 'other_ids' ->> 'line')::bigint))
      from import_chunks c where c.import_id = i.import_id having sum((c.report -> 'other_ids' ->> 'count')::bigint) > 0
    )
  )
  from imports i where i.import_id = p_import_id;
end;
comment on function import_report(uuid) is
  'What the rows of an import are: counters per entity type; nonconforming fields, unknown attributes and ids that were no UUID, each with an example line';

create or replace function import_finish(p_import_id uuid, p_forced_by uuid default null, p_forced_reason text default null) returns jsonb
language plpgsql as $$
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
$$;
comment on function import_finish(uuid, uuid, text) is
  'Closes an import whose every line is in and whose footer agrees (or somebody forces it, for a reason), erases what was evicted since it came in, and marks the analytics for one rebuild. Raises AN404, AN409, AN422 (with what is missing).';
