import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARRAYS, type LocalNeon, RAW, startLocalNeon } from './local-neon.ts';

const RUNS = { numRuns: 150 };
/** Any text that Postgres can hold: it has no NUL, and UTF-8 has no half surrogate pairs. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((string) => string.replaceAll('\0', ''));

describe('any text comes back as it went', () => {
  let neon: LocalNeon;
  beforeAll(async () => {
    neon = await startLocalNeon();
  });
  afterAll(() => neon.stop());

  const rows = async (query: string, params: unknown[], headers: Record<string, string>) =>
    (await neon.post({ query, params }, { ...ARRAYS, ...headers })).json.rows;

  it.each([
    ['raw', RAW],
    ['typed', {}],
  ])('as a value (%s)', async (_mode, headers) => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect(await rows('select $1::text', [value], headers)).toEqual([[value]]);
      }),
      RUNS,
    );
  });

  it('as elements of a typed array', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { minLength: 1, maxLength: 6 }), async (values) => {
        const query = 'select array(select jsonb_array_elements_text($1::jsonb))';
        expect(await rows(query, [JSON.stringify(values)], {})).toEqual([[values]]);
      }),
      RUNS,
    );
  });

  it('as elements of an array parameter, apart from control characters', async () => {
    // JSON's escapes for them mean something else in an array literal: Neon has the same flaw.
    const plain = text.map((string) => string.replaceAll(/[\p{Cc}]/gu, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(plain), { minLength: 1, maxLength: 6 }), async (values) => {
        expect(await rows('select $1::text[]', [values], {})).toEqual([[values]]);
      }),
      RUNS,
    );
  });

  it('as the name of a column', async () => {
    const name = text.filter((string) => string !== '' && Buffer.byteLength(string) <= 63);
    await fc.assert(
      fc.asyncProperty(name, async (column) => {
        const { json } = await neon.post({ query: `select 1 as "${column.replaceAll('"', '""')}"` });
        expect(Object.entries((json.rows as object[])[0] ?? {})).toEqual([[column, 1]]);
      }),
      RUNS,
    );
  });

  it('as JSON, whose numbers keep every digit', async () => {
    const number = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String);
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 5 }), async (numbers) => {
        const { text: answer } = await neon.post(`{"query":"select $1::jsonb as j","params":[{"n":[${numbers}]}]}`);
        expect(answer).toContain(`"rows":[{"j":{"n": [${numbers.join(', ')}]}}]`);
      }),
      RUNS,
    );
  });
});
