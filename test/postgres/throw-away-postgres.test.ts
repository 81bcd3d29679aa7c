import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandLine } from '../../src/local/processes.ts';
import { startThrowAwayPostgres } from '../../src/local/throw-away-postgres.ts';

test('what a killed run left behind is ended and removed by the next one, and what a living run uses is not', async () => {
  const living = await startThrowAwayPostgres();
  try {
    const runner = fork(new URL('throw-away-runner.ts', import.meta.url));
    const [abandoned] = (await once(runner, 'message')) as [{ pid: number; dataDir: string }];
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    expect(await commandLine(abandoned.pid)).toContain('postgres');
    expect(existsSync(abandoned.dataDir)).toBe(true);

    const next = await startThrowAwayPostgres();
    await next.stop();
    expect(await commandLine(abandoned.pid)).toBeUndefined();
    expect(existsSync(abandoned.dataDir)).toBe(false);
    expect(await commandLine(living.pid)).toContain('postgres');
    expect(existsSync(living.dataDir)).toBe(true);
  } finally {
    await living.stop();
  }
  expect(existsSync(living.dataDir)).toBe(false);
});
