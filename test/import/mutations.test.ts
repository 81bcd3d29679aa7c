import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChunkAnswer } from '../../src/importer/apply-chunk.ts';
import type { ImportStatus } from '../../src/importer/import-status.ts';
import { MAX_CHUNK_BYTES } from '../../src/importer/limits.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';
import { cutHistory } from './history-cut.ts';

const stack = stackFor(SCHEMA_TEMPLATE);
const source = Buffer.from(cutHistory(25).text);
let owner: pg.Pool;
beforeAll(() => {
  owner = new pg.Pool({ connectionString: stack().database.url, max: 1 });
});
afterAll(() => owner?.end());

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const SPICE = [
  '{',
  '}',
  '"',
  '#{',
  '\\',
  '##',
  '#',
  '\n',
  '\0',
  '\ufeff',
  '\ud83d',
  '(',
  '#inst "',
  '9'.repeat(400),
  '['.repeat(3_000),
  ':',
  'nil',
];
/** Over what a line may be; three of them are over what a chunk may be. */
const HUGE = 'x'.repeat(3 * 1024 * 1024);
/** Of a gzip bomb: far over what a chunk may be, in a few kilobytes. */
const BOMB_BYTES = 64 * 1024 * 1024;

type Mutation = { at: number; how: 'flip' | 'cut' | 'drop' | 'double' | 'insert' | 'swell'; with: string; bit: number };
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: place,
  how: fc.constantFrom('flip', 'cut', 'drop', 'double', 'insert', 'flip', 'drop', 'insert', 'swell'),
  with: fc.constantFrom(...SPICE),
  bit: fc.integer({ min: 0, max: 7 }),
});

function mutate(bytes: Buffer, { at, how, with: spice, bit }: Mutation): Buffer {
  const i = Math.floor(at * bytes.length);
  const [before, after] = [bytes.subarray(0, i), bytes.subarray(i)];
  switch (how) {
    case 'flip': {
      const copy = Buffer.from(bytes);
      copy[i] = (copy[i] ?? 0) ^ (1 << bit);
      return copy;
    }
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after.subarray(50)]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, 700), after]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(spice), after]);
    case 'swell':
      return Buffer.concat([before, Buffer.from(HUGE), after]);
  }
}

type Packing = 'plain' | 'gzip' | 'cut gzip' | 'bomb';

/** As it goes over the line, and the refusals that this alone may bring. */
function packed(bytes: Buffer, packing: Packing, place: number): { body: Buffer; refused: readonly number[] } {
  if (packing === 'plain') return { body: bytes, refused: [] };
  if (packing === 'bomb') return { body: gzipSync(Buffer.concat([bytes, Buffer.alloc(BOMB_BYTES)])), refused: [413] };
  const whole = gzipSync(bytes);
  if (packing === 'gzip') return { body: whole, refused: [] };
  return { body: whole.subarray(0, 1 + Math.floor(place * (whole.length - 2))), refused: [400, 413] };
}

const packing = fc.constantFrom<Packing[]>('plain', 'plain', 'plain', 'plain', 'gzip', 'gzip', 'cut gzip', 'bomb');

test('a mutated history gets an answer for every line, or a clear refusal that leaves nothing', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      packing,
      place,
      async (mutations, how, where) => {
        const bytes = mutations.reduce(mutate, source);
        fc.pre(bytes.length > 0);
        const sent = packed(bytes, how, where);
        const fingerprint = String(++run).padStart(64, '0');
        const opening = await stack().fetchImporter('/v1/imports', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ fingerprint, file_name: 'mutated', total_bytes: bytes.length }),
        });
        const { import_id } = (await opening.json()) as ImportStatus;
        const answer = await stack().fetchImporter(
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
      },
    ),
    { numRuns: 200 },
  );
});
