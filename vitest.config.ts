import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/postgres-cluster.ts', 'test/build-web-client.ts'],
    sequence: { shuffle: true },
    testTimeout: 60_000,
    // A poll waits for something to come true, however busy the machine is: the standard second is a timing assertion.
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 120_000,
  },
});
