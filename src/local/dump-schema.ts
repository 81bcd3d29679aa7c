import type { ClientBase } from 'pg';

/**
 * The schema as text: what the migrations add up to, as Postgres itself describes it. Checked in as test/schema.sql, so that a
 * reviewer reads what a migration changes, and CI fails when the two differ. (npm has no pg_dump; the catalog's own functions do.)
 */
export async function dumpSchema(client: ClientBase): Promise<string> {
  const sections: string[] = [];
  for (const [title, statement] of SECTIONS) {
    const { rows } = await client.query<{ line: string }>(statement);
    sections.push(`-- ${title}\n${rows.map((row) => row.line).join('\n')}\n`);
  }
  return sections.join('\n');
}

/** Objects that an extension brought are the extension's business. */
const OURS = (catalog: string, oid: string) =>
  `not exists (select from pg_depend x where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.deptype = 'e')`;

const RELATIONS = `pg_class c where c.relnamespace = 'public'::regnamespace and c.relname <> 'migrations' and ${OURS('pg_class', 'c.oid')}`;
const TABLES = `${RELATIONS} and c.relkind in ('r', 'p')`;

const SECTIONS: readonly (readonly [string, string])[] = [
  [
    'Extensions',
    `select 'create extension ' || extname || ';' as line from pg_extension where extname <> 'plpgsql' order by extname`,
  ],
  [
    'Schemas',
    // What is in `typed` is made from src/domain, as the rows of entity_types are.
    `select format('create schema %I; comment on schema %1$I is %L;', n.nspname, obj_description(n.oid, 'pg_namespace')) as line
    from pg_namespace n where n.nspname !~ '^pg_' and n.nspname not in ('public', 'information_schema') order by n.nspname`,
  ],
  [
    'Composite types',
    `select 'create type ' || c.relname || ' as (' || string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) || ');' as line
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'c' and ${OURS('pg_class', 'c.oid')}
    group by c.relname order by c.relname`,
  ],
  [
    'Sequences',
    `select 'create sequence ' || c.relname || ' as ' || format_type(s.seqtypid, null) || ';' as line
    from pg_class c join pg_sequence s on s.seqrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relname not like 'migrations%'
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')
    order by c.relname`,
  ],
  [
    'Tables',
    `select 'create table ' || c.relname || E' (\\n  ' || string_agg(
        a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
          || case when a.attnotnull then ' not null' else '' end
          || case when a.attidentity = 'a' then ' generated always as identity' else '' end
          || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), E',\\n  ' order by a.attnum
      ) || E'\\n)' || coalesce(' partition by ' || pg_get_partkeydef(c.oid), '') || ';' as line
    from (select * from ${TABLES}) c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    group by c.oid, c.relname order by c.relname`,
  ],
  [
    'Constraints',
    `select 'alter table ' || c.relname || ' add constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) || ';' as line
    from (select * from ${TABLES}) c join pg_constraint k on k.conrelid = c.oid and k.contype <> 'n'
    order by c.relname, k.conname`,
  ],
  [
    'Views',
    `select 'create ' || case c.relkind when 'm' then 'materialized ' else '' end || 'view ' || c.relname
      || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || E' as\\n' || pg_get_viewdef(c.oid) as line
    from ${RELATIONS} and c.relkind in ('v', 'm') order by c.relname`,
  ],
  [
    'Settings of tables and columns',
    `select 'alter table ' || c.relname || ' set (' || array_to_string(c.reloptions, ', ') || ');' as line
    from (select * from ${TABLES}) c where c.reloptions is not null
    union all
    select format('alter table %s alter column %s set statistics %s;', c.relname, a.attname, a.attstattarget)
    from (select * from ${TABLES}) c join pg_attribute a on a.attrelid = c.oid where a.attstattarget is not null
    order by 1`,
  ],
  [
    'Indexes',
    `select pg_get_indexdef(i.indexrelid) || ';' as line
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'public'::regnamespace and c.relname <> 'migrations'
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    order by i.indexrelid::regclass::text`,
  ],
  [
    'Functions',
    `select pg_get_functiondef(p.oid) || ';' as line
    from pg_proc p where p.pronamespace = 'public'::regnamespace and ${OURS('pg_proc', 'p.oid')}
    order by p.proname, pg_get_function_identity_arguments(p.oid)`,
  ],
  [
    'Triggers',
    `select pg_get_triggerdef(t.oid) || ';' as line
    from pg_trigger t join (select * from ${TABLES}) c on c.oid = t.tgrelid
    where not t.tgisinternal order by c.relname, t.tgname`,
  ],
  [
    'Row-level security',
    `select line from (
      select c.relname, '' as polname, 'alter table ' || c.relname || ' enable row level security;' as line
      from ${TABLES} and c.relrowsecurity
      union all
      select p.tablename, p.policyname, 'create policy ' || p.policyname || ' on ' || p.tablename || ' for ' || lower(p.cmd) || ' to '
        || array_to_string(p.roles, ', ') || coalesce(' using ' || p.qual, '') || coalesce(' with check ' || p.with_check, '') || ';'
      from pg_policies p where p.schemaname = 'public'
    ) l order by l.relname, l.polname`,
  ],
  [
    'Grants',
    `select line from (
      select 'grant ' || lower(string_agg(a.privilege_type, ', ' order by a.privilege_type)) || ' on ' || c.relname || ' to '
        || a.grantee::regrole || ';' as line
      from (select * from ${RELATIONS} and c.relkind in ('r', 'p', 'v', 'm', 'S')) c
      cross join lateral aclexplode(c.relacl) a
      where a.grantee <> c.relowner
      group by c.relname, a.grantee
      union all
      select 'grant ' || lower(a.privilege_type) || ' (' || string_agg(t.attname, ', ' order by t.attnum) || ') on ' || c.relname || ' to '
        || a.grantee::regrole || ';'
      from (select * from ${TABLES}) c
      join pg_attribute t on t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
      cross join lateral aclexplode(t.attacl) a
      group by c.relname, a.grantee, a.privilege_type
      union all
      select 'grant execute on function ' || p.oid::regprocedure || ' to ' || a.grantee::regrole || ';'
      from pg_proc p cross join lateral aclexplode(p.proacl) a
      where p.pronamespace = 'public'::regnamespace and a.grantee not in (p.proowner, 0) and ${OURS('pg_proc', 'p.oid')}
    ) l order by line`,
  ],
  [
    'Comments',
    `select line from (
      select 'comment on ' || case c.relkind when 'v' then 'view ' when 'm' then 'materialized view ' when 'S' then 'sequence ' when 'c' then 'type ' else 'table ' end
        || c.relname || coalesce('.' || a.attname, '') || ' is ' || quote_literal(d.description) || ';' as line
      from pg_description d
      join (select * from ${RELATIONS}) c on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
      left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
      union all
      select 'comment on function ' || p.oid::regprocedure || ' is ' || quote_literal(d.description) || ';'
      from pg_description d join pg_proc p on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid
      where p.pronamespace = 'public'::regnamespace and ${OURS('pg_proc', 'p.oid')}
    ) l order by line`,
  ],
];
