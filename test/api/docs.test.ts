import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { sampleTemplate } from '../sample-template.ts';
import { stackFor } from '../stack.ts';

const stack = stackFor(sampleTemplate);

test.each([
  ['docs/api.md', ''],
  ['docs/rest.md', ''],
  ['README.md', '## The API'],
])('every line of %s about the API runs as written', async (file, heading) => {
  const whole = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
  const from = whole.indexOf(heading);
  const text = whole.slice(from, heading === '' ? undefined : whole.indexOf('\n## ', from + 1));
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThan(5);
  const [maya] = SAMPLE_USERS;
  const tokens: Readonly<Record<string, string>> = {
    'maya@example.com': await stack().token(maya?.id ?? ''),
    'operator@example.com': await stack().operatorToken(),
  };
  const script = ['set -eu -o pipefail', ...blocks]
    .join('\n')
    .replace(/^API=.*$/m, `API=${stack().workers.apiUrl}`)
    .replaceAll(/\$\(npm run --silent token -- (\S+)\)/g, (_, email: string) => tokens[email] ?? email)
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
