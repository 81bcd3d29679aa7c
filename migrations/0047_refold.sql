-- What stands in entities was made by what its type said then: of the time axis, labels and relations. When src/domain says something
-- else of a type, its entities are folded anew, in chunks, by the migrate that brings it.

alter table entity_types add column refold_after uuid;
comment on column entity_types.refold_after is 'entities of this type behind this id are still as its facts before made them; null: none';

create or replace function sync_entity_types(p_types jsonb) returns void
language plpgsql as $$
begin
  delete from entity_types where name not in (select t ->> 'name' from jsonb_array_elements(p_types) t);
  insert into entity_types as known (
    name, xtdb_name, axis_from, axis_until, label_fields, relations, timeline, timer_parent, time_zone_field, measures, refold_after
  )
  select t.name, t.xtdb_name, t.axis_from, t.axis_until, t.label_fields, t.relations, t.timeline, t.timer_parent, t.time_zone_field, t.measures,
    '00000000-0000-0000-0000-000000000000'
  from jsonb_to_recordset(p_types) as t(
    name text, xtdb_name text, axis_from text[], axis_until text, label_fields text[], relations jsonb,
    timeline boolean, timer_parent text, time_zone_field text, measures jsonb
  )
  on conflict (name) do update set
    xtdb_name = excluded.xtdb_name, axis_from = excluded.axis_from, axis_until = excluded.axis_until,
    label_fields = excluded.label_fields, relations = excluded.relations, timeline = excluded.timeline,
    timer_parent = excluded.timer_parent, time_zone_field = excluded.time_zone_field, measures = excluded.measures,
    refold_after = case
      when (known.axis_from, known.axis_until, known.label_fields, known.relations)
        is distinct from (excluded.axis_from, excluded.axis_until, excluded.label_fields, excluded.relations) then excluded.refold_after
      else known.refold_after
    end;
end
$$;
comment on function sync_entity_types(jsonb) is
  'Makes entity_types equal to the list that src/domain declares; entities of a type that says something else of them are to be folded anew, see refold(). Run by migrate, as the owner.';

create function refold(p_limit integer) returns boolean
language plpgsql as $$
declare
  v_type entity_types%rowtype;
  v_ids uuid[];
begin
  select * into v_type from entity_types where refold_after is not null order by name limit 1 for update;
  if not found then
    return false;
  end if;
  v_ids := array(
    select entity_id from entities where entity_type = v_type.name and entity_id > v_type.refold_after order by entity_id limit p_limit
  );
  perform fold_entities(v_ids, clock_timestamp());
  update entity_types set refold_after = v_ids[cardinality(v_ids)] where name = v_type.name;
  if cardinality(v_ids) > 0 then
    -- No event tells the rollups: the next tick rebuilds them, also one that began meanwhile.
    update analytics set stale = true where kind in ('rollup', 'materialized_view') and not stale;
  end if;
  return true;
end
$$;
comment on function refold(integer) is
  'Folds the next p_limit entities of a type whose facts changed, and notes how far it is; false when none is left. Run by migrate, as the owner, until it says so.';
