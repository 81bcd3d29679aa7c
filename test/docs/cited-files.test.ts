import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = ['README.md', 'test/INVARIANTS.md', ...globSync('docs/*.md', { cwd: ROOT })];

test.each(PAGES)('every file that %s names is there', (page) => {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  const named = [...text.matchAll(/`((?:src|migrations|test|bench|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path = '']) =>
    fileURLToPath(new URL(path, `file://${ROOT}${page}`)).slice(ROOT.length),
  );
  expect([...named, ...linked].filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
});

test('the pages do name files', () => {
  expect(PAGES.length).toBeGreaterThan(10);
  expect(readFileSync(`${ROOT}test/INVARIANTS.md`, 'utf8')).toContain('`migrations/0015_refused_writes.sql`');
});
