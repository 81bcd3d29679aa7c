import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportedLines } from '../../src/cli/export-history.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import { entityIdOf } from '../../src/domain/codec/entity-id.ts';
import { encodeHistoryRow } from '../../src/domain/codec/history-line.ts';
import type { StoredEvent } from '../../src/domain/codec/stored-event.ts';
import { canonicalEdn } from '../../src/domain/edn/canonical.ts';
import { readEdn } from '../../src/domain/edn/read.ts';
import { EdnMap, type EdnValue, Keyword } from '../../src/domain/edn/value.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

interface Expected {
  rows: number;
  entities: number;
  evicted: number;
  tombstone_rows: number;
  exported_at: string;
  by_user_type: {
    user: string | null;
    type: string | null;
    live: number;
    live_not_deleted: number;
    live_not_deleted_nor_legacy: number;
    rows: number;
  }[];
  live_at: { V: string; T: string; live: number }[];
  as_of: { eid: string; V: string; T: string; doc: string | null }[];
  entity_history: { eid: string; history: { vt: string; tt: string; tx: number; doc: boolean }[] }[];
}

const FIXTURE = new URL('../fixtures/xtdb1-history.edn.gz', import.meta.url).pathname;
const expected = JSON.parse(
  readFileSync(new URL('../fixtures/xtdb1-history.expected.json', import.meta.url), 'utf8'),
) as Expected;

const stack = stackFor(SCHEMA_TEMPLATE);
let store: pg.Pool;
let status: ImportStatus;
let requests: { sql: number; http: number };

beforeAll(async () => {
  const { workers, operatorToken, database, neon } = stack();
  const before = neon.traffic.counts.http_requests;
  let http = 0;
  const token = () => {
    http++;
    return operatorToken();
  };
  status = await importFile({ file: FIXTURE, url: workers.importUrl, token });
  requests = { sql: neon.traffic.counts.http_requests - before, http };
  store = new pg.Pool({ connectionString: database.urlAs('annals_import'), max: 2 });
});
afterAll(() => store?.end());

function value(text: string): EdnValue {
  const read = readEdn(text);
  if (!read.ok) throw new Error(`${read.error.reason}: ${text.slice(0, 200)}`);
  return read.value;
}

const canonical = (text: string): string => canonicalEdn(value(text));
const entityId = (eid: string): string => entityIdOf(value(eid));

function docOf(line: string): string {
  const map = value(line);
  if (!(map instanceof EdnMap)) throw new Error('a row is a map');
  const at = map.keys.findIndex((key) => key instanceof Keyword && key.name === 'doc');
  return canonicalEdn(map.values[at] ?? null);
}

describe('the whole history of a real node', () => {
  test('ends finished, with every row in, and no line rejected', () => {
    expect(status).toMatchObject({
      state: 'finished',
      rows: expected.rows,
      inserted: expected.rows,
      tombstones: expected.tombstone_rows,
      evictions: expected.evicted,
      rejects: 0,
      conflicts: 0,
      footer: { rows: expected.rows, entities: expected.entities, evicted: expected.evicted },
    });
  });

  test('took one request to the database for each request to the import Worker', () => {
    expect(requests.sql).toBe(requests.http);
  });

  test('has the node’s counts of rows, entities, tombstones and evictions', async () => {
    const { rows } = await store.query(
      `select (select count(*)::integer from event_log) as rows, (select count(*)::integer from entities) as entities,
         (select count(*)::integer from event_log where doc is null) as tombstone_rows,
         (select count(*)::integer from evictions) as evicted`,
    );
    const { rows: r, entities, tombstone_rows, evicted } = expected;
    expect(rows[0]).toEqual({ rows: r, entities, tombstone_rows, evicted });
  });

  test('has the node’s counts per user and type, for history and for what is visible', async () => {
    const { rows } = await store.query(
      `with rows_of_type as (
         select case when v.entity_type = 'user' and not coalesce(v.hints ? '/user_id', false) then null else v.user_id end as "user",
           coalesce(t.xtdb_name, v.entity_type) as type, v.*
         from (
           select true as live, v.* from entities e cross join lateral version_at(e.entity_id, $1, 'infinity') v
           union all
           select false, e.* from event_log e
         ) v
         left join entity_types t on t.name = v.entity_type
         where v.doc is not null
       )
       select "user", type, count(*) filter (where live)::integer as live,
         count(*) filter (where live and not doc ? 'deleted_at')::integer as live_not_deleted,
         count(*) filter (where live and not doc ?| array['deleted_at', 'tech.jgood.gleanmo.schema/deleted-at'])::integer
           as live_not_deleted_nor_legacy,
         count(*) filter (where not live)::integer as rows
       from rows_of_type group by 1, 2`,
      [expected.exported_at],
    );
    const key = (row: { user: string | null; type: string | null }) => `${row.user} ${row.type}`;
    const byKey = (a: Expected['by_user_type'][number], b: typeof a) => (key(a) < key(b) ? -1 : 1);
    expect(rows.sort(byKey)).toEqual([...expected.by_user_type].sort(byKey));
  });

  test('shows as many entities as the node at every asked (valid time, transaction time)', async () => {
    for (const { V, T, live } of expected.live_at) {
      const { rows } = await store.query(
        'select count(*)::integer as live from entities e cross join lateral version_at(e.entity_id, $1, $2) v where v.doc is not null',
        [V, T],
      );
      expect({ V, T, live: rows[0].live }).toEqual({ V, T, live });
    }
  });

  test('gives the node’s answer to all 3,000 as-of questions', async () => {
    const { rows } = await store.query<StoredEvent & { question: number }>(
      `select q.n::integer - 1 as question, v.entity_id::text, v.entity_type, v.user_id::text, v.tx::text, v.doc::text, v.hints::text,
         '1970-01-01T00:00:00.000Z' as valid_time, '1970-01-01T00:00:00.000Z' as tx_time
       from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) with ordinality as q(entity_id, v, t, n)
       cross join lateral version_at(q.entity_id, q.v, q.t) v where v.doc is not null`,
      [expected.as_of.map((q) => entityId(q.eid)), expected.as_of.map((q) => q.V), expected.as_of.map((q) => q.T)],
    );
    const answers = new Map(rows.map((row) => [row.question, docOf(encodeHistoryRow(row))]));
    const wrong = expected.as_of.filter(
      (q, i) => (answers.get(i) ?? null) !== (q.doc === null ? null : canonical(q.doc)),
    );
    expect(expected.as_of).toHaveLength(3_000);
    expect(wrong).toEqual([]);
  });

  test('gives the node’s 200 histories', async () => {
    const iso = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
    const ms = (text: string) => new Date(text).getTime();
    for (const { eid, history } of expected.entity_history) {
      const { rows } = await store.query(
        `select distinct on (valid_time) to_char(valid_time at time zone 'UTC', ${iso}) as vt,
           to_char(tx_time at time zone 'UTC', ${iso}) as tt, tx::integer, doc is not null as doc
         from event_log where entity_id = $1 order by valid_time, tx_time desc, tx desc`,
        [entityId(eid)],
      );
      const plain = (row: { vt: string; tt: string; tx: number; doc: boolean }) => ({
        ...row,
        vt: ms(row.vt),
        tt: ms(row.tt),
      });
      expect({ eid, history: rows.map(plain) }).toEqual({ eid, history: history.map(plain) });
    }
    expect(expected.entity_history).toHaveLength(200);
  });

  test('has current state equal to the fold of its log', async () => {
    const { rows } = await store.query('select stale_entities()::integer as stale');
    expect(rows[0].stale).toBe(0);
  });

  test('goes out again as equal values: every row, eviction and the footer', async () => {
    const options = {
      format: 'edn' as const,
      databaseUrl: stack().database.url,
      version: '0',
      now: new Date('2026-07-01T00:00:00Z'),
    };
    const lines = (await Array.fromAsync(exportedLines(options))).join('').split('\n').slice(0, -1);
    const source = gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n').slice(0, -1);
    const [header, ...came] = lines.map(canonical);
    const [, ...went] = source.map(canonical);
    expect(header).toContain(':annals/format 1');
    expect(came.at(-1)).toBe(went.at(-1));
    expect(came.length).toBe(went.length);
    expect(came.sort()).toEqual(went.sort());
  });

  test('is verified as equal, with as-of answers recomputed from the file', async () => {
    const verification = await verifyHistory({ file: FIXTURE, databaseUrl: stack().database.url });
    expect(verification).toMatchObject({
      equal: true,
      file: { rows: expected.rows, evicted: expected.evicted },
      store: { rows: expected.rows, evicted: expected.evicted, native_rows: 0 },
      differences: [],
      as_of: { asked: 1_000, wrong: [] },
      stale_entities: 0,
    });
  });

  test('imported a second time changes nothing', async () => {
    const { workers, operatorToken } = stack();
    const again = await importFile({ file: FIXTURE, url: workers.importUrl, token: operatorToken });
    expect(again).toEqual(status);
  });
});
