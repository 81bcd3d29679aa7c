-- Tripwires: limits after which the design wants another look. Each is measured by a tick that is awake anyway, and told once when it
-- trips and once when it recovers.

create table tripwires (
  name text primary key,
  value double precision not null,
  limit_value double precision not null,
  tripped boolean not null,
  since timestamptz not null default clock_timestamp(),
  told boolean not null default false,
  measured_at timestamptz not null default clock_timestamp(),
  detail text
);
comment on table tripwires is 'Where each limit stands; told is what the operator was last told: whether it was tripped';
create table tripwire_samples (
  name text not null,
  at timestamptz not null,
  value double precision not null,
  primary key (name, at)
);
comment on table tripwire_samples is 'One measurement an hour at most, from which the trend comes';

create function about_rows(p_table regclass) returns bigint
language plpgsql stable as $$
declare
  c_exact_up_to constant integer := 20000;
  v_rows bigint;
begin
  -- Counting costs as much as there is to count; the planner's own number follows within a tenth.
  select reltuples into v_rows from pg_class where oid = p_table;
  if v_rows <= c_exact_up_to then
    execute format('select count(*) from (select from %s limit %s) t', p_table, c_exact_up_to * 2) into v_rows;
  end if;
  return v_rows;
end
$$;
comment on function about_rows(regclass) is 'How many rows a table has: exact when small, the planner''s estimate when large';

create function tripwire_values(p_limits jsonb) returns table (name text, value double precision, limit_value double precision, detail text)
language plpgsql stable as $$
declare
  v_state refresh_state%rowtype;
  v_pending boolean;
begin
  select * into v_state from refresh_state;
  v_pending := exists (select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq));
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
    (select 'refresh_factor', l.factor, l.name
      from (
        select n.name, n.duration_ms / nullif(greatest(u.usual_ms, 1000), 0) as factor
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
      from slow_calls s where s.at > clock_timestamp() - interval '1 hour' group by s.name order by count(*) desc limit 1)
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
comment on function tripwire_values(jsonb) is 'What each limit of p_limits ({name: number}) limits, measured now; `detail` names the refresh, statement or file it is about';

create function tripwire(p_tripwire tripwires) returns jsonb
language sql stable
return jsonb_build_object(
  'name', (p_tripwire).name, 'value', (p_tripwire).value, 'limit', (p_tripwire).limit_value, 'tripped', (p_tripwire).tripped,
  'since', iso((p_tripwire).since), 'measured_at', iso((p_tripwire).measured_at), 'detail', (p_tripwire).detail,
  'trend_per_day', (
    select case when extract(epoch from max(s.at) - min(s.at)) > 0 then regr_slope(s.value, extract(epoch from s.at) / 86400) end
    from tripwire_samples s where s.name = (p_tripwire).name and s.at > clock_timestamp() - interval '30 days'
  )
);
comment on function tripwire(tripwires) is 'A tripwire as JSON; trend_per_day is the slope of its value over the last 30 days, null when there is but one measurement';
create function check_tripwires(p_limits jsonb, p_measured jsonb) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform keep_measurements(p_measured);
  perform pg_advisory_xact_lock(hashtextextended('tripwires', 0));
  with measured as (
    select l.key as name, coalesce(v.value, 0) as value, l.value::double precision as limit_value, v.detail
    from jsonb_each_text(p_limits) l left join tripwire_values(p_limits) v on v.name = l.key
  )
  insert into tripwires as t (name, value, limit_value, tripped, detail)
  select name, value, limit_value, value > limit_value, detail from measured
  on conflict (name) do update set
    value = excluded.value, limit_value = excluded.limit_value, detail = excluded.detail, measured_at = excluded.measured_at,
    tripped = excluded.tripped, since = case when t.tripped = excluded.tripped then t.since else excluded.since end;
  delete from tripwires where not p_limits ? name;
  insert into tripwire_samples (name, at, value)
    select name, date_trunc('hour', measured_at), value from tripwires
    on conflict (name, at) do update set value = excluded.value;
  return jsonb_build_object(
    'news', coalesce((select jsonb_agg(tripwire(t) order by t.name) from tripwires t where t.tripped <> t.told), '[]'),
    'tripwires', coalesce((select jsonb_agg(tripwire(t) order by t.name) from tripwires t), '[]'),
    -- An import that nobody goes on with makes no noise: the one moment at which to look at it even so.
    'next_due', (
      select iso(min(greatest(i.state_since, c.last_at) + make_interval(secs => 60 * least((p_limits ->> 'import_stuck_minutes')::double precision, 1e7)) + interval '1 second'))
      from imports i
      cross join lateral (select max(applied_at) as last_at from import_chunks c where c.import_id = i.import_id) c
      where i.state = 'running' and not exists (select from tripwires where name = 'import_stuck_minutes' and tripped)
    )
  );
end
$$;

comment on function check_tripwires(jsonb, jsonb) is
  'Keeps what was measured, measures every tripwire of p_limits, and answers {news, tripwires, next_due}: news are those whose state the operator was not told yet';

create function tripwires_told(p_told jsonb) returns void
language sql security definer set search_path = public, pg_temp as $$
  update tripwires t set told = n.tripped from jsonb_to_recordset(p_told) as n(name text, tripped boolean) where t.name = n.name
$$;
comment on function tripwires_told(jsonb) is 'Notes that the operator was told that these ([{name, tripped}]) tripped or recovered';

revoke execute on function check_tripwires(jsonb, jsonb), tripwires_told(jsonb) from public;
grant execute on function check_tripwires(jsonb, jsonb), tripwires_told(jsonb) to annals_app;
