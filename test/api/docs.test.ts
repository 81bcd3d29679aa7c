import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(SCHEMA_TEMPLATE);

test.each([
  ['docs/api.md', ''],
  ['README.md', '## The API'],
])('every line of %s about the API runs as written', async (file, heading) => {
  const whole = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const from = whole.indexOf(heading);
  const text = whole.slice(from, heading === '' ? undefined : whole.indexOf('\n## ', from + 1));
  const [setting = '', ...blocks] = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThan(5);
  const script = [
    'set -eu -o pipefail',
    setting
      .replace(/^API=.*$/m, `API=${stack().workers.apiUrl}`)
      .replace(/^TOKEN=.*$/m, `TOKEN=${await stack().token(randomUUID())}`),
    ...blocks,
  ]
    .join('\n')
    .replaceAll('curl -sS', 'curl -sS --fail-with-body');
  const folder = await mkdtemp(join(tmpdir(), 'annals-docs-'));
  try {
    await promisify(execFile)('bash', ['-x', '-c', script], {
      cwd: folder,
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    });
    if (file !== 'docs/api.md') return;
    expect(await readFile(join(folder, 'my-history.edn'), 'utf8')).toMatch(
      /^\{:annals\/format 1, [\s\S]*:annals\/end true/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
