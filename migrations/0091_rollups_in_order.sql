-- Written in the order in which they are read. Sums come out of a hash in none, and a rebuild left a user's year on 90 pages where 8 hold it: what
-- no cache has is read page by page.

create or replace function recompute_rollup(p_name text, p_into text, p_buckets activity_bucket[], p_rows activity[]) returns bigint
language plpgsql as $$
declare
  v_rows bigint;
begin
  execute format(
    'delete from %1$I d using unnest($1) b where d.user_id = b.user_id and d.entity_type = b.entity_type and d.day = b.day', p_into
  ) using p_buckets;
  execute format('insert into %1$I select * from %2$I($1, $2) order by user_id, entity_type, day', p_into, p_name || '_of')
    using p_buckets, p_rows;
  get diagnostics v_rows = row_count;
  return v_rows;
end
$$;
