-- What hides a record, where lists and the overview both ask for it; and the overview as a function, whose plan a session keeps: planned
-- with each request, its statement cost twice what running it costs.

create function hidden_parents(p_user_id uuid, p_shown smallint, p_entity_types text[]) returns uuid[]
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
  return array(
    select p.entity_id from own_entities p
    where p.user_id = p_user_id and (p.sensitive or p.archived)
      and (p.sensitive and p_shown & 1 = 0 or p.archived and p_shown & 2 = 0)
      and (p_entity_types is null or p.entity_type = any (p_entity_types))
  );
end
$$;
comment on function hidden_parents(uuid, smallint, text[]) is
  'The caller''s things of some types (null: any) that hide the records about them, for is_shown(). p_shown: 1 sensitive ones do not, 2 archived ones, 3 neither';

create function is_shown(p_shown smallint, p_sensitive boolean, p_archived boolean, p_related uuid[], p_hidden uuid[]) returns boolean
language sql immutable parallel safe
return (p_sensitive is not true or p_shown & 1 <> 0) and (p_archived is not true or p_shown & 2 <> 0) and not p_related && p_hidden;
comment on function is_shown(smallint, boolean, boolean, uuid[], uuid[]) is
  'Whether a record that is not deleted is seen by a reader who asks for p_shown: 1 also sensitive records, 2 archived ones, 3 both. p_hidden: hidden_parents() for the same';

create function overview(p_user_id uuid, p_shown smallint, p_timeline integer, p_running integer)
returns table (
  section text, record text, hints text, entity_type text, today integer, last_7_days integer, occurred_at timestamptz, id uuid
)
language plpgsql stable set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_hidden constant uuid[] := hidden_parents(p_user_id, p_shown, null);
  v_me record;
  v_types text[];
  v_today date;
begin
  select as_zone(u.doc ->> 'time_zone', 'UTC') as zone, u.doc ->> 'email' as email, u.label, u.doc -> 'show_bm_logs' = 'true' as shows_bm_logs
  into v_me
  from (select) as always left join own_entities u on u.entity_id = p_user_id and u.entity_type = 'user';
  v_types := array(select t.name from entity_types t where t.timeline and (t.name <> 'bm_log' or v_me.shows_bm_logs));
  v_today := (now() at time zone v_me.zone)::date;
  return query
  with seen as not materialized (
    select s.* from own_entities s
    where s.user_id = p_user_id and s.deleted_at is null and is_shown(p_shown, s.sensitive, s.archived, s.related, v_hidden)
  ), listed as (
    (
      select 'timeline' as section, s.* from seen s where s.entity_type = any (v_types) and s.occurred_at <= now()
      order by s.occurred_at desc, s.entity_id limit p_timeline
    )
    union all
    (
      select 'running', s.* from seen s
      where s.entity_type in (select t.name from entity_types t where t.timer_parent is not null) and s.occurred_until is null
      order by s.occurred_at desc, s.entity_id limit p_running
    )
  )
  select 'user', jsonb_build_object(
      'as_of', iso(now()), 'time_zone', v_me.zone, 'id', p_user_id, 'email', v_me.email, 'label', v_me.label
    )::text, null, null, null::integer, null::integer, null::timestamptz, null::uuid
  union all
  select l.section, (
      entity_record(row(
        l.entity_id, l.entity_type, l.user_id, l.version, l.occurred_at, l.occurred_until, l.created_at, l.updated_at,
        l.deleted_at, l.sensitive, l.archived, l.label, l.related, l.doc, l.hints
      )::entity_state) || jsonb_build_object('label', l.label, 'related', coalesce(r.related, '[]'))
    )::text, l.hints::text, null, null, null, l.occurred_at, l.entity_id
  from listed l
  left join lateral (
    select jsonb_agg(jsonb_build_object('id', p.entity_id, 'entity_type', p.entity_type, 'label', p.label) order by p.label, p.entity_id) as related
    -- Fenced off by "offset 0", each is looked up by id; joined, all of the user's records would be read for each.
    from unnest(l.related) i cross join lateral (select * from own_entities p where p.entity_id = i offset 0) p
  ) r on true
  union all
  select 'count', null, null, s.entity_type,
    (count(*) filter (where s.occurred_at >= v_today::timestamp at time zone v_me.zone))::integer, count(*)::integer, null, null
  from seen s
  where s.entity_type = any (v_types) and s.occurred_at >= (v_today - 6)::timestamp at time zone v_me.zone
    and s.occurred_at < (v_today + 1)::timestamp at time zone v_me.zone
  group by s.entity_type
  order by 1, 7 desc, 8, 4;
end
$$;
comment on function overview(uuid, smallint, integer, integer) is
  'All that the first screen shows, see src/store/overview.ts: at most so many records of the timeline, and timers that run. p_shown as for hidden_parents()';
