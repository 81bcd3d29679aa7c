/** What a good engineer would write by hand for an event log with current state, with the indexes that lists and feeds need. */
export const TEXTBOOK_TABLES = `
create table textbook_event (
  seq bigint generated always as identity primary key,
  entity_id uuid not null,
  user_id uuid not null,
  entity_type text not null,
  doc jsonb,
  valid_time timestamptz not null default now(),
  tx_time timestamptz not null default now()
);
create index on textbook_event (entity_id, valid_time desc, tx_time desc);
create index on textbook_event (user_id, entity_type, tx_time);
create table textbook_entity (
  entity_id uuid primary key,
  user_id uuid not null,
  entity_type text not null,
  doc jsonb not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on textbook_entity using gin (doc jsonb_path_ops);
create index on textbook_entity (user_id, entity_type, occurred_at desc, entity_id);
create index on textbook_entity (user_id, occurred_at desc, entity_id);
grant select, insert, update on textbook_event, textbook_entity to annals_app;`;

/** $1 id, $2 user, $3 type, $4 doc; for both. */
export const TEXTBOOK_INSERT =
  'insert into textbook_event (entity_id, user_id, entity_type, doc) values ($1::uuid, $2::uuid, $3::text, $4::jsonb)';
export const TEXTBOOK_UPSERT = `
insert into textbook_entity (entity_id, user_id, entity_type, doc, occurred_at)
values ($1::uuid, $2::uuid, $3::text, $4::jsonb, ($4::jsonb ->> 'timestamp')::timestamptz)
on conflict (entity_id) do update set doc = excluded.doc, occurred_at = excluded.occurred_at, updated_at = now()`;
