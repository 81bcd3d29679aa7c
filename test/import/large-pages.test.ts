import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { LineDigests, lineValue } from '../../src/domain/codec/history-digest.ts';
import type { StoredDigests } from '../../src/importer/digest-stored.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import type { RejectsPage } from '../../src/importer/list-rejects.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { emptyStore } from './empty-store.ts';

/** What the database answers at once is bounded, by Neon at 10 MiB: pages are of fewer lines when lines are large. */
const stack = stackFor(SCHEMA_TEMPLATE);
beforeEach(() => emptyStore(stack().database));

async function answer<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await stack().fetchImporter(path, init);
  const text = await response.text();
  expect(response.ok, text.slice(0, 300)).toBe(true);
  return JSON.parse(text) as Answer;
}

/** Sends a history in chunks of so many lines. @returns the import's id */
async function bring(lines: readonly string[], chunkLines: number): Promise<string> {
  const text = `${lines.join('\n')}\n`;
  const fingerprint = createHash('sha256').update(text).digest('hex');
  const opening = { fingerprint, file_name: 'large.edn', total_bytes: text.length };
  const { import_id } = await answer<ImportStatus>('/v1/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(opening),
  });
  for (let at = 0; at < lines.length; at += chunkLines) {
    await answer(`/v1/imports/${import_id}/chunks?first_line=${at + 1}&fingerprint=${fingerprint}`, {
      method: 'POST',
      headers: { 'content-type': 'application/edn' },
      body: `${lines.slice(at, at + chunkLines).join('\n')}\n`,
    });
  }
  return import_id;
}

test('many large rejects are listed whole, page by page', async () => {
  const broken = Array.from({ length: 40 }, (_, i) => `{:broken ${i} ${'x'.repeat(250_000)}`);
  const id = await bring(['{:annals/format 1}', ...broken], 15);
  const found: [number, string][] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: RejectsPage = await answer(`/v1/imports/${id}/rejects?after_line=${after}`);
    expect(page.rejects.length).toBeGreaterThan(0);
    for (const { line, raw } of page.rejects) found.push([line, Buffer.from(raw, 'base64').toString('utf8')]);
    after = page.next_after_line;
  }
  expect(found.map(([line]) => line)).toEqual(broken.map((_, i) => i + 2));
  expect(found.map(([, raw]) => raw).join('\n') === broken.join('\n')).toBe(true);
  const last: RejectsPage = await answer(`/v1/imports/${id}/rejects?after_line=38&limit=3`);
  expect(last).toMatchObject({ rejects: [{ line: 39 }, { line: 40 }, { line: 41 }], next_after_line: null });
});

test('digests of large documents and of many evictions come whole, page by page, of the year 0 too', async () => {
  const notes = 'ü'.repeat(100_000);
  const rows = Array.from(
    { length: 60 },
    (_, i) =>
      `{:eid #uuid "00000000-0000-4000-8000-00000000000${i % 7}", :vt #inst "0001-01-01T00:00:00.0${10 + i}-00:00", :tt #inst "0001-01-02", :tx -9, :doc {:notes "${i} ${notes}"}}`,
  ).sort();
  const evictions = Array.from({ length: 4_500 }, (_, i) => {
    const hash = createHash('sha1').update(String(i)).digest('hex');
    return `{:evicted "${hash}", :tx ${i}, :tt #inst "2024-01-01T00:00:00.000-00:00"}`;
  });
  const expected = new LineDigests();
  for (const text of [...rows, ...evictions]) {
    const line = lineValue(text);
    if (typeof line === 'string') throw new Error(line);
    expected.add(line);
  }
  const header = '{:annals/format 1}';
  await bring([header, ...rows], 15);
  await bring([header, ...evictions], 5_000);
  const stored = new LineDigests();
  let pages = 0;
  for (let after: string | null = ''; after !== null; pages++) {
    const page: StoredDigests = await answer(`/v1/verify/digests${after && `?after=${after}`}`);
    for (const [key, lines, digest] of page.entries) stored.addSum(key, lines, BigInt(`0x${digest}`));
    after = page.next;
  }
  expect(pages).toBeGreaterThan(3);
  expect(stored.entries().sort()).toEqual(expected.entries().sort());
});
