-- A year is a stretch of time, not a number: there is no year 0, and a record of the year 1 in New York can be of the year before, so that
-- the live heatmap of whoever had one was refused. Years that nobody can ask for are not told.

create or replace function heatmap(p_user_id uuid, p_entity_types text[], p_from date, p_to date, p_shown smallint) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
  v_pending record;
  v_buckets activity_bucket[];
  v_rows activity[] := '{}';
  v_answer jsonb;
begin
  select * into v_pending from pending_activity(p_user_id);
  v_buckets := buckets_within(v_pending.whole, v_pending.buckets, p_user_id, p_entity_types, p_from, p_to);
  if cardinality(v_buckets) > 0 then
    v_rows := array(select a from activity_of(v_buckets) a);
  end if;
  with recursive zone as materialized (
    select user_zone(p_user_id) as name
  ), running as materialized (
    select * from running_activity(p_user_id, p_entity_types, p_from, p_to, p_shown)
  ), days as (
    select d.day, sum(d.records)::integer as records, sum(d.minutes) as minutes
    from (
      select day, records, minutes from (
      select r.* from daily_activity r
      where r.user_id = p_user_id and r.entity_type = any (p_entity_types) and r.day between p_from and p_to
        and not v_pending.whole
        and (r.entity_type, r.day) not in (select b.entity_type, b.day from unnest(v_buckets) b)
      union all
      select x.* from daily_activity_of(v_buckets, v_rows) x
    ) r where r.hidden & ~p_shown = 0
      union all
      select day, 0, minutes from running
    ) d
    group by d.day
  ), first_days as (
    -- The first day of each year, found from the one before. Compared as dates: row-level security lets no other comparison into the index.
    select t.name as entity_type, '-infinity'::date as day from unnest(p_entity_types) t(name) where not v_pending.whole
    union all
    select f.entity_type, n.day
    from first_days f
    cross join lateral (
      select d.day from daily_activity d
      where d.user_id = p_user_id and d.entity_type = f.entity_type and d.day >= (date_trunc('year', f.day::timestamp) + interval '1 year')::date
        -- Of "hidden & ~p_shown = 0" the planner thinks that it leaves nearly nothing, and then it sorts all later days.
        and d.hidden in (0, p_shown & 1, p_shown & 2, p_shown)
        and (d.entity_type, d.day) not in (select b.entity_type, b.day from unnest(v_pending.buckets) b)
      order by d.day limit 1
    ) n
  ), years as (
    select extract(year from f.day)::integer as year from first_days f where isfinite(f.day)
    union
    -- Where the rollup does not know: any record of the year that is shown will do.
    select extract(year from y.first)::integer
    from zone z
    cross join lateral (
      select date_trunc('year', b.day::timestamp) from unnest(v_pending.buckets) b where b.entity_type = any (p_entity_types)
      union
      select generate_series(
        date_trunc('year', min(e.occurred_at) at time zone z.name), max(e.occurred_at) at time zone z.name, interval '1 year'
      )
      from entities e
      where v_pending.whole and e.user_id = p_user_id and e.entity_type = any (p_entity_types) and isfinite(e.occurred_at)
    ) y(first)
    where exists (
      select from own_entities e
      where e.user_id = p_user_id and e.entity_type = any (p_entity_types) and e.deleted_at is null
        and is_shown(p_shown, e.sensitive, e.archived, e.related, v_hidden)
        and e.occurred_at >= y.first at time zone z.name
        and e.occurred_at < (y.first + interval '1 year') at time zone z.name
    )
  )
  select jsonb_build_object(
    'time_zone', (select name from zone), 'as_of', iso(now()),
    'rolled_up_at', case when isfinite(v_pending.as_of) then iso(v_pending.as_of) end,
    'lag_ms', case
        when not v_pending.whole and v_pending.buckets = '{}' then 0
        when isfinite(v_pending.as_of) then greatest(round(extract(epoch from now() - v_pending.as_of) * 1000), 0)
      end,
    'years', (select coalesce(jsonb_agg(y.year order by y.year), '[]') from years y where y.year between 1 and 9999),
    'days', (
      select coalesce(jsonb_agg(jsonb_build_object('day', d.day, 'records', d.records, 'minutes', round(d.minutes::numeric, 2)) order by d.day), '[]')
      from days d
    )
  ) into v_answer;
  return v_answer;
end
$$;
