-- What the Workers measured, in aggregated form: an isolate gathers, a Durable Object collects, and a tick or an operator's question
-- brings it here. Latencies are counts per power of two of milliseconds: histograms add up, percentiles would not.

create table route_stats (
  route text not null,
  hour timestamptz not null,
  requests bigint not null,
  refused bigint not null,
  failed bigint not null,
  total_ms double precision not null,
  max_ms double precision not null,
  histogram bigint[] not null,
  primary key (route, hour)
);
comment on table route_stats is 'Requests per route and hour; refused are 4xx, failed 5xx';
comment on column route_stats.histogram is 'element n counts the requests of less than 2^(n-1) ms and not less than half of that';
create table call_stats (
  name text not null,
  hour timestamptz not null,
  calls bigint not null,
  slow bigint not null,
  failed bigint not null,
  total_ms double precision not null,
  max_ms double precision not null,
  histogram bigint[] not null,
  primary key (name, hour)
);
comment on table call_stats is 'Calls to the database by name and hour, as the Worker saw them, the way there and back included; slow is over the limit';
create table slow_calls (
  slow_call_id bigint generated always as identity primary key,
  at timestamptz not null,
  name text not null,
  duration_ms double precision not null,
  rows integer
);
comment on table slow_calls is 'Single calls over the limit: name, duration, rows; never a parameter''s value';
create index slow_calls_at on slow_calls (at);
create table slow_statements (
  name text primary key,
  statement text not null
);
comment on table slow_statements is 'The text of each statement that was slow, with $1 for every value: what a plan is asked for';

create function added(p_one bigint[], p_other bigint[]) returns bigint[]
language sql immutable
return (select array_agg(coalesce(a, 0) + coalesce(b, 0) order by n) from unnest(p_one, p_other) with ordinality as u(a, b, n));
comment on function added(bigint[], bigint[]) is 'Two histograms in one';

create function percentile_of(p_histogram bigint[], p_share double precision) returns double precision
language sql immutable
return (
  select min(n_ms) from (
    select 2.0 ^ (n - 1) as n_ms, sum(c) over (order by n) as upto, sum(c) over () as total
    from unnest(p_histogram) with ordinality as u(c, n)
  ) h where h.upto >= h.total * p_share and h.total > 0
);
comment on function percentile_of(bigint[], double precision) is 'The upper bound, in ms, of the bucket in which this share of a histogram is reached; null for an empty one';

create function keep_measurements(p_measured jsonb) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into route_stats as s (route, hour, requests, refused, failed, total_ms, max_ms, histogram)
  select m.route, m.hour, m.requests, m.refused, m.failed, m.total_ms, m.max_ms, m.histogram
  from jsonb_to_recordset(p_measured -> 'routes') as m(
    route text, hour timestamptz, requests bigint, refused bigint, failed bigint, total_ms double precision, max_ms double precision, histogram bigint[]
  )
  on conflict (route, hour) do update set
    requests = s.requests + excluded.requests, refused = s.refused + excluded.refused, failed = s.failed + excluded.failed,
    total_ms = s.total_ms + excluded.total_ms, max_ms = greatest(s.max_ms, excluded.max_ms), histogram = added(s.histogram, excluded.histogram);
  insert into call_stats as s (name, hour, calls, slow, failed, total_ms, max_ms, histogram)
  select m.name, m.hour, m.calls, m.slow, m.failed, m.total_ms, m.max_ms, m.histogram
  from jsonb_to_recordset(p_measured -> 'calls') as m(
    name text, hour timestamptz, calls bigint, slow bigint, failed bigint, total_ms double precision, max_ms double precision, histogram bigint[]
  )
  on conflict (name, hour) do update set
    calls = s.calls + excluded.calls, slow = s.slow + excluded.slow, failed = s.failed + excluded.failed,
    total_ms = s.total_ms + excluded.total_ms, max_ms = greatest(s.max_ms, excluded.max_ms), histogram = added(s.histogram, excluded.histogram);
  insert into slow_calls (at, name, duration_ms, rows)
  select m.at, m.name, m.duration_ms, m.rows
  from jsonb_to_recordset(p_measured -> 'slow') as m(at timestamptz, name text, duration_ms double precision, rows integer);
  insert into slow_statements (name, statement)
  select key, value from jsonb_each_text(p_measured -> 'statements')
  on conflict (name) do update set statement = excluded.statement where slow_statements.statement <> excluded.statement;
$$;
comment on function keep_measurements(jsonb) is 'Adds what the Workers measured: {routes, calls, slow, statements}, see src/analytics/measurements.ts';

create function slow_queries(p_measured jsonb, p_since timestamptz, p_limit integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  v_statistics jsonb;
begin
  perform keep_measurements(p_measured);
  if to_regclass('pg_stat_statements') is not null then
    execute format($sql$
      select jsonb_agg(jsonb_build_object(
        'query', left(query, 500), 'calls', calls, 'mean_ms', mean_exec_time, 'max_ms', max_exec_time, 'total_ms', total_exec_time, 'rows', rows
      ) order by total_exec_time desc)
      from (
        select s.* from %s s join pg_database d on d.oid = s.dbid
        where d.datname = current_database() order by total_exec_time desc limit $1
      ) s
    $sql$, to_regclass('pg_stat_statements')) using p_limit into v_statistics;
  end if;
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
    'statements', v_statistics
  );
end
$$;
comment on function slow_queries(jsonb, timestamptz, integer) is
  'Keeps what was measured and answers the calls by name, the newest slow ones, and pg_stat_statements where that is installed (else null)';

create function performance(p_measured jsonb, p_since timestamptz) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform keep_measurements(p_measured);
  return coalesce((
    select jsonb_agg(jsonb_build_object(
      'route', r.route, 'hour', iso(r.hour), 'requests', r.requests, 'refused', r.refused, 'failed', r.failed, 'mean_ms', r.total_ms / r.requests,
      'max_ms', r.max_ms, 'p50_ms', percentile_of(r.histogram, 0.5), 'p90_ms', percentile_of(r.histogram, 0.9), 'p99_ms', percentile_of(r.histogram, 0.99)
    ) order by r.hour desc, r.route)
    from route_stats r where r.hour >= date_trunc('hour', p_since)
  ), '[]');
end
$$;
comment on function performance(jsonb, timestamptz) is 'Keeps what was measured and answers requests, errors and latencies per route and hour, newest first';

create function explain_slow(p_name text) returns setof text
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
end
$$;
comment on function explain_slow(text) is 'The generic plan of a statement that was slow; it is planned, not run. Raises AN404.';

grant select on slow_statements to annals_app;
revoke execute on function keep_measurements(jsonb), slow_queries(jsonb, timestamptz, integer), performance(jsonb, timestamptz), explain_slow(text) from public;
grant execute on function keep_measurements(jsonb), slow_queries(jsonb, timestamptz, integer), performance(jsonb, timestamptz), explain_slow(text) to annals_app;
