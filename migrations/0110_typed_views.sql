-- For psql and BI tools: a view per entity type, with a column per field. Migrate makes them, last of all, from what src/cli/typed-views.ts
-- says, so that a new type needs no migration. One that must drop what they stand on drops them with it.

create schema typed;
comment on schema typed is
  'A view per entity type, made by migrate from src/domain, for the owner and whoever the owner lets in. Your own views are better off elsewhere.';

create function sync_typed_views(p_views jsonb) returns void
language plpgsql as $$
declare
  v_view record;
  v_right record;
  v_create text;
  v_detail text;
begin
  -- Of two at once the second finds nothing to do.
  perform pg_advisory_xact_lock(hashtextextended('typed views', 0));
  for v_view in
    with wanted as (
      select w.name, w.query, format('%s [%s]', w.comment, md5(w.query)) as comment
      from jsonb_to_recordset(p_views) as w(name text, query text, comment text)
    ), present as (
      select c.relname::text as name, c.relacl, obj_description(c.oid, 'pg_class') as comment
      from pg_class c where c.relnamespace = 'typed'::regnamespace and c.relkind = 'v'
    )
    select name, w.query, w.comment, p.relacl from wanted w full join present p using (name)
    -- A view without such a comment is somebody's own.
    where w.comment is distinct from p.comment and (w.name is not null or p.comment ~ 'Made by migrate \[[0-9a-f]{32}\]$')
    order by name
  loop
    if v_view.query is null then
      execute format('drop view typed.%I', v_view.name);
      continue;
    end if;
    v_create := format('create or replace view typed.%I as %s', v_view.name, v_view.query);
    begin
      execute v_create;
    exception
      -- Other columns than more of them at the end. The rights go with the view, and are given again.
      when invalid_table_definition then
        execute format('drop view typed.%I', v_view.name);
        execute v_create;
        for v_right in
          select a.privilege_type as name, case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee
          from aclexplode(v_view.relacl) a
        loop
          execute format('grant %s on typed.%I to %s', v_right.name, v_view.name, v_right.grantee);
        end loop;
    end;
    execute format('comment on view typed.%I is %L', v_view.name, v_view.comment);
  end loop;
exception
  when dependent_objects_still_exist then
    get stacked diagnostics v_detail = pg_exception_detail;
    raise exception 'typed.% cannot be changed: %', v_view.name, v_detail using errcode = 'dependent_objects_still_exist',
      hint = 'All else is migrated. Keep its text (pg_get_viewdef), drop it, run migrate again, and make it anew.';
end
$$;
comment on function sync_typed_views(jsonb) is
  'Makes the views of the schema typed equal to p_views ([{"name": entity type, "query": text, "comment": text}]): changes those that changed, drops those of types that are gone. Run by migrate, as the owner. Raises 2BP01 where something of somebody''s own stands on a view that must go.';
revoke execute on function sync_typed_views(jsonb) from public;
