import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPostmaster } from '../../src/local/postgres-processes.ts';
import { commandLine } from '../../src/local/processes.ts';
import { startThrowAwayPostgres } from '../../src/local/throw-away-postgres.ts';

test.each(['throw-away-runner.ts', 'crashable-runner.ts'])(
  'what a killed run left behind is ended and removed by the next one, and what a living run uses is not (%s)',
  async (program) => {
    const living = await startThrowAwayPostgres('memory');
    try {
      const runner = fork(join(import.meta.dirname, program));
      const [abandoned] = (await once(runner, 'message')) as [string];
      runner.kill('SIGKILL');
      await once(runner, 'exit');
      const postmaster = await findPostmaster(join(abandoned, 'cluster'));
      expect(postmaster).toMatchObject({ orphaned: true, runner: runner.pid });

      const next = await startThrowAwayPostgres('memory');
      await next.stop();
      expect(await commandLine(typeof postmaster === 'object' ? postmaster.pid : 0)).toBeUndefined();
      expect(existsSync(abandoned)).toBe(false);
      expect(await commandLine(living.pid)).toContain('postgres');
      expect(existsSync(living.dataDir)).toBe(true);
    } finally {
      await living.stop();
    }
    expect(existsSync(living.dataDir)).toBe(false);
  },
);
