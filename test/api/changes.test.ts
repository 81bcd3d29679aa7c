import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { callerOf } from './caller.ts';
import { othersToEnd } from './others-to-end.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const habit = (label: string) => ({ label, sensitive: false, archived: false });
const put = (label: string, id: string = randomUUID()) => ({ op: 'put', id, entity_type: 'habit', doc: habit(label) });

interface Change {
  op: string;
  id: string;
  version: number;
  doc: { label: string } | null;
}
type Caller = ReturnType<typeof callerOf>;

async function follow(me: Caller, since: string | null, limit = 100): Promise<{ changes: Change[]; next: string }> {
  const changes: Change[] = [];
  let next = since;
  for (let page = 0; page < 1_000; page++) {
    const answer = await me.get(`/v1/changes?limit=${limit}${next === null ? '' : `&since=${next}`}`);
    changes.push(...answer.changes);
    next = answer.next;
    if (answer.up_to_date) return { changes, next: next ?? '' };
  }
  throw new Error('the feed does not end');
}
const labels = (changes: Change[]) => changes.map((change) => change.doc?.label ?? change.op);

test('every event comes once, in pages, with deletes and evictions, and nobody else’s', async () => {
  const me = callerOf(stack, randomUUID());
  const other = callerOf(stack, randomUUID());
  const [a, b] = [randomUUID(), randomUUID()];
  await me.write(put('a', a), put('b', b));
  await other.write(put('not mine'));
  await me.write({ op: 'delete', id: a });
  await me.write({ op: 'evict', id: b }, put('b again', b));
  await othersToEnd(stack());
  for (const limit of [1, 2, 100]) {
    expect(labels((await follow(me, null, limit)).changes), `by ${limit}`).toEqual(['a', 'delete', 'evict', 'b again']);
  }
  const { next } = await follow(me, null);
  const { body, headers } = await me.ok('GET', `/v1/changes?since=${next}`);
  expect(body).toEqual({ changes: [], next, up_to_date: true });
  expect(headers.get('cache-control')).toBe('private, max-age=1');
  expect(headers.get('vary')).toBe('Authorization');
  const again = await me.request('GET', `/v1/changes?since=${next}`, undefined, {
    'If-None-Match': headers.get('etag') ?? '',
  });
  expect(again.status).toBe(304);
  await me.write(put('later'));
  await othersToEnd(stack());
  expect(labels((await follow(me, next)).changes)).toEqual(['later']);
});

test('a transaction that began first and commits last is not skipped (I9)', async () => {
  const user = randomUUID();
  const me = callerOf(stack, user);
  const client = new pg.Client({ connectionString: stack().database.urlAs('annals_app') });
  await client.connect();
  const write = (label: string) =>
    client.query('select transact($1::jsonb)', [
      JSON.stringify({
        user_id: user,
        request_hash: '',
        operations: [{ op: 'put', entity_id: randomUUID(), entity_type: 'habit', doc: habit(label) }],
      }),
    ]);
  try {
    await me.write(put('before'));
    await othersToEnd(stack());
    await client.query('begin');
    await write('slow');
    await me.write(put('quick'));
    const meanwhile = await follow(me, null);
    expect(labels(meanwhile.changes)).toEqual(['before']);
    await client.query('commit');
    await othersToEnd(stack());
    const after = await follow(me, meanwhile.next);
    expect(labels(after.changes)).toEqual(['slow', 'quick']);
    expect(labels((await follow(me, null)).changes)).toEqual(['before', 'slow', 'quick']);
  } finally {
    await client.end();
  }
});

test('after a restore the feed says so, rather than going on from a place that means nothing', async () => {
  const me = callerOf(stack, randomUUID());
  const id = randomUUID();
  await me.write(put('a', id));
  await othersToEnd(stack());
  const { next } = await follow(me, null);
  const place = JSON.parse(atob(next));
  const cursor = (changed: object) => btoa(JSON.stringify({ ...place, ...changed })).replaceAll('=', '');
  for (const [why, since] of [
    ['another cluster', cursor({ log: '7000000000000000000/1' })],
    ['ids ahead of the clock', cursor({ xid: '900000000000000000' })],
    ['an event that is not there', cursor({ seq: '900000000000000000' })],
  ]) {
    expect(await me.get(`/v1/changes?since=${since}`), why).toEqual({
      changes: [],
      next: null,
      up_to_date: false,
      must_refetch: true,
    });
  }
  // An eviction takes the event away that the cursor stands on: that is no restore.
  await me.write({ op: 'evict', id });
  await othersToEnd(stack());
  expect(labels((await follow(me, next)).changes)).toEqual(['evict']);
  await me.refused(422, 'GET', '/v1/changes?since=nonsense');
});

test('since=now is the place behind all that was written: what follows comes from there, and nothing before', async () => {
  const me = callerOf(stack, randomUUID());
  const beginning = await me.get('/v1/changes?since=now');
  expect(beginning).toMatchObject({ changes: [], up_to_date: true });
  await me.write(put('before'));
  await othersToEnd(stack());
  const { next } = await me.get('/v1/changes?since=now');
  await me.write(put('after'));
  await othersToEnd(stack());
  expect(labels((await follow(me, next)).changes)).toEqual(['after']);
  expect(labels((await follow(me, beginning.next)).changes)).toEqual(['before', 'after']);
});
