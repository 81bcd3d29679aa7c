import { createHash, randomUUID } from 'node:crypto';
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
  const asOperator = async (method: string, path: string, body?: object | string) => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    const answer = await stack().fetch(path, {
      method,
      headers: { ...operator, 'Content-Type': type },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
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
  const then = 'valid_time=2026-03-01T00:00:00Z&tx_time=2026-03-01T00:00:00Z';
  note('get /v1/entities', await maya.get('/v1/entities?entity_type=habit_log'));
  note('get /v1/entities/{id}', await maya.get(`/v1/entities/${id}`));
  note('get /v1/entities/{id}/history', await maya.get(`/v1/entities/${id}/history?corrections=true`));
  note('get /v1/history', await maya.get('/v1/history?limit=500'));
  note('get /v1/transactions', await maya.get('/v1/transactions'));
  note('get /v1/transactions/{tx}', await maya.get(`/v1/transactions/${tx}`));
  note('get /v1/overview', await maya.get('/v1/overview'), await maya.get(`/v1/overview?${then}`));
  note(
    'get /v1/heatmap',
    await maya.get('/v1/heatmap?entity_type=habit_log&year=2025'),
    await maya.get(`/v1/heatmap?entity_type=habit_log&year=2025&${then}`),
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

  const someone = callerOf(stack, randomUUID());
  await someone.write({ op: 'put', entity_type: 'habit', doc: habit }, { op: 'put', entity_type: 'habit', doc: habit });
  const exported = (await someone.ok('GET', '/v1/export?history=full')).body;
  const [header = '', first = '', ...rest] = exported.split('\n');
  const file = [header, 'no row', ...rest].join('\n');
  const fingerprint = createHash('sha256').update(file).digest('hex');
  const opening = { fingerprint, file_name: 'export.ndjson', total_bytes: file.length };
  const opened = await asOperator('POST', '/v1/imports', opening);
  const at = `/v1/imports/${opened.import_id}`;
  note('post /v1/imports', opened);
  note('post /v1/imports/{id}/pause', await asOperator('POST', `${at}/pause`, { reason: 'lunch' }));
  note('post /v1/imports/{id}/resume', await asOperator('POST', `${at}/resume`));
  const chunk = `${at}/chunks?first_line=1&fingerprint=${fingerprint}`;
  note('post /v1/imports/{id}/chunks', await asOperator('POST', chunk, file), await asOperator('POST', chunk, file));
  note('get /v1/imports/{id}/rejects', await asOperator('GET', `${at}/rejects`));
  note('put /v1/imports/{id}/rejects/{line}', await asOperator('PUT', `${at}/rejects/2`, first));
  note('get /v1/imports/{id}/report', await asOperator('GET', `${at}/report`));
  note('post /v1/imports/{id}/finish', await asOperator('POST', `${at}/finish`, { force: 'a line was mended' }));
  const other = await asOperator('POST', '/v1/imports', { ...opening, arguments: { only: ['habit'] } });
  note('post /v1/imports/{id}/cancel', await asOperator('POST', `/v1/imports/${other.import_id}/cancel`));
  note('get /v1/imports/{id}', await asOperator('GET', at));
  note('get /v1/imports', await asOperator('GET', '/v1/imports'));
  note('get /v1/verify/digests', await asOperator('GET', '/v1/verify/digests'));

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

interface DescribedOperation extends Operation {
  readonly parameters: { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly security?: readonly object[];
}

test('the headers and bodies that a route takes are those that the description tells of', async () => {
  const maya = callerOf(stack, MAYA);
  const { paths } = await maya.get('/openapi.json');
  const doc = { label: 'Run', sensitive: false, archived: false };
  const { tx, entities } = await maya.write({ op: 'put', entity_type: 'habit', doc });
  const query: Record<string, string> = {
    '/v1/entities': '?entity_type=habit',
    '/v1/heatmap': '?entity_type=habit_log&year=2025',
    '/v1/dashboard': '?from=2025-01-01&to=2025-01-31',
    '/v1/export': '?limit=1',
  };
  const operations = Object.entries<Record<string, DescribedOperation>>(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
  for (const { path, method, parameters, requestBody, responses, security } of operations) {
    if ('403' in responses || security !== undefined) continue;
    const address = path.replace('{type}', 'habit').replace('{id}', entities[0].id).replace('{tx}', tx);
    const ask = (headers: Record<string, string>, body?: string) =>
      maya.request(method, address + (query[path] ?? ''), body, headers);
    const told = (name: string) => parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);
    if (method === 'GET') {
      const read = await ask({ Basis: 'now' });
      expect([path, read.status, read.headers.has('basis')]).toEqual([path, told('Basis') ? 200 : 422, told('Basis')]);
      const moment = await ask({ 'Accept-Datetime': 'Fri, 01 May 2026 00:00:00 GMT' });
      expect([path, moment.headers.has('memento-datetime')]).toEqual([path, told('Accept-Datetime')]);
      expect([path, (await ask({ Position: 'x' })).status]).toEqual([path, 422]);
      expect(told('Position'), path).toBe(true);
      expect([path, (await ask({ 'If-None-Match': '*' })).status]).toEqual([path, told('If-None-Match') ? 304 : 200]);
    } else if (requestBody !== undefined) {
      const broken = await ask({}, '{');
      const plain = await ask({ 'Content-Type': 'text/plain' }, '{}');
      expect([path, broken.status, plain.status]).toEqual([path, 400, 415]);
      for (const status of ['400', '413', '415', '422']) expect(responses, path).toHaveProperty(status);
    }
  }
});
