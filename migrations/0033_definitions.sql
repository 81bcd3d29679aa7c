-- What a rollup or view is made by: when that changes, with a migration or with src/domain, it is stale until it is rebuilt.
alter table analytics add column definition text;
comment on column analytics.definition is 'a digest of the SQL and of the entity types'' facts that it was last declared with';

create function definition_digest(p_name text) returns text
language sql stable as $$
  with recursive parts(class_id, object_id) as (
    select 'pg_class'::regclass, to_regclass(p_name || '_definition')::oid
    union
    select 'pg_proc'::regclass, p.oid from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname in (p_name || '_of', p_name || '_now')
    union
    select d.refclassid::regclass, d.refobjid
    from parts p
    left join pg_rewrite r on p.class_id = 'pg_class'::regclass and r.ev_class = p.object_id
    join pg_depend d on d.classid = case when r.oid is null then p.class_id else 'pg_rewrite'::regclass end and d.objid = coalesce(r.oid, p.object_id)
    where d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
  )
  select md5(string_agg(t.text, '' order by t.text collate "C"))
  from (
    select pg_get_viewdef(c.oid) as text from parts p join pg_class c on c.oid = p.object_id
    where p.class_id = 'pg_class'::regclass and c.relkind = 'v'
    union all
    select pg_get_functiondef(f.oid) from parts p join pg_proc f on f.oid = p.object_id
    where p.class_id = 'pg_proc'::regclass and f.pronamespace = 'public'::regnamespace and f.prokind = 'f'
    union all
    select jsonb_build_array(t.name, t.axis_from, t.axis_until, t.relations, t.time_zone_field, t.measures)::text from entity_types t
  ) t
$$;
comment on function definition_digest(text) is 'Changes with every view and function that a rollup or materialized view is made by, and with what entity_types says of days, relations and measures';

create or replace function sync_analytics(p_analytics jsonb) returns void
language plpgsql as $$
begin
  delete from refresh_log where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  delete from analytics where name not in (select a ->> 'name' from jsonb_array_elements(p_analytics) a);
  insert into analytics as known (name, kind, cadence, serves, definition)
  select a.name, a.kind, make_interval(secs => a.cadence_s), a.serves,
    case when a.kind in ('rollup', 'materialized_view') then definition_digest(a.name) end
  from jsonb_to_recordset(p_analytics) as a(name text, kind text, cadence_s integer, serves text)
  on conflict (name) do update set kind = excluded.kind, cadence = excluded.cadence, serves = excluded.serves,
    definition = excluded.definition, stale = known.stale or known.definition is distinct from excluded.definition;
end
$$;
comment on function sync_analytics(jsonb) is
  'Makes the table analytics equal to the list that src/analytics declares; what is made by something else than it was is stale. Run by migrate, as the owner, after the entity types are.';

