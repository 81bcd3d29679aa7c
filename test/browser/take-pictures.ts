import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { launchBrowser } from './launch-browser.ts';
import { openPage, signIn } from './open-page.ts';

/** Takes the pictures of the README and the docs beside a running `npm start`: `node test/browser/take-pictures.ts`. */

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly theme: 'light' | 'dark';
  readonly is_operators?: boolean;
  open?(page: Page): Promise<void>;
}

const PICTURES: readonly Picture[] = [
  { name: 'calendar', path: '/calendar?type=habit_log&year=2025', theme: 'light' },
  {
    name: 'dashboards',
    path: '/dashboards?type=reading_log&from=2026-01-01&to=2026-06-29&compare=true',
    theme: 'dark',
  },
  {
    name: 'record',
    path: '/records/task',
    theme: 'light',
    async open(page) {
      await page.locator('.table-title a').first().click();
      await page.getByRole('tab', { name: 'History' }).click();
      await page.getByText('Created').waitFor();
    },
  },
  { name: 'time-machine', path: '/?at=2026-03-01T17:00:00Z', theme: 'light' },
  {
    name: 'import',
    path: '/operator/imports',
    theme: 'light',
    is_operators: true,
    open: (page) =>
      page
        .getByRole('link', { name: /[.]edn/ })
        .first()
        .click(),
  },
];
const SIZE = { width: 1280, height: 760 };

const origin = (await readFile('.data/address', 'utf8')).trim();
const browser = await launchBrowser();
for (const { name, path, theme, is_operators = false, open } of PICTURES) {
  const user = SAMPLE_USERS.find((each) => (each.is_operator ?? false) === is_operators);
  if (user === undefined) throw new Error('The sample has nobody for this picture.');
  const { page } = await openPage(browser, 'desktop', theme);
  await page.setViewportSize(SIZE);
  await signIn(page, origin, user.email);
  await page.goto(origin + path);
  await open?.(page);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `docs/pictures/${name}.png` });
  await page.context().close();
}
await browser.close();
