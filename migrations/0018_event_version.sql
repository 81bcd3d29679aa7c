-- What version_at answers has a type of its own: with event_log's row type it would stay bound to that one table, and the log may come
-- into another shape (0040). Here, while only functions stand on it, which can be made again from their texts; later there are views.

create type event_version as (
  seq bigint,
  xid xid8,
  tx bigint,
  tx_time timestamptz,
  valid_time timestamptz,
  entity_id uuid,
  user_id uuid,
  import_id uuid,
  entity_type text,
  doc jsonb,
  hints jsonb,
  occurred_at timestamptz
);
comment on type event_version is 'A row of event_log, whichever table has that name';

do $$
declare
  v_version_at constant text := 'version_at(uuid, timestamptz, timestamptz)';
  v_dependents text[];
  v_comments text[];
  v_definition text;
begin
  -- Functions with a parsed body hold on to the one they call: these are dropped with it and made again as they were, callers last.
  with recursive callers(oid, depth) as (
    select v_version_at::regprocedure::oid, 0
    union
    select d.objid, c.depth + 1 from callers c
      join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = c.oid and d.classid = 'pg_proc'::regclass
  ), ordered as (
    select oid, max(depth) as depth from callers group by oid
  )
  select array_agg(pg_get_functiondef(oid) order by depth) filter (where depth > 0),
    array_agg(format('comment on function %s is %L', oid::regprocedure, obj_description(oid, 'pg_proc')) order by depth)
  into v_dependents, v_comments from ordered;
  execute format('drop function %s cascade', v_version_at);
  create function version_at(p_entity_id uuid, p_valid_time timestamptz, p_tx_time timestamptz) returns setof event_version
  language sql stable parallel safe rows 1
  begin atomic
    select e.seq, e.xid, e.tx, e.tx_time, e.valid_time, e.entity_id, e.user_id, e.import_id, e.entity_type, e.doc, e.hints, e.occurred_at
    from event_log e
    where e.entity_id = p_entity_id and e.valid_time <= p_valid_time and e.tx_time <= p_tx_time
    order by e.valid_time desc, e.tx_time desc, e.tx desc
    limit 1;
  end;
  foreach v_definition in array v_dependents || v_comments loop
    execute v_definition;
  end loop;
end
$$;
