import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gone, send } from '../../src/local/processes.ts';

test('the first Ctrl-C stops what was started, and a second one does not wait for it', async () => {
  const runner = fork(join(import.meta.dirname, 'shutdown-runner.ts'));
  const [child] = (await once(runner, 'message')) as [number];
  onTestFinished(() => {
    runner.kill('SIGKILL');
    send(child, 'SIGKILL');
  });
  runner.kill('SIGINT');
  const [said] = await once(runner, 'message');
  expect(said).toBe('goes no further');
  // Pressed until it is heard: npm hands each one on, so two in quick succession are one.
  await expect
    .poll(() => {
      runner.kill('SIGINT');
      return runner.exitCode;
    })
    .toBe(130);
  expect(await gone(child)).toBe(true);
});
