import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COMPATIBILITY_DATE, WORKER_PATHS } from '../../src/local/run-workers.ts';

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const settingOf = (toml: string, key: string) => new RegExp(`^${key} = (.*)$`, 'm').exec(toml)?.[1];

test('both Workers run at the edge with the behaviour that they run with here', async () => {
  for (const name of ['wrangler.toml', 'wrangler.import.toml']) {
    expect(settingOf(await read(name), 'compatibility_date'), name).toBe(JSON.stringify(COMPATIBILITY_DATE));
  }
  expect(JSON.parse(settingOf(await read('wrangler.toml'), 'run_worker_first') ?? '[]')).toEqual(WORKER_PATHS);
});

test('every setting that the Workers read is named in .dev.vars.example', async () => {
  const example = await read('.dev.vars.example');
  const sources = await Promise.all(['src/api/env.ts', 'src/api/token-settings.ts', 'src/importer/env.ts'].map(read));
  const names = sources.join('\n').matchAll(/^ {2}(?:readonly )?([A-Z][A-Z_]+)\??: string;/gm);
  const settings = [...names].map((match) => match[1]);
  expect(settings).toContain('DATABASE_URL');
  for (const setting of settings) expect(example).toMatch(new RegExp(`^(# )?${setting}=`, 'm'));
});
