import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { sampleTemplate } from '../sample-template.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(sampleTemplate, { SLOW_CALL_MS: '0' });
const MAYA = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';

type JsonSchema = z.core.JSONSchema.JSONSchema;
interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

/** The schema that the served description has for an answer. It closes its objects: a field that it does not tell of is a fault. */
function schemaOf(paths: Record<string, Record<string, Operation>>, route: string, type: string, status: number) {
  const [method = '', path = ''] = route.split(' ');
  const schema = paths[path]?.[method]?.responses[status]?.content?.[type]?.schema;
  if (schema === undefined) throw new Error(`${route} has no answer ${status} of ${type}`);
  return z.fromJSONSchema(schema);
}

test('every route answers what the served OpenAPI description says, on the sample’s own data', {
  timeout: 120_000,
}, async () => {
  const maya = callerOf(stack, MAYA);
  const { paths } = await maya.get('/openapi.json');
  const id = randomUUID();
  const habit = { label: 'Run', sensitive: false, archived: false };
  const operator = { Authorization: `Bearer ${await stack().operatorToken()}` };
  const asOperator = async (method: string, path: string, body?: object) => {
    const answer = await stack().fetch(path, {
      method,
      headers: { ...operator, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const answers = new Map<string, unknown[]>();
  const note = (route: string, ...bodies: unknown[]) => answers.set(route, bodies);

  const put = (extra: object = {}) => maya.write({ op: 'put', id, entity_type: 'habit', doc: { ...habit, ...extra } });
  const { tx } = await put();
  await put({ notes: 'n' });
  const MERGE = { 'Content-Type': 'application/merge-patch+json' };
  note('put /v1/entities/{type}/{id}', (await maya.ok('PUT', `/v1/entities/habit/${id}`, habit)).body);
  note(
    'patch /v1/entities/{type}/{id}',
    (await maya.ok('PATCH', `/v1/entities/habit/${id}`, { notes: 'm' }, MERGE)).body,
  );
  const key = { 'Idempotency-Key': randomUUID() };
  const match = { operations: [{ op: 'match', id, expected_version: '*' }] };
  note(
    'post /v1/transactions',
    await put(),
    (await maya.ok('POST', '/v1/transactions', match, key)).body,
    (await maya.ok('POST', '/v1/transactions', match, key)).body,
  );
  const at = 'valid_time=2026-03-01T00:00:00Z&tx_time=2026-03-01T00:00:00Z';
  note('get /v1/entities', await maya.get('/v1/entities?entity_type=habit_log'));
  note('get /v1/entities/{id}', await maya.get(`/v1/entities/${id}`));
  note('get /v1/entities/{id}/history', await maya.get(`/v1/entities/${id}/history?corrections=true`));
  note('get /v1/history', await maya.get('/v1/history?limit=500'));
  note('get /v1/transactions', await maya.get('/v1/transactions'));
  note('get /v1/transactions/{tx}', await maya.get(`/v1/transactions/${tx}`));
  note('get /v1/overview', await maya.get('/v1/overview'), await maya.get(`/v1/overview?${at}`));
  note(
    'get /v1/heatmap',
    await maya.get('/v1/heatmap?entity_type=habit_log&year=2025'),
    await maya.get(`/v1/heatmap?entity_type=habit_log&year=2025&${at}`),
  );
  const span = 'from=2025-01-01&to=2026-06-30';
  const whole = await maya.get(`/v1/dashboard?${span}`);
  const one = await maya.get(`/v1/dashboard?${span}&entity_type=exercise_set`);
  for (const chart of ['days', 'types', 'related', 'hours', 'task_flow', 'streaks', 'months', 'durations']) {
    expect(whole[chart], chart).not.toEqual([]);
  }
  expect(one.measures).not.toEqual([]);
  note('get /v1/dashboard', whole, one);
  note('get /v1/changes', await maya.get('/v1/changes?limit=500'), await maya.get('/v1/changes?since=now'));
  note('get /v1/export', (await maya.ok('GET', '/v1/export?limit=5')).body);
  note('get /v1/schemas', await maya.get('/v1/schemas'));
  note('get /v1/schemas/{type}', JSON.parse((await maya.ok('GET', '/v1/schemas/habit')).body));
  note('delete /v1/entities/{type}/{id}', (await maya.ok('DELETE', `/v1/entities/habit/${id}`)).body);
  const undone = (await maya.write({ op: 'put', entity_type: 'habit', doc: habit })).tx;
  note('post /v1/transactions/{tx}/undo', (await maya.ok('POST', `/v1/transactions/${undone}/undo`)).body);
  note(
    'post /v1/ops/refreshes',
    await asOperator('POST', '/v1/ops/refreshes', { rebuild: true }),
    await asOperator('POST', '/v1/ops/refreshes', {}),
  );
  for (const path of ['refreshes', 'analytics', 'drifts', 'tripwires', 'slow-queries', 'performance']) {
    note(`get /v1/ops/${path}`, await asOperator('GET', `/v1/ops/${path}`));
  }
  await expect
    .poll(async () => (await asOperator('GET', '/v1/ops/slow-queries')).calls.length, { timeout: 20_000 })
    .toBeGreaterThan(0);
  note('get /v1/ops/slow-queries/{name}/plan', await asOperator('GET', '/v1/ops/slow-queries/heatmap/plan'));

  const told = Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect([...answers.keys()].sort()).toEqual(told.sort());
  for (const [route, bodies] of answers) {
    const type = { 'get /v1/export': 'application/x-ndjson', 'get /v1/schemas/{type}': 'application/schema+json' }[
      route
    ];
    const schema = schemaOf(paths, route, type ?? 'application/json', 200);
    for (const body of bodies) {
      const { error } = schema.safeParse(body);
      expect(error === undefined ? '' : z.prettifyError(error), route).toBe('');
    }
  }
});

test('every refusal is a Failure, as the description says', async () => {
  const { paths, components } = await callerOf(stack, MAYA).get('/openapi.json');
  const failure = z.fromJSONSchema(components.schemas.Failure);
  for (const [path, methods] of Object.entries<Record<string, Operation>>(paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      if (!('401' in responses)) continue;
      const answer = await stack().fetch(path.replaceAll(/\{\w+\}/g, 'x'), { method: method.toUpperCase() });
      expect(answer.status, `${method} ${path}`).toBe(401);
      expect(failure.safeParse(await answer.json()).error, `${method} ${path}`).toBeUndefined();
    }
  }
});
