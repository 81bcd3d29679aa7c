-- What a file that tells of an eviction holds of the entity was there after it. XTDB that evicts an entity and puts it for a range of
-- valid time in one transaction brings back a row of before the eviction (its issue 1337), in some histories with its document. Such
-- rows left the log unless they were deletes, so that a history just imported was not what its file says. A row that came with an
-- older file and that a delta tells of again left it too: hence it is kept what a file tells of that is in already.

create table import_repeats (
  import_id uuid not null references imports,
  events bigint[] not null,
  evictions bigint[] not null
);
comment on table import_repeats is 'What of an import''s file was in the store already: a row for each chunk or mended line that had any';
comment on column import_repeats.events is 'seq of each event';
comment on column import_repeats.evictions is 'eviction_id of each eviction';
create index import_repeats_import on import_repeats (import_id);
grant select, insert on import_repeats to annals_import;

create function hints_of_doc(p_hints jsonb, p_entity_id uuid) returns jsonb
language sql immutable parallel safe
return coalesce(p_hints, '{}') - array['/id', '/xt~1id']
  || jsonb_build_object('/id', coalesce(p_hints -> '/xt~1id', p_hints -> '/id', jsonb_build_array('id', format('#uuid "%s"', p_entity_id))));
comment on function hints_of_doc(jsonb, uuid) is 'Hints without the name that the history gave the entity beside the document: the id alone that the document itself says';

create or replace function import_write(p_import_id uuid, p_rows jsonb, p_evictions jsonb) returns jsonb
language plpgsql as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_rows integer;
  v_inserted integer;
  v_tombstones integer;
  v_entities integer;
  v_conflicts jsonb := '[]';
  v_repeats bigint[];
  v_evictions bigint[];
  v_max_tx bigint;
  v_others uuid[];
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
    returning entity_id, valid_time, tx_time, tx, seq, user_id, entity_type, doc, hints
  ), ranked as (
    select i.*, row_number() over latest_first as n, min(i.tx_time) over whole as first_tx_time, max(i.tx_time) over whole as last_tx_time
    from inserted i
    window
      latest_first as (partition by i.entity_id order by i.valid_time desc, i.tx_time desc, i.tx desc),
      whole as (latest_first rows between unbounded preceding and unbounded following)
  ), created as (
    -- An entity that nobody knows yet is folded from what was just written, if its latest version is a doc that holds now. Who
    -- has no row has no other event: a rival that writes some is met here as a conflict, and the later of the two folds both.
    insert into entities (
      entity_id, user_id, version, occurred_at, occurred_until, created_at, updated_at, deleted_at,
      last_tx_time, next_valid_time, sensitive, archived, entity_type, label, related, doc, hints
    )
    select
      r.entity_id, r.user_id, r.seq,
      coalesce(x.occurred_at, r.first_tx_time), case when x.occurred_at is null then r.first_tx_time else x.occurred_until end,
      coalesce(x.created_at, r.first_tx_time), r.tx_time, x.deleted_at,
      r.last_tx_time, null, x.sensitive, x.archived, r.entity_type, x.label, x.related, r.doc, r.hints
    from ranked r
    cross join lateral entity_facts(r.entity_type, r.doc) x
    where r.n = 1 and r.doc is not null and r.valid_time <= v_now
    order by r.entity_id
    on conflict (entity_id) do nothing
    returning entity_id
  )
  select (select count(*) from input), (select count(*) from inserted),
    (select count(*) from input where nullif(doc, 'null') is null), (select max(tx) from input),
    count(*), array_agg(e.entity_id) filter (where c.entity_id is null)
  from (select distinct entity_id from input) e left join created c using (entity_id)
  into v_rows, v_inserted, v_tombstones, v_max_tx, v_entities, v_others;

  if v_inserted < v_rows then
    -- A version that is there already is the same version, or else it must not vanish: same place in history, another doc (I10).
    -- Two deletes are the same one, by whatever name of the entity: before it is put, XTDB's log has no more than the hash of its id.
    -- Nor is a version another one for that.
    select coalesce(jsonb_agg(r.line order by r.line) filter (where r.is_other), '[]'),
      array_agg(r.seq) filter (where not r.is_other and r.import_id is distinct from p_import_id)
    into v_conflicts, v_repeats
    from (
      select r.line, e.seq, e.import_id,
        nullif(r.doc, 'null') is distinct from e.doc or (
          e.doc is not null and nullif(r.hints, 'null') is distinct from e.hints
          and hints_of_doc(nullif(r.hints, 'null'), entity_id) is distinct from hints_of_doc(e.hints, entity_id)
        ) as is_other
      from jsonb_to_recordset(p_rows) as r(
        line bigint, tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, doc jsonb, hints jsonb
      )
      join event_log e using (entity_id, valid_time, tx_time, tx)
      offset 0
    ) r;
  end if;

  if p_evictions <> '[]' then
    insert into evictions (entity_id, xtdb_id_hash, tx, tx_time, evicted_by, import_id)
      select r.entity_id, r.xtdb_id_hash, r.tx, r.tx_time, 'xtdb', p_import_id
      from jsonb_to_recordset(p_evictions) as r(entity_id uuid, xtdb_id_hash text, tx bigint, tx_time timestamptz)
      on conflict do nothing;
    select array_agg(v.eviction_id) into v_evictions
      from jsonb_to_recordset(p_evictions) as r(xtdb_id_hash text, tx bigint, tx_time timestamptz)
      join evictions v using (xtdb_id_hash, tx, tx_time)
      where v.import_id is distinct from p_import_id;
  end if;
  if v_repeats is not null or v_evictions is not null then
    insert into import_repeats (import_id, events, evictions)
      values (p_import_id, coalesce(v_repeats, '{}'), coalesce(v_evictions, '{}'));
  end if;

  if v_others is not null then
    perform fold_entities(v_others, v_now);
  end if;
  return jsonb_build_object(
    'rows', v_rows, 'inserted', v_inserted, 'tombstones', v_tombstones, 'conflicts', v_conflicts,
    'entities', v_entities, 'max_tx', v_max_tx
  );
end
$$;

create or replace function erase_evicted() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_ids uuid[];
  v_seqs bigint[];
  v_erased bigint;
  v_reject record;
begin
  -- An eviction names its entity by XTDB's hash, which of a UUID is the SHA-1 of its text. Whatever came in of the entity from
  -- before the eviction goes, in whatever order and by whatever file it came; what was written later stays. So does what a file
  -- holds that tells of the eviction: it was there after it.
  with hashed as (
    select entity_id, encode(digest(entity_id::text, 'sha1'), 'hex') as hash from entities
    where exists (select from evictions where xtdb_id_hash is not null)
  ), named as (
    select v.eviction_id, h.entity_id from evictions v join hashed h on h.hash = v.xtdb_id_hash
    union
    select v.eviction_id, e.entity_id from evictions v join entities e using (entity_id)
  ), told as (
    select eviction_id, import_id from evictions where import_id is not null
    union all
    select unnest(evictions), import_id from import_repeats where evictions <> '{}'
    union all
    -- A delta has only the evictions since its base, and knows of those before it.
    select v.eviction_id, c.import_id
    from import_chunks c join evictions v on v.evicted_by = 'xtdb' and v.tx <= (c.header ->> 'since')::bigint
    where c.header ->> 'since' is not null and c.header ->> 'store' = 'xtdb'
  ), older as materialized (
    select v.eviction_id, l.entity_id, l.seq
    from named n
    join evictions v using (eviction_id)
    join event_log l on l.entity_id = n.entity_id and (l.tx_time, l.tx) < (v.tx_time, v.tx)
    where not exists (select from told t where t.eviction_id = v.eviction_id and t.import_id = l.import_id)
  ), repeated as (
    select o.eviction_id, o.seq
    from import_repeats r
    cross join lateral unnest(r.events) as again(seq)
    join older o using (seq)
    join told t on t.eviction_id = o.eviction_id and t.import_id = r.import_id
  ), gone as (
    select * from older o where not exists (select from repeated r where r.eviction_id = o.eviction_id and r.seq = o.seq)
  ), recorded as (
    update evictions v set entity_id = e.entity_id, user_id = e.user_id, entity_type = e.entity_type,
      xid = pg_current_xact_id(), seq = nextval('event_log_seq_seq')
    from (select distinct eviction_id, entity_id from gone) g join entities e using (entity_id)
    where v.eviction_id = g.eviction_id
  )
  select array_agg(distinct entity_id), array_agg(distinct seq) into v_ids, v_seqs from gone;
  if v_ids is null then
    return 0;
  end if;
  perform from entities where entity_id = any (v_ids) order by entity_id for update;
  delete from event_log where entity_id = any (v_ids) and seq = any (v_seqs);
  get diagnostics v_erased = row_count;
  -- What a file that tells of the eviction has in the place of what went: a delete, where XTDB lost the document.
  for v_reject in
    select r.import_id, r.line, r.raw
    from import_rejects r join evictions v on v.entity_id = rejected_entity(r.reason, r.raw)
    where v.entity_id = any (v_ids) and v.xid = pg_current_xact_id() and r.mended_at is null
      and (v.import_id = r.import_id or exists (
        select from import_repeats t where t.import_id = r.import_id and v.eviction_id = any (t.evictions)
      ))
  loop
    insert into event_log (tx, tx_time, valid_time, entity_id, user_id, import_id, entity_type, doc, hints, occurred_at)
      select i.tx, i.tx_time, i.valid_time, i.entity_id, i.user_id, v_reject.import_id, i.entity_type, nullif(i.doc, 'null'),
        nullif(i.hints, 'null'), x.occurred_at
      from jsonb_to_record(convert_from(v_reject.raw, 'UTF8')::jsonb) as i(
        tx bigint, tx_time timestamptz, valid_time timestamptz, entity_id uuid, user_id uuid, entity_type text, doc jsonb, hints jsonb
      )
      cross join lateral entity_facts(i.entity_type, nullif(i.doc, 'null')) x
      on conflict do nothing;
    if found then
      update import_rejects set mended_at = clock_timestamp(), mended_digest = encode(sha256(v_reject.raw), 'hex')
        where import_id = v_reject.import_id and line = v_reject.line;
    end if;
  end loop;
  delete from entities e
    where e.entity_id = any (v_ids) and not exists (select from event_log l where l.entity_id = e.entity_id);
  perform fold_entities(v_ids, clock_timestamp());
  update import_rejects set raw = '' where rejected_entity(reason, raw) = any (v_ids);
  return v_erased;
end
$$;
comment on function erase_evicted() is
  'Takes out of the log, by the log''s own rule (I3), every version older than an eviction of its entity, but for those that a file holds '
  'which tells of the eviction; answers how many. Runs as the owner, since an import may delete nothing.';
