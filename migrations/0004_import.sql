-- Histories come in by chunks. A chunk's events, rejects, evictions, counters and its place in the file commit together
-- in one call (I8). Progress is not a counter that chunks fight over but the chunks themselves: a row each, and no two rows
-- of an import may overlap, so one chunk cannot be applied twice however it is sent.

create table imports (
  import_id uuid primary key default gen_random_uuid(),
  fingerprint text not null,
  file_name text not null,
  total_bytes bigint,
  created_by text not null,
  state text not null default 'open' check (state in ('open', 'finished')),
  created_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
create unique index imports_fingerprint on imports (fingerprint);

create table import_chunks (
  import_id uuid not null references imports,
  first_line bigint not null,
  last_line bigint not null check (last_line >= first_line),
  digest text not null,
  bytes bigint not null,
  rows integer not null,
  inserted integer not null,
  tombstones integer not null,
  evictions integer not null,
  rejects integer not null,
  nonconforming integer not null,
  max_tx bigint,
  header jsonb,
  footer jsonb,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (import_id, first_line),
  exclude using gist (import_id with =, int8range(first_line, last_line, '[]') with &&)
);
comment on table import_chunks is 'The checkpoint: which lines of which file are in, with their counters';

create table import_rejects (
  import_id uuid not null references imports,
  line bigint not null,
  reason text not null,
  raw text not null,
  primary key (import_id, line)
);
comment on table import_rejects is 'Rows that could not be taken, with line number, reason and raw text (I10)';

grant select, insert, update on imports to annals_import;
grant select, insert, update on import_chunks to annals_import;
grant select, insert on import_rejects to annals_import;

create function import_status(p_import_id uuid) returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'import_id', i.import_id, 'state', i.state, 'fingerprint', i.fingerprint, 'file_name', i.file_name,
    'total_bytes', i.total_bytes, 'created_at', iso(i.created_at), 'finished_at', iso(i.finished_at),
    'header', (select c.header from import_chunks c where c.import_id = i.import_id and c.header is not null),
    'footer', (select c.footer from import_chunks c where c.import_id = i.import_id and c.footer is not null),
    -- The first line that no chunk holds: where a sender goes on.
    'next_line', coalesce((
      select min(c.last_line + 1) from import_chunks c
      where c.import_id = i.import_id
        and exists (select from import_chunks b where b.import_id = i.import_id and b.first_line = 1)
        and not exists (select from import_chunks n where n.import_id = i.import_id and n.first_line = c.last_line + 1)
    ), 1),
    'chunks', s.chunks, 'lines', s.lines, 'bytes', s.bytes, 'rows', s.rows, 'inserted', s.inserted, 'tombstones', s.tombstones,
    'evictions', s.evictions, 'rejects', s.rejects, 'nonconforming', s.nonconforming
  )
  from imports i
  cross join lateral (
    select count(*) as chunks, coalesce(sum(c.last_line - c.first_line + 1), 0) as lines, coalesce(sum(c.bytes), 0) as bytes,
      coalesce(sum(c.rows), 0) as rows, coalesce(sum(c.inserted), 0) as inserted, coalesce(sum(c.tombstones), 0) as tombstones,
      coalesce(sum(c.evictions), 0) as evictions, coalesce(sum(c.rejects), 0) as rejects,
      coalesce(sum(c.nonconforming), 0) as nonconforming
    from import_chunks c where c.import_id = i.import_id
  ) s
  where i.import_id = p_import_id;
end;
comment on function import_status(uuid) is 'How far an import got: state, next_line to send, counters summed over its chunks; null for an unknown id';

create function import_open(p_request jsonb) returns jsonb
language plpgsql as $$
declare
  v_id uuid;
begin
  insert into imports (fingerprint, file_name, total_bytes, created_by)
    values (p_request ->> 'fingerprint', p_request ->> 'file_name', (p_request ->> 'total_bytes')::bigint, p_request ->> 'created_by')
    on conflict (fingerprint) do nothing;
  select import_id into v_id from imports where fingerprint = p_request ->> 'fingerprint';
  return import_status(v_id);
end
$$;
comment on function import_open(jsonb) is
  'Opens an import of {fingerprint: sha-256 of the file, file_name, total_bytes, created_by}, or finds the one of the same file; answers its status';

create function import_chunk(p_chunk jsonb) returns jsonb
language plpgsql as $$
declare
  v_import imports%rowtype;
  v_kept import_chunks%rowtype;
  v_first constant bigint := (p_chunk ->> 'first_line')::bigint;
  v_last constant bigint := (p_chunk ->> 'last_line')::bigint;
  v_rows integer;
  v_inserted integer;
  v_tombstones integer;
  v_rejects integer;
  v_evictions integer;
  v_max_tx bigint;
  v_ids uuid[];
begin
  -- Shared: chunks of one import run side by side; finishing it takes the row for itself and so waits for them all.
  select * into v_import from imports where import_id = (p_chunk ->> 'import_id')::uuid for share;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'Open the import first.';
  end if;
  if v_import.fingerprint <> p_chunk ->> 'fingerprint' then
    raise exception 'this chunk is of another file than the import was opened with'
      using errcode = 'AN409', hint = 'Open an import for this file, or send the file the import was opened with.';
  end if;
  if v_import.state <> 'open' then
    select * into v_kept from import_chunks where import_id = v_import.import_id and first_line = v_first;
    if v_kept.digest = p_chunk ->> 'digest' then
      return import_status(v_import.import_id) || '{"applied": false}';
    end if;
    raise exception 'the import is %', v_import.state using errcode = 'AN409', hint = 'Open an import for a new file.';
  end if;

  -- The fence: a rival with any of these lines waits here until the first one commits, and then does nothing.
  insert into import_chunks (
    import_id, first_line, last_line, digest, bytes, rows, inserted, tombstones, evictions, rejects, nonconforming, header, footer
  ) values (
    v_import.import_id, v_first, v_last, p_chunk ->> 'digest', (p_chunk ->> 'bytes')::bigint, 0, 0, 0, 0, 0,
    (p_chunk ->> 'nonconforming')::integer, nullif(p_chunk -> 'header', 'null'), nullif(p_chunk -> 'footer', 'null')
  ) on conflict do nothing;
  if not found then
    select * into v_kept from import_chunks where import_id = v_import.import_id and first_line = v_first and last_line = v_last;
    if v_kept.digest = p_chunk ->> 'digest' then
      return import_status(v_import.import_id) || '{"applied": false}';
    end if;
    raise exception 'lines % to % overlap lines that are in already, cut or worded otherwise', v_first, v_last
      using errcode = 'AN409', hint = 'Ask for the import''s status and go on from its next_line.';
  end if;

  with input as materialized (
    select * from jsonb_to_recordset(p_chunk -> 'rows') as r(
      line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, user_id uuid, entity_type text,
      doc jsonb, hints jsonb
    )
  ), inserted as (
    insert into event_log (tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints)
    select tx, tx_time, valid_time, entity_id, user_id, v_import.import_id, entity_type, nullif(doc, 'null'), nullif(hints, 'null')
    from input order by entity_id, valid_time, tx_time, tx
    on conflict (entity_id, valid_time, tx_time, tx) do nothing
    returning entity_id
  )
  select (select count(*) from input), (select count(*) from inserted),
    (select count(*) from input where nullif(doc, 'null') is null), (select array_agg(distinct entity_id) from input),
    (select max(tx) from input)
  into v_rows, v_inserted, v_tombstones, v_ids, v_max_tx;

  if v_inserted < v_rows then
    -- A version that is there already is the same version, or else it must not vanish: same place in history, another doc (I10).
    insert into import_rejects (import_id, line, reason, raw)
    select v_import.import_id, r.line, 'the store holds another version of this entity at this valid time and transaction', to_jsonb(r)::text
    from jsonb_to_recordset(p_chunk -> 'rows') as r(
      line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, doc jsonb, hints jsonb
    )
    join event_log e using (entity_id, valid_time, tx_time, tx)
    where (nullif(r.doc, 'null'), nullif(r.hints, 'null')) is distinct from (e.doc, e.hints);
  end if;
  insert into import_rejects (import_id, line, reason, raw)
    select v_import.import_id, r.line, r.reason, r.raw
    from jsonb_to_recordset(p_chunk -> 'rejects') as r(line bigint, reason text, raw text);
  select count(*) into v_rejects from import_rejects where import_id = v_import.import_id and line between v_first and v_last;

  insert into evictions (entity_id, xtdb_id_hash, tx, tx_time, evicted_by, import_id)
    select r.entity_id, r.xtdb_id_hash, r.tx, r.tx_time, 'xtdb', v_import.import_id
    from jsonb_to_recordset(p_chunk -> 'evictions') as r(entity_id uuid, xtdb_id_hash text, tx bigint, tx_time timestamptz)
    on conflict do nothing;
  v_evictions := jsonb_array_length(p_chunk -> 'evictions');

  if v_ids is not null then
    perform fold_entities(v_ids, clock_timestamp());
  end if;

  update import_chunks set
    rows = v_rows, inserted = v_inserted, tombstones = v_tombstones, evictions = v_evictions, rejects = v_rejects,
    max_tx = v_max_tx
  where import_id = v_import.import_id and first_line = v_first;
  return import_status(v_import.import_id) || '{"applied": true}';
end
$$;
comment on function import_chunk(jsonb) is
  'Applies {import_id, fingerprint, first_line, last_line, digest, bytes, rows, evictions, rejects, nonconforming, header, footer} once (I8) and answers '
  'the import''s status with `applied`. Raises AN404 no such import, AN409 another file, overlapping lines, or an import that is not open.';

create function import_finish(p_import_id uuid) returns jsonb
language plpgsql as $$
declare
  v_import imports%rowtype;
  v_status jsonb;
  v_footer jsonb;
  v_last_line bigint;
  v_entities bigint;
begin
  select * into v_import from imports where import_id = p_import_id for update;
  if not found then
    raise exception 'no such import' using errcode = 'AN404', hint = 'Open the import first.';
  end if;
  v_status := import_status(p_import_id);
  if v_import.state = 'finished' then
    return v_status;
  end if;
  select c.footer, c.last_line into v_footer, v_last_line from import_chunks c where c.import_id = p_import_id and c.footer is not null;
  if v_footer is null then
    raise exception 'the file has no footer: it was cut short' using errcode = 'AN422',
      hint = format('Lines up to %s are in. Send the rest, or export again.', (v_status ->> 'next_line')::bigint - 1);
  end if;
  if (v_status ->> 'next_line')::bigint <= v_last_line then
    raise exception 'line % is missing', v_status ->> 'next_line' using errcode = 'AN422',
      hint = 'Send the missing lines and finish again.';
  end if;
  -- Every line is the header, the footer, a row, an eviction, or a reject: then nothing can be missing unnoticed.
  if (v_footer ->> 'rows')::bigint + (v_footer ->> 'evicted')::bigint + 2 <> v_last_line then
    raise exception 'the footer promises % rows and % evictions, the file has % such lines',
      v_footer ->> 'rows', v_footer ->> 'evicted', v_last_line - 2
      using errcode = 'AN422', hint = 'The file is not what was exported. Export again.';
  end if;
  if (v_status ->> 'rejects')::bigint = 0 and (v_status ->> 'inserted') = (v_status ->> 'rows') then
    select count(distinct entity_id) into v_entities from event_log where import_id = p_import_id;
    if v_entities <> (v_footer ->> 'entities')::bigint then
      raise exception 'the footer promises % entities, the file has %', v_footer ->> 'entities', v_entities
        using errcode = 'AN422', hint = 'The file is not what was exported. Export again.';
    end if;
  end if;
  perform setval('tx_seq', greatest((select max(max_tx) from import_chunks where import_id = p_import_id), last_value)) from tx_seq;
  -- One rebuild, not a million invalidations.
  update analytics set stale = true;
  update imports set state = 'finished', finished_at = clock_timestamp() where import_id = p_import_id;
  return import_status(p_import_id);
end
$$;
comment on function import_finish(uuid) is
  'Closes an import whose every line is in and whose footer agrees, and marks the analytics for one rebuild. Raises AN404, AN422 (with what is missing).';
