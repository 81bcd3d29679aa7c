import { expect, test } from 'vitest';
import { filteredBytes } from '../../src/import-client/filtered-bytes.ts';
import { readHistory } from '../../src/import-client/read-history.ts';

const MIB = 1024 * 1024;

/** A header, then a line of so many MiB and its end, a MiB at a time; it knows how much of it was asked for. */
function longLine(mebibytes: number) {
  const file = {
    read: 0,
    async *parts() {
      yield Buffer.from('{:annals/format 1}\n');
      for (; file.read < mebibytes; file.read++) yield Buffer.alloc(MIB, 'x');
      yield Buffer.from('\n');
    },
  };
  return file;
}

const readers: Record<string, (parts: AsyncIterable<Uint8Array>) => AsyncIterable<unknown>> = {
  'a part that is sent': (parts) => filteredBytes(parts, { only: ['habit'] }),
  'a verification': (parts) => readHistory(parts, {}),
};

test.each(Object.entries(readers))(
  '%s gives up a line that no chunk can hold before it is all read',
  async (_, read) => {
    const endless = longLine(100);
    await expect(Array.fromAsync(read(endless.parts()))).rejects.toMatchObject({
      kind: 'bad_file',
      message: 'Line 2 is longer than 8388608 bytes.',
    });
    expect(endless.read).toBeLessThan(10);
  },
);

test.each(Object.entries(readers))('%s takes a line of as much as a chunk', async (_, read) => {
  const most = longLine(8);
  await Array.fromAsync(read(most.parts()));
  expect(most.read).toBe(8);
});
