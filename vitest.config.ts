import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// A worker for each file and each `annals` that they start would compile the same modules anew: a tenth of the run's time.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/postgres-cluster.ts', 'test/build-web-client.ts', 'test/bundle-workers.ts'],
    sequence: { shuffle: true },
    // Files wait for Postgres, workerd and Chromium more than they compute: of two cores Vitest would give them one worker.
    maxWorkers: Math.max(4, availableParallelism()),
    // What is waited for is waited for as long as a busy machine needs; a second, the default, is a timing in disguise.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
