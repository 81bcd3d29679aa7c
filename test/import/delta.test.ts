import { readFile, rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import { LineDigests, lineValue } from '../../src/domain/codec/history-digest.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, startStack } from '../stack.ts';
import { emptyStore } from './empty-store.ts';
import { cutHistory, historyOf } from './history-cut.ts';
import { splitHistory } from './history-split.ts';
import { storeDigest } from './store-digest.ts';

const cut = cutHistory(400);
const { base, delta, whole, evicted_rows } = splitHistory(cut, 600);

let stack: Stack & { stop(): Promise<void> };
let owner: pg.Pool;
let undisturbed: string;
const files: Record<'base' | 'delta' | 'whole', string> = { base: '', delta: '', whole: '' };

beforeAll(async () => {
  stack = await startStack(SCHEMA_TEMPLATE);
  owner = new pg.Pool({ connectionString: stack.database.url, max: 2 });
  files.base = await base.save();
  files.delta = await delta.save();
  files.whole = await whole.save();
  await bring(files.whole);
  undisturbed = await storeDigest(owner);
});
afterAll(async () => {
  await owner?.end();
  await stack?.stop();
  for (const file of Object.values(files)) await rm(file, { force: true });
});
beforeEach(() => emptyStore(owner));

const bring = (file: string) => importFile({ file, url: stack.workers.importUrl, token: () => stack.operatorToken() });
const verify = (file: string) => verifyHistory({ file, databaseUrl: stack.database.url });

describe('a delta', () => {
  test('after its base leaves the store that the whole history leaves, and verifies as what it is: a part', async () => {
    expect(await bring(files.base)).toMatchObject({ inserted: base.rows, erased: 0 });
    expect((await verify(files.delta)).equal).toBe(false);
    expect(await bring(files.delta)).toMatchObject({
      state: 'finished',
      rows: delta.rows,
      inserted: whole.rows - (base.rows - evicted_rows),
      evictions: 2,
      erased: evicted_rows,
      conflicts: 0,
    });
    expect(evicted_rows).toBeGreaterThan(1);
    expect(await storeDigest(owner)).toBe(undisturbed);
    expect(await verify(files.delta)).toMatchObject({
      equal: true,
      since: '600',
      file: { rows: delta.rows, evicted: 2 },
      store: { rows: delta.rows, evicted: 2 },
    });
    expect(await verify(files.whole)).toMatchObject({ equal: true, since: null });
  });

  test('that came first, and a base that brings the evicted back, end the same', async () => {
    await bring(files.delta);
    expect(await bring(files.base)).toMatchObject({ erased: evicted_rows });
    expect(await storeDigest(owner)).toBe(undisturbed);
    // Exported anew: another file with the same old rows.
    const again = await historyOf(
      base.lines.map((line) => line.replace('1.24.5', '1.24.4')),
      base.rows,
      base.entities,
    ).save();
    const repeated = await bring(again);
    await rm(again);
    expect(repeated).toMatchObject({ inserted: evicted_rows, erased: evicted_rows, conflicts: 0 });
    expect(await storeDigest(owner)).toBe(undisturbed);
  });

  test('verifies where its entity was evicted before the base already, and again since', async () => {
    const eid = '#uuid "a8eeba81-0ad4-407c-8820-9046c2fd1ce6"';
    const history = (source: string, tx: number) =>
      historyOf(
        [
          `{:annals/format 1, :source {${source}}, :exported-at #inst "2024-01-09T00:00:00.000-00:00"}`,
          `{:evicted "a633e2534fb1e8fe91a1b43b9c0c66b5a0bbb6f1", :tx ${tx}, :tt #inst "2024-01-0${tx}T00:00:00.000-00:00"}`,
          `{:eid ${eid}, :vt #inst "2024-01-0${tx + 1}T00:00:00.000-00:00", :tt #inst "2024-01-0${tx + 1}T00:00:00.000-00:00", :tx ${tx + 1}, :doc {:v ${tx}, :xt/id ${eid}}}`,
          '{:annals/end true, :rows 1, :entities 1, :evicted 1}',
        ],
        1,
        1,
      ).save();
    const [older, newer] = [await history(':store "xtdb"', 2), await history(':store "xtdb", :since 3', 4)];
    try {
      await bring(older);
      expect(await bring(newer)).toMatchObject({ inserted: 1, erased: 1 });
      expect(await verify(newer)).toMatchObject({
        equal: true,
        since: '3',
        file: { evicted: 1 },
        store: { evicted: 1 },
      });
      // So does the page, by the digests of each.
      const page = await (await stack.fetchImporter('/v1/verify/digests')).json();
      const named = new LineDigests();
      for (const text of (await readFile(newer, 'utf8')).trimEnd().split('\n')) {
        const line = lineValue(text);
        if (typeof line !== 'string') named.add(line);
      }
      expect(named.entries()).toHaveLength(2);
      expect(page).toMatchObject({ entries: expect.arrayContaining(named.entries()), next: null });
    } finally {
      await rm(older);
      await rm(newer);
    }
  });

  test('erases through the log’s own rule: nothing of the evicted is left, nor in rejects', async () => {
    await bring(files.base);
    // A copy of the doomed that became a reject: the same places in history with other words.
    const changed = await historyOf(
      base.lines.map((line) => line.replace(/:doc \{/, ':doc {:other true, ')),
      base.rows,
      base.entities,
    ).save();
    const conflicting = await bring(changed);
    await rm(changed);
    expect(conflicting.conflicts).toBeGreaterThan(0);
    await bring(files.delta);
    const { rows } = await owner.query(
      `select (select count(*)::integer from event_log l where l.entity_id = v.entity_id and (l.tx_time, l.tx) < (v.tx_time, v.tx)) as left_over,
         (select count(*)::integer from import_rejects r where r.raw <> '' and convert_from(r.raw, 'UTF8')::jsonb ->> 'entity_id' = v.entity_id::text) as in_rejects
       from evictions v`,
    );
    expect(rows).toEqual([1, 2].map(() => ({ left_over: 0, in_rejects: 0 })));
  });
});
