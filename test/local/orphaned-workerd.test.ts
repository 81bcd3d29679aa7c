import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endOrphanedWorkerd } from '../../src/local/orphaned-workerd.ts';

const answers = (url: string) =>
  fetch(`${url}/v1/none`).then(
    () => true,
    () => false,
  );

test('the workerd of a killed runner is ended by the next start, and that of a living one is left alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'annals-workerd-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await endOrphanedWorkerd(folder);

  const runner = fork(join(import.meta.dirname, 'workers-runner.ts'), [folder]);
  const [url] = (await once(runner, 'message')) as [string];
  await endOrphanedWorkerd(folder);
  expect(await answers(url)).toBe(true);

  runner.kill('SIGKILL');
  await once(runner, 'exit');
  await endOrphanedWorkerd(folder);
  expect(await answers(url)).toBe(false);
});
