import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/cli/migrate.ts';
import { typedViews } from '../../src/cli/typed-views.ts';
import type { EntityType } from '../../src/domain/define-entity-type.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { type FieldKind, keywords, number, text } from '../../src/domain/fields.ts';
import { canonicalInstant } from '../../src/domain/time/instant.ts';
import { isLocalDate } from '../../src/domain/time/local-date.ts';
import { callerOf } from '../api/caller.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { runAnnals } from '../run-annals.ts';
import { transact } from '../scale/keep-writing.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const types = Object.values<EntityType>(entityTypes);
let owner: pg.Client;
beforeAll(async () => {
  owner = new pg.Client({ connectionString: stack().database.url });
  await owner.connect();
  await owner.query(`set time zone 'UTC'`);
});
afterAll(() => owner.end());

const SQL_TYPES: Readonly<Record<FieldKind, string | null>> = {
  text: 'text',
  keyword: 'text',
  bool_or_keyword: 'text',
  keywords: 'text[]',
  instant: 'timestamp with time zone',
  inst: 'timestamp with time zone',
  local_date: 'date',
  long: 'bigint',
  double: 'numeric',
  number: 'numeric',
  bool: 'boolean',
  ref: 'uuid',
  refs: 'uuid[]',
  json: null,
};

const ENVELOPE = {
  id: 'uuid',
  user_id: 'uuid',
  version: 'bigint',
  occurred_at: SQL_TYPES.instant,
  occurred_until: SQL_TYPES.instant,
  created_at: SQL_TYPES.instant,
  updated_at: SQL_TYPES.instant,
  deleted_at: SQL_TYPES.instant,
};

async function viewsThere(): Promise<Record<string, Record<string, string>>> {
  const { rows } = await owner.query(
    `select c.relname as view, json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relnamespace = 'typed'::regnamespace group by c.relname`,
  );
  return Object.fromEntries(rows.map(({ view, columns }) => [view, columns]));
}

const columnsOf = (type: EntityType) => {
  const own = Object.entries(type.fields).map(([name, { facts }]) => [name, SQL_TYPES[facts.kind]] as const);
  return [...Object.entries(ENVELOPE), ...own.filter(([, sql]) => sql !== null)];
};

test('each entity type has its view, with a column of its own SQL type for each field that is one', async () => {
  const there = await viewsThere();
  expect(Object.keys(there).sort()).toEqual(types.map(({ name }) => name).sort());
  for (const type of types) expect(Object.entries(there[type.name] ?? {}), type.name).toEqual(columnsOf(type));
});

test('a view says what it holds', async () => {
  const { rows } = await owner.query(`select obj_description('typed.performance_report'::regclass) as comment`);
  expect(rows[0].comment).toMatch(/all users.*attributes that no schema knows, the map pstats/);
});

const IDS: readonly string[] = Array.from({ length: 3 }, () => randomUUID());
const WORDS = ['a', 'left-thigh', '', '"', 'null', '{}', '💥'];

const FITTING: Readonly<Record<FieldKind, fc.Arbitrary<unknown>>> = {
  text: fc.constantFrom(...WORDS),
  keyword: fc.constantFrom(...WORDS),
  bool_or_keyword: fc.constantFrom(true, false, 'unsure'),
  keywords: fc.array(fc.constantFrom(...WORDS), { maxLength: 3 }),
  instant: fc.constantFrom('2026-07-01T10:00:00Z', '2026-07-01T12:00:00.123456+02:00', '0001-01-01T00:00:00Z'),
  inst: fc.constantFrom('2026-07-01T10:00:00.000Z', '9999-12-31T23:59:59.999Z'),
  local_date: fc.constantFrom('2026-07-01', '0001-01-01', '2024-02-29'),
  long: fc.maxSafeInteger(),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  number: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  bool: fc.boolean(),
  ref: fc.constantFrom(...IDS),
  refs: fc.array(fc.constantFrom(...IDS), { maxLength: 3 }),
  json: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer()),
};

/** Of any field, as history may have it: what fits one kind fits few others. */
const anything = fc.oneof(
  ...Object.values(FITTING),
  fc.constantFrom(null, 1.5, 1e300, 'someday', '2026-02-30', '2026-02-30T10:00:00Z', '99999', 'true'),
  fc.constantFrom(['a', 5, null, IDS[0], { a: [] }], [['a']], { a: IDS }),
);

const docOf = (type: EntityType) =>
  fc.record(
    Object.fromEntries(
      Object.entries(type.fields).map(([name, { facts }]) => [
        name,
        fc.oneof({ weight: 3, arbitrary: FITTING[facts.kind] }, { weight: 1, arbitrary: anything }),
      ]),
    ),
    { requiredKeys: [] },
  );

const isText = (value: unknown) => typeof value === 'string';
const isId = (value: unknown) => isText(value) && IDS.includes(value);
const textOf = (value: unknown) => (isText(value) ? value : null);
const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
const listOf = (isItem: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) ? value.filter(isItem) : null;
/** A date is its midnight in UTC, as it is on the time axis. */
const instantOf = (value: unknown) =>
  isText(value) ? canonicalInstant(isLocalDate(value) ? `${value}T00:00:00Z` : value) : null;

/** What a column shows of a field whose JSON the API answers. */
const SHOWN: Readonly<Record<FieldKind, (value: unknown) => unknown>> = {
  text: textOf,
  keyword: textOf,
  bool_or_keyword: (value) => (typeof value === 'boolean' ? String(value) : textOf(value)),
  keywords: listOf(isText),
  instant: instantOf,
  inst: instantOf,
  local_date: (value) => (isText(value) && isLocalDate(value) ? value : null),
  long: (value) => (Number.isSafeInteger(value) ? value : null),
  double: numberOf,
  number: numberOf,
  bool: (value) => (typeof value === 'boolean' ? value : null),
  ref: (value) => (isId(value) ? value : null),
  refs: listOf(isId),
  json: () => undefined,
};

test('a row shows what the API answers, and null for what its column cannot hold', async () => {
  const app = new pg.Pool({ connectionString: stack().database.urlAs('annals_app') });
  onTestFinished(() => app.end());
  await fc.assert(
    fc.asyncProperty(
      fc
        .constantFrom(...types)
        .chain((type) => fc.tuple(fc.constant(type), fc.array(docOf(type), { minLength: 1, maxLength: 5 }))),
      async ([type, docs]) => {
        const user = randomUUID();
        const ids = docs.map(() => randomUUID());
        // Past the schema, as an import is.
        const puts = docs.map((doc, n) => ({ op: 'put', entity_id: ids[n], entity_type: type.name, doc }));
        await transact(app, user, puts);
        // The whole view, whatever is in it.
        const { rows } = await owner.query(`select to_jsonb(v) as row from typed."${type.name}" v`);
        const shown = new Map(rows.map(({ row }) => [row.id, row]));
        for (const id of ids) {
          const answer = await callerOf(stack, user).get(`/v1/entities/${id}`);
          const expected = columnsOf(type).map(([name, sql]) => {
            const kind = type.fields[name]?.facts.kind ?? (sql === SQL_TYPES.instant ? 'instant' : undefined);
            return [name, kind === undefined ? answer[name] : SHOWN[kind](answer[name])];
          });
          const row = Object.entries(shown.get(id) ?? {}).map(([name, value]) => {
            const isInstant = columnsOf(type).some(([other, sql]) => other === name && sql === SQL_TYPES.instant);
            return [name, isInstant ? instantOf(value) : value];
          });
          expect(Object.fromEntries(row)).toEqual(Object.fromEntries(expected));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('nothing is written through them, by the owner neither', async () => {
  const { rows } = await owner.query(
    `select table_name from information_schema.views where table_schema = 'typed' and (is_updatable = 'YES' or is_insertable_into = 'YES')`,
  );
  expect(rows).toEqual([]);
  for (const statement of [
    'delete from typed.task',
    'update typed.task set version = 1',
    'insert into typed.task (id) values (null)',
  ])
    await expect(owner.query(statement), statement).rejects.toMatchObject({ code: '55000' });
});

test('numbers are exact, and an integer beyond bigint is null', async () => {
  const [id, user] = [randomUUID(), randomUUID()];
  const put = (doc: string) =>
    owner.query(
      `select transact(jsonb_build_object('user_id', $1::uuid, 'request_hash', '', 'operations', jsonb_build_array(
        jsonb_build_object('op', 'put', 'entity_id', $2::uuid, 'entity_type', 'cruddy', 'doc', $3::jsonb))))`,
      [user, id, doc],
    );
  const numbers = async () =>
    (await owner.query(`select "integer"::text, "float"::text, num::text from typed.cruddy where id = $1`, [id]))
      .rows[0];
  await put('{"integer": 9223372036854775807, "float": 0.1000000000000000055511, "num": 12345678901234567890.5}');
  expect(await numbers()).toEqual({
    integer: '9223372036854775807',
    float: '0.1000000000000000055511',
    num: '12345678901234567890.5',
  });
  await put('{"integer": 9223372036854775808, "float": 1e400}');
  expect(await numbers()).toEqual({ integer: null, float: `1${'0'.repeat(400)}`, num: null });
  await put('{"integer": -9223372036854775808}');
  expect(await numbers()).toMatchObject({ integer: '-9223372036854775808' });
  await put('{"integer": 5.0}');
  expect(await numbers()).toMatchObject({ integer: '5' });
});

test('soft-deleted and hidden records are rows; what was deleted, evicted or is yet to come is not', async () => {
  const me = callerOf(stack, randomUUID());
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const [plain, hidden, soft, gone, forgotten, ahead] = ids;
  const put = (id: string | undefined, more: object = {}, when: object = {}) => ({
    op: 'put',
    id,
    entity_type: 'habit',
    doc: { label: 'a', ...more },
    ...when,
  });
  await me.write(put(plain), put(hidden, { sensitive: true, archived: true }), put(gone), put(forgotten));
  await me.write(put(soft, { deleted_at: '2026-01-02T00:00:00Z' }));
  await me.write(put(ahead, {}, { valid_from: '2999-01-01T00:00:00Z' }));
  await me.write({ op: 'delete', id: gone }, { op: 'evict', id: forgotten });
  const { rows } = await owner.query(
    'select id, sensitive, iso(deleted_at) as deleted_at from typed.habit where id = any ($1)',
    [ids],
  );
  expect(new Map(rows.map(({ id, ...row }) => [id, row]))).toEqual(
    new Map([
      [plain, { sensitive: null, deleted_at: null }],
      [hidden, { sensitive: true, deleted_at: null }],
      [soft, { sensitive: null, deleted_at: '2026-01-02T00:00:00.000000Z' }],
    ]),
  );
});

test.each(['annals_app', 'annals_import'] as const)('%s cannot read them', async (role) => {
  const client = new pg.Client({ connectionString: stack().database.urlAs(role) });
  await client.connect();
  onTestFinished(() => client.end());
  for (const { name } of types)
    await expect(client.query(`select from typed."${name}"`), name).rejects.toMatchObject({ code: '42501' });
});

/** A role of the owner's making, and a connection that has its rights and no others. */
async function reportingRole(): Promise<{ role: string; reports: pg.Client }> {
  const role = `reporting_${randomUUID().replaceAll('-', '')}`;
  await owner.query(`create role ${role}; grant usage on schema typed to ${role}`);
  const reports = new pg.Client({ connectionString: stack().database.url });
  await reports.connect();
  await reports.query(`set role ${role}`);
  onTestFinished(async () => {
    await reports.end();
    await owner.query(`drop owned by ${role}; drop role ${role}`);
  });
  return { role, reports };
}

test('a role that may read one view sees that type of all users, and nothing else', async () => {
  const users = [randomUUID(), randomUUID()];
  for (const user of users) {
    await transact(owner, user, [
      { op: 'put', entity_id: randomUUID(), entity_type: 'medication', doc: { label: 'a' } },
    ]);
  }
  const { role, reports } = await reportingRole();
  await owner.query(`grant select on typed.medication to ${role}`);
  const { rows } = await reports.query('select user_id from typed.medication where user_id = any ($1)', [users]);
  expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...users].sort());
  for (const denied of ['typed.meditation', 'entities', 'event_log'])
    await expect(reports.query(`select from ${denied}`), denied).rejects.toMatchObject({ code: '42501' });
});

test('it may make no function that a view’s condition is shown to, in a database that was restored neither', async () => {
  // Made from a template, which brings no rights of the database along, as a dump does not.
  const { reports } = await reportingRole();
  await Promise.all([migrate(stack().database.url), migrate(stack().database.url)]);
  const make = `create function pg_temp.peek(p uuid) returns boolean language sql as 'select true'`;
  await expect(reports.query(make)).rejects.toMatchObject({ code: '42501' });
});

test('it may call nothing that tells of what it may not read', async () => {
  const { reports } = await reportingRole();
  const { rows } = await reports.query(
    `select p.oid::regprocedure::text as name from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and has_function_privilege(p.oid, 'execute')`,
  );
  expect(rows).toEqual([]);
});

const oids = async () => {
  const { rows } = await owner.query(
    `select relname, oid from pg_class where relnamespace = 'typed'::regnamespace and relkind = 'v'`,
  );
  return new Map(rows.map(({ relname, oid }) => [relname, oid]));
};

/** As a migrate of a src/domain in which these types are others, or gone. */
const syncWith = (changed: Partial<Record<keyof typeof entityTypes, EntityType | null>>) => {
  const domain = Object.values<EntityType | null>({ ...entityTypes, ...changed });
  return owner.query('select sync_typed_views($1)', [
    JSON.stringify(typedViews(domain.filter((type) => type !== null))),
  ]);
};
const { state, ...rest } = entityTypes.task.fields;

test('the views of types that changed are made anew, with their rights, and all others are left alone', async () => {
  const { role, reports } = await reportingRole();
  await owner.query(`grant select on typed.task, typed.habit to ${role}`);
  const before = await oids();
  await syncWith({
    task: { ...entityTypes.task, fields: { ...rest, state: keywords(['now']), effort: number() } },
    habit: { ...entityTypes.habit, fields: { ...entityTypes.habit.fields, color: text() } },
    location: null,
  });
  const changed = await viewsThere();
  expect(changed.task).toMatchObject({ state: 'text[]', effort: 'numeric', label: 'text' });
  expect(changed.habit).toMatchObject({ color: 'text' });
  expect(changed).not.toHaveProperty('location');
  await reports.query('select state, effort from typed.task');
  await reports.query('select color from typed.habit');

  await migrate(stack().database.url);
  const after = await oids();
  expect(await viewsThere()).toEqual(
    Object.fromEntries(types.map((type) => [type.name, Object.fromEntries(columnsOf(type))])),
  );
  const remade = [...before].filter(([name, oid]) => after.get(name) !== oid).map(([name]) => name);
  expect(remade.sort()).toEqual(['habit', 'location', 'task']);
  await reports.query('select due_on from typed.task');
  await migrate(stack().database.url);
  expect(await oids()).toEqual(after);
});

/** What the ACLs of a view and its columns say, but for the owner's own rights. */
const rightsOf = async (view: string) => {
  const { rows } = await owner.query(
    `select coalesce(o.attname || ': ', '') || makeaclitem(a.grantee, a.grantor, a.privilege_type, a.is_grantable) as right
    from (select c.oid, null as attname, relacl as acl, relowner from pg_class c where c.oid = $1::regclass
      union all select attrelid, attname, attacl, null from pg_attribute where attrelid = $1::regclass) o
    cross join aclexplode(o.acl) a where a.grantee is distinct from o.relowner`,
    [view],
  );
  return rows.map(({ right }) => right).sort();
};

test('a view that is made anew has the rights that it had, and none that were taken away', async () => {
  const { role } = await reportingRole();
  const { role: other } = await reportingRole();
  await owner.query(
    `grant select on typed.task to ${role} with grant option;
    grant select (id, state), update (label) on typed.task to ${other}; grant select (id) on typed.task to public`,
  );
  const before = await rightsOf('typed.task');
  expect(before).toHaveLength(5);
  await owner.query(`alter default privileges in schema typed grant all on tables to ${other}, public`);
  onTestFinished(async () => {
    await owner.query(
      `alter default privileges in schema typed revoke all on tables from ${other}, public; revoke all on typed.task from public`,
    );
  });
  await syncWith({ task: { ...entityTypes.task, fields: rest } });
  expect(await rightsOf('typed.task')).toEqual(before.filter((right) => !right.startsWith('state: ')));
  await migrate(stack().database.url);
  expect(await rightsOf('typed.task')).toEqual(before.filter((right) => !right.startsWith('state: ')));
});

test('a type that comes later does not take the name of what is somebody’s own', async () => {
  await owner.query('create schema elsewhere');
  onTestFinished(async () => {
    await owner.query('drop schema elsewhere cascade');
    await migrate(stack().database.url);
  });
  for (const [kind, own] of [
    ['view', 'create view typed.location as select 1 as one'],
    ['table', 'create table typed.location (one integer)'],
  ]) {
    await syncWith({ location: null });
    await owner.query(`${own}; comment on ${kind} typed.location is 'Mine'`);
    expect(await runAnnals(['migrate'], { DATABASE_URL: stack().database.url })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/typed\.location is somebody's own.*\n.*Rename it, or move it .* run migrate again/),
    });
    await owner.query(`alter ${kind} typed.location set schema elsewhere`);
    expect(await runAnnals(['migrate'], { DATABASE_URL: stack().database.url })).toMatchObject({ code: 0 });
    expect((await viewsThere()).location).toHaveProperty('id', 'uuid');
    await owner.query(`drop ${kind} elsewhere.location`);
  }
});

test('what somebody made upon a view stays while columns come, and is named when it is in the way', async () => {
  await owner.query(`create schema reports; create view reports.labels as select id, label, state from typed.task;
    create view typed.mine as select 1 as one; comment on view typed.mine is 'of somebody'`);
  onTestFinished(async () => {
    await owner.query('drop schema reports cascade; drop view typed.mine');
    await migrate(stack().database.url);
  });
  const later = { task: { ...entityTypes.task, fields: { ...entityTypes.task.fields, color: text() } } };
  await syncWith(later);
  await owner.query('select from reports.labels');

  // src/domain has no color.
  const refused = await runAnnals(['migrate'], { DATABASE_URL: stack().database.url });
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /typed\.task .*: view reports\.labels depends on view typed\.task\n.*drop it, run migrate again/,
    ),
  });
  await owner.query('drop view reports.labels');
  expect(await runAnnals(['migrate'], { DATABASE_URL: stack().database.url })).toMatchObject({ code: 0 });
  expect((await viewsThere()).task).not.toHaveProperty('color');
  await owner.query('select from typed.mine');
});

test('a view that is being read is waited for, and changed once nobody reads it', async () => {
  await syncWith({ task: { ...entityTypes.task, fields: rest } });
  const reader = new pg.Client({ connectionString: stack().database.url });
  await reader.connect();
  await reader.query('begin; select from typed.task');
  const migrating = migrate(stack().database.url);
  const waiting = `select count(*)::integer as n from pg_locks where relation = 'typed.task'::regclass and not granted`;
  await expect.poll(async () => (await owner.query(waiting)).rows[0].n, { interval: 10 }).toBe(1);
  await reader.query('commit');
  await reader.end();
  await migrating;
  expect((await viewsThere()).task).toHaveProperty('state', 'text');
});
