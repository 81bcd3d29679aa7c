-- Histories come in by chunks. A chunk's events, rejects, evictions, counters and its place in the file commit together
-- in one call (I8). Progress is not a counter that chunks fight over but the chunks themselves: a row each, and no two rows
-- of an import may overlap, so one chunk cannot be applied twice however it is sent.

-- For SHA-1: XTDB names the evicted by it.
create extension if not exists pgcrypto;

create table imports (
  import_id uuid primary key default gen_random_uuid(),
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  arguments jsonb not null default '{}',
  file_name text not null,
  total_bytes bigint not null check (total_bytes >= 0),
  created_by uuid not null,
  state text not null default 'running' check (state in ('running', 'paused', 'cancelled', 'finished')),
  created_at timestamptz not null default clock_timestamp(),
  state_since timestamptz not null default clock_timestamp(),
  ran_before interval not null default '0',
  last_error text,
  erased bigint not null default 0,
  forced_by uuid,
  forced_reason text,
  constraint imports_forced_for_a_reason check ((forced_by is null) = (forced_reason is null))
);
comment on table imports is 'A history being brought in, or brought in';
comment on column imports.fingerprint is 'sha-256 of the whole file, decompressed, in hex: what makes it this file and no other';
comment on column imports.ran_before is 'time in state running before state_since: without the pauses';
comment on column imports.last_error is 'what the sender said when it paused';
comment on column imports.arguments is 'what of the file it brings in: {"only": [type], "except": [type], "thin": {type: minutes}}; {} is all of it';
comment on column imports.erased is 'versions that its end took out of the log, since an eviction came after them';
comment on column imports.forced_reason is 'why forced_by finished it although the footer disagreed';
-- A file has one import for each choice of what to bring in, unless that was cancelled.
create unique index imports_fingerprint on imports (fingerprint, arguments) where state <> 'cancelled';
-- The same eviction, whichever file it comes in.
create unique index evictions_xtdb on evictions (xtdb_id_hash, tx, tx_time) where xtdb_id_hash is not null;

create table import_transitions (
  state text not null,
  action text not null,
  next_state text not null,
  primary key (state, action)
);
comment on table import_transitions is 'Every legal action on an import. An action repeated is no error: its answer may have been lost.';
insert into import_transitions (state, action, next_state) values
  ('running', 'resume', 'running'),
  ('running', 'pause', 'paused'),
  ('running', 'cancel', 'cancelled'),
  ('running', 'finish', 'finished'),
  ('paused', 'pause', 'paused'),
  ('paused', 'resume', 'running'),
  ('paused', 'cancel', 'cancelled'),
  ('cancelled', 'cancel', 'cancelled'),
  ('finished', 'finish', 'finished');

create table import_chunks (
  import_id uuid not null references imports,
  first_line bigint not null check (first_line > 0),
  last_line bigint not null check (last_line >= first_line),
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
  applied_at timestamptz not null default clock_timestamp(),
  primary key (import_id, first_line),
  exclude using gist (import_id with =, int8range(first_line, last_line, '[]') with &&)
);
comment on table import_chunks is 'The checkpoint: which lines of which file are in, with their counters';
comment on column import_chunks.digest is 'sha-256 of the chunk''s bytes: the same lines sent again are known by it';
comment on column import_chunks.skipped is 'rows that the import''s arguments leave out';
comment on column import_chunks.rejects is 'lines that are no row; conflicts counts rows whose place in history holds another doc';
create index import_chunks_footer on import_chunks (import_id, last_line) where footer is not null;

create table import_rejects (
  import_id uuid not null references imports,
  line bigint not null,
  reason text not null,
  raw bytea not null,
  mended_at timestamptz,
  mended_digest text,
  primary key (import_id, line),
  constraint import_rejects_mended check ((mended_at is null) = (mended_digest is null))
);
comment on table import_rejects is 'Lines that could not be taken, with reason and raw bytes (I10): text would not hold a NUL or broken UTF-8';

grant select, insert, update on imports to annals_import;
grant select on import_transitions to annals_import;
grant select, insert, update on import_chunks to annals_import;
comment on column import_rejects.mended_digest is 'sha-256 of the line that was applied in its place';

grant select, insert, update on import_rejects to annals_import;

create function import_status(p_import_id uuid) returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'import_id', i.import_id, 'state', i.state, 'fingerprint', i.fingerprint, 'arguments', i.arguments, 'file_name', i.file_name,
    'total_bytes', i.total_bytes, 'created_by', i.created_by, 'created_at', iso(i.created_at), 'state_since', iso(i.state_since),
    'running_ms', round(extract(epoch from i.ran_before
      + case when i.state = 'running' then clock_timestamp() - i.state_since else '0' end) * 1000),
    'last_chunk_at', iso(s.last_chunk_at), 'last_error', i.last_error,
    'header', (select c.header from import_chunks c where c.import_id = i.import_id and c.first_line = 1),
    'footer', (select c.footer from import_chunks c where c.import_id = i.import_id and c.footer is not null order by c.last_line limit 1),
    -- What is in, as ranges of lines: chunks that were sent side by side can leave gaps, and a sender goes on with those.
    'applied_lines', coalesce((
      select jsonb_agg(jsonb_build_array(lower(r), upper(r) - 1) order by r) from unnest(s.applied_lines) r
    ), '[]'),
    'next_line', coalesce((select upper(r) from unnest(s.applied_lines) r where lower(r) = 1), 1),
    'chunks', s.chunks, 'lines', s.lines, 'bytes', s.bytes, 'rows', s.rows, 'inserted', s.inserted, 'tombstones', s.tombstones,
    'evictions', s.evictions, 'skipped', s.skipped, 'rejects', s.rejects, 'conflicts', s.conflicts, 'nonconforming', s.nonconforming,
    'mended', (select count(*) from import_rejects r where r.import_id = i.import_id and r.mended_at is not null),
    'erased', i.erased, 'forced_by', i.forced_by, 'forced_reason', i.forced_reason
  )
  from imports i
  cross join lateral (
    select count(*) as chunks, coalesce(sum(c.last_line - c.first_line + 1), 0) as lines, coalesce(sum(c.bytes), 0) as bytes,
      coalesce(sum(c.rows), 0) as rows, coalesce(sum(c.inserted), 0) as inserted, coalesce(sum(c.tombstones), 0) as tombstones,
      coalesce(sum(c.evictions), 0) as evictions, coalesce(sum(c.skipped), 0) as skipped, coalesce(sum(c.rejects), 0) as rejects, coalesce(sum(c.conflicts), 0) as conflicts,
      coalesce(sum(c.nonconforming), 0) as nonconforming, max(c.applied_at) as last_chunk_at,
      range_agg(int8range(c.first_line, c.last_line, '[]')) as applied_lines
    from import_chunks c where c.import_id = i.import_id
  ) s
  where i.import_id = p_import_id;
end;
comment on function import_status(uuid) is
  'How far an import got: state, applied_lines as [first, last] ranges, next_line (the first that is missing), counters summed over its chunks; null for an unknown id';

create function import_list() returns setof jsonb
language sql stable
begin atomic
  select import_status(import_id) from imports order by created_at desc, import_id limit 100;
end;
comment on function import_list() is 'The status of the newest 100 imports';

create function import_report(p_import_id uuid) returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'types', coalesce((
      select jsonb_object_agg(t.key, t.counters)
      from (
        select t.key, jsonb_build_object(
          'rows', sum((t.value ->> 'rows')::bigint), 'tombstones', sum((t.value ->> 'tombstones')::bigint),
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
      from import_chunks c where c.import_id = i.import_id
    )
  )
  from imports i where i.import_id = p_import_id;
end;
comment on function import_report(uuid) is
  'What the rows of an import are: counters per entity type; nonconforming fields, unknown attributes and ids that were no UUID, each with an example line';

create function import_open(p_request jsonb) returns jsonb
language plpgsql as $$
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
$$;
comment on function import_open(jsonb) is
  'Opens an import of {fingerprint, arguments, file_name, total_bytes, created_by}, or finds the one of the same file and arguments; answers its status and whether it was `created`';

create function import_act(p_import_id uuid, p_action text, p_error text default null) returns jsonb
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
      last_error = case when v_next = 'paused' then p_error end
    where import_id = p_import_id;
  end if;
  return import_status(p_import_id);
end
$$;
comment on function import_act(uuid, text, text) is
  'Pauses (with the sender''s reason), resumes or cancels an import by the table import_transitions; what is in stays in. Raises AN404, AN409.';

create function another_version() returns text
language sql immutable parallel safe
return 'the store holds another version of this entity at this valid time and transaction';
comment on function another_version() is 'The reason of a reject whose row is well-formed, and whose bytes are kept as JSON';

create function import_write(p_import_id uuid, p_rows jsonb, p_evictions jsonb) returns jsonb
language plpgsql as $$
declare
  v_rows integer;
  v_inserted integer;
  v_tombstones integer;
  v_conflicts jsonb := '[]';
  v_max_tx bigint;
  v_ids uuid[];
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
    returning entity_id
  )
  select (select count(*) from input), (select count(*) from inserted),
    (select count(*) from input where nullif(doc, 'null') is null), (select array_agg(distinct entity_id) from input),
    (select max(tx) from input)
  into v_rows, v_inserted, v_tombstones, v_ids, v_max_tx;

  if v_inserted < v_rows then
    -- A version that is there already is the same version, or else it must not vanish: same place in history, another doc (I10).
    select coalesce(jsonb_agg(r.line order by r.line), '[]') into v_conflicts
    from jsonb_to_recordset(p_rows) as r(
      line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, doc jsonb, hints jsonb
    )
    join event_log e using (entity_id, valid_time, tx_time, tx)
    where (nullif(r.doc, 'null'), nullif(r.hints, 'null')) is distinct from (e.doc, e.hints);
  end if;

  insert into evictions (entity_id, xtdb_id_hash, tx, tx_time, evicted_by, import_id)
    select r.entity_id, r.xtdb_id_hash, r.tx, r.tx_time, 'xtdb', p_import_id
    from jsonb_to_recordset(p_evictions) as r(entity_id uuid, xtdb_id_hash text, tx bigint, tx_time timestamptz)
    on conflict do nothing;

  if v_ids is not null then
    perform fold_entities(v_ids, clock_timestamp());
  end if;
  return jsonb_build_object(
    'rows', v_rows, 'inserted', v_inserted, 'tombstones', v_tombstones, 'conflicts', v_conflicts,
    'entities', coalesce(cardinality(v_ids), 0), 'max_tx', v_max_tx
  );
end
$$;
comment on function import_write(uuid, jsonb, jsonb) is
  'Writes rows and evictions of a history and folds their entities; answers {rows, inserted, tombstones, entities, max_tx, conflicts}: the lines of '
  'rows whose place in history holds another doc, which stays';

create function import_chunk(p_chunk jsonb) returns jsonb
language plpgsql as $$
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
$$;
comment on function import_chunk(jsonb) is
  'Applies {import_id, fingerprint, first_line, last_line, digest, bytes, rows, evictions, skipped, rejects, nonconforming, report, header, footer} once (I8) and answers '
  'the chunk''s counters with `applied` and `conflicts`. Raises AN404 no such import; AN409 another file, overlapping lines, an import that is not '
  'running; AN422 lines after the footer.';

create function erase_evicted() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_ids uuid[];
  v_erased bigint;
begin
  -- An eviction names its entity by XTDB's hash, which of a UUID is the SHA-1 of its text. Whatever came in of the entity from
  -- before the eviction goes, in whatever order and by whatever file it came; what was written later stays.
  with hashed as (
    select entity_id, encode(digest(entity_id::text, 'sha1'), 'hex') as hash from entities
    where exists (select from evictions where xtdb_id_hash is not null)
  ), named as (
    select v.eviction_id, h.entity_id from evictions v join hashed h on h.hash = v.xtdb_id_hash
    union
    select eviction_id, entity_id from evictions
  ), recorded as (
    update evictions v set entity_id = n.entity_id, user_id = e.user_id, entity_type = e.entity_type,
      xid = pg_current_xact_id(), seq = nextval('event_log_seq_seq')
    from named n join entities e using (entity_id)
    where v.eviction_id = n.eviction_id
      and exists (select from event_log l where l.entity_id = n.entity_id and (l.tx_time, l.tx) < (v.tx_time, v.tx))
    returning v.entity_id
  )
  select array_agg(distinct entity_id) into v_ids from recorded;
  if v_ids is null then
    return 0;
  end if;
  perform from entities where entity_id = any (v_ids) order by entity_id for update;
  delete from event_log l using evictions v
    where l.entity_id = any (v_ids) and v.entity_id = l.entity_id and v.xid = pg_current_xact_id()
      and (l.tx_time, l.tx) < (v.tx_time, v.tx);
  get diagnostics v_erased = row_count;
  delete from entities e
    where e.entity_id = any (v_ids) and not exists (select from event_log l where l.entity_id = e.entity_id);
  perform fold_entities(v_ids, clock_timestamp());
  update import_rejects set raw = ''
    where case when reason = another_version() and raw <> '' then (convert_from(raw, 'UTF8')::jsonb ->> 'entity_id')::uuid = any (v_ids) end;
  return v_erased;
end
$$;
comment on function erase_evicted() is
  'Takes out of the log, by the log''s own rule (I3), every version older than an eviction of its entity; answers how many. Runs as the owner, since '
  'an import may delete nothing.';
revoke execute on function erase_evicted() from public;
grant execute on function erase_evicted() to annals_import;

create function import_finish(p_import_id uuid, p_forced_by uuid default null, p_forced_reason text default null) returns jsonb
language plpgsql as $$
declare
  v_status jsonb;
  v_footer jsonb;
  v_last_line bigint;
  v_entities bigint;
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
  -- Every line is the header, the footer, a row, an eviction, or a reject: then nothing can be missing unnoticed.
  if (v_status ->> 'rows')::bigint + (v_status ->> 'evictions')::bigint + (v_status ->> 'skipped')::bigint + (v_status ->> 'rejects')::bigint + 2 <> v_last_line then
    raise exception 'of % lines only % are accounted for', v_last_line,
      (v_status ->> 'rows')::bigint + (v_status ->> 'evictions')::bigint + (v_status ->> 'skipped')::bigint + (v_status ->> 'rejects')::bigint + 2
      using errcode = 'AN500';
  end if;
  if p_forced_by is null and (v_footer ->> 'rows')::bigint + (v_footer ->> 'evicted')::bigint + 2 <> v_last_line then
    raise exception 'the footer promises % rows and % evictions, the file has % such lines',
      v_footer ->> 'rows', v_footer ->> 'evicted', v_last_line - 2
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

create function import_mend(p_mend jsonb) returns jsonb
language plpgsql as $$
declare
  v_state text;
  v_reject import_rejects%rowtype;
  v_written jsonb;
begin
  select state into v_state from imports where import_id = (p_mend ->> 'import_id')::uuid for share;
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
$$;
comment on function import_mend(jsonb) is
  'Applies {import_id, line, digest, rows, evictions}, a corrected line in place of one that was rejected, once; the same again changes nothing. '
  'Answers {applied, line}. Raises AN404, AN409.';

create function stale_entities() returns bigint
language sql stable
begin atomic
  select
    (
      select count(*) from entities e
      left join lateral version_at(e.entity_id, now(), 'infinity') v on true
      left join lateral state_at(e.entity_id, now(), 'infinity') s on true
      where (e.next_valid_time is null or e.next_valid_time > now())
        and (
          e.version is distinct from v.seq or (e.doc, e.hints) is distinct from (v.doc, v.hints)
          or s.doc is not null and (
              e.user_id, e.entity_type, e.occurred_at, e.occurred_until, e.created_at, e.updated_at, e.deleted_at,
              e.sensitive, e.archived, e.label, e.related
            ) is distinct from (
              s.user_id, s.entity_type, s.occurred_at, s.occurred_until, s.created_at, s.updated_at, s.deleted_at,
              s.sensitive, s.archived, s.label, s.related
            )
        )
    ) + (
      select count(distinct l.entity_id) from event_log l
      where not exists (select from entities e where e.entity_id = l.entity_id)
    );
end;
comment on function stale_entities() is
  'How many entities'' current state is not the fold of their log (I2); 0 unless something is broken. Versions whose time has just come are the cron''s to turn over';
