import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ANALYTICS } from '../../src/analytics/registry.ts';
import { TRIPWIRES } from '../../src/analytics/tripwires.ts';

const page = readFileSync(new URL('../../docs/analytics.md', import.meta.url), 'utf8');
const playbook = readFileSync(new URL('../../docs/playbook.md', import.meta.url), 'utf8');

/** The names in the first column of the table whose first heading is this. */
function namesIn(text: string, heading: string): string[] {
  const [, table = ''] = text.split(new RegExp(`^\\| ${heading} .*\\n\\|[ |-]+\\n`, 'm'));
  const rows = table.split('\n');
  const end = rows.findIndex((row) => !row.startsWith('|'));
  return rows
    .slice(0, end)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
}

test('docs/analytics.md lists everything that the cron runs', () => {
  expect(namesIn(page, 'name').sort()).toEqual(ANALYTICS.map(({ name }) => name).sort());
});

test.each([
  ['docs/analytics.md', page],
  ['docs/playbook.md', playbook],
])('%s lists every tripwire', (_file, text) => {
  expect(namesIn(text, 'tripwire').sort()).toEqual(Object.keys(TRIPWIRES).sort());
});
