-- Read models: fields of an entity type as real columns with indexes, for lists that filter or sort by them. Which types have one is the
-- operator's choice (annals project), so the tables are made by src/cli/project-type.ts, from the same expressions that lists use.

create table projections (
  entity_type text primary key,
  fields jsonb not null,
  indexed text[] not null,
  cursor uuid not null default '00000000-0000-0000-0000-000000000000',
  is_complete boolean not null default false
);
comment on table projections is 'Entity types that have a table projected_TYPE, kept by triggers on entities';
comment on column projections.fields is '{field: kind}, as src/api/rest compares them: a list uses the projection when its own say the same';
comment on column projections.indexed is 'fields with an index per user';
comment on column projections.cursor is 'entities up to this id were filled in; later writes come by trigger';
grant select on projections to annals_app;

create function rest_read(
  p_entity_type text, p_fields jsonb, p_projected text, p_projected_params text[], p_plain text, p_plain_params text[]
)
returns table (total text, id uuid, version text, body text, hints text, place text)
language plpgsql stable as $$
begin
  -- A version whose time has just come is not in its columns before the cron has turned it over.
  if exists (
    select from projections p
    where p.entity_type = p_entity_type and p.is_complete and p.fields @> p_fields and p_fields ?| p.indexed
  ) and not exists (select from entities e where e.next_valid_time <= now()) then
    return query execute p_projected using p_projected_params;
  else
    return query execute p_plain using p_plain_params;
  end if;
end
$$;
comment on function rest_read(text, jsonb, text, text[], text, text[]) is
  'A list by whichever of two compiled statements fits: over the type''s projection, where that is complete and has these fields ({name: kind}), or over docs. Both run with the caller''s rights.';
