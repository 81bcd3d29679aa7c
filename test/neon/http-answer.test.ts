import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon } from './local-neon.ts';

describe('answers of single queries', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
    await neon.post({ query: "create type mood as enum ('sad', 'so so')" });
    await neon.post({ query: 'create domain small as int check (value < 10)' });
    await neon.post({ query: 'create table t (id int primary key, name text not null)' });
  });
  afterAll(() => neon.stop());

  it('has its keys in the order of Neon', async () => {
    const { text, json } = await neon.post({ query: 'select 1 as one' });
    expect(Object.keys(json)).toEqual(['fields', 'rows', 'command', 'rowCount', 'rowAsArray']);
    expect(text).toBe(
      '{"fields":[{"name":"one","dataTypeID":23,"tableID":0,"columnID":0,"dataTypeSize":4,"dataTypeModifier":-1,' +
        '"format":"text"}],"rows":[{"one":1}],"command":"SELECT","rowCount":1,"rowAsArray":false}',
    );
  });

  it('tells where a column comes from', async () => {
    const { json } = await neon.post({ query: "select name, 't'::regclass::oid as oid, 1::numeric(6,2) from t" });
    const { json: row } = await neon.post({ query: "select 't'::regclass::oid as oid" });
    const tableID = Number((row.rows as { oid: string }[])[0]?.oid);
    expect((json.fields as object[])[0]).toEqual({
      name: 'name',
      dataTypeID: 25,
      tableID,
      columnID: 2,
      dataTypeSize: -1,
      dataTypeModifier: -1,
      format: 'text',
    });
    // (precision << 16 | scale) + 4
    expect((json.fields as object[])[2]).toMatchObject({ dataTypeID: 1700, dataTypeModifier: ((6 << 16) | 2) + 4 });
  });

  it('has command and row count for each kind of statement', async () => {
    const expected = [
      ['create table made ()', 'CREATE', null],
      ['drop table made', 'DROP', null],
      ['create table counted (id int)', 'CREATE', null],
      ['insert into counted values (1), (2)', 'INSERT', 2],
      ['update counted set id = 3 where id = 1', 'UPDATE', 1],
      ['select * from counted', 'SELECT', 2],
      ['merge into counted c using counted d on c.id = d.id when matched then delete', 'MERGE', 2],
      ['delete from counted', 'DELETE', 0],
      ['begin', 'BEGIN', null],
      ['', '', null],
      ['-- nothing', '', null],
    ] as const;
    for (const [query, command, rowCount] of expected) {
      const { status, json } = await neon.post({ query });
      expect(status).toBe(200);
      expect({ query, command: json.command, rowCount: json.rowCount }).toEqual({ query, command, rowCount });
    }
  });

  it('has no fields and no rows where there is no result set', async () => {
    const { json } = await neon.post({ query: 'create temp table x (a int)' });
    expect(json).toMatchObject({ fields: [], rows: [] });
  });

  const typed: [string, unknown][] = [
    ['true', true],
    ['1::int2', 1],
    ['-2::int4', -2],
    ['9007199254740993::int8', '9007199254740993'],
    ['1.50::numeric', '1.50'],
    ['1.5::float4', 1.5],
    ['1e300::float8', 1e300],
    ["'NaN'::float8", 'NaN'],
    ["'-Infinity'::float4", '-Infinity'],
    ["'2024-02-29'::date", '2024-02-29'],
    ['\'{"b": [1, 2.50]}\'::json', { b: [1, 2.5] }],
    ["'null'::jsonb", null],
    ['null::int', null],
    ["'1 2'::int2vector", '1 2'],
    ["'so so'::mood", 'so so'],
    ['3::small', 3],
    ["'{1,2}'::int[]", [1, 2]],
    [
      "'{{t,f},{NULL,t}}'::bool[]",
      [
        [true, false],
        [null, true],
      ],
    ],
    ["'[0:1]={1,2}'::int[]", [1, 2]],
    ["array['so so', null]::mood[]", ['so so', null]],
    ["array['a,b', 'c\"d', 'e\\f', '', 'NULL', null, '{x}']", ['a,b', 'c"d', 'e\\f', '', 'NULL', null, '{x}']],
    ['array[1.5, null]::numeric[]', ['1.5', null]],
    ['array[\'{"a":1}\'::jsonb]', [{ a: 1 }]],
    ["'{}'::int[]", []],
    ['array[1::int8]', ['1']],
    ["'{NaN,1.5}'::float8[]", ['NaN', 1.5]],
    ["'[1,3)'::int4range", '[1,3)'],
    ['row(1, true)', '(1,t)'],
    ["'\\x00ff'::bytea", '\\x00ff'],
  ];
  it.each(typed)('writes JSON types where JSON has them: %s', async (expression, value) => {
    const { status, json } = await neon.post({ query: `select ${expression}` }, ARRAYS);
    expect(status).toBe(200);
    expect(json.rows).toEqual([[value]]);
  });

  it.each([
    ['true', 't'],
    ['1::int2', '1'],
    ["'{1,2,3}'::int[]", '{1,2,3}'],
    ['\'{"b": [1, 2.50]}\'::json', '{"b": [1, 2.50]}'],
    ['null::int', null],
    ['row(1, true)', '(1,t)'],
  ])('writes the text of Postgres in raw mode: %s', async (expression, value) => {
    const { json } = await neon.post({ query: `select ${expression}` }, { ...ARRAYS, ...RAW });
    expect(json.rows).toEqual([[value]]);
  });

  it('embeds JSON as it is', async () => {
    const { text } = await neon.post({ query: `select '{ "a":1.50, "a":  2}'::json as j` });
    expect(text).toContain('"rows":[{"j":{ "a":1.50, "a":  2}}]');
  });

  it('writes duplicate names twice in object mode', async () => {
    const { text } = await neon.post({ query: 'select 1 as a, 2 as a' });
    expect(text).toContain('"rows":[{"a":1,"a":2}]');
  });

  it('escapes what JSON cannot hold in a string, in values and in names', async () => {
    const all = Array.from({ length: 127 }, (_, at) => String.fromCharCode(at + 1)).join('');
    const { json } = await neon.post({ query: 'select $1::text as "a""b\\c\n😀"', params: [`${all}é😀\u2028`] }, RAW);
    expect(json.rows).toEqual([{ 'a"b\\c\n😀': `${all}é😀\u2028` }]);
  });

  it('takes the mode of a query before that of the header', async () => {
    const arrays = await neon.post({ query: 'select 1 as a', arrayMode: true });
    expect(arrays.json).toMatchObject({ rows: [[1]], rowAsArray: true });
    const objects = await neon.post({ query: 'select 1 as a', arrayMode: false }, ARRAYS);
    expect(objects.json).toMatchObject({ rows: [{ a: 1 }], rowAsArray: false });
  });

  it('takes only the word true for true in its headers', async () => {
    const { json } = await neon.post(
      { query: 'select true as a' },
      { 'Neon-Raw-Text-Output': 'TRUE', 'Neon-Array-Mode': '1' },
    );
    expect(json.rows).toEqual([{ a: true }]);
  });

  it('answers rows without columns', async () => {
    const { json } = await neon.post({ query: 'select from generate_series(1, 2)' }, ARRAYS);
    expect(json).toMatchObject({ fields: [], rows: [[], []], rowCount: 2 });
  });

  it('has all seventeen fields of an error, in order', async () => {
    const { status, text, json } = await neon.post({ query: 'select\n  nope from t' });
    expect(status).toBe(400);
    expect(Object.keys(json)).toEqual([
      'message',
      'code',
      'detail',
      'hint',
      'position',
      'internalPosition',
      'internalQuery',
      'severity',
      'where',
      'table',
      'column',
      'schema',
      'dataType',
      'constraint',
      'file',
      'line',
      'routine',
    ]);
    expect(json).toMatchObject({
      message: 'column "nope" does not exist',
      code: '42703',
      position: '10',
      severity: 'ERROR',
      detail: null,
      file: 'parse_relation.c',
      routine: 'errorMissingColumn',
    });
    expect(text).toMatch(/"line":"\d+"/);
  });

  it('names table, column, constraint and detail of a violation', async () => {
    await neon.post({ query: "insert into t values (7, 'x')" });
    const unique = await neon.post({ query: "insert into t values (7, 'x')" });
    expect(unique.json).toMatchObject({
      code: '23505',
      schema: 'public',
      table: 't',
      column: null,
      constraint: 't_pkey',
      detail: 'Key (id)=(7) already exists.',
    });
    const missing = await neon.post({ query: 'insert into t values (8, null)' });
    expect(missing.json).toMatchObject({ code: '23502', table: 't', column: 'name', constraint: null });
    const domain = await neon.post({ query: 'select 11::small' });
    expect(domain.json).toMatchObject({ code: '23514', dataType: 'small', constraint: 'small_check' });
  });

  it('tells position and text of a query that failed inside a function', async () => {
    const { json } = await neon.post({ query: "do $$ begin execute 'select nope'; end $$" });
    expect(json).toMatchObject({ position: null, internalPosition: '8', internalQuery: 'select nope' });
    expect(json.where).toContain('PL/pgSQL');
  });

  it.each(['40001', '57014', '53100', 'XX001', 'AN042'])('answers 400 whatever the SQLSTATE: %s', async (code) => {
    const { status, json } = await neon.post({
      query: `do $$ begin raise exception 'x' using errcode = '${code}', hint = 'h'; end $$`,
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code, message: 'x', hint: 'h' });
  });

  it('has only a message when no error of Postgres is behind it', async () => {
    const { json } = await neon.post('x');
    const { message, code, severity, ...rest } = json;
    expect(message).toMatch(/^could not parse/);
    expect([code, severity]).toEqual(['', '']);
    expect(Object.values(rest)).toEqual(Array(14).fill(null));
  });
});
