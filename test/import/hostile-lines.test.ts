import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineValue } from '../../src/domain/codec/history-digest.ts';
import { decodeHistoryLine, encodeHistoryRow } from '../../src/domain/codec/history-line.ts';
import { encodeJsonHistoryRow } from '../../src/domain/codec/json-history-line.ts';
import { pointerStep } from '../../src/domain/codec/pointer.ts';
import { decodeChunk } from '../../src/importer/decode-chunk.ts';
import { MAX_LINE_BYTES, MAX_LINE_VALUES, MAX_RAW_BYTES } from '../../src/importer/limits.ts';

/** What hints name and jsonb, EDN or a calendar may stumble over. */
const texts = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    'a/b',
    '1/3',
    '1e400',
    'NaN',
    '-0.0',
    '\0',
    '\\u0000',
    '\ud800',
    'a"b',
    '\n',
    'a\n',
    '5\n',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.000Z',
    '2026-13-41T99:00:00.000Z',
    '-99999-01-01T00:00:00.000Z',
    '2026-01-01',
    'A58626F1-e158-4bc5-a050-e9dafb06c81c',
    ':xt/id',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const keys = fc.oneof(
  fc.constantFrom(':x', 'a/b', 'label', 'notes', 'timestamp', 'created_at', 'habit_ids', 'id', 'xt/id', '__proto__'),
  texts,
);
/** JSON text of its own: a JavaScript number has no `1.50`. */
const numbers = fc.constantFrom('0', '-0', '5', '1.50', '1e400', '1e99999999999', `1${'0'.repeat(1_001)}`, '0.1e-3');

const types = fc.oneof(
  fc.constantFrom('string', 'keyword', 'symbol', 'char', 'long', 'bigint', 'double', 'decimal', 'ratio', 'vector'),
  fc.constantFrom('list', 'set', 'pairs', 'string-keys', 'tag', 'key', 'id', 'id-unsaid', 'legacy', 'said'),
  fc.constantFrom('#inst', '#uuid', '#uri', '#time/instant', '#time/date', '#xtdb/base64', '#xtdb/id', '#'),
  texts.map((text) => `#${text}`),
);
const hint = fc.oneof(types, fc.tuple(types, texts));

/** JSON text, and hints by pointer. */
interface Hinted {
  readonly text: string;
  readonly hints: readonly (readonly [pointer: string, hint: string | [string, string]])[];
}
const below = (step: string, { hints }: Hinted) => hints.map(([pointer, said]) => [step + pointer, said] as const);
const entriesOf = (value: fc.Arbitrary<Hinted>) =>
  fc.array(fc.tuple(keys, value), { maxLength: 3 }).map((entries) => ({
    text: `{${entries.map(([key, { text }]) => `${JSON.stringify(key)}:${text}`).join(',')}}`,
    hints: entries.flatMap(([key, item]) => below(pointerStep(key), item)),
  }));
const { value } = fc.letrec<{ value: Hinted }>((tie) => ({
  value: fc
    .tuple(
      fc.oneof(
        { maxDepth: 4 },
        fc
          .oneof(
            fc.constantFrom('null', 'true'),
            numbers,
            texts.map((text) => JSON.stringify(text)),
          )
          .map((text) => ({ text, hints: [] })),
        fc.array(tie('value'), { maxLength: 3 }).map((items) => ({
          text: `[${items.map(({ text }) => text).join(',')}]`,
          hints: items.flatMap((item, i) => below(pointerStep(i), item)),
        })),
        entriesOf(tie('value')),
      ),
      fc.option(hint),
    )
    .map(([{ text, hints }, own]) => ({ text, hints: own === null ? hints : [['', own] as const, ...hints] })),
}));

const ID = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
const rows = fc
  .tuple(
    fc.constantFrom(null, 'habit_log', 'user', 'book', 'habit-log', ':x', ''),
    entriesOf(value),
    fc.array(
      fc.tuple(
        fc.oneof(
          fc.constantFrom('/id', '/xt~1id'),
          keys.map((key) => `#${pointerStep(key)}`),
        ),
        hint,
      ),
      { maxLength: 1 },
    ),
  )
  .map(
    ([type, { text, hints }, more]) =>
      `{"id":"${ID}","entity_type":${JSON.stringify(type)},"valid_time":"2026-01-01T00:00:00Z","tx_time":"2026-01-01T00:00:00Z","tx":1,"doc":${text},"hints":${JSON.stringify(Object.fromEntries([...hints, ...more]))}}`,
  );

const members = fc.constantFrom(
  ...['id', 'entity_type', 'user_id', 'valid_time', 'tx_time', 'tx', 'doc', 'hints', 'evicted', 'xtdb_id_hash'],
  ...['evicted_by', 'transaction', 'events', 'client', 'meta', 'rejected', 'raw', 'end', 'rows', 'annals_format'],
);
const anyLines = fc
  .array(
    fc.tuple(
      members,
      fc.oneof(
        value.map(({ text }) => text),
        fc.constantFrom(`"${ID}"`, '"2026-01-01T00:00:00Z"', '1'),
      ),
    ),
  )
  .map((entries) => `{${entries.map(([name, text]) => `"${name}":${text}`).join(',')}}`);

test('no line, whatever its JSON and its hints, costs the others of its chunk anything; what is a row can be said in one line of EDN', () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: rows }, { weight: 1, arbitrary: anyLines }), (line) => {
      const { rows: decoded } = decodeChunk(new TextEncoder().encode(`${line}\n`), 2);
      taken += decoded.length;
      for (const { event } of decoded) expect(encodeHistoryRow(event)).not.toContain('\n');
      expect(typeof lineValue(line)).toMatch(/object|string/);
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test.each([
  ['no milliseconds', '2026-01-01T00:00:00Z', true],
  ['no time at all', 'soon', true],
  ['a day that no calendar has', '2026-02-31T00:00:00.000Z', true],
  ['a year before our era', '-12345-01-01T00:00:00.000Z', false],
  ['an instant as the store says it', '2026-01-01T00:00:00.000Z', false],
])('an #inst of %s', (_, text, isRejected) => {
  const line = `{"id":"${ID}","valid_time":"2026-01-01T00:00:00Z","tx_time":"2026-01-01T00:00:00Z","tx":1,"doc":{":x":"${text}"},"hints":{"/:x":"#inst"}}`;
  const { rejects, rows: decoded } = decodeChunk(new TextEncoder().encode(`${line}\n${line}\n`), 2);
  const reason = 'the hint #inst at /:x does not fit the document there';
  expect(rejects.map((reject) => reject.reason)).toEqual(isRejected ? [reason, reason] : []);
  expect(decoded).toHaveLength(isRejected ? 0 : 2);
  if (isRejected) expect(lineValue(line)).toBe(reason);
});

test('hints that would end a line of an export in EDN are a reject', () => {
  const line = (doc: string, hints: string) =>
    `{"id":"${ID}","valid_time":"2026-01-01T00:00:00Z","tx_time":"2026-01-01T00:00:00Z","tx":1,"doc":${doc},"hints":${hints}}\n`;
  const lines = [line('{":x":5}', '{"/:x":["long","5\\\\u000a"]}'), line('{":x":["a"]}', '{"/:x":["tag","a\\n"]}')];
  const { rejects } = decodeChunk(new TextEncoder().encode(lines.join('')), 2);
  expect(rejects.map((reject) => reject.reason)).toEqual(lines.map(() => 'its hints hold the end of a line'));
});

test('an id may be a map of more entries than a call takes arguments', () => {
  const entries = Array.from({ length: 150_000 }, (_, i) => `:k${i} 1`).join(' ');
  const time = '#inst "2024-01-01T00:00:00.000-00:00"';
  const line = `{:eid {${entries}}, :vt ${time}, :tt ${time}, :tx 1, :doc nil}\n`;
  expect(decodeHistoryLine(line, 2)).toMatchObject({ kind: 'row' });
});

const ednRow = (tx: number, v: string) =>
  `{:eid :a, :vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx ${tx}, :doc {:xt/id :a, :v ${v}}}`;
const jsonRow = (tx: number, v: string) =>
  `{"id":"${ID}","valid_time":"2026-01-01T00:00:00Z","tx_time":"2026-01-01T00:00:00Z","tx":${tx},"doc":{"v":${v}}}`;

test.each([
  ['ones', ednRow, `[${'1 '.repeat(2_000_000)}]`],
  ['keywords', ednRow, `[${':a '.repeat(1_500_000)}]`],
  ['maps', ednRow, `[${'{:a 1} '.repeat(300_000)}]`],
  ['discarded values', ednRow, `[${'#_1 '.repeat(1_000_000)}]`],
  ['ones in JSON', jsonRow, `[${'1,'.repeat(2_000_000)}1]`],
  ['objects in JSON', jsonRow, `[${'{},'.repeat(1_500_000)}1]`],
  ['as many in JSON as only EDN has too many of', jsonRow, `[${'1,'.repeat(MAX_LINE_VALUES)}1]`],
])(
  'a line of more values than a Worker has memory for is a reject, and costs the others nothing: %s',
  (_, row, value) => {
    const { rows, rejects } = decodeChunk(new TextEncoder().encode(`${row(1, value)}\n${row(2, '1')}\n`), 2);
    expect(rows).toMatchObject([{ line: 3 }]);
    expect(rejects).toMatchObject([{ line: 2, reason: expect.stringMatching(/more than (5|25)0000 values/) }]);
  },
);

test('a line of nearly as many values as one may have, each with its exact text, comes back from a backup', () => {
  const line = ednRow(1, `[${'1E3M '.repeat(MAX_LINE_VALUES - 100)}]`);
  const [row] = decodeChunk(new TextEncoder().encode(line), 2).rows;
  const again = row && decodeChunk(new TextEncoder().encode(encodeJsonHistoryRow(row.event)), 2).rows[0];
  expect(again?.event.hints).toBe(row?.event.hints);
  expect(again?.event.hints).toContain('["decimal",');
});

test.each([
  ['doubles, which grow to 300 digits', `[${'1.0E300 '.repeat(40_000)}]`],
  ['keywords, each with a hint', `{:${'k'.repeat(180)} [${':abc '.repeat(40_000)}]}`],
])('a line of %s until no request holds it is a reject, and costs the others nothing', (_, value) => {
  const { rows, rejects } = decodeChunk(
    new TextEncoder().encode(`{:annals/format 1}\n${ednRow(1, value)}\n${ednRow(2, '1')}\n`),
    1,
  );
  expect(rows).toMatchObject([{ line: 3 }]);
  expect(rejects).toMatchObject([
    { line: 2, reason: expect.stringContaining(' bytes of a request to the database; 7340032 is the most') },
  ]);
});

test('a line that is a byte too long is a reject with its beginning kept, and costs the others nothing', () => {
  const neighbour = ednRow(1, '1');
  const long = 'x'.repeat(MAX_LINE_BYTES + 1);
  const { rows, rejects } = decodeChunk(new TextEncoder().encode(`${neighbour}\n${long}\n${neighbour}\n`), 2);
  expect(rows).toMatchObject([{ line: 2 }, { line: 4 }]);
  expect(rejects).toMatchObject([{ line: 3, reason: expect.stringContaining('the line is 5242881 bytes long') }]);
  expect(rejects[0]?.raw).toEqual(new TextEncoder().encode(long.slice(0, MAX_RAW_BYTES)));
});

const long = 'x'.repeat(3_000_000);
const native = `"tx":1,"tx_time":"2026-01-01T00:00:00Z"`;
test.each([
  ['an entity type', jsonRow(1, '1').replace('"doc"', `"entity_type":"${long}","doc"`)],
  ['an attribute', ednRow(1, `1 :${long} 1`)],
  ['who evicted', `{"evicted":"${ID}",${native},"evicted_by":"${long}"}`],
  ['the type of what was evicted', `{"evicted":"${ID}",${native},"evicted_by":"me","entity_type":"${long}"}`],
  ['the metadata of a transaction', `{"transaction":1,${native},"user_id":"${ID}","events":1,"meta":{"a":"${long}"}}`],
  ['a client', `{"transaction":1,${native},"user_id":"${ID}","events":1,"client":"${long}"}`],
  ['a type that is left out', `{:annals/skipped "${long}"}`],
  ['why the sender could not take it', `{"rejected":"${long}"}`],
])('a line is a reject, told in few words, where no request would hold it: %s', (_, line) => {
  const { rejects, rows } = decodeChunk(new TextEncoder().encode(`${line}\n${ednRow(2, '1')}\n`), 2);
  expect(rows).toMatchObject([{ line: 3 }]);
  expect(rejects).toMatchObject([{ line: 2 }]);
  expect(rejects[0]?.reason.length).toBeLessThan(1_100);
});
