import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dryRun } from '../../src/cli/dry-run.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import type { ImportArguments } from '../../src/importer/request-shapes.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, startStack } from '../stack.ts';
import { emptyStore } from './empty-store.ts';
import { historyOf } from './history-cut.ts';

const HABIT = '#uuid "00000000-0000-4000-8000-00000000000a"';
const LATE = '#uuid "00000000-0000-4000-8000-00000000000b"';

let tx = 0;
const at = (minute: number) => new Date(Date.UTC(2024, 0, 1, 0, minute)).toISOString().replace('Z', '-00:00');
const row = (eid: string, minute: number, type: string | null): string =>
  `{:eid ${eid}, :vt #inst "${at(minute)}", :tt #inst "${at(minute)}", :tx ${++tx}, :doc ${
    type === null ? 'nil' : `{:xt/id ${eid}, :tech.jgood.gleanmo.schema.meta/type :${type}, :n ${minute}}`
  }}`;

/** Metrics each minute for half an hour with a delete in it; a habit that was deleted; a habit whose first row is a delete. */
const METRICS = ':performance-report/one';
const lines = [
  '{:annals/format 1, :source {:store "xtdb", :version "1.24.5"}, :exported-at #inst "2026-07-01T00:00:00.000-00:00"}',
  ...Array.from({ length: 30 }, (_, minute) => row(METRICS, minute, minute === 25 ? null : 'performance-report')),
  row(HABIT, 1, 'habit'),
  row(HABIT, 2, null),
  row(LATE, 1, null),
  row(LATE, 2, 'habit'),
];
const history = historyOf([...lines, '{:annals/end true, :rows 34, :entities 3, :evicted 0}'], 34, 3);

let stack: Stack & { stop(): Promise<void> };
let owner: pg.Pool;
let file: string;
beforeAll(async () => {
  stack = await startStack(SCHEMA_TEMPLATE);
  owner = new pg.Pool({ connectionString: stack.database.url, max: 2 });
  file = await history.save();
});
afterAll(async () => {
  await owner?.end();
  await stack?.stop();
  await rm(file, { force: true });
});
beforeEach(() => emptyStore(owner));

const common = () => ({ file, url: stack.workers.importUrl, token: () => stack.operatorToken() });
const bring = (chosen: ImportArguments) => importFile({ ...common(), arguments: chosen });
const verify = (chosen: ImportArguments) => verifyHistory({ file, databaseUrl: stack.database.url, arguments: chosen });
async function minutesOf(type: string): Promise<number[]> {
  const { rows } = await owner.query<{ minute: number }>(
    `select extract(minute from l.valid_time at time zone 'UTC')::integer as minute from event_log l
     where exists (select from event_log t where t.entity_id = l.entity_id and t.entity_type = $1)
     order by l.entity_id, l.valid_time`,
    [type],
  );
  return rows.map(({ minute }) => minute);
}

test('deletes are reported under the type that their entity had', async () => {
  const { import_id } = await bring({});
  const report = await stack.fetchImporter(`/v1/imports/${import_id}/report`);
  expect(await report.json()).toMatchObject({
    types: {
      performance_report: { rows: 30, versions: 29, tombstones: 1 },
      habit: { rows: 3, versions: 2, tombstones: 1 },
      '?': { rows: 1, versions: 0, tombstones: 1 },
    },
  });
});

describe('an import of a part', () => {
  test.each<[ImportArguments, number, Record<string, number>, number[], number[]]>([
    [{ only: ['habit'] }, 4, { 'performance-report': 30 }, [], [1, 2, 1, 2]],
    [{ except: ['habit'] }, 30, { habit: 4 }, Array.from({ length: 30 }, (_, i) => i), []],
    // Of each ten minutes the newest; the delete stays, and so does what it deleted.
    [{ thin: { 'performance-report': 10 } }, 9, { 'performance-report': 25 }, [9, 19, 24, 25, 29], [1, 2, 1, 2]],
    [
      { thin: { 'performance-report': 60 }, except: ['habit'] },
      3,
      { 'performance-report': 27, habit: 4 },
      [24, 25, 29],
      [],
    ],
  ])('%j takes %i rows and says what it left out', async (chosen, rows, skipped, metrics, habits) => {
    const status = await bring(chosen);
    expect(status).toMatchObject({ state: 'finished', arguments: chosen, rows, skipped: 34 - rows, rejects: 0 });
    expect([await minutesOf('performance_report'), await minutesOf('habit')]).toEqual([metrics, habits]);
    const report = await stack.fetchImporter(`/v1/imports/${status.import_id}/report`);
    expect(await report.json()).toMatchObject({ skipped });
    expect(await dryRun({ ...common(), arguments: chosen })).toMatchObject({ rows, skipped: 34 - rows });

    expect(await verify(chosen)).toMatchObject({ equal: true, file: { rows, skipped: 34 - rows } });
    expect((await verify({})).equal).toBe(false);
    expect(await bring(chosen)).toEqual(status);
  });

  test('and then of all is another import, which brings the rest', async () => {
    const part = await bring({ only: ['habit'] });
    const all = await bring({});
    expect(all.import_id).not.toBe(part.import_id);
    expect(all).toMatchObject({ arguments: {}, rows: 34, inserted: 30, skipped: 0 });
    expect((await verify({})).equal).toBe(true);
  });

  test('cannot pass for an import of all: a chunk that leaves rows out is refused there', async () => {
    const opened = await stack.fetchImporter('/v1/imports', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fingerprint: history.fingerprint, file_name: 'x', total_bytes: 1 }),
    });
    const { import_id } = (await opened.json()) as { import_id: string };
    const sent = await stack.fetchImporter(
      `/v1/imports/${import_id}/chunks?first_line=2&fingerprint=${history.fingerprint}`,
      { method: 'POST', headers: { 'content-type': 'application/edn' }, body: '{:annals/skipped "habit"}\n' },
    );
    expect({ status: sent.status, body: await sent.json() }).toMatchObject({ status: 409, body: { code: 'AN409' } });
  });
});
