import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../src/api/answer-types.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const MERGE_PATCH = { 'Content-Type': 'application/merge-patch+json' };
const habit = { label: 'Run', sensitive: false, archived: false };
const ATTRIBUTE = 'x/free';

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The algorithm as RFC 7396 prints it, section 2. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: { [key: string]: Json } = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

/** Cases of the RFC's appendix A whose target and patch are objects, and what it leaves to the algorithm. */
const CASES: [target: Json, patch: Json][] = [
  [{ a: 'b' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }],
  [{ a: 'b' }, { a: null }],
  [{ a: 'b', b: 'c' }, { a: null }],
  [{ a: ['b'] }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }],
  [{ e: null }, { a: 1 }],
  [[1, 2], { a: 'b', c: null }],
  [{}, { a: { bb: { ccc: null } } }],
  [{ a: 1 }, {}],
  [{ a: { b: 1 } }, { a: {} }],
  [{ a: 1 }, { a: { b: { c: 2 } } }],
  [{ a: [{ b: 1 }] }, { a: { '0': { b: 2 } } }],
];

const key = fc.constantFrom('a', 'b', 'c', 'd-e', '0');
const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(1, 'text', true, null),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true });

test('a merge patch of free JSON leaves what RFC 7396 says', { timeout: 120_000 }, async () => {
  const me = callerOf(stack, randomUUID());
  const id = randomUUID();
  await fc.assert(
    fc.asyncProperty(json, object, async (target, patch) => {
      await me.ok('PUT', `/v1/entities/habit/${id}`, { ...habit, [ATTRIBUTE]: target });
      await me.ok('PATCH', `/v1/entities/habit/${id}`, { [ATTRIBUTE]: patch }, MERGE_PATCH);
      expect((await me.get(`/v1/entities/${id}`))[ATTRIBUTE]).toEqual(mergePatch(target, patch));
    }),
    { numRuns: 60, examples: CASES.map(([target, patch]) => [target, patch as { [name: string]: Json }]) },
  );
});

test('a merge patch makes what is not there, and one that says nothing changes nothing', async () => {
  const me = callerOf(stack, randomUUID());
  const at = `/v1/entities/habit/${randomUUID()}`;
  const read = () => me.get(at.replace('/habit', ''));
  const { body } = await me.ok('PUT', at, habit);
  await me.ok('PATCH', at, { [ATTRIBUTE]: { a: { b: null } } }, MERGE_PATCH);
  expect((await read())[ATTRIBUTE]).toEqual({ a: {} });
  await me.ok('PATCH', at, { [ATTRIBUTE]: null }, MERGE_PATCH);
  await me.ok('PATCH', at, {}, MERGE_PATCH);
  const { version, updated_at, ...rest } = await read();
  expect(rest).toMatchObject(habit);
  expect(rest).not.toHaveProperty([ATTRIBUTE]);
  expect(version).toBeGreaterThan(body.version);
  expect(updated_at > body.updated_at).toBe(true);
});

test('the key __proto__ travels within free JSON unchanged, and is refused as a field', async () => {
  const me = callerOf(stack, randomUUID());
  const [id, other] = [randomUUID(), randomUUID()];
  const free = '{"__proto__":{"constructor":{"prototype":[1]}}}';
  await me.ok('PUT', `/v1/entities/habit/${id}`, `{"label":"x","sensitive":false,"archived":false,"x/free":${free}}`);
  const { 'x/free': read } = await me.get(`/v1/entities/${id}`);
  expect(JSON.stringify(read)).toBe(free);
  await me.ok('PATCH', `/v1/entities/habit/${id}`, '{"x/free":{"__proto__":{"a":2}}}', MERGE_PATCH);
  const { 'x/free': merged } = await me.get(`/v1/entities/${id}`);
  expect(Object.getOwnPropertyDescriptor(merged, '__proto__')?.value).toEqual({
    a: 2,
    constructor: { prototype: [1] },
  });
  const field = '{"label":"x","sensitive":false,"archived":false,"__proto__":{"a":1}}';
  for (const [method, headers] of [
    ['PUT', {}],
    ['PATCH', MERGE_PATCH],
  ] as const) {
    const { details } = await me.refused(422, method, `/v1/entities/habit/${other}`, field, headers);
    expect(JSON.stringify(details)).toContain('__proto__');
  }
});
