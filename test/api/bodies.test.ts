import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

const JSON_TYPE = { 'Content-Type': 'application/json' };
const HABIT = Buffer.from(JSON.stringify({ label: 'Run', sensitive: false, archived: false }));
const NOT_UTF8 = Buffer.concat([HABIT.subarray(0, 10), Buffer.from([0xff]), HABIT.subarray(10)]);
const OVER_LIMIT = Buffer.alloc(5 * 1024 * 1024, ' ');
const ROADS = ['PUT /v1/entities/habit/ID', 'POST /rest/v1/habit'];

const send = async (road: string, user: string, body: Buffer, headers: Record<string, string> = {}) => {
  const [method = '', path = ''] = road.split(' ');
  const answer = await stack().fetch(path.replace('ID', randomUUID()), {
    method,
    as: user,
    headers: { ...JSON_TYPE, ...headers },
    body: new Uint8Array(body),
  });
  return { status: answer.status, body: await answer.text() };
};

test.each(ROADS)('%s takes no text that is not as it was sent, and says why', async (road) => {
  const user = randomUUID();
  const refused = [
    [400, await send(road, user, NOT_UTF8)],
    [415, await send(road, user, gzipSync(HABIT), { 'Content-Encoding': 'gzip' })],
    [415, await send(road, user, HABIT, { 'Content-Encoding': 'br' })],
    [413, await send(road, user, OVER_LIMIT)],
  ] as const;
  for (const [status, answer] of refused) {
    expect(answer.status, answer.body).toBe(status);
    expect(JSON.parse(answer.body).hint).not.toBeNull();
  }
  expect(await (await stack().fetch('/rest/v1/habit', { as: user })).json()).toEqual([]);
  const withMark = await send(road, user, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), HABIT]));
  expect(withMark.status, withMark.body).toBeLessThan(300);
});

/** A request byte for byte, for what no client would send; the status of its answer. */
async function statusOf(head: string, body: string): Promise<string> {
  const { hostname, port } = new URL(stack().workers.apiUrl);
  const socket = connect(Number(port), hostname);
  socket.write(`${head}\r\nHost: ${hostname}\r\nAuthorization: Bearer ${await stack().token(randomUUID())}\r\n`);
  socket.write('Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write(body);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer).split(' ')[1] ?? '';
}

test('a body that breaks off, has no length or belongs to a read is no fault of ours', async () => {
  for (const road of ['PUT /v1/entities/habit/7a9032e4-60ef-46c7-b2f4-625460d74d7e', 'POST /rest/v1/habit']) {
    expect(await statusOf(`${road} HTTP/1.1`, 'no length\r\n'), road).toBe('400');
  }
  expect(await statusOf('GET /v1/overview HTTP/1.1', '2\r\n{}\r\n0\r\n\r\n')).toBe('200');
});

test('a refusal that looks at no body leaves the connection open for the next request', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<Socket>();
  const ask = async (method: string, url: string, body: Buffer | null): Promise<number> => {
    const asked = request(url, { method, agent, headers: JSON_TYPE });
    asked.on('socket', (socket) => sockets.add(socket));
    asked.end(body ?? undefined);
    return new Promise((resolve, reject) => {
      asked.on('error', reject);
      asked.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)));
    });
  };
  const { apiUrl, importUrl } = stack().workers;
  for (const [url, status] of [
    [`${apiUrl}/v1/transactions`, 401],
    [`${apiUrl}/nothing`, 404],
    [`${importUrl}/v1/imports`, 401],
  ] as const) {
    sockets.clear();
    expect(await ask('POST', url, HABIT), url).toBe(status);
    await ask('GET', url, null);
    expect(sockets.size, url).toBe(1);
  }
  agent.destroy();
});
