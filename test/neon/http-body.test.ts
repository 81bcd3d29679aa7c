import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon } from './local-neon.ts';

describe('request bodies and parameters', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
  });
  afterAll(() => neon.stop());

  const value = async (query: string, ...params: unknown[]) => {
    const { status, json } = await neon.post({ query, params }, { ...RAW, ...ARRAYS });
    expect(json.message).toBeUndefined();
    expect(status).toBe(200);
    return (json.rows as string[][])[0]?.[0];
  };

  it.each([
    ['not JSON', 'select 1'],
    ['nothing', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['neither shape', '{"sql":"select 1"}'],
    ['a query that is no string', '{"query":1}'],
    ['null parameters', '{"query":"select 1","params":null}'],
    ['parameters that are no list', '{"query":"select 1","params":{}}'],
    ['queries that are no list', '{"queries":{}}'],
    ['a broken query in a batch', '{"queries":[{"query":"select 1"},{"query":null}]}'],
    ['half a surrogate pair', '{"query":"select \'\\ud800\'"}'],
  ])('refuses %s', async (_what, body) => {
    const { status, json } = await neon.post(body);
    expect(status).toBe(400);
    expect(json.message).toMatch(/^could not parse the HTTP request body: /);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const response = await fetch(neon.endpoint.sqlUrl, {
      method: 'POST',
      headers: { 'Neon-Connection-String': neon.url },
      body: Buffer.from('{"query":"select \'\xff\'"}', 'latin1'),
    });
    expect(response.status).toBe(400);
  });

  it('ignores unknown keys, and takes the single query when both shapes are there', async () => {
    const { json } = await neon.post({ query: 'select 1 as one', queries: [{ query: 'select 2' }], more: true });
    expect(json.rows).toEqual([{ one: 1 }]);
  });

  it('lets Postgres infer every type, and text when nothing tells', async () => {
    const { json } = await neon.post({ query: 'select $1 as a, $2 * 1 as b', params: [42, 42] });
    expect(json.rows).toEqual([{ a: '42', b: 42 }]);
  });

  it.each([
    ['null', null, null],
    ['a string as it is', 'a "b" \\ \n é 😀', 'a "b" \\ \n é 😀'],
    ['an empty string', '', ''],
    ['true', true, 'true'],
    ['a number', -1.5, '-1.5'],
    ['an object as JSON', { a: [1, null, 'x'] }, '{"a":[1,null,"x"]}'],
    ['an array as a literal', [1, null, true, 'a b', 'NULL', ''], '{1,NULL,true,"a b","NULL",""}'],
    [
      'nested arrays',
      [
        [1, 2],
        [3, 4],
      ],
      '{{1,2},{3,4}}',
    ],
    ['objects in arrays as quoted JSON', [{ a: 'x' }], '{"{\\"a\\":\\"x\\"}"}'],
    ['an empty array', [], '{}'],
  ])('turns a parameter into text: %s', async (_what, parameter, text) => {
    expect(await value('select $1::text', parameter)).toBe(text);
  });

  it('reads a newline within an array string as the letter n, as Neon does', async () => {
    expect(await value('select ($1::text[])[1]', ['a\nb'])).toBe('anb');
  });

  it.each(['9007199254740993', '12345678901234567890123', '1.0', '1e400', '-0', '0.1000000000000000055'])(
    'keeps the number %s',
    async (number) => {
      const { json } = await neon.post(
        `{"query":"select $1::text, ($2::text[])[1], $3::text","params":[${number},[${number}],{"n":${number}}]}`,
        ARRAYS,
      );
      expect(json.rows).toEqual([[number, number, `{"n":${number}}`]]);
    },
  );

  it('keeps a string that looks like numbers', async () => {
    expect(await value('select $1::text', '1.0e5 9007199254740993')).toBe('1.0e5 9007199254740993');
  });

  it("gives Postgres' own error for a wrong number of parameters", async () => {
    for (const [params, said] of [
      [[], 0],
      [[1, 2], 2],
    ] as const) {
      const { status, json } = await neon.post({ query: 'select $1::int', params });
      expect(status).toBe(400);
      expect(json).toMatchObject({
        code: '08P01',
        message: `bind message supplies ${said} parameters, but prepared statement "" requires 1`,
      });
    }
  });

  it('takes one statement a query', async () => {
    const { status, json } = await neon.post({ query: 'select 1; select 2' });
    expect(status).toBe(400);
    expect(json.code).toBe('42601');
  });

  it.each(['copy (select 1) to stdout', 'copy pg_class from stdin'])('has no COPY: %s', async (query) => {
    const { status, json } = await neon.post({ query });
    expect(status).toBe(400);
    expect(json).toMatchObject({ message: 'unexpected message from server', code: '' });
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
  });

  it('drops notices and notifications', async () => {
    const { status, json } = await neon.post({
      query: "do $$ begin raise notice 'n'; perform pg_notify('c', 'p'); end $$",
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({ command: 'DO', rowCount: null, rows: [] });
  });

  it('refuses a query with a NUL, which would cut the protocol message', async () => {
    const { status } = await neon.post({ query: 'select 1\0Q\0\0\0\0' });
    expect(status).toBe(400);
    expect((await neon.post({ query: 'select 1' })).status).toBe(200);
  });

  it('gives the error of Postgres for a NUL in a parameter', async () => {
    const { status, json } = await neon.post({ query: 'select $1::text', params: ['a\0b'] });
    expect(status).toBe(400);
    expect(json.code).toBe('22021');
  });

  it('takes 65,535 parameters and refuses more', async () => {
    const query = (count: number) => ({
      query: `select ${Array.from({ length: 1000 }, (_, at) => `$${at + 1}::int`).join('+')} + $${count}::int as s`,
      params: Array.from({ length: count }, () => 1),
    });
    const full = await neon.post(query(65_535));
    // Parameters that no text mentions have no type.
    expect(full.json.code).toBe('42P18');
    const over = await neon.post(query(65_536));
    expect(over.status).toBe(400);
  });

  it('refuses arrays that are nested without end', async () => {
    const { status } = await neon.post(`{"query":"select $1","params":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}`);
    expect(status).toBe(400);
  });
});
