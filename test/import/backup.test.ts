import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exportedLines } from '../../src/cli/export-history.ts';
import { importFile } from '../../src/cli/import-file.ts';
import { verifyHistory } from '../../src/cli/verify-history.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import { callerOf } from '../api/caller.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { type Stack, stackFor } from '../stack.ts';
import { emptyStore } from './empty-store.ts';
import { cutHistory } from './history-cut.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const copy = stackFor(SCHEMA_TEMPLATE);
const cut = cutHistory(150);
const user = randomUUID();
const [a, b, c, d, e, f, g] = Array.from({ length: 7 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

const habit = (label: string, more: object = {}) => ({ label, sensitive: false, archived: false, ...more });
const put = (id: string, doc: object, more: object = {}) => ({ op: 'put', id, entity_type: 'habit', doc, ...more });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annals-backup-'));
  const history = await cut.save();
  await bringIn(stack(), history);
  await rm(history);
  // Everything that a person can leave in a store, besides what came from XTDB.
  const me = callerOf(stack, user);
  await me.write(put(a, habit('a')), put(b, habit('b', { 'x/free': { list: [1, 2.5, 'x', null, {}], 'no key': 1 } })));
  const meta = { operations: [put(a, habit('A'))], meta: { why: 'a correction', big: 3 } };
  await me.ok('POST', '/v1/transactions', meta);
  await me.write(put(c, habit('c'), { valid_from: '2031-01-01T00:00:00Z' }));
  await me.write(put(b, habit('B'), { valid_from: '2001-01-01T00:00:00Z', valid_to: '2002-01-01T00:00:00Z' }));
  await me.write(put(d, habit('d')), put(e, habit('e')));
  await me.write({ op: 'delete', id: d });
  await me.write({ op: 'evict', id: e });
  // As much as a write may have.
  await me.write(put(g, habit('x'.repeat(4 * 1024 * 1024 - 1_000))));
  const awkward = `{"operations":[{"op":"put","id":"${f}","entity_type":"habit","doc":{"label":"a\\u0000b","sensitive":false,"archived":false,"notes":"\\ud800","x/big":9007199254740993,"x/exact":0.1000000000000000055511,"x/deep":{"k\\u0000":[{"__proto__":1,"\\u0000":"\\u0000"}],"k␀":2}}}]}`;
  await me.ok('POST', '/v1/transactions', awkward);
});
beforeEach(async () => {
  await emptyStore(copy().database);
  await copy().database.query(`select setval('tx_seq', 1, false)`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function bringIn(target: Stack, file: string): Promise<ImportStatus> {
  return importFile({ file, url: target.workers.importUrl, token: () => target.operatorToken() });
}

async function exported(source: Stack, format: 'edn' | 'ndjson'): Promise<string> {
  const now = new Date('2026-07-01T00:00:00Z');
  const lines = exportedLines({ databaseUrl: source.database.url, format, version: '0', now });
  return (await Array.fromAsync(lines)).join('');
}

async function saved(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Everything that a store holds but numbers that are its own: sequence, transaction id of Postgres, import. */
const CONTENTS = {
  log: `select entity_id, iso(valid_time) as valid_time, iso(tx_time) as tx_time, tx, user_id, entity_type, doc::text, hints::text
    from event_log order by 1, 2, 3, 4`,
  current: `select to_jsonb(e) - 'version' as entity, e.doc::text, e.hints::text from entities e order by entity_id`,
  evictions: `select entity_id, xtdb_id_hash, tx, tx_time, user_id, entity_type, evicted_by from evictions order by tx, 1, 2`,
  transactions: `select tx, tx_time, user_id, events, client, meta::text from transactions order by tx`,
};

async function contents({ database }: Stack) {
  const rows = Object.entries(CONTENTS).map(async ([name, query]) => [name, (await database.query(query)).rows]);
  return Object.fromEntries(await Promise.all(rows)) as Record<keyof typeof CONTENTS, object[]>;
}

describe('a backup in NDJSON', () => {
  test('restores to an equal store, which exports to the same file again and goes on from there', async () => {
    const backup = await exported(stack(), 'ndjson');
    const path = await saved('backup.ndjson', backup);
    const status = await bringIn(copy(), path);
    const before = await contents(stack());
    expect(status).toMatchObject({
      state: 'finished',
      rejects: 0,
      rows: before.log.length,
      inserted: before.log.length,
      evictions: before.evictions.length,
      transactions: before.transactions.length,
    });
    expect(before.transactions.length).toBeGreaterThan(6);
    expect(before.evictions.length).toBeGreaterThan(0);
    expect(await contents(copy())).toEqual(before);
    expect(await exported(copy(), 'ndjson')).toBe(backup);

    for (const { database } of [stack(), copy()]) {
      const { equal, differences, as_of } = await verifyHistory({ file: path, databaseUrl: database.url });
      expect({ equal, differences, wrong: as_of.wrong }).toEqual({ equal: true, differences: [], wrong: [] });
    }
    const told = await saved('told-otherwise.ndjson', backup.replace('"a correction"', '"another reason"'));
    expect(await verifyHistory({ file: told, databaseUrl: copy().database.url })).toMatchObject({
      equal: false,
      differences: [{ type: '(transaction)', same_digest: false }],
    });
    // The same again is known, and the store goes on where the other was: with transactions of its own, and undoing old ones.
    expect(await bringIn(copy(), path)).toMatchObject({ import_id: status.import_id });
    const me = callerOf(copy, user);
    const { tx } = await me.write(put(a, habit('after')));
    expect(tx).toBe(Math.max(...before.transactions.map((row) => Number((row as { tx: string }).tx))) + 1);
    const { transactions } = await me.get('/v1/transactions?limit=50');
    const meta = transactions.find((entry: { meta: { why?: string } | null }) => entry.meta?.why === 'a correction');
    expect(meta).toMatchObject({ meta: { why: 'a correction', big: 3 } });
  });

  test('whose evictions were rejected has whose they were and who evicted, once they are mended', async () => {
    const lines = (await exported(stack(), 'ndjson')).split('\n');
    const evictions = lines.flatMap((text, i) => (text.startsWith('{"evicted"') ? [{ text, line: i + 1 }] : []));
    const broken = lines.map((text) => text.replace(/^{"evicted".*"evicted_by":/, '$&1,"was":'));
    const { import_id, rejects } = await bringIn(copy(), await saved('broken.ndjson', broken.join('\n')));
    expect(rejects).toBe(evictions.length);
    for (const { text, line } of evictions) {
      const mended = await copy().fetchImporter(`/v1/imports/${import_id}/rejects/${line}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/x-ndjson' },
        body: text,
      });
      expect(await mended.json()).toEqual({ applied: true, line });
    }
    expect(evictions.length).toBeGreaterThan(0);
    expect(await contents(copy())).toEqual(await contents(stack()));
  });

  test('of another store is refused where its transactions’ numbers are taken, and nothing of the chunk is written', async () => {
    const text = await exported(stack(), 'ndjson');
    await bringIn(copy(), await saved('own.ndjson', text));
    const before = await contents(copy());
    await expect(bringIn(copy(), await saved('other.ndjson', text.replaceAll(user, randomUUID())))).rejects.toThrow(
      /another transaction \d+/,
    );
    expect(await contents(copy())).toEqual(before);
  });
});

test('an export in EDN keeps microseconds, and imports and verifies as equal values', async () => {
  const text = await exported(stack(), 'edn');
  expect(text).toMatch(/:tt #time\/instant "[-\dT:]+\.\d{6}Z"/);
  const path = await saved('export.edn', text);
  expect(await bringIn(copy(), path)).toMatchObject({ state: 'finished', rejects: 0 });
  const sorted = (lines: string) => lines.split('\n').slice(1).sort();
  expect(sorted(await exported(copy(), 'edn'))).toEqual(sorted(text));
  for (const { database } of [stack(), copy()])
    expect(await verifyHistory({ file: path, databaseUrl: database.url })).toMatchObject({ equal: true });
});

test('a user’s own export from the API, as NDJSON, imports as it is', async () => {
  const { body } = await callerOf(stack, user).ok('GET', '/v1/export?format=ndjson&history=full');
  const status = await bringIn(copy(), await saved('mine.ndjson', body));
  expect(status).toMatchObject({ state: 'finished', rejects: 0, conflicts: 0 });
});

test('an eviction takes the record out of what imports kept of it as a reject, too', async () => {
  const me = callerOf(copy, user);
  const [doomed, other] = [randomUUID(), randomUUID()];
  await me.write(put(doomed, habit('doomed')), put(other, habit('other')));
  const changed = (await exported(copy(), 'ndjson')).replaceAll('"label":', '"notes":"secret","label":');
  expect(await bringIn(copy(), await saved('changed.ndjson', changed))).toMatchObject({ conflicts: 2 });
  await me.write({ op: 'evict', id: doomed });
  const { rows } = await copy().database.query(
    `select convert_from(raw, 'UTF8') as raw from import_rejects order by length(raw)`,
  );
  expect(rows).toEqual([{ raw: '' }, { raw: expect.stringContaining(other) }]);
});
