-- For psql and BI tools: a view per entity type, with a column per field. Migrate makes them, last of all, from what src/cli/typed-views.ts
-- says, so that a new type needs no migration. One that must drop what they stand on drops them with it.

create schema typed;
comment on schema typed is
  'A view per entity type, made by migrate from src/domain, for the owner and whoever the owner lets in. Your own views are better off elsewhere.';

create function role_in_grant(p_grantee oid) returns text
language sql stable
return case p_grantee when 0 then 'public' else p_grantee::regrole::text end;
comment on function role_in_grant(oid) is 'A grantee of aclexplode() as GRANT names it';

create function sync_typed_views(p_views jsonb) returns void
language plpgsql as $$
declare
  v_view record;
  v_right record;
  v_rights jsonb;
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
      select c.relname::text as name, c.oid, c.relacl, d.comment, coalesce(d.comment ~ 'Made by migrate \[[0-9a-f]{32}\]$', false) as is_ours
      from pg_class c cross join obj_description(c.oid, 'pg_class') as d(comment) where c.relnamespace = 'typed'::regnamespace
    )
    select name, w.query, w.comment, p.oid, p.relacl, p.is_ours from wanted w full join present p using (name)
    where w.comment is distinct from p.comment and (w.name is not null or p.is_ours)
    order by name
  loop
    if not v_view.is_ours then
      raise exception 'typed.% is somebody''s own, and has the name of an entity type', v_view.name using errcode = 'duplicate_table',
        hint = 'All else is migrated. Rename it, or move it to a schema of your own, and run migrate again.';
    end if;
    if v_view.query is null then
      execute format('drop view typed.%I', v_view.name);
      continue;
    end if;
    v_create := format('create or replace view typed.%I as %s', v_view.name, v_view.query);
    begin
      execute v_create;
    exception
      -- Other columns than more of them at the end. The rights go with the view, and are given again: no others, which a new one may have by default.
      when invalid_table_definition then
        v_rights := (
          select jsonb_agg(to_jsonb(a) || jsonb_build_object('attname', o.attname)) from (
            select null as attname, v_view.relacl as acl
            union all select attname, attacl from pg_attribute where attrelid = v_view.oid
          ) o cross join aclexplode(o.acl) a
        );
        execute format('drop view typed.%I', v_view.name);
        execute v_create;
        for v_right in
          select distinct role_in_grant(a.grantee) as grantee from pg_class c cross join aclexplode(c.relacl) a
          where c.oid = format('typed.%I', v_view.name)::regclass and a.grantee <> c.relowner
        loop
          execute format('revoke all on typed.%I from %s', v_view.name, v_right.grantee);
        end loop;
        for v_right in
          select r.privilege_type as name, ' (' || quote_ident(r.attname) || ')' as columns, role_in_grant(r.grantee) as grantee,
            case when r.is_grantable then ' with grant option' end as option
          from jsonb_to_recordset(v_rights) as r(privilege_type text, attname name, grantee oid, is_grantable boolean)
          where r.attname is null
            or exists (select from pg_attribute where attrelid = format('typed.%I', v_view.name)::regclass and attname = r.attname)
        loop
          execute format('grant %s%s on typed.%I to %s%s', v_right.name, v_right.columns, v_view.name, v_right.grantee, v_right.option);
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
  'Makes the views of the schema typed equal to p_views ([{"name": entity type, "query": text, "comment": text}]): changes those that changed, drops those of types that are gone. Run by migrate, as the owner. Raises 2BP01 where something of somebody''s own stands on a view that must go, 42P07 where it has a view''s name.';
revoke execute on function sync_typed_views(jsonb) from public;

create function sync_database_rights() returns void
language plpgsql as $$
begin
  -- Of two at once the second finds nothing to do.
  perform pg_advisory_xact_lock(hashtextextended('database rights', 0));
  if has_database_privilege('public', current_database(), 'temporary') then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
end
$$;
comment on function sync_database_rights() is
  'Takes temporary functions from everybody, as 0001_log_and_state.sql did: that is a right of the database, which neither a dump nor a template brings along. Run by migrate, as the owner.';
revoke execute on function sync_database_rights() from public;

-- What these tell is of every type and of the cluster: no matter of a role that may read a view or two.
revoke execute on function first_tx_time(uuid), is_own_entity(uuid), log_identity(), mirror_event() from public;
grant execute on function first_tx_time(uuid) to annals_app, annals_import;
grant execute on function is_own_entity(uuid), log_identity() to annals_app;
