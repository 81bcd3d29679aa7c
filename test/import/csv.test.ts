import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { callerOf } from '../api/caller.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { emptyStore } from './empty-store.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const user = randomUUID();
const [swim, run] = [randomUUID(), randomUUID()].sort();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => emptyStore(stack().database));

/** Runs `annals import` on these lines as a file. */
async function importCsv(lines: readonly string[] | Buffer, ...options: string[]) {
  const path = join(folder, `${randomUUID()}.csv`);
  await writeFile(path, Buffer.isBuffer(lines) ? lines : `${lines.join('\r\n')}\r\n`);
  let [out, err] = ['', ''];
  const code = await runCli(['import', path, ...options], {
    env: { ANNALS_IMPORT_URL: stack().workers.importUrl, ANNALS_TOKEN: await stack().operatorToken() },
    out: (line) => {
      out += `${line}\n`;
    },
    err: (text) => {
      err += text;
    },
    is_terminal: false,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

const HABITS = [
  '--type',
  'habit_log',
  '--user',
  user,
  '--at',
  '2026-01-01T00:00:00Z',
  '--map',
  'Date=timestamp,Habit=habit_ids,Note=notes',
];
const IN_DETROIT = [...HABITS, '--set', 'time_zone=America/Detroit'];

const logs = async () =>
  (await callerOf(stack, user).get('/v1/entities?entity_type=habit_log&limit=50')).records as Record<string, unknown>[];

test('columns become fields by the mapping, typed by the schema; dates are read in the record’s zone', async () => {
  const { code, out } = await importCsv(
    [
      '\ufeffDate,Habit,Note,Ignored',
      `2026-07-01 08:00,${swim},"said ""hello"", twice\nin two lines",x`,
      `2026-01-01,"${run}, ${swim}",,y`,
      `2026-07-01T12:00:00.5+02:00,${run},plain,`,
    ],
    ...IN_DETROIT,
  );
  expect(out).toMatch(/3 rows \(3 new\).* 0 rejects/);
  expect(code).toBe(0);
  const found = (await logs()).map(({ timestamp, habit_ids, notes, time_zone, user_id }) => ({
    timestamp,
    habit_ids,
    notes,
    time_zone,
    user_id,
  }));
  const common = { time_zone: 'America/Detroit', user_id: user };
  expect(found).toEqual([
    { ...common, timestamp: '2026-07-01T12:00:00Z', habit_ids: [swim], notes: 'said "hello", twice\nin two lines' },
    { ...common, timestamp: '2026-07-01T10:00:00.500Z', habit_ids: [run], notes: 'plain' },
    { ...common, timestamp: '2026-01-01T05:00:00Z', habit_ids: [swim, run] },
  ]);
});

test('a repeat is a no-op: the same file, and another with the same records among others and other columns', async () => {
  const lines = ['Date,Habit', `2026-07-01,${swim}`, `2026-07-02,${swim}`, `2026-07-02,${swim}`];
  expect((await importCsv(lines, ...IN_DETROIT.map((o) => o.replace(',Note=notes', '')))).out).toMatch(
    /3 rows \(3 new\)/,
  );
  const again = [
    'Habit,Note,Date',
    `${swim},,2026-07-02`,
    `${swim},,2026-07-02`,
    `${run},,2026-07-02`,
    `${swim},,2026-07-01`,
  ];
  expect((await importCsv(again, ...IN_DETROIT)).out).toMatch(/4 rows \(1 new\)/);
  expect(await logs()).toHaveLength(4);
});

test('records that the schema refuses are rejects with line, reason and the line itself; a dry run says so and writes nothing', async () => {
  const lines = [
    'Date,Habit,Note',
    `2026-07-01,${swim},fine`,
    `yesterday,${swim},`,
    '2026-07-01,swimming,',
    `2026-07-01,${swim}`,
    `,${swim},no time`,
    `2026-07-01,${swim},5" of "snow`,
    `2026-07-03,${swim},fine too`,
  ];
  const dry = await importCsv(lines, ...IN_DETROIT, '--dry-run');
  expect(dry.code).toBe(3);
  expect(dry.out).toMatch(/Nothing was written\. 2 rows.* 5 rejects/);
  expect(await logs()).toEqual([]);
  const { code, err, out } = await importCsv(lines, ...IN_DETROIT);
  expect(code).toBe(3);
  for (const words of [
    /^line 3: timestamp is not an instant/m,
    /^line 4: .*habit_ids/m,
    /^line 5: it has 2 cells, and the header 3/m,
    /^line 6: timestamp/m,
    /^line 7: a quote stands in the midst of a cell/m,
  ])
    expect(err).toMatch(words);
  expect(out).toMatch(/2 rows \(2 new\).* 5 rejects/);
  const { rows } = await stack().database.query(
    `select line::integer, convert_from(raw, 'UTF8') as raw from import_rejects order by line`,
  );
  expect(rows).toEqual([3, 4, 5, 6, 7].map((line) => ({ line, raw: lines[line - 1] })));
});

test('without a zone a date is refused; an id names the record, once a file', async () => {
  const lines = [
    'id,Date,time_zone,Habit',
    `rec1,2026-07-01,Europe/Paris,${swim}`,
    `rec2,2026-07-01,,${swim}`,
    `rec1,2026-07-02,Europe/Paris,${swim}`,
  ];
  const { err } = await importCsv(lines, ...HABITS.map((o) => o.replace(',Note=notes', '')));
  expect(err).toMatch(/^line 3: timestamp has no time zone/m);
  expect(err).toMatch(/^line 4: a record with the id rec1 came before/m);
  expect(await logs()).toMatchObject([{ timestamp: '2026-06-30T22:00:00Z' }]);
});

test('a record that says it is written in the future is refused', async () => {
  const lines = ['Date,created_at,Habit', `2026-07-01,2999-01-01T00:00:00Z,${swim}`];
  const { code, err } = await importCsv(lines, ...IN_DETROIT.map((o) => o.replace(',Note=notes', '')));
  expect(code).toBe(3);
  expect(err).toMatch(/^line 2: created_at is in the future: 2999/m);
  expect(await logs()).toEqual([]);
});

test.each([
  ['a column that is not there', ['Day,Habit', 'x,y'], IN_DETROIT, 4, /no column Date; there are Day, Habit/],
  [
    'a field that is not there',
    ['Date', 'x'],
    ['--type', 'habit_log', '--user', user, '--at', '2026-01-01T00:00:00Z', '--map', 'Date=when'],
    4,
    /no field when/,
  ],
  [
    'nothing that says when it was written',
    ['timestamp', 'x'],
    ['--type', 'habit_log', '--user', user],
    4,
    /when the records were written/,
  ],
  [
    'no column that it knows',
    ['a,b', '1,2'],
    ['--type', 'habit_log', '--user', user, '--at', '2026-01-01T00:00:00Z'],
    4,
    /none of its columns/,
  ],
  ['an empty file', [], IN_DETROIT, 4, /empty/],
  ['bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0x0a]), IN_DETROIT, 4, /not UTF-8/],
  [
    'a quote that is never closed',
    Buffer.from(`timestamp\n"${'x'.repeat(6_000_000)}`),
    IN_DETROIT.slice(0, 6),
    4,
    /quote is never closed/,
  ],
  ['no such type', ['a'], ['--type', 'habits', '--user', user], 2, /no entity type habits/],
  ['no user', ['a'], ['--type', 'habit'], 2, /--user/],
  ['a mapping without a type', ['a'], ['--map', 'a=b'], 2, /--map is for CSV/],
  ['a moment to come', ['a'], [...HABITS.slice(0, 4), '--at', '2999-01-01T00:00:00Z'], 2, /future/],
] as const)('%s is told, and nothing is written', async (_, lines, options, code, words) => {
  const outcome = await importCsv(lines as readonly string[], ...options);
  expect(outcome.err).toMatch(words);
  expect(outcome.code).toBe(code);
  expect((await stack().database.query('select from event_log')).rows).toEqual([]);
});
