import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { app } from '../../src/api/app.ts';
import { DESCRIBED_ROUTES } from '../../src/api/openapi/described-routes.ts';
import { openApiDocument } from '../../src/api/openapi/document.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import { app as imports } from '../../src/importer/app.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const someone = () => callerOf(stack, randomUUID());
const habit = { label: 'Run', sensitive: false, archived: false };

test('the OpenAPI document tells of every route under /v1, and of no other', () => {
  // A dry run is asked of the import Worker itself.
  const forwarded = imports.routes.filter(({ path }) => !path.startsWith('/v1/dry-run/'));
  const there = [...app.routes, ...forwarded]
    .filter((route) => route.method !== 'ALL' && route.path.startsWith('/v1/'))
    .map((route) => `${route.method} ${route.path}`);
  const told = DESCRIBED_ROUTES.map((route) => `${route.method.toUpperCase()} ${route.path}`);
  expect(told.sort()).toEqual([...new Set(there)].sort());
});

test('the OpenAPI document is served, whole in itself: every reference leads somewhere', async () => {
  const { body } = await someone().ok('GET', '/openapi.json');
  expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument('1'))));
  expect(body.openapi).toBe('3.1.0');
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(references.length).toBeGreaterThan(50);
  for (const reference of new Set(references)) {
    const target = reference.split('/').reduce((at, key) => at?.[key], body);
    expect(target, reference).toBeDefined();
  }
});

test('every entity type has a JSON Schema, for anyone; the page about the API loads nothing but itself', async () => {
  for (const name of Object.keys(entityTypes)) {
    const answer = await stack().fetch(`/v1/schemas/${name}`);
    expect(answer.headers.get('content-type')).toBe('application/schema+json');
    expect(await answer.json()).toMatchObject({ title: name, type: 'object' });
  }
  expect((await stack().fetch('/v1/schemas/hobby')).status).toBe(404);
  const page = await stack().fetch('/docs', { headers: { Accept: 'text/html' } });
  const html = await page.text();
  expect(html).toContain('/v1/transactions/:tx/undo');
  expect(html).not.toMatch(/<script|<link|<img|url\(|https?:/);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
});

test('every answer has a request id, the times of its stages, and headers that keep browsers from guessing', async () => {
  const me = someone();
  const answer = await me.ok('GET', '/v1/overview', undefined, { 'X-Request-Id': 'mine-1' });
  expect(answer.headers.get('x-request-id')).toBe('mine-1');
  expect(answer.headers.get('server-timing')).toMatch(
    /^auth;dur=[\d.]+, validate;dur=[\d.]+, db;dur=[\d.]+, total;dur=[\d.]+$/,
  );
  for (const path of ['/v1/overview', '/v1/nothing', '/nothing', '/rest/v1/habit', '/openapi.json']) {
    const { headers } = await stack().fetch(path);
    expect(headers.get('x-request-id'), path).toMatch(/^[\w-]+$/);
    expect(headers.get('server-timing'), path).toMatch(/total;dur=/);
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('x-frame-options'), path).toBe('DENY');
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
  }
});

test('HEAD answers as GET without the body; another method is told which there are', async () => {
  const me = someone();
  const id = randomUUID();
  await me.ok('PUT', `/v1/entities/habit/${id}`, habit);
  const [get, head] = [await me.ok('GET', `/v1/entities/${id}`), await me.request('HEAD', `/v1/entities/${id}`)];
  expect([head.status, head.body, head.headers.get('etag')]).toEqual([200, '', get.headers.get('etag')]);
  const refused = await me.request('POST', `/v1/entities/${id}`);
  expect([refused.status, refused.body.code, refused.headers.get('allow')]).toEqual([
    405,
    'AN405',
    'GET, HEAD, OPTIONS',
  ]);
  expect((await me.request('PUT', `/v1/entities/${id}`, habit, { Basis: 'now' })).status).toBe(405);
  const options = await stack().fetch(`/v1/entities/habit/${id}`, { method: 'OPTIONS' });
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'DELETE, OPTIONS, PATCH, PUT']);
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const history = await me.request(method, `/v1/entities/${id}/history`, method === 'OPTIONS' ? undefined : habit);
    expect([history.status, history.headers.get('allow')]).toEqual([
      method === 'OPTIONS' ? 204 : 405,
      'GET, HEAD, OPTIONS',
    ]);
  }
  for (const [method, path, allow] of [
    ['DELETE', '/v1/imports', 'GET, HEAD, OPTIONS, POST'],
    ['GET', `/v1/imports/${id}/chunks`, 'OPTIONS, POST'],
  ]) {
    const answer = await stack().fetchImporter(path ?? '', { method: method ?? '' });
    expect([answer.status, answer.headers.get('allow')], path).toEqual([405, allow]);
    expect((await stack().fetchImporter(path ?? '', { method: 'OPTIONS' })).status, path).toBe(204);
  }
});

test('a page of another origin may call the API only when its origin is listed', async () => {
  const preflight = (origin: string) =>
    stack().fetch('/v1/transactions', {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    });
  const allowed = await preflight('https://app.example');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  const answer = await someone().ok('GET', '/v1/overview', undefined, { Origin: 'https://app.example' });
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
});

test('as another user every route answers as if nothing were there', async () => {
  const [me, other] = [someone(), someone()];
  const id = randomUUID();
  const secret = `secret-${randomUUID()}`;
  const { tx, entities } = await me.write({ op: 'put', id, entity_type: 'habit', doc: { ...habit, label: secret } });
  const { version } = entities[0];
  const bodies: Record<string, unknown> = {
    'PUT /v1/entities/:type/:id': habit,
    'PATCH /v1/entities/:type/:id': { set: { '/notes': 'x' } },
    'POST /v1/transactions': { operations: [{ op: 'restore', id, version }] },
    'POST /v1/transactions/:tx/undo': {},
  };
  const queries: Record<string, string> = {
    '/v1/entities': '?entity_type=habit',
    '/v1/heatmap': '?entity_type=habit&year=2026',
  };
  for (const { method, path, access } of DESCRIBED_ROUTES) {
    const address = (knownId: string, knownTx: string) =>
      path.replace(':type', 'habit').replace(':id', knownId).replace(':tx', knownTx) + (queries[path] ?? '');
    const body = bodies[`${method.toUpperCase()} ${path}`];
    const ask = (knownId: string, knownTx: string) =>
      other.request(
        method.toUpperCase(),
        address(knownId, knownTx),
        body === undefined ? undefined : JSON.stringify(body).replace(id, knownId),
      );
    const [theirs, nobodys] = [await ask(id, String(tx)), await ask(randomUUID(), '999999999')];
    expect(JSON.stringify(theirs.body), path).not.toContain(secret);
    if (access === 'operator') expect(theirs.status).toBe(403);
    // A put of an unknown id makes an entity; of somebody else's it is refused.
    if (method !== 'put' && access !== 'operator') expect(theirs.status, `${method} ${path}`).toBe(nobodys.status);
    if (method === 'put' && access !== 'operator') expect(theirs.status).toBe(404);
  }
  expect(await me.get(`/v1/entities/${id}`)).toMatchObject({ label: secret, version });
});
