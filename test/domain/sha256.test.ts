import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sha256 } from '../../src/domain/codec/sha256.ts';

test('SHA-256 of bytes in any pieces is what Node says of them whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (pieces) => {
      const hash = new Sha256();
      for (const piece of pieces) hash.update(piece);
      const expected = createHash('sha256').update(Buffer.concat(pieces)).digest('hex');
      expect(Buffer.from(hash.digest()).toString('hex')).toBe(expected);
    }),
  );
});
