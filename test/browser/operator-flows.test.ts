import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { cutHistory, historyOf } from '../import/history-cut.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { axeViolations } from './axe-violations.ts';
import { launchBrowser } from './launch-browser.ts';
import { look } from './look.ts';
import { openPage, SIZES, signIn } from './open-page.ts';
import { startWebStack, type WebStack } from './web-stack.ts';

const OPERATOR = SAMPLE_USERS.find((user) => user.is_operator);
const MAYA = SAMPLE_USERS[0];
const DAY_MS = 86_400_000;
if (OPERATOR === undefined || MAYA === undefined) throw new Error('The sample has nobody for these tests.');

/** So that the health page has slow calls to show. */
const EVERY_CALL_IS_SLOW = { SLOW_CALL_MS: '0' };

let stack: WebStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startWebStack(SCHEMA_TEMPLATE, EVERY_CALL_IS_SLOW), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** The operator's imports, signed in as on the first day. */
async function openImports(size: keyof typeof SIZES = 'desktop') {
  const opened = await openPage(browser, size, 'light');
  await signIn(opened.page, stack.origin, OPERATOR?.email ?? '');
  await opened.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Operator' }).click();
  await opened.page.getByRole('navigation', { name: 'Operator' }).getByRole('link', { name: 'Imports' }).click();
  await opened.page.getByText('Drop a history here, or choose a file').waitFor();
  return opened;
}

/** The import of a file of this name, as the server has it. */
const importOf = async (name: string) => (await stack.imports()).find((each) => each.file_name === name);

const chooseFile = (page: Page, label: string | RegExp, name: string, text: string) =>
  page.getByLabel(label).setInputFiles({ name, mimeType: 'application/edn', buffer: Buffer.from(text) });

describe.concurrent('the operator', () => {
  it('tries a file, imports it, sees what was rejected, and proves that the store holds the rest', async ({
    expect,
  }) => {
    const { page, complaints } = await openImports();
    const whole = cutHistory(40);
    const rows = whole.rows - 1;
    const { text } = historyOf(whole.lines.with(2, '{:eid 1'), rows, 40);
    await chooseFile(page, /Drop a history here/, 'forty.edn', text);

    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('Nothing was written.').waitFor();
    await page.getByText(/^Line 3: /).waitFor();
    await look(expect, page, 'desktop', 'dry-run');
    expect(await importOf('forty.edn')).toBeUndefined();

    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('link', { name: 'Look at it, and verify it' }).click();
    await page.getByRole('heading', { name: 'forty.edn' }).waitFor();
    expect(await importOf('forty.edn')).toMatchObject({ state: 'finished', rows, rejects: 1 });

    await page.getByRole('cell', { name: '{:eid 1', exact: true }).waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const file = await downloading;
    expect(file.suggestedFilename()).toBe('forty.edn.rejects.edn');
    expect(await readFile(await file.path(), 'utf8')).toMatch(/^; 3: .*\n\{:eid 1\n$/);

    await page.getByRole('button', { name: 'Verify with forty.edn' }).click();
    await page.getByText('Equal but for a line that nobody can read.').waitFor();
    await page.getByText(`${rows} versions of`).waitFor();
    await look(expect, page, 'desktop', 'import');

    await page.reload();
    await chooseFile(page, /Drop forty.edn here/, 'other.edn', cutHistory(3).text);
    await page.getByText('other.edn is not the file of this import.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('pauses an import, leaves, comes back, goes on with its file, and cancels another', async ({ expect }) => {
    const { page } = await openImports('phone');
    const { text, rows } = cutHistory(2_500);
    // Holds the second chunk back until the pause was asked for.
    let paused = () => {};
    const asked = new Promise<void>((resolve) => {
      paused = resolve;
    });
    let chunks = 0;
    await page.route('**/chunks?*', async (route) => {
      if (++chunks > 1) await asked;
      await route.continue();
    });
    await chooseFile(page, /Drop a history here/, 'long.edn', text);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.poll(() => page.getByRole('progressbar', { name: 'Importing' }).getAttribute('value')).not.toBe('0');
    await page.getByText(/rows a second/).waitFor();
    await look(expect, page, 'phone', 'importing');
    await page.getByRole('button', { name: 'Pause' }).click();
    paused();
    await page.getByText('It is paused. What is in stays in.').waitFor();
    const before = await importOf('long.edn');
    expect(before?.state).toBe('paused');
    expect(before?.rows).toBeLessThan(rows);

    await page.unroute('**/chunks?*');
    await page.reload();
    await page.getByRole('link', { name: 'long.edn' }).click();
    await chooseFile(page, 'Go on with its file', 'long.edn', text);
    await page.getByText(/^Done\./).waitFor();
    const after = await importOf('long.edn');
    expect(after).toMatchObject({ state: 'finished', rows });
    await look(expect, page, 'phone', 'imports');

    await page.getByRole('button', { name: 'Another file' }).click();
    await page.route('**/chunks?*', () => {});
    await chooseFile(page, /Drop a history here/, 'unwanted.edn', cutHistory(7).text);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel import' }).click();
    await page.getByText('The import is cancelled.').waitFor();
    const unwanted = await importOf('unwanted.edn');
    expect(unwanted?.state).toBe('cancelled');
    await page.context().close();
  });

  it('takes a file that is dropped, and imports it by the keyboard alone', async ({ expect }) => {
    const { page } = await openImports();
    const { text, rows } = cutHistory(12);
    const carried = await page.evaluateHandle((edn) => {
      const carried = new DataTransfer();
      carried.items.add(new File([edn], 'dropped.edn'));
      return carried;
    }, text);
    await page.locator('.file-drop').dispatchEvent('drop', { dataTransfer: carried });
    await page.getByText('dropped.edn', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Another file' }).click();

    const focused = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.closest('label, button, a')?.textContent ?? '');
    const tabTo = async (name: string): Promise<void> => {
      for (let i = 0; i < 40 && !(await focused()).startsWith(name); i++) await page.keyboard.press('Tab');
      expect(await focused()).toContain(name);
    };
    // Waited for from here, since the browser must know before the key is pressed that nobody sees its dialog.
    const choosing = page.waitForEvent('filechooser');
    await tabTo('Drop a history here');
    await page.keyboard.press('Enter');
    await (await choosing).setFiles({ name: 'keyboard.edn', mimeType: 'application/edn', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Import', exact: true }).waitFor();
    await tabTo('Import');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Look at it, and verify it' }).waitFor();
    expect(await importOf('keyboard.edn')).toMatchObject({ state: 'finished', rows, rejects: 0 });
    await page.context().close();
  });

  it('imports only the types that are chosen of a file, and proves that part of it', async ({ expect }) => {
    const { page } = await openImports();
    const { text, lines } = cutHistory(60);
    const eidOf = (line: string) => /^\{:eid (.*?), :vt /.exec(line)?.[1];
    const eids = new Set(lines.filter((line) => /[/]type :habit-log[ ,}]/.test(line)).map(eidOf));
    const rows = lines.filter((line) => eids.has(eidOf(line))).length;
    expect(rows).toBeGreaterThan(0);
    await chooseFile(page, /Drop a history here/, 'part.edn', text);
    await page.getByText('Only a part of it').click();
    await page.getByLabel('One version per').fill('task');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('Thin takes TYPE=MINUTES').waitFor();
    await page.getByLabel('One version per').fill('');
    await page.getByLabel('Only these types').fill('habit-log');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('link', { name: 'Look at it, and verify it' }).click();
    await page.getByRole('heading', { name: 'part.edn' }).waitFor();
    expect(await importOf('part.edn')).toMatchObject({ state: 'finished', rows, arguments: { only: ['habit-log'] } });
    await page.getByRole('button', { name: 'Verify with part.edn' }).click();
    await page.getByText(/^Equal\..*rows left out, as the import was told/).waitFor();
    await page.context().close();
  });

  it('is told why a file cannot be taken', async ({ expect }) => {
    const { page } = await openImports();
    await chooseFile(page, /Drop a history here/, 'notes.edn', 'Dear diary\n');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.poll(() => page.locator('.problem-text').textContent()).toContain('header');
    await page.getByRole('button', { name: 'Another file' }).click();
    await page.getByLabel(/Drop a history here/).setInputFiles({
      name: 'cut.edn.gz',
      mimeType: 'application/gzip',
      buffer: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]),
    });
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('its gzip is broken or cut short').waitFor();
    await page.context().close();
  });
});

it('the operator sees real runs, limits, latencies and calls, and refreshes now, on a phone as at a desk', async () => {
  await stack.request(MAYA.id, '/v1/transactions', {
    operations: [{ op: 'put', entity_type: 'habit', doc: { label: 'Something to count' } }],
  });
  await stack.refresh();
  const { page, complaints } = await openPage(browser, 'desktop', 'light');
  await signIn(page, stack.origin, OPERATOR.email);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Operator' }).click();
  await page.getByRole('row', { name: /^Events / }).waitFor();
  const refreshes = page.getByRole('region', { name: 'Refreshes, ms', exact: true });
  await refreshes.locator('svg').waitFor();
  const runs = () => refreshes.locator('tbody tr').count();
  const before = await runs();
  expect(before).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Refresh now' }).click();
  await expect.poll(runs).toBeGreaterThan(before);
  await refreshes.getByRole('combobox').selectOption('daily_activity');
  await expect.poll(() => refreshes.locator('tbody tr td:nth-child(2)').allTextContents()).toContain('daily_activity');
  expect(new Set(await refreshes.locator('tbody tr td:nth-child(2)').allTextContents()).size).toBe(1);
  const latency = page.getByRole('region', { name: 'Latency by hour, ms', exact: true });
  await latency.getByRole('combobox').selectOption('POST /v1/transactions');
  await latency.locator('svg').waitFor();
  await page.getByRole('region', { name: 'Routes', exact: true }).getByText('POST /v1/transactions').waitFor();
  await page
    .getByRole('region', { name: 'Calls to the database', exact: true })
    .getByText('transact')
    .first()
    .waitFor();
  await page.getByText(/^None: whatever the daily check/).waitFor();

  // A day that the records know nothing of: tomorrow's check finds it.
  await stack.sql(
    `insert into task_flow (user_id, entity_type, day, hidden, created, done, snoozed)
     values ($1, 'task', '2026-01-09', 0, 1, 0, 0)`,
    [MAYA.id],
  );
  await stack.refresh(new Date(Date.now() + DAY_MS));
  await page.reload();
  const drift = page.getByRole('region', { name: 'Drift', exact: true }).locator('tbody td');
  await expect
    .poll(async () => (await drift.allTextContents()).slice(1))
    .toEqual(['task_flow', 'task', '2026-01-09', '1', '0']);
  await page.getByText('Single slow calls', { exact: true }).click();
  await page
    .getByText(/^Plan of /)
    .first()
    .click();
  await page.locator('pre', { hasText: /Scan|Result/ }).waitFor();
  for (const size of ['desktop', 'phone'] as const) {
    await page.setViewportSize(SIZES[size]);
    await look(expect, page, size, 'health');
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('a person who is no operator has no way to the operator’s screens, and is told so at their address', async () => {
  const { page } = await openPage(browser, 'desktop', 'light');
  await signIn(page, stack.origin, MAYA.email);
  expect(await page.getByRole('link', { name: 'Operator' }).count()).toBe(0);
  await page.goto(`${stack.origin}/operator/imports`);
  await page.getByText('This is for the operator').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await page.context().close();
});
