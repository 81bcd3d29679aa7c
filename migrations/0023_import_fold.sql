-- What an import pays per row. Measured on the fixture's history: of 70 µs that Postgres took for a row, 40 went into fold_entities(),
-- which reads back, entity by entity, what the chunk has just written; and the regular expressions of as_instant() took 8.

-- The usual form, an instant in UTC, is told without a regular expression: those build their tables anew at every look.
create or replace function as_instant(p_text text) returns timestamptz
language sql stable parallel safe
return case
  when right(p_text, 1) = 'Z' and translate(left(p_text, 16), '123456789 ', '000000000T') = '0000-00-00T00:00' and length(p_text) > 16
    then case when pg_input_is_valid(p_text, 'timestamptz') then p_text::timestamptz end
  when p_text ~ '^\d{4}-\d\d-\d\d$' and pg_input_is_valid(p_text, 'date') then (p_text || 'T00:00:00Z')::timestamptz
  when p_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*[+-]\d\d(:?\d\d)?$' and pg_input_is_valid(p_text, 'timestamptz')
    then p_text::timestamptz
end;

create or replace function import_write(p_import_id uuid, p_rows jsonb, p_evictions jsonb) returns jsonb
language plpgsql as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_rows integer;
  v_inserted integer;
  v_tombstones integer;
  v_entities integer;
  v_conflicts jsonb := '[]';
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

  if v_others is not null then
    perform fold_entities(v_others, v_now);
  end if;
  return jsonb_build_object(
    'rows', v_rows, 'inserted', v_inserted, 'tombstones', v_tombstones, 'conflicts', v_conflicts,
    'entities', v_entities, 'max_tx', v_max_tx
  );
end
$$;
