-- A merge patch as RFC 7396 has it: an object that merges into what is no object, or not there, makes one.

create or replace function patched(p_row event_row, p_edits jsonb) returns event_row
language plpgsql stable as $$
declare
  v_row event_row := p_row;
  v_edit jsonb;
  v_path text[];
  v_pointer text;
  v_members jsonb;
begin
  for v_edit in select jsonb_array_elements(p_edits) loop
    v_path := array(select jsonb_array_elements_text(v_edit -> 'path'));
    continue when v_edit ->> 'action' = 'object' and jsonb_typeof(v_row.doc #> v_path) = 'object';
    v_pointer := v_edit ->> 'pointer';
    if v_edit ->> 'action' in ('add', 'remove') then
      -- A set: no positions, no doubles, in alphabetical order, as the schema writes it.
      v_members := coalesce(v_row.doc -> v_path[1], '[]');
      if jsonb_typeof(v_members) <> 'array' then
        raise exception '%: the field holds no set', v_pointer using errcode = 'AN409', hint = 'Set the field whole.';
      end if;
      if v_edit ->> 'action' = 'remove' then
        v_members := v_members - (v_edit ->> 'value');
      elsif not v_members ? (v_edit ->> 'value') then
        v_members := (
          select jsonb_agg(m order by m #>> '{}' collate "C")
          from jsonb_array_elements(v_members || jsonb_build_array(v_edit -> 'value')) m
        );
      end if;
      v_row.doc := v_row.doc || jsonb_build_object(v_path[1], v_members);
      v_row.hints := hints_without(v_row.hints, v_path[1:1]);
    else
      -- A place among other things than keys and elements, or one that an unset would move, has hints that speak of it.
      if exists (
        select from jsonb_each(v_row.hints) h
        where ((v_pointer || '/') ^@ (h.key || '/') and h.value not in ('"string-keys"', '"list"', '"vector"', '"legacy"') and h.key <> v_pointer)
          or (v_edit ->> 'action' = 'unset' and v_path[cardinality(v_path)] ~ '^\d+$'
            and ltrim(h.key, '#') ^@ (regexp_replace(v_pointer, '/[^/]*$', '') || '/'))
      ) then
        raise exception '%: what is around it has no plain form in JSON', v_pointer
          using errcode = 'AN409', hint = 'Set the whole attribute.';
      end if;
      v_row.doc := patched_part(
        v_row.doc, v_path, case v_edit ->> 'action' when 'unset' then 'unset' else 'set' end, v_edit -> 'value', v_pointer
      );
      v_row.hints := (
        select jsonb_object_agg(h.key, h.value) from jsonb_each(v_row.hints) h
        where ltrim(h.key, '#') <> v_pointer and not ltrim(h.key, '#') ^@ (v_pointer || '/')
      );
      v_row.hints := merged_hints(v_row.hints, v_edit -> 'hints');
    end if;
  end loop;
  return v_row;
end
$$;
comment on function patched(event_row, jsonb) is
  'A version after the edits [{action: set|unset|add|remove|object, path: [text], pointer, value, hints}] deeper than its fields; add and remove are of sets, '
  'object makes an empty one unless an object is there. Raises AN409.';
