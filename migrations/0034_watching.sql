-- Tripwires, as in 0013, but whether the log goes on is looked up in its index: with a generic plan that one line read all of the log.
-- And plans of statements whose work is in a function.

create or replace function tripwire_values(p_limits jsonb) returns table (name text, value double precision, limit_value double precision, detail text)
language plpgsql stable as $$
declare
  v_state refresh_state%rowtype;
  v_pending boolean;
begin
  select * into v_state from refresh_state;
  v_pending := has_events_after(v_state.cursor_xid, v_state.cursor_seq);
  return query
  select m.name, coalesce(m.value, 0), (p_limits ->> m.name)::double precision, m.detail
  from (
    select 'events' as name, about_rows('event_log')::double precision as value, null as detail
    union all
    select 'rows', sum(about_rows(c.oid)), null
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'm')
    union all
    (select 'refresh_ms', l.duration_ms, l.name
      from (
        -- The last run of each: a slow one that is followed by a quick one is over.
        select distinct on (l.name) l.name,
          case when l.finished_at is null then ms_since(l.started_at) else l.duration_ms end as duration_ms
        from refresh_log l where l.mode is distinct from 'noop' order by l.name, l.started_at desc
      ) l order by l.duration_ms desc nulls last limit 1)
    union all
    (select 'refresh_factor', l.factor, case when l.factor is not null then l.name end
      from (
        -- A first run has no usual.
        select n.name, case when u.usual_ms is not null then n.duration_ms / greatest(u.usual_ms, 1000) end as factor
        from (
          select distinct on (l.name) l.name, l.mode, l.duration_ms, l.started_at from refresh_log l
          where l.mode in ('incremental', 'full', 'done') order by l.name, l.started_at desc
        ) n
        cross join lateral (
          select percentile_cont(0.5) within group (order by p.duration_ms) as usual_ms
          from (
            select p.duration_ms from refresh_log p
            where p.name = n.name and p.mode = n.mode and p.started_at < n.started_at
            order by p.started_at desc limit 50
          ) p
        ) u
      ) l order by l.factor desc nulls last limit 1)
    union all
    (select 'slow_queries', sum(count(*)) over (), s.name
      from slow_calls s
      where s.at > clock_timestamp() - interval '1 hour'
        -- Batches take their time by design, and trip by their own durations.
        and s.name not in ('import_chunk', 'refresh_rollups', 'rebuild_rollups') and not exists (select from analytics a where a.name = s.name)
      group by s.name order by count(*) desc limit 1)
    union all
    (select 'import_stuck_minutes', ms_since(greatest(max(c.applied_at), i.state_since)) / 60000, i.file_name
      from imports i left join import_chunks c using (import_id)
      where i.state = 'running' group by i.import_id order by 2 desc limit 1)
    union all
    select 'watermark_minutes', case when v_pending and isfinite(v_state.moved_at) then ms_since(v_state.moved_at) / 60000 end, null
    union all
    select 'lag_minutes', case when v_pending and isfinite(v_state.as_of) then ms_since(v_state.as_of) / 60000 end, null
    union all
    select 'storage_bytes', pg_database_size(current_database()), null
    union all
    select 'failed_refreshes', count(*), string_agg(f.name, ', ' order by f.name)
      from (
        select distinct on (l.name) l.name, l.error from refresh_log l where l.finished_at is not null order by l.name, l.started_at desc
      ) f where f.error is not null
    union all
    (select 'drift', l.rows, null from refresh_log l
      where l.name = 'drift_check' and l.finished_at is not null order by l.started_at desc limit 1)
  ) m
  where p_limits ? m.name;
end
$$;

create or replace function explain_slow(p_name text) returns setof text
language plpgsql as $$
declare
  v_statement text;
begin
  select statement into v_statement from slow_statements where name = p_name;
  if v_statement is null then
    raise exception 'no statement of this name was slow' using errcode = 'AN404', detail = p_name,
      hint = 'Ask for the slow queries: each entry has a name.';
  end if;
  -- As the application's own role, not the owner: the plan is the one that people get, policies included, and nothing runs.
  return query execute 'explain (generic_plan, costs, verbose) ' || v_statement;
  -- A function in PL/pgSQL is one step of that plan, whatever it does.
  return query
    select format('%s() has statements of its own: with pg_stat_statements.track = all, each is among the statistics.', p.proname)
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace = 'public'::regnamespace and l.lanname = 'plpgsql' and v_statement ~ ('\m' || p.proname || '\s*\(')
    order by 1;
end
$$;

create function statement_statistics(p_limit integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_statistics jsonb;
begin
  if to_regclass('pg_stat_statements') is null then
    return null;
  end if;
  execute $sql$
    select jsonb_agg(jsonb_build_object(
      'query', left(query, 500), 'calls', calls, 'mean_ms', mean_exec_time, 'max_ms', max_exec_time, 'total_ms', total_exec_time, 'rows', rows
    ) order by total_exec_time desc)
    from (
      select s.* from pg_stat_statements s join pg_database d on d.oid = s.dbid
      where d.datname = current_database() order by total_exec_time desc limit $1
    ) s
  $sql$ using p_limit into v_statistics;
  return v_statistics;
exception when object_not_in_prerequisite_state then
  -- The extension was created, but the server did not load its library when it started.
  return null;
end
$$;
comment on function statement_statistics(integer) is 'The most costly statements of this database by pg_stat_statements; null where that is not installed or not loaded';
revoke execute on function statement_statistics(integer) from public;

create or replace function slow_queries(p_measured jsonb, p_since timestamptz, p_limit integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform keep_measurements(p_measured);
  return jsonb_build_object(
    'calls', coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', c.name, 'calls', c.calls, 'slow', c.slow, 'failed', c.failed, 'mean_ms', c.total_ms / c.calls, 'max_ms', c.max_ms,
        'p50_ms', percentile_of(c.histogram, 0.5), 'p99_ms', percentile_of(c.histogram, 0.99), 'total_ms', c.total_ms
      ) order by c.slow desc, c.total_ms desc)
      from (
        select s.name, sum(s.calls) as calls, sum(s.slow) as slow, sum(s.failed) as failed, sum(s.total_ms) as total_ms, max(s.max_ms) as max_ms,
          (select array_agg(t.c order by t.n) from (
            select u.n, sum(u.c)::bigint as c from call_stats h cross join lateral unnest(h.histogram) with ordinality as u(c, n)
            where h.name = s.name and h.hour >= date_trunc('hour', p_since) group by u.n
          ) t) as histogram
        from call_stats s where s.hour >= date_trunc('hour', p_since) group by s.name
      ) c
    ), '[]'),
    'slow', coalesce((
      select jsonb_agg(jsonb_build_object('at', iso(s.at), 'name', s.name, 'duration_ms', s.duration_ms, 'rows', s.rows) order by s.at desc, s.slow_call_id desc)
      from (select * from slow_calls where at >= p_since order by at desc, slow_call_id desc limit p_limit) s
    ), '[]'),
    'statements', statement_statistics(p_limit)
  );
end
$$;
