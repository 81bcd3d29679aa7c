-- The drift check and housekeeping: the rest of what a tick runs.

create table drift_log (
  drift_id bigint generated always as identity primary key,
  refresh_id uuid not null,
  found_at timestamptz not null default clock_timestamp(),
  name text not null,
  bucket activity_bucket not null,
  stored jsonb not null,
  expected jsonb not null
);
comment on table drift_log is 'Every bucket of a rollup that was found to differ from its definition, as it was and as it was set right. Should stay empty.';

create function without_noise(p_row jsonb) returns jsonb
language sql immutable
return case
  -- Sums of doubles differ in their last digits with the order of adding.
  when p_row ? 'minutes' then p_row || jsonb_build_object('minutes', round((p_row ->> 'minutes')::numeric, 6))
  else p_row
end;
comment on function without_noise(jsonb) is 'A rollup''s row as the drift check compares it';

create function drift_check(p_lease uuid, p_refresh_id uuid, p_sample integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  c_last_xid constant xid8 := '18446744073709551615';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_rollup text;
  v_checked bigint := 0;
  v_count bigint;
  v_drift bigint := 0;
  v_bad activity_bucket[];
  v_error text;
begin
  begin
    for v_rollup in select name from analytics where kind = 'rollup' and not stale order by name loop
      -- One statement, one snapshot: what is behind the log anyway is left out, then table and definition must agree.
      execute format($sql$
        with pending as materialized (
          select array(select v from changed_versions($1, $2, 0, now(), null) v) as versions
        ), sample as materialized (
          (select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket from %1$I r order by random() limit $3)
          union
          -- Records, too: a bucket that is missing altogether would not be drawn from the table.
          (select b from (select e.* from live_entities e where e.deleted_at is null order by random() limit $3) e
            cross join lateral version_buckets(e.user_id, e.entity_type, e.doc, e.created_at) b)
        ), buckets as materialized (
          select array_agg(s.bucket) as list from sample s
          where not s.bucket = any (coalesce((select dirty_buckets(versions) from pending), '{}'))
            and not (s.bucket).user_id = any (coalesce((select zone_changed_users(versions) from pending), '{}'))
        ), stored as (
          select row(b.user_id, b.entity_type, b.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from buckets cross join lateral unnest(buckets.list) b join %1$I r using (user_id, entity_type, day) group by 1
        ), expected as (
          select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket, jsonb_agg(without_noise(to_jsonb(r)) order by r) as rows
          from %2$I((select list from buckets), (select array(select a from activity_of(list) a) from buckets)) r group by 1
        ), found as (
          insert into drift_log (refresh_id, name, bucket, stored, expected)
          select $4, %1$L, coalesce(s.bucket, x.bucket), coalesce(s.rows, '[]'), coalesce(x.rows, '[]')
          from stored s full join expected x on s.bucket = x.bucket
          where s.rows is distinct from x.rows
          returning bucket
        )
        select (select coalesce(cardinality(list), 0) from buckets), (select array_agg(bucket) from found)
      $sql$, v_rollup, v_rollup || '_of') using v_state, c_last_xid, p_sample, p_refresh_id into v_count, v_bad;
      v_checked := v_checked + v_count;
      if v_bad is not null then
        v_drift := v_drift + cardinality(v_bad);
        perform recompute_rollup(v_rollup, v_bad, array(select a from activity_of(v_bad) a));
        update refresh_state set changed_at = clock_timestamp();
      end if;
    end loop;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for, stale = v_error is not null,
    as_of = case when v_error is null then v_began else as_of end where name = 'drift_check';
  return refresh_done(p_refresh_id, 'done', ms_since(v_began), null, v_checked, v_drift, v_error);
end
$$;
comment on function drift_check(uuid, uuid, integer) is
  'Computes up to 2 x p_sample random buckets of each rollup anew, logs every difference in drift_log and heals it; in the refresh log `buckets` were '
  'checked and `rows` differed. Raises AN409.';

create function drifts(p_limit integer) returns setof jsonb
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select jsonb_build_object(
    'refresh_id', refresh_id, 'found_at', iso(found_at), 'name', name, 'entity_type', (bucket).entity_type, 'day', (bucket).day,
    'stored', stored, 'expected', expected
  )
  from drift_log order by drift_id desc limit p_limit;
end;
comment on function drifts(integer) is 'The newest differences that the drift check found and healed, for the operator';

create function housekeep(p_lease uuid, p_refresh_id uuid, p_limit integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  c_refreshes_live constant interval := '30 days';
  c_measurements_live constant interval := '90 days';
  c_trends_live constant interval := '400 days';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_name text;
  v_rows bigint := 0;
  v_more bigint;
  v_error text;
begin
  select name into v_name from refresh_log where refresh_id = p_refresh_id and lease = p_lease;
  begin
    case v_name
    when 'turn_over' then
      v_rows := turn_over(clock_timestamp(), p_limit);
    when 'expire_idempotency_keys' then
      v_rows := forget_idempotency_keys(p_limit);
    when 'prune_logs' then
      delete from refresh_log where started_at < clock_timestamp() - c_refreshes_live and finished_at is not null;
      get diagnostics v_rows = row_count;
      delete from route_stats where hour < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from call_stats where hour < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from slow_calls where at < clock_timestamp() - c_measurements_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
      delete from tripwire_samples where at < clock_timestamp() - c_trends_live;
      get diagnostics v_more = row_count;
      v_rows := v_rows + v_more;
    end case;
  exception when others then
    get stacked diagnostics v_error = message_text;
  end;
  update analytics set scheduled_for = v_state.scheduled_for, stale = v_error is not null,
    as_of = case when v_error is null then v_began else as_of end where name = v_name;
  return refresh_done(p_refresh_id, 'done', ms_since(v_began), null, null, v_rows, v_error);
end
$$;
comment on function housekeep(uuid, uuid, integer) is
  'Runs the housekeeping that this lease started: turns over p_limit versions at most, expires keys, or prunes logs; `rows` are those touched. Raises AN409.';

revoke execute on function drift_check(uuid, uuid, integer), drifts(integer), housekeep(uuid, uuid, integer) from public;
grant execute on function drift_check(uuid, uuid, integer), drifts(integer), housekeep(uuid, uuid, integer) to annals_app;
