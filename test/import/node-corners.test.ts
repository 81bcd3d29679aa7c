import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { exportedLines } from '../../src/cli/export-history.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import { entityIdOf } from '../../src/domain/codec/entity-id.ts';
import { canonicalEdn } from '../../src/domain/edn/canonical.ts';
import { edn } from '../domain/edn-value.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { emptyStore } from './empty-store.ts';

const ID = 'a8eeba81-0ad4-407c-8820-9046c2fd1ce6';
/**
 * What XTDB 1.24.5 exported of: a put from 2024-01-01 on, then in one transaction an eviction and a function that puts from
 * 2024-02-01 to 2024-03-01. The end of that range brings back a row of before the eviction, whose document is gone.
 */
const EXPORT = `{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-11-23T00:20:08.065-00:00"}
{:eid #uuid "${ID}", :vt #inst "2024-02-01T00:00:00.000-00:00", :tt #inst "2024-01-03T00:00:00.000-00:00", :tx 2, :doc {:v 2, :xt/id #uuid "${ID}"}}
{:eid #uuid "${ID}", :vt #inst "2024-03-01T00:00:00.000-00:00", :tt #inst "2024-01-02T00:00:00.000-00:00", :tx 1, :doc nil}
{:evicted "a633e2534fb1e8fe91a1b43b9c0c66b5a0bbb6f1", :tx 2, :tt #inst "2024-01-03T00:00:00.000-00:00"}
{:annals/end true, :rows 2, :entities 1, :evicted 1}
`;
/** The node's own answers. */
const ANSWERS = [
  { V: '2024-01-15', T: '2024-01-02', v: null },
  { V: '2024-01-15', T: '2024-01-03', v: null },
  { V: '2024-02-15', T: '2024-01-02', v: null },
  { V: '2024-02-15', T: '2024-01-03', v: 2 },
  { V: '2024-03-15', T: '2024-01-02', v: null },
  { V: '2024-03-15', T: '2024-01-03', v: null },
];

/** Of the same node: valid times of the year 0 (which Clojure writes in the Julian calendar), and names that EDN has no notation for. */
const ODD_EXPORT = `{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-11-23T00:20:08.460-00:00"}
{:eid #uuid "${ID}", :vt #inst "0001-01-01T00:00:00.000-00:00", :tt #inst "2024-01-03T00:00:00.000-00:00", :tx 2, :doc {:v 2, :xt/id #uuid "${ID}"}}
{:eid :odd, :vt #inst "2024-01-04T00:00:00.000-00:00", :tt #inst "2024-01-04T00:00:00.000-00:00", :tx 3, :doc {#annals/keyword "High energy" #annals/keyword "a b/c", #annals/keyword "a\u0000" 1, :div clojure.core//, :sym #annals/symbol "1 2", :last #time/instant "+1000000000-12-31T23:59:59.999999999Z", :c \\uD83D, :tech.jgood.gleanmo.schema.meta/type :bm-log, :bm-log/bristol #annals/keyword "a\u0000", :xt/id :odd}}
{:annals/end true, :rows 2, :entities 2, :evicted 0}
`;

const stack = stackFor(SCHEMA_TEMPLATE);
let folder: string;
let owner: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-history-'));
  owner = new pg.Client({ connectionString: stack().database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner?.end();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => emptyStore(owner));

async function bring(history: string) {
  const { workers, database, operatorToken } = stack();
  const file = join(folder, 'history.edn');
  await writeFile(file, history);
  const status = await importFile({ file, url: workers.importUrl, token: operatorToken });
  return { status, verification: await verifyHistory({ file, databaseUrl: database.url }) };
}

test('an entity that was evicted and put for a while in one transaction is there for that while, as in XTDB', async () => {
  const { status, verification } = await bring(EXPORT);
  expect(status).toMatchObject({ state: 'finished', rows: 2, evictions: 1, erased: 0 });
  const { rows } = await owner.query(
    `select q."V", q."T", (v.doc ->> ':v')::integer as v
     from jsonb_to_recordset($2::jsonb) as q("V" text, "T" text)
     left join lateral version_at($1, q."V"::timestamptz, q."T"::timestamptz) v on true order by 1, 2`,
    [ID, JSON.stringify(ANSWERS)],
  );
  expect(rows.map(({ V, T, v }) => ({ V, T, v: v ?? null }))).toEqual(ANSWERS);
  expect(verification).toMatchObject({ equal: true, differences: [], as_of: { wrong: [] } });
});

/** A history of the one entity. */
function historyOf(source: string, rows: readonly string[], evicted: readonly string[]): string {
  return [
    `{:annals/format 1, :source {:store "xtdb", :version "1.24.5"${source}}, :exported-at #inst "2026-11-23T00:20:08.065-00:00"}`,
    ...rows.map((row) => `{:eid #uuid "${ID}", ${row}}`),
    ...evicted.map((place) => `{:evicted "a633e2534fb1e8fe91a1b43b9c0c66b5a0bbb6f1", ${place}}`),
    `{:annals/end true, :rows ${rows.length}, :entities ${Math.min(rows.length, 1)}, :evicted ${evicted.length}}\n`,
  ].join('\n');
}
const FIRST = `:vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx 1, :doc {:v 1, :xt/id #uuid "${ID}"}`;
const ENDED = ':vt #inst "2024-03-01", :tt #inst "2024-01-02", :tx 2, :doc nil';
const EVICTED = ':tx 3, :tt #inst "2024-01-03"';
const PUT_AGAIN = `:vt #inst "2024-02-01", :tt #inst "2024-01-03", :tx 3, :doc {:v 3, :xt/id #uuid "${ID}"}`;
const BROUGHT_BACK = `:vt #inst "2024-04-01", :tt #inst "2024-01-01", :tx 1, :doc {:v 1, :xt/id #uuid "${ID}"}`;

test('a row of before an eviction stays, its document too, where the file that tells of the eviction has it', async () => {
  const { status, verification } = await bring(historyOf('', [PUT_AGAIN, BROUGHT_BACK], [EVICTED]));
  expect(status).toMatchObject({ state: 'finished', erased: 0 });
  expect(verification).toMatchObject({ equal: true, store: { rows: 2 } });
  // So it does out of a backup, and in a store that has the eviction already.
  const options = { format: 'ndjson', databaseUrl: stack().database.url, version: '0', now: new Date() } as const;
  const backup = (await Array.fromAsync(exportedLines(options))).join('');
  await emptyStore(owner);
  expect(await bring(backup)).toMatchObject({ status: { erased: 0 }, verification: { equal: true } });
  await emptyStore(owner);
  expect(await bring(historyOf('', [PUT_AGAIN], [EVICTED]))).toMatchObject({ verification: { equal: true } });
  const again = await bring(historyOf('', [PUT_AGAIN, BROUGHT_BACK], [EVICTED]));
  expect(again).toMatchObject({ status: { inserted: 1, erased: 0 }, verification: { equal: true } });
});

test.each(['the delta', 'the base'])(
  'a delta’s eviction takes what the base brought, but for what the delta has too; %s last',
  async (last) => {
    const base = historyOf('', [FIRST, ENDED], []);
    const delta = historyOf(', :since 2', [PUT_AGAIN, ENDED], [EVICTED]);
    const whole = historyOf('', [PUT_AGAIN, ENDED], [EVICTED]);
    const files = last === 'the delta' ? [base, delta] : [delta, base];
    await bring(files[0] ?? '');
    expect(await bring(files[1] ?? '')).toMatchObject({ status: { erased: 1, conflicts: 0 } });
    for (const file of [delta, whole])
      expect(await bring(file)).toMatchObject({
        status: { erased: expect.any(Number) },
        verification: { equal: true },
      });
    // The base once more, exported anew.
    expect(await bring(base.replace('1.24.5', '1.24.4'))).toMatchObject({ status: { inserted: 1, erased: 1 } });
    expect(await bring(whole)).toMatchObject({ verification: { equal: true } });
  },
);

test('a delta has rows of before an eviction that its base told of', async () => {
  await bring(historyOf('', [PUT_AGAIN], [EVICTED]));
  const delta = historyOf(', :since 3', [PUT_AGAIN, PUT_AGAIN.replaceAll('3', '5'), BROUGHT_BACK], []);
  expect(await bring(delta)).toMatchObject({ status: { inserted: 2, erased: 0 }, verification: { equal: true } });
  // One of before the eviction knows nothing of it.
  const older = historyOf(', :since 2', [FIRST], []);
  expect(await bring(older)).toMatchObject({ status: { inserted: 1, erased: 1 } });
});

test('where XTDB lost the document of a row that it brought back, the delta’s delete takes the place of the base’s document', async () => {
  await bring(historyOf('', [FIRST], []));
  const delta = historyOf(', :since 2', [PUT_AGAIN, FIRST.replace(/:doc .*/, ':doc nil')], [EVICTED]);
  expect(await bring(delta)).toMatchObject({
    status: { erased: 1, conflicts: 1, mended: 1 },
    verification: { equal: true, store: { rows: 2 } },
  });
  const { rows } = await owner.query('select raw::text, mended_at is not null as is_mended from import_rejects');
  expect(rows).toEqual([{ raw: '\\x', is_mended: true }]);
});

test.each([
  // SHA-1 of `foo`, which is XTDB's name of the id.
  [':foo', '#xtdb/id "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"', ':foo'],
  [`:${ID}`, `:${ID}`, `#uuid "${ID}"`],
  [`#uuid "${ID}"`, `:${ID}`, `#uuid "${ID}"`],
])('%s is one entity where the base names it %s and the delta %s', async (own, inBase, inDelta) => {
  const DELETED = ':vt #inst "2024-01-01", :tt #inst "2024-01-01", :tx 1, :doc nil';
  const put = (day: number) =>
    `:vt #inst "2024-01-0${day}", :tt #inst "2024-01-0${day}", :tx ${day}, :doc {:v ${day}, :xt/id ${own}}`;
  const named = (eid: string, source: string, rows: readonly string[]) =>
    historyOf(source, rows, []).replaceAll(`#uuid "${ID}", :vt`, `${eid}, :vt`);
  // By hash alone XTDB knows what was never put.
  const known = inBase.startsWith('#xtdb/id') ? [DELETED] : [DELETED, put(2)];
  expect(await bring(named(inBase, '', known))).toMatchObject({ verification: { equal: true } });
  const later = [DELETED, put(2), put(3)];
  expect(await bring(named(inDelta, ', :since 1', later))).toMatchObject({
    status: { inserted: 3 - known.length, conflicts: 0 },
    verification: { equal: true },
  });
  expect(await bring(named(inDelta, '', later))).toMatchObject({
    status: { inserted: 0 },
    verification: { equal: true },
  });
  // An export has both names.
  const options = { format: 'edn', databaseUrl: stack().database.url, version: '0', now: new Date() } as const;
  const exported = (await Array.fromAsync(exportedLines(options))).join('');
  expect(exported).toContain(inBase);
  expect(await bring(exported)).toMatchObject({ status: { conflicts: 0 }, verification: { equal: true } });
  // What differs elsewhere is another version still.
  const others = [put(2).replace(':v 2', ':v 4'), put(3).replace(/:xt\/id .*/, ':xt/id :other}')];
  expect(await bring(named(inDelta, '', others))).toMatchObject({ status: { conflicts: 2 } });
});

test('valid times of the year 0 and names without a notation go in and out as equal values', async () => {
  const { status, verification } = await bring(ODD_EXPORT);
  expect(status).toMatchObject({ state: 'finished', rows: 2, rejects: 0 });
  expect(verification).toMatchObject({ equal: true, differences: [], as_of: { wrong: [] } });
  const options = { format: 'edn', databaseUrl: stack().database.url, version: '0', now: new Date() } as const;
  const came = (await Array.fromAsync(exportedLines(options))).join('').trimEnd().split('\n');
  const rows = (lines: readonly string[]) => lines.slice(1).map((line) => canonicalEdn(edn(line)));
  expect(rows(came).sort()).toEqual(rows(ODD_EXPORT.trimEnd().split('\n')).sort());
});

test('a record whose XTDB id has a NUL answers the UUID that stands for it, as every record does', async () => {
  const USER = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
  await bring(`{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-11-23T00:20:08.065-00:00"}
{:eid "a\u0000", :vt #inst "2024-01-01T00:00:00.000-00:00", :tt #inst "2024-01-01T00:00:00.000-00:00", :tx 1, :doc {:xt/id "a\u0000", :user/id #uuid "${USER}", :tech.jgood.gleanmo.schema.meta/type :habit, :habit/label "b\u0000"}}
{:annals/end true, :rows 1, :entities 1, :evicted 0}
`);
  const record = { id: entityIdOf('a\0'), label: 'b\0' };
  const get = async (path: string) => (await stack().fetch(path, { as: USER })).json();
  expect(await get(`/v1/entities/${record.id}`)).toMatchObject(record);
  expect(await get('/v1/entities?entity_type=habit')).toMatchObject({ records: [record] });
  expect(await get('/rest/v1/habit')).toMatchObject([record]);
});

test('what came with times of the year 0 is read page by page, and exported', async () => {
  const USER = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
  const [one, two, three] = ['01', '02', '03'].map(
    (day) =>
      `{:eid #uuid "${ID}", :vt #inst "0001-01-${day}", :tt #inst "0001-01-${day}", :tx -${Number(day)}, :doc {:xt/id #uuid "${ID}", :user/id #uuid "${USER}"}}`,
  );
  await bring(`{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-11-23T00:20:08.065-00:00"}
${one}\n${two}\n${three}\n{:annals/end true, :rows 3, :entities 1, :evicted 0}\n`);
  const fetched = (path: string) => stack().fetch(path, { as: USER });
  for (const path of [`/v1/entities/${ID}/history?corrections=true`, `/v1/entities/${ID}/history?`, '/v1/history?']) {
    const times: string[] = [];
    for (let after = ''; after !== '&after=null' && times.length < 4; ) {
      const { versions, next } = await (await fetched(`${path}&limit=1${after}`)).json();
      times.push(...versions.map(({ valid_time }: { valid_time: string }) => valid_time.slice(0, 10)));
      after = `&after=${next}`;
    }
    // By the Julian calendar the first of January of the year 1 is two days earlier.
    expect(times).toEqual(['0001-01-01', '0000-12-31', '0000-12-30']);
  }
  const lines: string[] = [];
  for (let path = '/v1/export?history=full&limit=1'; path !== '' && lines.length < 6; ) {
    const page = await fetched(path);
    lines.push(...(await page.text()).trimEnd().split('\n'));
    path = /<(.*)>/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
  }
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toContain('"rows":3');
});

test('a backup whose transaction times are of the year 0 comes in, evictions and transactions too', async () => {
  const USER = 'a58626f1-e158-4bc5-a050-e9dafb06c81c';
  const { status, verification } =
    await bring(`{"annals_format":1,"source":{"store":"annals","version":"0"},"exported_at":null}
{"evicted":"9c1c7e0f-6f3e-4b44-8d8a-0d1f4f2f7a11","user_id":"${USER}","entity_type":"habit","evicted_by":"${USER}","tx_time":"0000-12-30T00:00:00Z","tx":1}
{"transaction":2,"tx_time":"0000-12-31T00:00:00Z","user_id":"${USER}","events":1}
{"id":"${ID}","valid_time":"0000-12-31T00:00:00Z","tx_time":"0000-12-31T00:00:00Z","tx":2,"doc":{":v":1}}
{"end":true,"rows":1,"entities":1,"evicted":1,"transactions":1}
`);
  expect(status).toMatchObject({ state: 'finished', rows: 1, evictions: 1, transactions: 1, rejects: 0 });
  expect(verification).toMatchObject({ equal: true, differences: [], as_of: { wrong: [] } });
});
