import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { DESCRIBED_ROUTES } from '../../src/api/openapi/described-routes.ts';
import { entityTypes } from '../../src/domain/entity-types.generated.ts';
import type { Stack } from '../stack.ts';

/** Sends random requests to every route, some nearly right, and expects that none is a fault of ours. fast-check prints the seed. */
export async function fuzz(stack: Stack, runs: number): Promise<void> {
  const user = randomUUID();
  const token = await stack.token(user);
  const ids = [randomUUID(), randomUUID()];
  await fc.assert(
    fc.asyncProperty(request(ids), async ({ method, path, headers, body }) => {
      const answer = await sent(stack.workers.apiUrl + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, ...headers },
        ...(body !== null && method !== 'GET' && method !== 'HEAD' && { body }),
      });
      const text = await answer.text();
      expect(answer.status, `${method} ${path} ${text.slice(0, 200)}`).toBeLessThan(500);
    }),
    { numRuns: runs },
  );
}

/** A server that answers before it has read the whole body closes the connection, which may be the next request's. */
async function sent(url: string, options: RequestInit): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch(url, options);
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

const MAX_TRIES = 3;

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', '\ud800', '"', "'; drop table entities; --", '💥', '%', '../..'),
);

function request(ids: readonly string[]) {
  const id = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...ids) }, fc.uuid());
  const type = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...Object.keys(entityTypes)) }, anyText);
  const instant = fc.oneof(
    fc
      .date({ noInvalidDate: true, min: new Date('0000-01-01Z'), max: new Date('9999-12-31Z') })
      .map((date) => date.toISOString()),
    fc.constantFrom(
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:59-14:00',
      '0001-01-01T00:00:00+14:00',
      '2026-02-30T00:00:00Z',
      'now',
    ),
    anyText,
  );
  const value = fc.oneof(fc.jsonValue(), instant, id, fc.constantFrom(-0, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 63));
  const doc = fc.oneof(
    fc.constant({ label: 'x', sensitive: false, archived: false }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          'label',
          'notes',
          'sensitive',
          'archived',
          'timestamp',
          'time_zone',
          'habit_ids',
          'x/y',
          ':z',
          'deleted_at',
          'created_at',
        ),
        anyText,
      ),
      value,
    ),
  );
  const pointer = fc.oneof(
    fc.constantFrom('/notes', '/x~1y/a/b', '/x~1y/0', '/x~1y/-', '/habit_ids/-', '/label/0', '/'),
    anyText,
  );
  const version = fc.oneof(
    fc.constant(null),
    fc.nat(50),
    fc.constant('*'),
    fc.bigInt({ min: 0n, max: 2n ** 70n }).map(Number),
  );
  const operation = fc.record(
    {
      op: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom('put', 'patch', 'delete', 'match', 'restore', 'evict') },
        anyText,
      ),
      id,
      entity_type: fc.oneof({ weight: 5, arbitrary: fc.constant('habit') }, type),
      doc,
      set: fc.dictionary(pointer, value),
      unset: fc.array(pointer, { maxLength: 3 }),
      expected_version: version,
      version: fc.nat(50),
      valid_from: instant,
      valid_to: instant,
      valid_time: instant,
      tx_time: instant,
    },
    { requiredKeys: ['op', 'id'] },
  );
  const NEEDS: Readonly<Record<string, readonly string[]>> = {
    put: ['op', 'id', 'entity_type', 'doc', 'valid_from', 'valid_to'],
    patch: ['op', 'id', 'entity_type', 'set', 'unset', 'expected_version'],
    delete: ['op', 'id', 'valid_from', 'valid_to'],
    match: ['op', 'id', 'expected_version'],
    restore: ['op', 'id', 'version'],
    evict: ['op', 'id'],
  };
  /** Only what the operation takes, so that many get as far as the database. */
  const fitting = operation.map((op) =>
    Object.fromEntries(Object.entries(op).filter(([name]) => (NEEDS[op.op] ?? [name]).includes(name))),
  );
  const body = fc.oneof(
    fc
      .record({ operations: fc.array(fc.oneof(fitting, operation), { minLength: 1, maxLength: 4 }) })
      .map((json) => JSON.stringify(json)),
    doc.map((json) => JSON.stringify(json)),
    fc
      .record({ set: fc.dictionary(pointer, value), unset: fc.array(pointer, { maxLength: 2 }) })
      .map((json) => JSON.stringify(json)),
    fc.json(),
    anyText,
    fc.constant('['.repeat(10_000)),
  );
  const names = [
    'entity_type',
    'limit',
    'after',
    'since',
    'until',
    'order',
    'valid_time',
    'tx_time',
    'valid_from',
    'valid_to',
    'year',
    'attribute',
    'corrections',
    'format',
    'history',
    'tx_since',
    'valid_until',
  ];
  const cursor = fc
    .dictionary(
      fc.constantFrom(
        'valid_time',
        'tx_time',
        'tx',
        'version',
        'occurred_at',
        'id',
        'log',
        'xid',
        'seq',
        'snapshot',
        'as_of',
        'entity_id',
        'rows',
        'entities',
      ),
      value,
    )
    .map((place) => Buffer.from(JSON.stringify(place)).toString('base64url'));
  const query = fc
    .dictionary(
      fc.constantFrom(...names),
      fc.oneof(instant, anyText, type, fc.nat(3000).map(String), fc.constantFrom('true', 'asc', 'full', 'edn'), cursor),
      { maxKeys: 4 },
    )
    .map((parameters) => {
      const pairs = Object.entries(parameters).map(
        ([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`,
      );
      return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
    });
  const segment = anyText.map((text) => encodeURIComponent(text.toWellFormed()));
  const route = fc.constantFrom(...DESCRIBED_ROUTES.filter((described) => described.path !== '/v1/ops/refreshes'));
  const header = fc.oneof(
    fc.constantFrom(
      '*',
      '"1"',
      'W/"2"',
      '"',
      'Thu, 31 May 2007 20:35:00 GMT',
      'application/json',
      'application/merge-patch+json',
      'text/plain',
      'return=minimal',
    ),
    fc.string({ maxLength: 300 }).map((text) => text.replace(/[^ -~]/g, '').trim()),
  );
  const headers = fc.tuple(
    fc.dictionary(
      fc.constantFrom(
        'If-Match',
        'If-None-Match',
        'Idempotency-Key',
        'Accept-Datetime',
        'Accept',
        'User-Agent',
        'X-Request-Id',
        'Origin',
      ),
      header,
      { maxKeys: 2 },
    ),
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom('application/json', 'application/merge-patch+json') }, header),
  );
  return fc
    .tuple(
      route,
      id,
      type,
      segment,
      query,
      headers,
      fc.option(body),
      fc.oneof(
        { weight: 12, arbitrary: fc.constant(null) },
        fc.constantFrom('PUT', 'DELETE', 'POST', 'HEAD', 'OPTIONS', 'PATCH'),
      ),
      fc.boolean(),
    )
    .map(([described, id, type, strange, query, [headers, content], body, method, isStrange]) => ({
      method: method ?? described.method.toUpperCase(),
      path:
        described.path
          .replace(':id', isStrange && strange.length % 5 === 4 ? strange : id)
          .replace(':type', encodeURIComponent(type.toWellFormed()))
          .replace(':tx', isStrange ? strange : '1') + query,
      headers: { ...headers, ...(body !== null && { 'Content-Type': content }) },
      body,
    }));
}
