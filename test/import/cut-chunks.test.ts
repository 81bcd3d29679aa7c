import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, cutChunks, halves, type LineRange } from '../../src/import-client/cut-chunks.ts';

async function* partsOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\u2028', '"', '\r', '') }), { maxLength: 30 });
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

function without(lines: readonly string[], skip: readonly LineRange[]): string {
  const isIn = (number: number) => skip.some(([first, last]) => first <= number && number <= last);
  return lines.filter((_, i) => !isIn(i + 1)).join('');
}

test('chunks are the file’s lines, in order, without those that are in, however the file is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.boolean(),
      sizes,
      sizes,
      fc.array(fc.integer({ min: 1, max: 5 })),
      async (lines, ends, reads, cuts, gaps) => {
        const whole = lines.map((line, i) => (ends || i < lines.length - 1 || line === '' ? `${line}\n` : line));
        const skip: LineRange[] = [];
        let at = 0;
        gaps.forEach((gap, i) => {
          if (i % 2 === 1) skip.push([at + 1, at + gap]);
          at += gap;
        });
        let cut = 0;
        const size = () => ({ lines: cuts[cut++ % cuts.length] ?? 1, bytes: 64 });
        const chunks: Chunk[] = await Array.fromAsync(
          cutChunks(partsOf(Buffer.from(whole.join('')), reads), skip, size),
        );
        expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).toString()).toBe(without(whole, skip));
        for (const { first_line, last_line, bytes } of chunks) {
          expect(whole.slice(first_line - 1, last_line).join('')).toBe(Buffer.from(bytes).toString());
          for (const [first, last] of skip) expect(last < first_line || last_line < first).toBe(true);
        }
      },
    ),
  );
});

test('a chunk falls into halves that are it again, down to a line', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b') }), { minLength: 1 }),
      fc.integer({ min: 1, max: 99 }),
      (lines, first_line) => {
        const bytes = Buffer.from(`${lines.join('\n')}\n`);
        const chunk = { first_line, last_line: first_line + lines.length - 1, bytes };
        const [one, two] = halves(chunk) ?? [chunk, null];
        if (two === null) {
          expect(lines).toHaveLength(1);
          return;
        }
        expect(Buffer.concat([one.bytes, two.bytes]).equals(bytes)).toBe(true);
        expect([one.first_line, one.last_line + 1, two.last_line]).toEqual([
          first_line,
          two.first_line,
          chunk.last_line,
        ]);
        expect(Buffer.from(one.bytes).toString().split('\n')).toHaveLength(one.last_line - one.first_line + 2);
      },
    ),
  );
});

test('a line that no chunk can hold is refused by its number', async () => {
  const bytes = Buffer.concat([Buffer.from('{}\n'), Buffer.alloc(9 * 1024 * 1024, 'x')]);
  const chunks = cutChunks(partsOf(bytes, [1024 * 1024]), [], () => ({ lines: 10, bytes: 1000 }));
  await expect(Array.fromAsync(chunks)).rejects.toThrow(/^Line 2 is longer than/);
});
