import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { SINGLE } from '../../src/api/rest/rest-query.ts';
import { attributeTable } from '../../src/domain/codec/attributes.ts';
import type { EntityType } from '../../src/domain/define-entity-type.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const user = randomUUID();
let token: string;
beforeAll(async () => {
  token = await stack().token(user);
});

const ask = (path: string, options: RequestInit = {}) =>
  fetch(`${stack().workers.apiUrl}/rest/v1/${path}`, {
    ...options,
    headers: { Authorization: `Bearer ${token}`, ...options.headers },
  });

async function refused(path: string, status: number, code: string, options: RequestInit = {}) {
  const answer = await ask(path, options);
  const body = await answer.json();
  expect({ path, status: answer.status, code: body.code }).toEqual({ path, status, code });
  expect(Object.keys(body).sort()).toEqual(['code', 'details', 'hint', 'message']);
}

test('what is not in the grammar or the schema is refused in PostgREST’s words', async () => {
  await refused('hobby', 404, 'PGRST205');
  await refused('habit?select=nothing', 400, '42703');
  await refused('habit?nothing=eq.1', 400, '42703');
  await refused('habit?order=nothing', 400, '42703');
  await refused('habit?label=is', 400, 'PGRST100');
  await refused('habit?label=equals.1', 400, 'PGRST100');
  await refused('habit?label=match.a', 400, 'PGRST100');
  await refused('habit?select=label,', 400, 'PGRST100');
  await refused('habit?select=count()', 400, 'PGRST123');
  await refused('habit?select=label::integer', 400, 'PGRST100');
  await refused('habit?select=task(*)', 400, 'PGRST200');
  await refused('habit_log?select=habit(*,habit_log(*))', 400, 'PGRST100');
  await refused('habit?habit_log.limit=1', 400, 'PGRST108');
  await refused('habit?order=label.up', 400, 'PGRST100');
  await refused('habit?or=(label.eq.1', 400, 'PGRST100');
  await refused('habit?id=eq.1', 400, '22P02');
  await refused('habit_log?timestamp=gt.soon', 400, '22P02');
  await refused('cruddy?num=eq.1e', 400, '22P02');
  await refused('cruddy?num=like.1', 400, '42883');
  await refused('habit?label=cs.{a}', 400, '42883');
  await refused('habit?label=like.a%5C', 400, '22025');
  await refused('habit?label=eq.%00', 400, '22021');
  await refused('habit?version->a=eq.1', 400, '42883');
  await refused('habit?show=everything', 400, 'PGRST100');
  await refused('habit?limit=-1', 416, 'PGRST103');
  await refused('habit?limit=all', 400, 'PGRST100');
  await refused('habit', 416, 'PGRST103', { headers: { Range: '5-2' } });
  await refused('habit', 406, 'PGRST107', { headers: { Accept: 'image/png' } });
  await refused('habit', 405, 'PGRST117', { method: 'PUT' });
  expect((await ask('habit', { method: 'PUT' })).headers.get('allow')).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST');
  await refused('rpc/sum', 404, 'PGRST202', { method: 'POST', body: '{}' });
  await refused('habit/7', 404, 'PGRST125');
  await refused('', 404, 'PGRST125');
  await refused('habit', 406, 'PGRST106', { headers: { 'Accept-Profile': 'api' } });
  await refused('habit', 406, 'PGRST106', { method: 'POST', headers: { 'Content-Profile': 'api' }, body: '{}' });
  expect((await ask('habit', { headers: { 'Accept-Profile': 'public' } })).status).toBe(200);
  await refused('habit', 406, 'PGRST107', { headers: { Accept: 'application/json;q=0, image/png' } });
  const json = { 'Content-Type': 'application/json' };
  await refused('habit', 400, 'PGRST102', { method: 'POST', headers: json, body: '{' });
  await refused('habit', 400, 'PGRST102', { method: 'POST', headers: json, body: '3' });
  await refused('habit', 415, 'PGRST102', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{}' });
  await refused('habit', 400, '23514', { method: 'POST', headers: json, body: '{"label":3}' });
  await refused('habit', 400, 'PGRST204', { method: 'POST', headers: json, body: '{"label":"a","colour":"red"}' });
  await refused('habit', 400, '22P02', { method: 'POST', headers: json, body: '{"label":"a","id":"7"}' });
  await refused('habit?columns=colour', 400, 'PGRST204', { method: 'POST', headers: json, body: '{"label":"a"}' });
  await refused('habit?label=eq.a&limit=1', 400, 'PGRST100', { method: 'DELETE' });
  await refused('habit?label=eq.a&tx_time=2026-01-01T00:00:00Z', 400, 'PGRST100', { method: 'DELETE' });
  await refused('habit', 400, 'PGRST102', {
    method: 'POST',
    headers: { 'Content-Type': 'text/csv' },
    body: 'label\n"a',
  });
  await refused('cruddy', 400, '22P02', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: 'num\nx' });
});

test('requests are bounded in depth, filters, columns and size', async () => {
  await refused(`habit?or=${'(and'.repeat(9)}(label.eq.1${')'.repeat(10)}`, 400, 'PGRST100');
  await refused(`habit?or=(${Array(101).fill('label.eq.1').join(',')})`, 400, 'PGRST100');
  await refused(`habit?select=${Array(51).fill('label').join(',')}`, 400, 'PGRST100');
  await refused(`habit?order=${Array(11).fill('label').join(',')}`, 400, 'PGRST100');
  await refused(`habit?select=${'x'.repeat(33_000)}`, 400, 'PGRST100');
  await refused(`habit?label=in.(${Array(1_001).fill('a').join(',')})`, 400, 'PGRST100');
  await refused(`performance_report?pstats${'->a'.repeat(17)}=is.null`, 400, 'PGRST100');
  const rows = JSON.stringify(Array.from({ length: 1_001 }, () => ({ label: 'a' })));
  await refused('habit', 413, 'PGRST102', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: rows,
  });
  const answer = await ask('habit?limit=5000');
  expect(answer.status).toBe(200);
  const most = await ask(
    `habit?label=in.(${Array.from({ length: 1_000 }, (_, n) => `l${n}`).join(',')})&select=${Array(50).fill('label').join(',')}`,
  );
  expect(most.status, await most.text()).toBe(200);
});

/** Parameters that an embedded relation has too. */
const SCOPED: ReadonlySet<string> = new Set(['order', 'limit', 'offset', 'and', 'or', 'not']);

test('no field of any type has the name of a parameter', () => {
  for (const type of Object.values<EntityType>(entityTypes)) {
    for (const name of attributeTable(type).byName.keys())
      expect(SINGLE.has(name) || SCOPED.has(name), name).toBe(false);
  }
});

const HOSTILE = [
  `'`,
  `"`,
  `''`,
  `';drop table entities;--`,
  `') or 1=1 --`,
  `$1`,
  `$$`,
  `\\`,
  `\\'`,
  `%`,
  `{`,
  `}`,
  `{"`,
  `(`,
  `)`,
  `,`,
  `null`,
  `NaN`,
  `infinity`,
  `\u0000`,
  `𝄞`,
  `\ufeff`,
  `->>`,
  `::text`,
  `/*`,
  `a'b"c\\d`,
  `1e309`,
  `0x1F`,
  `__proto__`,
  `constructor`,
];
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 12 }));
const column = fc.oneof(
  fc.constantFrom(
    'label',
    'id',
    'num',
    'timestamp',
    'set_relation',
    'bool',
    'version',
    'created_at',
    'single_relation',
    'x/y',
    'set_relation->0',
    'label->>a',
  ),
  hostile,
  hostile.map((text) => `"${text}"`),
  hostile.map((text) => `set_relation->>"${text}"`),
);
const operator = fc.constantFrom(
  'eq',
  'neq',
  'gt',
  'in',
  'is',
  'like',
  'ilike',
  'cs',
  'cd',
  'ov',
  'not.eq',
  'not.cs',
  'isdistinct',
  'eq(any)',
  'like(all)',
  'not.in',
);
const value = fc.oneof(
  hostile,
  hostile.map((text) => `{${text}}`),
  hostile.map((text) => `(${text})`),
  hostile.map((text) => `{"${text}"}`),
  hostile.map((text) => JSON.stringify([text])),
);
const parameter = fc.oneof(
  fc.tuple(column, operator, value).map(([name, op, operand]): [string, string] => [name, `${op}.${operand}`]),
  fc
    .tuple(column, operator, value)
    .map(([name, op, operand]): [string, string] => ['or', `(${name}.${op}.${operand},label.eq.x)`]),
  fc.tuple(column, hostile).map(([name, alias]): [string, string] => ['select', `${alias}:${name},"${alias}":${name}`]),
  column.map((name): [string, string] => ['order', `${name}.desc`]),
  column.map((name): [string, string] => ['select', name]),
  fc
    .tuple(
      fc.constantFrom(
        'cursor',
        'show',
        'valid_time',
        'tx_time',
        'columns',
        'on_conflict',
        'limit',
        'offset',
        'select',
        'order',
        'habits.order',
      ),
      hostile,
    )
    .map(([name, text]): [string, string] => [name, text]),
);

test('whatever is asked, nothing gets into the SQL: an answer or a refusal, never a fault', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(parameter, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('GET', 'HEAD', 'DELETE', 'PATCH'),
      async (parameters, method) => {
        const body =
          method === 'PATCH' ? { body: '{"notes":"n"}', headers: { 'Content-Type': 'application/json' } } : {};
        const answer = await ask(`cruddy?${new URLSearchParams(parameters)}`, { method, ...body });
        await answer.text();
        expect(answer.status).toBeLessThan(500);
        expect(answer.status).toBeGreaterThanOrEqual(200);
      },
    ),
    { numRuns: Number(process.env.REST_RUNS ?? 250) },
  );
});
