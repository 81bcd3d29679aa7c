import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon } from './local-neon.ts';

const LIMIT_BYTES = 10_000;
const DEFAULT_LIMIT_BYTES = 10 * 1024 * 1024;

describe('limits', () => {
  let neon: LocalNeon;
  let standard: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon({ request_bytes: LIMIT_BYTES, response_bytes: LIMIT_BYTES });
    standard = await startLocalNeon();
    await neon.post({ query: 'create table t (id int)' });
  });
  afterAll(async () => {
    await neon.stop();
    await standard.stop();
  });

  const count = async () => (await neon.post({ query: 'select count(*)::int as n from t' })).json.rows;

  it('takes a request of exactly the limit, and answers one byte more with 413', async () => {
    const body = (bytes: number) => {
      const frame = JSON.stringify({ query: 'select length($1)', params: [''] });
      return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
    };
    expect((await neon.post(body(LIMIT_BYTES))).status).toBe(200);
    const { status, json } = await neon.post(body(LIMIT_BYTES + 1));
    expect(status).toBe(413);
    expect(json).toMatchObject({ message: 'request is too large (max is 10000 bytes)', code: '' });
  });

  it('looks at the announced length before a byte of the body has come', async () => {
    const socket = connect({ host: '127.0.0.1', port: neon.endpoint.port });
    socket.write(`POST /sql HTTP/1.1\r\nHost: x\r\nContent-Length: ${LIMIT_BYTES + 1}\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('counts a body without an announced length', async () => {
    const response = await fetch(neon.endpoint.sqlUrl, {
      method: 'POST',
      headers: { 'Neon-Connection-String': neon.url },
      body: new Blob(['x'.repeat(LIMIT_BYTES * 3)]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it.each([
    ['raw', { ...RAW, ...ARRAYS }],
    ['typed', {}],
  ])('answers rows past the limit with 507 (%s)', async (_mode, headers) => {
    const { status, json } = await neon.post({ query: 'select generate_series(1, 100000)' }, headers);
    expect(status).toBe(507);
    expect(json).toMatchObject({ message: 'response is too large (max is 10000 bytes)', code: '' });
  });

  it('checks before each row, so that a last row may pass the limit', async () => {
    expect((await neon.post({ query: "select repeat('x', 20000)" })).status).toBe(200);
    expect((await neon.post({ query: "select repeat('x', 20000) from generate_series(1, 2)" })).status).toBe(507);
  });

  it('takes a batch as one sum, and rolls it back', async () => {
    const query = "select repeat('x', 6000)";
    expect((await neon.post({ queries: [{ query }, { query }] })).status).toBe(200);
    const before = await count();
    const { status } = await neon.post({
      queries: [{ query: 'insert into t values (1)' }, { query }, { query }, { query: 'select 1' }],
    });
    expect(status).toBe(507);
    expect(await count()).toEqual(before);
  });

  it('goes on working afterwards', async () => {
    await neon.post({ query: 'select generate_series(1, 1000000)' });
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
  });

  it('has limits of 10 MiB unless told otherwise', async () => {
    const { status, json } = await standard.post(
      { query: "select repeat('x', 1000000) from generate_series(1, 12)" },
      RAW,
    );
    expect(status).toBe(507);
    expect(json.message).toBe(`response is too large (max is ${DEFAULT_LIMIT_BYTES} bytes)`);
    const fits = await standard.post({ query: "select repeat('x', 1000000) as x from generate_series(1, 10)" }, RAW);
    expect(fits.status).toBe(200);
    expect((fits.json.rows as { x: string }[]).map(({ x }) => x.length)).toEqual(Array(10).fill(1_000_000));
    const big = await standard.post({
      query: 'select length($1) as n',
      params: ['x'.repeat(DEFAULT_LIMIT_BYTES - 100)],
    });
    expect(big.json.rows).toEqual([{ n: DEFAULT_LIMIT_BYTES - 100 }]);
    const over = await standard.post({ query: 'select length($1)', params: ['x'.repeat(DEFAULT_LIMIT_BYTES)] });
    expect(over.status).toBe(413);
  });
});
