-- The log in another shape, while writes go on: as one table, or as a partition a month of transaction time. A twin is filled in chunks,
-- each a transaction with its checkpoint; a trigger brings it what is written meanwhile; the twin then takes the log's name.
-- docs/playbook.md says when, and what it costs.

-- What is bound to a table by its number rather than its name would stay with the old table: the sequence, which an identity column
-- owns (and the row type that version_at answers, which 0018 freed).
do $$
declare
  v_next bigint := nextval('event_log_seq_seq');
begin
  alter table evictions alter seq drop default;
  alter table event_log alter seq drop identity;
  create sequence event_log_seq_seq as bigint;
  perform setval('event_log_seq_seq', v_next);
  alter table event_log alter seq set default nextval('event_log_seq_seq');
  alter table evictions alter seq set default nextval('event_log_seq_seq');
end
$$;
comment on sequence event_log_seq_seq is 'Versions and evictions: one order, (xid, seq), holds over both';
grant usage on sequence event_log_seq_seq to annals_app, annals_import;

-- The log only grows: without deletes nothing would call autovacuum but inserts, at a fifth of the table more. So often that index-only reads
-- and the planner's newest days stay right; and frozen at the first visit, since no row is ever written again.
create function tend_log(p_table regclass) returns void
language plpgsql as $$
begin
  execute format('alter table %s set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_freeze_min_age = 0)', p_table);
end
$$;
comment on function tend_log(regclass) is 'Gives a table of the log the autovacuum settings that suit a log; docs/playbook.md has the reasons';
select tend_log('event_log');
-- Rewritten in place, doc and GIN index with it: dead rows are in every list's way. Updates touch indexed columns, so that no free room would make them HOT.
alter table entities set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

create table log_rewrite (
  is_only_row boolean primary key default true check (is_only_row),
  monthly boolean not null,
  since_xid xid8 not null default pg_current_xact_id(),
  cursor_xid xid8 not null default '0',
  cursor_seq bigint not null default 0,
  copied bigint not null default 0,
  state text not null default 'copying' check (state in ('copying', 'equal', 'swapped')),
  started_at timestamptz not null default clock_timestamp()
);
comment on table log_rewrite is 'The checkpoint of a log that is being brought into another shape; no row when none is';
comment on column log_rewrite.since_xid is 'the transaction that began it: what later ones write is mirrored, whom they evict is taken out at the end';

create function make_log_month(p_log regclass, p_month timestamptz) returns void
language plpgsql as $$
declare
  v_name constant text := 'event_log_' || to_char(p_month at time zone 'UTC', 'YYYY_MM');
  v_end constant timestamptz := date_add(p_month, interval '1 month', 'UTC');
begin
  -- Made by itself and then attached: a partition that is born in its place shuts everybody out of the whole log.
  execute format('create table %I (like %s including defaults including constraints including storage)', v_name, p_log);
  execute format('create trigger event_log_no_truncate before truncate on %I for each statement execute function refuse_log_change()', v_name);
  perform tend_log(v_name);
  execute format('alter table %s attach partition %I for values from (%L) to (%L)', p_log, v_name, p_month, v_end);
end
$$;
comment on function make_log_month(regclass, timestamptz) is 'Gives a log in months the partition of the month that begins then (UTC)';

create function mirror_event() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into event_log_next values (new.*) on conflict do nothing;
  return null;
end
$$;
comment on function mirror_event() is 'Trigger of event_log while its twin is filled: what is written to the one is written to the other';

create function log_rewrite_begin(p_monthly boolean) returns text
language plpgsql as $$
declare
  v_rewrite log_rewrite%rowtype;
  v_months timestamptz[];
  v_definition text;
  v_month timestamptz;
begin
  select * into v_rewrite from log_rewrite;
  if v_rewrite.monthly <> p_monthly then
    raise exception 'the log is on its way into the other shape' using errcode = 'AN409',
      hint = 'Let that end first, or give it up: annals partition --give-up.';
  elsif v_rewrite.monthly is not null then
    return v_rewrite.state;
  elsif p_monthly = (select relkind = 'p' from pg_class where oid = 'event_log'::regclass) then
    return 'done';
  end if;
  if p_monthly then
    v_months := array(
      select date_trunc('month', tx_time, 'UTC') from event_log
      union select generate_series(date_trunc('month', now(), 'UTC'), now() + interval '3 months', interval '1 month', 'UTC')
      order by 1
    );
  end if;
  -- Waits for writers and holds the next ones up: whatever was written before the trigger is committed, and every chunk sees it.
  lock table event_log in share row exclusive mode;
  execute 'create table event_log_next (like event_log including defaults including constraints including comments including storage)'
    || case when p_monthly then ' partition by range (tx_time)' else '' end;
  for v_definition in
    select regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX event_log(\w*) ON (ONLY )?public\.event_log ', 'INDEX event_log_next\1 ON event_log_next ')
    from pg_index i where i.indrelid = 'event_log'::regclass and not i.indisprimary
    union all
    select format('alter table event_log_next add constraint event_log_next_pkey %s', pg_get_constraintdef(k.oid))
    from pg_constraint k where k.conrelid = 'event_log'::regclass and k.contype = 'p'
  loop
    execute v_definition;
  end loop;
  if not p_monthly then
    perform tend_log('event_log_next');
  else
    create table event_log_other partition of event_log_next default;
    perform tend_log('event_log_other');
    create trigger event_log_no_truncate before truncate on event_log_other for each statement execute function refuse_log_change();
    foreach v_month in array v_months loop
      perform make_log_month('event_log_next', v_month);
    end loop;
  end if;
  create trigger event_log_mirror after insert on event_log for each row execute function mirror_event();
  insert into log_rewrite (monthly) values (p_monthly);
  return 'copying';
end
$$;
comment on function log_rewrite_begin(boolean) is
  'Makes the log''s twin, in months or whole, and mirrors every write from now on; answers the state, of one that was begun before as well: copying, equal, swapped, or done when the log has that shape. Raises AN409.';

create function log_rewrite_copy(p_rows integer) returns jsonb
language plpgsql as $$
declare
  v_rewrite log_rewrite%rowtype;
  v_copied bigint;
begin
  select * into strict v_rewrite from log_rewrite for update;
  -- In the log's own order, which is nearly that of its pages. Not up to a transaction id: after a restore old ids lie above new ones.
  with page as materialized (
    select * from event_log where (xid, seq) > (v_rewrite.cursor_xid, v_rewrite.cursor_seq) order by xid, seq limit p_rows
  ), written as (
    insert into event_log_next select * from page on conflict do nothing
  )
  update log_rewrite l set copied = l.copied + (select count(*) from page), cursor_xid = p.xid, cursor_seq = p.seq
    from (select xid, seq from page order by xid desc, seq desc limit 1) p
    returning l.copied into v_copied;
  v_copied := coalesce(v_copied, v_rewrite.copied);
  return jsonb_build_object('copied', v_copied, 'more', v_copied - v_rewrite.copied = p_rows);
end
$$;
comment on function log_rewrite_copy(integer) is 'Copies one chunk of the log into its twin, with the checkpoint: {copied, more}';

create function log_rewrite_compare() returns jsonb
language plpgsql as $$
declare
  v_answer jsonb;
begin
  -- One statement, so one snapshot: the trigger writes both in one transaction, and they are equal at any moment. A sum of hashes does
  -- not depend on order. Who is evicted meanwhile is left out here and taken out at the swap.
  select jsonb_build_object('log', l.digest, 'twin', t.digest, 'equal', l.digest = t.digest) into v_answer
  from (
    select count(*) || ':' || coalesce(sum(hashtextextended(e::text, 0)), 0) as digest from event_log e
    where entity_id not in (select v.entity_id from evictions v, log_rewrite r where v.xid >= r.since_xid and v.entity_id is not null)
  ) l, (
    select count(*) || ':' || coalesce(sum(hashtextextended(e::text, 0)), 0) as digest from event_log_next e
    where entity_id not in (select v.entity_id from evictions v, log_rewrite r where v.xid >= r.since_xid and v.entity_id is not null)
  ) t;
  update log_rewrite set state = case when v_answer -> 'equal' = 'true' then 'equal' else state end;
  -- The twin's plans are right from its first moment as the log.
  analyze event_log_next;
  return v_answer;
end
$$;
comment on function log_rewrite_compare() is 'Whether log and twin hold the same rows: {log, twin, equal}, digests that do not depend on order. Only then can they be swapped.';

create function log_rewrite_swap() returns void
language plpgsql as $$
declare
  v_bound text[];
  v_dress text[];
  v_statement text;
begin
  lock table event_log in access exclusive mode;
  perform from log_rewrite where state = 'equal' for update;
  if not found then
    raise exception 'log and twin were not found equal' using errcode = 'AN409', hint = 'Compare them first.';
  elsif (select count(distinct (c.columns, c.indexes)) from (
      select (select count(*) from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped) as columns,
        (select count(*) from pg_index where indrelid = t.oid) as indexes
      from pg_class t where t.oid in ('event_log'::regclass, 'event_log_next'::regclass)
    ) c) > 1 then
    raise exception 'the log has another form than its twin, which was made before a migration' using errcode = 'AN409',
      hint = 'Give the twin up and begin again: annals partition --give-up.';
  end if;
  delete from event_log_next n using evictions v, log_rewrite r
    where v.xid >= r.since_xid and n.entity_id = v.entity_id and not exists (
      select from event_log e
      where (e.entity_id, e.valid_time, e.tx_time, e.tx) = (n.entity_id, n.valid_time, n.tx_time, n.tx)
    );
  drop trigger event_log_mirror on event_log;

  -- Views and parsed functions hold on to a table by its number: read as text now, and again once the twin has the name.
  select array_agg(x.definition) into v_bound from (
    select format('create or replace view %s%s as %s', c.oid::regclass, ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
      as definition
    from pg_class c
    where c.relkind = 'v' and exists (
      select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      where r.ev_class = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = 'event_log'::regclass
    )
    union all
    select pg_get_functiondef(p.oid) from pg_proc p
    where p.prosqlbody is not null and exists (
      select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid = 'event_log'::regclass
    )
  ) x;
  -- What the log wears besides its columns and indexes.
  select array_agg(x.definition order by x.n) into v_dress from (
    select 0 as n, format('comment on table event_log is %L', obj_description('event_log'::regclass, 'pg_class')) as definition
    union all
    select 1, pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'event_log'::regclass and not tgisinternal
    union all
    select 2, format('create policy %I on event_log for %s to %s%s%s', policyname, cmd, array_to_string(roles, ', '),
      ' using (' || qual || ')', ' with check (' || with_check || ')')
    from pg_policies where schemaname = 'public' and tablename = 'event_log'
    union all
    select 3, format('grant %s on event_log to %I', a.privilege_type, a.grantee::regrole)
    from pg_class c cross join aclexplode(c.relacl) a where c.oid = 'event_log'::regclass and a.grantee <> c.relowner
    union all
    select 3, format('grant %s (%I) on event_log to %I', a.privilege_type, t.attname, a.grantee::regrole)
    from pg_attribute t cross join aclexplode(t.attacl) a where t.attrelid = 'event_log'::regclass
  ) x;

  alter table event_log rename to event_log_before;
  alter table event_log_next rename to event_log;
  for v_statement in
    select format('alter index %I rename to %I', c.relname, regexp_replace(c.relname, '^event_log', 'event_log_before'))
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'event_log_before'::regclass
    union all
    select format('alter index %I rename to %I', c.relname, regexp_replace(c.relname, '^event_log_next', 'event_log'))
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 'event_log'::regclass
  loop
    execute v_statement;
  end loop;
  alter table event_log enable row level security;
  foreach v_statement in array v_dress || v_bound loop
    execute v_statement;
  end loop;
  update log_rewrite set state = 'swapped';
end
$$;
comment on function log_rewrite_swap() is
  'Gives the twin the log''s name, indexes'' names, triggers, policies, grants, and all that is bound to it, behind a lock of some 50 ms. The old table stays until log_rewrite_end(). Raises AN409.';

create function log_rewrite_end() returns void
language plpgsql as $$
begin
  drop trigger if exists event_log_mirror on event_log;
  drop table if exists event_log_before, event_log_next;
  delete from log_rewrite;
end
$$;
comment on function log_rewrite_end() is 'Drops whichever table is not the log: the old one after a swap, the twin before it';

create function months_ahead() returns integer
language plpgsql as $$
declare
  v_month timestamptz;
  v_made integer := 0;
begin
  if (select relkind <> 'p' from pg_class where oid = 'event_log'::regclass) then
    return 0;
  end if;
  -- Nobody's write shall wait for this: when the log is busy, the next run does it.
  perform set_config('lock_timeout', '1s', true);
  for v_month in
    select m from generate_series(date_trunc('month', now(), 'UTC'), now() + interval '3 months', interval '1 month', 'UTC') m
    where to_regclass('event_log_' || to_char(m at time zone 'UTC', 'YYYY_MM')) is null
      -- A month that began before it had a partition stays where all strays go.
      and not exists (select from event_log_other where tx_time >= m and tx_time < m + interval '1 month')
  loop
    perform make_log_month('event_log', v_month);
    v_made := v_made + 1;
  end loop;
  -- Autovacuum analyzes the parts, never the whole, from which joins and the share of what changed are estimated.
  analyze event_log;
  return v_made;
end
$$;
comment on function months_ahead() is 'The partitions of this month and the next three, of a log that is in months; returns how many it made';

create or replace function housekeep(p_lease uuid, p_refresh_id uuid, p_limit integer) returns jsonb
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
      delete from refresh_log where started_at < clock_timestamp() - c_refreshes_live;
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
    when 'months_ahead' then
      v_rows := months_ahead();
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
  'Runs the housekeeping that this lease started: turns over p_limit versions at most, expires keys, prunes logs, or makes the log''s next months; `rows` are those touched. Raises AN409.';
