import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../database.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';

interface Operation {
  op: 'put' | 'delete';
  v: number | null;
  start: string | null;
  end: string | null;
}
interface Row {
  vt: string;
  tt: string;
  tx_id: number;
  v: number | null;
}
interface Fixture {
  eid: string;
  txs: { tx_id: number; tx_time: string; ops: Operation[] }[];
  history_with_corrections: Row[];
  as_of: { V: string; T: number; v: number | null }[];
}

const USER = '00000000-0000-4000-8000-000000000001';
const fixtures: Fixture[] = readFileSync(new URL('../fixtures/xtdb1-bitemporal.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

let database: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  database = await createDatabase(SCHEMA_TEMPLATE);
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

/** Fixture entities are numbered `e0`, `e1`, …; ours have UUIDs. */
const uuidOf = (eid: string) => `00000000-0000-4000-9000-${eid.slice(1).padStart(12, '0')}`;

function operation(id: string, tx_time: string, { op, v, start, end }: Operation) {
  return {
    op,
    entity_id: id,
    entity_type: 'v',
    ...(op === 'put' && { doc: { v } }),
    // R3: the start is the transaction's time when it is not given. Said outright, since a bare delete must meet something.
    valid_from: start ?? tx_time,
    ...(end !== null && { valid_to: end }),
  };
}

test('replaying the operations of 250 entities writes the rows that XTDB wrote and answers every as-of question as it did', async () => {
  let questions = 0;
  for (const fixture of fixtures) {
    const id = uuidOf(fixture.eid);
    const times = new Map<number, string>();
    for (const { tx_id, tx_time, ops } of fixture.txs) {
      const request = { user_id: USER, operations: ops.map((op) => operation(id, tx_time, op)) };
      const { rows } = await owner.query<{ tx_time: string }>(
        "select transact($1::jsonb, $2::timestamptz) ->> 'tx_time' as tx_time",
        [JSON.stringify(request), tx_time],
      );
      times.set(tx_id, rows[0]?.tx_time ?? '');
    }
    const stored = await owner.query<{ vt: Date; tt: Date; v: number | null }>(
      `select valid_time as vt, tx_time as tt, (doc ->> 'v')::integer as v from event_log
      where entity_id = $1::uuid order by valid_time, tx_time, tx`,
      [id],
    );
    const expected = fixture.history_with_corrections.map(({ vt, tt, v }) => ({
      vt: new Date(vt),
      tt: new Date(tt),
      v,
    }));
    expect(stored.rows, `rows of ${fixture.eid}`).toEqual(expected);

    const asked = fixture.as_of.map(({ V, T }) => ({ V, T: times.get(T) }));
    const answers = await owner.query<{ v: number | null }>(
      `select (e.doc ->> 'v')::integer as v
      from rows from (jsonb_to_recordset($2::jsonb) as ("V" timestamptz, "T" timestamptz)) with ordinality as q(v, t, n)
      left join lateral version_at($1::uuid, q.v, q.t) e on true order by q.n`,
      [id, JSON.stringify(asked)],
    );
    expect(
      answers.rows.map((row) => row.v),
      `as-of answers of ${fixture.eid}`,
    ).toEqual(fixture.as_of.map(({ v }) => v));
    questions += asked.length;
  }
  expect(questions).toBe(8_289);
  // I2. The entities were folded at the fixtures' clock, years ago: the versions due since then are in force all the same.
  const { rows } = await owner.query(
    `select e.entity_id from entities e
    left join live_entities l using (entity_id)
    left join lateral version_at(e.entity_id, now(), 'infinity') v on true
    where l.doc is distinct from v.doc or l.version is distinct from case when v.doc is not null then v.seq end`,
  );
  expect(rows).toEqual([]);
});
