-- The check of the rollups' drift read every rollup and all records to draw its sample, and held in memory all that waited behind an open
-- transaction. It draws from some pages instead, and leaves the check to another day while much is behind.

create function sample_percent(p_table regclass, p_rows integer) returns real
language sql stable
return least(100, 100.0 * 50 * p_rows / greatest((select reltuples from pg_class where oid = p_table), 1))::real;
comment on function sample_percent(regclass, integer) is
  'How much of a table `tablesample system` should read to draw so many rows from: 50 for each, since what lies on one page is of one time; percent';

create or replace function drift_check(p_lease uuid, p_refresh_id uuid, p_sample integer) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set jit = off as $$
declare
  -- More is behind only while a transaction stays open, and would be held in memory here: 1.9 GB of a million. The next check is soon enough.
  c_max_events constant integer := 5000;
  c_last_xid constant xid8 := '18446744073709551615';
  v_began constant timestamptz := clock_timestamp();
  v_state refresh_state%rowtype := hold_lease(p_lease);
  v_behind bigint;
  v_rollup text;
  v_checked bigint := 0;
  v_count bigint;
  v_drift bigint := 0;
  v_bad activity_bucket[];
  v_error text;
begin
  select count(*) into v_behind from (
    select from event_log e where (e.xid, e.seq) > (v_state.cursor_xid, v_state.cursor_seq) order by e.xid, e.seq limit c_max_events + 1
  ) e;
  begin
    for v_rollup in
      select name from analytics where kind = 'rollup' and not stale and not rebuilding and v_behind <= c_max_events order by name
    loop
      -- One statement, one snapshot: what is behind the log anyway is left out, then table and definition must agree.
      execute format($sql$
        with pending as materialized (
          select array(select v from changed_versions($1, $2, 0, now(), null) v) as versions
        ), sample as materialized (
          (
            select row(r.user_id, r.entity_type, r.day)::activity_bucket as bucket
            from %1$I r tablesample system (sample_percent('%1$I', $3)) order by random() limit $3
          )
          union
          -- Records, too: a bucket that is missing altogether would not be drawn from the table.
          (select b from unnest(dirty_buckets($1, array(
            select row(e.entity_id, e.user_id, e.entity_type, e.doc)::changed_version
            from entities e tablesample system (sample_percent('entities', $3))
            where e.deleted_at is null and e.doc is not null order by random() limit $3
          ))) b)
        ), buckets as materialized (
          select array_agg(s.bucket) as list from sample s
          where not s.bucket = any (coalesce((select dirty_buckets($1, versions) from pending), '{}'))
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
        perform recompute_rollup(v_rollup, v_rollup, v_bad, array(select a from activity_of(v_bad) a));
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
