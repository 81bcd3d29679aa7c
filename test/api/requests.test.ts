import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const habit = { label: 'Run', sensitive: false, archived: false };

const send = (as: string, body: unknown, headers: Record<string, string> = {}) =>
  stack().fetch('/v1/transactions', {
    method: 'POST',
    as,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function write(as: string, ...operations: object[]) {
  const answer = await send(as, { operations });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json();
}

/** Everything the log holds, to see that a refused request changed nothing. */
async function logged(): Promise<number> {
  const { rows } = await stack().database.query('select count(*)::integer as n from event_log');
  return rows[0].n;
}

async function refused(answer: Response, status: number) {
  expect(answer.headers.get('content-type')).toContain('application/json');
  const body = await answer.json();
  expect({ status: answer.status, code: body.code }).toEqual({ status, code: `AN${status}` });
  expect(Object.keys(body).sort()).toEqual(['code', 'details', 'hint', 'message']);
  return body;
}

test('a record that is put is read, listed, patched and deleted, each with the version as ETag', async () => {
  const user = randomUUID();
  const { entities } = await write(user, { op: 'put', entity_type: 'habit', doc: habit });
  const { id, version } = entities[0];
  const got = await stack().fetch(`/v1/entities/${id}`, { as: user });
  expect(got.headers.get('etag')).toBe(`"${version}"`);
  expect(await got.json()).toMatchObject({
    id,
    entity_type: 'habit',
    user_id: user,
    version,
    ...habit,
    deleted_at: null,
  });

  await write(user, { op: 'patch', id, entity_type: 'habit', set: { '/notes': 'at dawn' }, expected_version: version });
  const list = await (await stack().fetch('/v1/entities?entity_type=habit', { as: user })).json();
  expect(list).toMatchObject({ records: [{ id, ...habit, notes: 'at dawn' }], next: null });

  await write(user, { op: 'delete', id });
  await refused(await stack().fetch(`/v1/entities/${id}`, { as: user }), 404);
  const history = await (await stack().fetch(`/v1/entities/${id}/history?order=asc`, { as: user })).json();
  expect(history.versions.map((v: { doc: unknown }) => v.doc)).toEqual([habit, { ...habit, notes: 'at dawn' }, null]);
});

test('a record as it was is read at its valid time and transaction time', async () => {
  const user = randomUUID();
  const first = await write(user, { op: 'put', entity_type: 'habit', doc: habit });
  const { id } = first.entities[0];
  const second = await write(user, { op: 'put', id, entity_type: 'habit', doc: { ...habit, label: 'Walk' } });
  const at = async (query: string) =>
    (await (await stack().fetch(`/v1/entities/${id}?${query}`, { as: user })).json()).label;
  expect(await at(`valid_time=${first.tx_time}`)).toBe('Run');
  expect(await at(`tx_time=${first.tx_time}`)).toBe('Run');
  expect(await at(`valid_time=${second.tx_time}&tx_time=${second.tx_time}`)).toBe('Walk');
  await refused(await stack().fetch(`/v1/entities/${id}?valid_time=2000-01-01T00:00:00Z`, { as: user }), 404);
});

test('what was read can be written back as it is', async () => {
  const user = randomUUID();
  const { entities } = await write(user, { op: 'put', entity_type: 'habit', doc: habit });
  const record = await (await stack().fetch(`/v1/entities/${entities[0].id}`, { as: user })).json();
  await write(user, { op: 'put', id: record.id, entity_type: 'habit', doc: record, expected_version: record.version });
});

test('numbers beyond doubles, NUL and lone surrogates come back as they went in', async () => {
  const user = randomUUID();
  const id = randomUUID();
  const body =
    `{"operations":[{"op":"put","id":"${id}","entity_type":"habit","doc":{"label":"a\\u0000b","sensitive":false,"archived":false,` +
    `"notes":"\\ud800","x/big":9007199254740993,"x/exact":0.1000000000000000055511,"x/deep":{"k\\u0000":[{"__proto__":1}]}}}]}`;
  expect((await send(user, body)).status).toBe(200);
  const text = await (await stack().fetch(`/v1/entities/${id}`, { as: user })).text();
  expect(text).toMatch(/"x\/big": ?9007199254740993[,}]/);
  expect(text).toMatch(/"x\/exact": ?0.1000000000000000055511[,}]/);
  const record = JSON.parse(text);
  expect(record.label).toBe('a\0b');
  expect(record.notes).toBe('\ud800');
  expect(Object.keys(record['x/deep'])).toEqual(['k\0']);
  expect(Object.keys(record['x/deep']['k\0'][0])).toEqual(['__proto__']);
});

test('every request is exactly one request to the database', async () => {
  const user = randomUUID();
  const { entities } = await write(user, { op: 'put', entity_type: 'habit', doc: habit });
  const { id } = entities[0];
  const operations = [
    { op: 'put', entity_type: 'habit', doc: habit },
    { op: 'put', entity_type: 'habit', doc: habit },
    { op: 'patch', id, entity_type: 'habit', set: { '/notes': 'n' } },
  ];
  const requests: [string, () => Promise<Response>][] = [
    ['overview', () => stack().fetch('/v1/overview', { as: user })],
    ['heatmap', () => stack().fetch('/v1/heatmap?entity_type=habit&year=2026', { as: user })],
    ['list', () => stack().fetch('/v1/entities?entity_type=habit', { as: user })],
    ['get', () => stack().fetch(`/v1/entities/${id}`, { as: user })],
    ['as of', () => stack().fetch(`/v1/entities/${id}?tx_time=2030-01-01T00:00:00Z`, { as: user })],
    ['history', () => stack().fetch(`/v1/entities/${id}/history`, { as: user })],
    ['transaction', () => send(user, { operations })],
    ['transaction with a key', () => send(user, { operations }, { 'Idempotency-Key': randomUUID() })],
  ];
  for (const [name, request] of requests) {
    stack().neon.traffic.reset();
    expect((await request()).status, name).toBe(200);
    expect(stack().neon.traffic.counts.http_requests, name).toBe(1);
  }
});

test('the same Idempotency-Key writes once, also when the first answer was lost after the commit', async () => {
  const user = randomUUID();
  const body = { operations: [{ op: 'put', entity_type: 'habit', doc: habit }] };
  const headers = { 'Idempotency-Key': `"${randomUUID()}"` };
  const before = await logged();
  stack().neon.faults.arm('drop_after_commit');
  const lost = await send(user, body, headers);
  await refused(lost, 503);
  expect(lost.headers.get('retry-after')).toBe('1');
  const again = await send(user, body, headers);
  expect(await again.json()).toMatchObject({ replayed: true });
  expect(await logged()).toBe(before + 1);
  await refused(await send(user, { operations: [...body.operations, ...body.operations] }, headers), 422);
  expect(await logged()).toBe(before + 1);
});

test('a write that was dropped before its commit left nothing, and goes through when sent again', async () => {
  const user = randomUUID();
  const body = { operations: [{ op: 'put', entity_type: 'habit', doc: habit }] };
  const before = await logged();
  stack().neon.faults.arm('drop_before_commit');
  await refused(await send(user, body), 503);
  expect(await logged()).toBe(before);
  expect((await send(user, body)).status).toBe(200);
  expect(await logged()).toBe(before + 1);
});

test('a write that takes too long is given up, and wrote nothing', async () => {
  const [id, user] = [randomUUID(), randomUUID()];
  await stack().database.query("alter function transact(jsonb, timestamptz) set transaction_timeout = '100ms'");
  const rival = new pg.Client(stack().database.urlAs('annals_app'));
  await rival.connect();
  try {
    await rival.query('begin');
    await rival.query('select lock_entities($1, array[$2::uuid])', [user, id]);
    await refused(await send(user, { operations: [{ op: 'put', id, entity_type: 'habit', doc: habit }] }), 504);
    await rival.query('commit');
  } finally {
    await rival.end();
    await stack().database.query("alter function transact(jsonb, timestamptz) set transaction_timeout = '15s'");
  }
  expect((await stack().fetch(`/v1/entities/${id}`, { as: user })).status).toBe(404);
});

test('an answer that is over what Neon sends is refused plainly', async () => {
  const user = randomUUID();
  const notes = 'x'.repeat(3_500_000);
  for (let n = 0; n < 4; n++) {
    await write(user, { op: 'put', entity_type: 'habit', doc: { ...habit, notes } });
  }
  await refused(await stack().fetch('/rest/v1/habit', { as: user }), 413);
  expect((await stack().fetch('/rest/v1/habit?limit=2', { as: user })).status).toBe(200);
});

test('bad input gets a clear answer and changes nothing', async () => {
  const [user, other] = [randomUUID(), randomUUID()];
  const { entities } = await write(other, { op: 'put', entity_type: 'habit', doc: habit });
  const foreign = entities[0].id;
  const before = await logged();
  const one = (op: object) => ({ operations: [op] });

  expect((await refused(await send(user, '{"operations": [}'), 400)).message).toMatch(
    /^The body is not JSON: .* at offset 16\.$/,
  );
  await refused(await send(user, 'null'), 422);
  await refused(await send(user, {}), 422);
  await refused(await send(user, { operations: [] }), 422);
  await refused(
    await send(user, one({ op: 'put', entity_type: 'habit', doc: habit }), { 'Content-Type': 'text/plain' }),
    415,
  );

  const wrongDoc = await refused(
    await send(
      user,
      one({ op: 'put', entity_type: 'habit_log', doc: { timestamp: 'yesterday', habit_ids: ['x'], mood: 3 } }),
    ),
    422,
  );
  expect(wrongDoc.details.map((problem: { field: string }) => problem.field).sort()).toEqual([
    '/operations/0/doc/habit_ids/0',
    '/operations/0/doc/mood',
    '/operations/0/doc/time_zone',
    '/operations/0/doc/timestamp',
  ]);
  const wrongType = await refused(await send(user, one({ op: 'put', entity_type: 'hobby', doc: {} })), 422);
  expect(wrongType.details).toEqual([{ field: '/operations/0/entity_type', message: 'is not an entity type' }]);
  await refused(await send(user, one({ op: 'put', entity_type: 'habit', doc: { ...habit, user_id: other } })), 422);
  await refused(await send(user, one({ op: 'patch', id: 'x', entity_type: 'habit', set: {} })), 422);
  await refused(await send(user, one({ op: 'patch', id: randomUUID(), entity_type: 'habit', unset: ['/label'] })), 422);
  await refused(await send(user, one({ op: 'erase', id: randomUUID() })), 422);
  await refused(await stack().fetch('/v1/heatmap?entity_type=habit&year=soon', { as: user }), 422);
  await refused(await stack().fetch('/v1/entities?entity_type=habit&limit=100000', { as: user }), 422);
  await refused(await stack().fetch('/v1/entities?entity_type=habit&after=nonsense', { as: user }), 422);
  await refused(await stack().fetch('/v1/nothing', { as: user }), 404);

  // Somebody else's record answers exactly as one that does not exist.
  const unknown = randomUUID();
  const without = (id: string, body: unknown) => JSON.stringify(body).replaceAll(id, 'ID');
  for (const path of ['', '?tx_time=2030-01-01T00:00:00Z', '/history']) {
    const theirs = await refused(await stack().fetch(`/v1/entities/${foreign}${path}`, { as: user }), 404);
    const nobodys = await refused(await stack().fetch(`/v1/entities/${unknown}${path}`, { as: user }), 404);
    expect(without(foreign, theirs)).toBe(without(unknown, nobodys));
  }
  for (const op of [{ op: 'patch', entity_type: 'habit', set: { '/notes': 'mine' } }, { op: 'delete' }]) {
    const theirs = await refused(await send(user, one({ ...op, id: foreign })), 404);
    const nobodys = await refused(await send(user, one({ ...op, id: unknown })), 404);
    expect(without(foreign, theirs)).toBe(without(unknown, nobodys));
  }
  await refused(await send(user, one({ op: 'put', id: foreign, entity_type: 'habit', doc: habit })), 404);
  expect(await logged()).toBe(before);
});

test('without a good token nothing is answered and the database is not asked', async () => {
  const { issuer } = stack();
  const tokens = [
    null,
    'nonsense',
    await issuer.expired(),
    await issuer.wrongKey(),
    await issuer.wrongAudience(),
    await issuer.wrongIssuer(),
    await issuer.unsigned(),
    await issuer.hs256WithPublicKey(),
    await issuer.tampered(),
  ];
  stack().neon.traffic.reset();
  for (const token of tokens) {
    for (const path of ['/v1/overview', `/v1/entities/${randomUUID()}`, '/v1/ops/refreshes', '/v1/nothing']) {
      const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
      await refused(await stack().fetch(path, { headers }), 401);
    }
  }
  await refused(await stack().fetch('/v1/ops/refreshes', { as: randomUUID() }), 403);
  expect(stack().neon.traffic.counts.http_requests).toBe(0);
});

test('pages of a list follow each other without a gap, also through records of one instant', async () => {
  const user = randomUUID();
  const log = (timestamp: string) => ({
    op: 'put',
    entity_type: 'habit_log',
    doc: { timestamp, time_zone: 'Europe/Berlin', habit_ids: [] },
  });
  const times = [
    '2026-01-01T00:00:00Z',
    '2026-01-02T00:00:00Z',
    '2026-01-02T00:00:00Z',
    '2026-01-02T00:00:00Z',
    '2026-01-03T00:00:00Z',
  ];
  await write(user, ...times.map(log));
  const seen: string[] = [];
  let after: string | null = null;
  for (let page = 0; page < times.length; page++) {
    const query: string = after === null ? '' : `&after=${after}`;
    const answer = await (
      await stack().fetch(`/v1/entities?entity_type=habit_log&limit=2${query}`, { as: user })
    ).json();
    seen.push(...answer.records.map((record: { occurred_at: string }) => record.occurred_at.slice(0, 10)));
    after = answer.next;
    if (after === null) break;
  }
  expect(seen).toEqual(['2026-01-03', '2026-01-02', '2026-01-02', '2026-01-02', '2026-01-01']);
});
