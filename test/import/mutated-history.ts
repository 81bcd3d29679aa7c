import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../src/importer/limits.ts';
import { cutHistory } from './history-cut.ts';

const WHOLE = Buffer.from(cutHistory(25).text);

/** Somewhere in a file, as a share of its length. */
export const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
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
/** Over what a line may be; two of them are over what a chunk may be. */
const HUGE = 'x'.repeat(MAX_LINE_BYTES + 1);
/** Of a gzip bomb: far over what a chunk may be, in a few kilobytes. */
const BOMB_BYTES = 64 * 1024 * 1024;

type Mutation = {
  at: number;
  how: 'flip' | 'cut' | 'drop' | 'double' | 'insert' | 'swell' | 'utf16' | 'latin1';
  with: string;
  bit: number;
};
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: place,
  how: fc.constantFrom('flip', 'cut', 'drop', 'double', 'insert', 'flip', 'drop', 'insert', 'swell', 'utf16', 'latin1'),
  with: fc.constantFrom(...SPICE),
  bit: fc.integer({ min: 0, max: 7 }),
});

/** What is done to a history, one after the other. */
export const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

export const mutated = (how: readonly Mutation[]): Buffer => how.reduce(mutate, WHOLE);

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
    case 'utf16':
      return Buffer.from(bytes.toString('utf8'), 'utf16le');
    case 'latin1':
      return Buffer.concat([before, Buffer.from('a café', 'latin1'), after]);
  }
}

export type Packing = 'plain' | 'gzip' | 'cut gzip' | 'bomb';

/** As it lies on disk or goes over the line, and the refusals that this alone may bring. */
export function packed(bytes: Buffer, packing: Packing, place: number): { body: Buffer; refused: readonly number[] } {
  if (packing === 'plain') return { body: bytes, refused: [] };
  if (packing === 'bomb') return { body: gzipSync(Buffer.concat([bytes, Buffer.alloc(BOMB_BYTES)])), refused: [413] };
  const whole = gzipSync(bytes);
  if (packing === 'gzip') return { body: whole, refused: [] };
  return { body: whole.subarray(0, 1 + Math.floor(place * (whole.length - 2))), refused: [400, 413] };
}

export const packing = fc.constantFrom<Packing[]>(
  'plain',
  'plain',
  'plain',
  'plain',
  'gzip',
  'gzip',
  'cut gzip',
  'bomb',
);
