import fc from 'fast-check';
import pg from 'pg';
import { expect } from 'vitest';
import type { ChunkAnswer } from '../../src/importer/apply-chunk.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import { MAX_CHUNK_BYTES } from '../../src/importer/limits.ts';
import type { Stack } from '../stack.ts';
import { mutated, mutations, packed, packing, place } from './mutated-history.ts';

/** Sends mutated histories to the import Worker: each gets an answer for every line, or a clear refusal that leaves nothing. */
export async function importMutatedChunks(stack: Stack, runs: number): Promise<void> {
  const owner = new pg.Pool({ connectionString: stack.database.url, max: 1 });
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(mutations, packing, place, async (done, how, where) => {
        const bytes = mutated(done);
        fc.pre(bytes.length > 0);
        const sent = packed(bytes, how, where);
        const fingerprint = String(++run).padStart(64, '0');
        const opening = await stack.fetchImporter('/v1/imports', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ fingerprint, file_name: 'mutated', total_bytes: bytes.length }),
        });
        const { import_id } = (await opening.json()) as ImportStatus;
        const answer = await stack.fetchImporter(
          `/v1/imports/${import_id}/chunks?first_line=1&fingerprint=${fingerprint}`,
          {
            method: 'POST',
            headers: { 'content-type': 'application/edn', ...(how !== 'plain' && { 'content-encoding': 'gzip' }) },
            body: new Uint8Array(sent.body),
          },
        );
        const { rows } = await owner.query(
          `select (select count(*)::integer from import_chunks where import_id = $1) as chunks,
           (select count(*)::integer from import_rejects where import_id = $1) as rejects, stale_entities()::integer as stale`,
          [import_id],
        );
        if (answer.status === 200) {
          expect(sent.refused).toEqual([]);
          const body = (await answer.json()) as ChunkAnswer;
          const lines = bytes.toString('latin1').split('\n').length - (bytes.at(-1) === 0x0a ? 1 : 0);
          expect(body.last_line).toBe(lines);
          expect(rows[0]).toEqual({ chunks: 1, rejects: body.rejects.length, stale: 0 });
          return;
        }
        const body = (await answer.json()) as { code: string; message: string };
        expect(body.code).toBe(`AN${answer.status}`);
        if (answer.status === 422) expect(body.message).toMatch(/line 1|footer/);
        else expect([...sent.refused, ...(bytes.length > MAX_CHUNK_BYTES ? [413] : [])]).toContain(answer.status);
        expect(rows[0]).toEqual({ chunks: 0, rejects: 0, stale: 0 });
      }),
      { numRuns: runs },
    );
  } finally {
    await owner.end();
  }
}
