import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleWorker } from '../../src/local/bundle-worker.ts';

/** Compressed, as the edge counts it. */
const MAX_BYTES = 150 * 1_000;

test.each(['src/api/worker.ts', 'src/importer/worker.ts'])(
  '%s is small, and without a Postgres client',
  async (entry) => {
    const { code } = await bundleWorker(entry, { isMinified: true });
    const bytes = gzipSync(code).byteLength;
    console.log(`${entry}: ${(bytes / 1_000).toFixed(1)} KB compressed`);
    expect(bytes).toBeLessThan(MAX_BYTES);
    // What the driver's WebSocket half signs in with: src/local/slim-driver.ts leaves it out.
    expect(code).not.toContain('SCRAM');
  },
);
