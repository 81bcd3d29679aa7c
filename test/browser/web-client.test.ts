import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { axeViolations } from './axe-violations.ts';
import { launchBrowser } from './launch-browser.ts';
import { look, moving } from './look.ts';
import { keepPicture, type Memory, openPage, SIZES, signIn } from './open-page.ts';
import { startWebStack, type WebStack } from './web-stack.ts';

const [MAYA, JOERG, ASHA] = SAMPLE_USERS;
if (MAYA === undefined || JOERG === undefined || ASHA === undefined)
  throw new Error('The sample has fewer users than these tests need.');
const ZONE = 'America/Detroit';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let stack: WebStack;
let browser: Browser;
let memory: Memory;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startWebStack(SCHEMA_TEMPLATE), launchBrowser()]);
  await stack.request(MAYA.id, '/v1/transactions', { operations: records() });
  await stack.refresh();
  const { page } = await openPage(browser, 'desktop', 'light');
  await signIn(page, stack.origin, MAYA.email);
  memory = await page.context().storageState();
  await page.context().close();
});

/** A page of Maya's that was signed in before. */
async function open(): Promise<Page> {
  const { page } = await openPage(browser, 'desktop', 'light', memory);
  await page.goto(stack.origin);
  await page.getByText(/^As of/).waitFor();
  return page;
}
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Maya's records: habits of three days ago, a timer that runs since an hour, and 2025's habits on known days. */
function records() {
  const now_ms = Date.now();
  const ago = (ms: number) => new Date(now_ms - ms).toISOString();
  const project = '22222222-2222-4222-8222-222222222222';
  const logAt = (timestamp: string) => ({
    op: 'put',
    entity_type: 'habit_log',
    doc: { timestamp, time_zone: ZONE, habit_ids: [HABIT] },
  });
  return [
    {
      op: 'put',
      id: MAYA?.id,
      entity_type: 'user',
      doc: { joined_at: '2023-01-01T00:00:00Z', email: MAYA?.email, time_zone: ZONE },
    },
    { op: 'put', id: HABIT, entity_type: 'habit', doc: { label: 'Morning walk' } },
    { op: 'put', id: project, entity_type: 'project', doc: { label: 'Garden shed' } },
    {
      op: 'put',
      entity_type: 'project_log',
      doc: { project_id: project, time_zone: ZONE, beginning: ago(HOUR_MS), notes: 'The roof' },
    },
    {
      op: 'put',
      entity_type: 'project_log',
      doc: { project_id: project, time_zone: ZONE, beginning: ago(4 * DAY_MS), end: ago(4 * DAY_MS - 1.5 * HOUR_MS) },
    },
    { op: 'put', entity_type: 'task', doc: { label: 'Buy nails', state: 'now' } },
    { op: 'put', entity_type: 'task', doc: { label: 'Order slates', state: 'done', done_at: ago(0) } },
    logAt(ago(3 * DAY_MS)),
    logAt(ago(3 * DAY_MS + 1)),
    // The last minute of 1 March in Detroit is 2 March in UTC.
    logAt('2025-03-02T04:59:00Z'),
    logAt('2025-03-01T15:00:00Z'),
    logAt('2025-03-02T15:00:00Z'),
    logAt('2025-07-04T15:00:00Z'),
  ];
}

/** Of all screens, on a machine that is busy. */
const WALK_MS = 240_000;
const HABIT = '11111111-1111-4111-8111-111111111111';

/** What a person can come to: an address, what is pressed there, and what then shows. Those with nothing to press come first. */
interface Screen {
  readonly name: string;
  readonly path: string;
  open?(page: Page): Promise<void>;
  /** A selector or a text of what is loaded last. */
  readonly shows: string;
}

const SCREENS: readonly Screen[] = [
  { name: 'overview', path: '/', shows: 'text=No events ahead.' },
  { name: 'records', path: '/records', shows: 'role=heading[name="Things"]' },
  { name: 'list', path: '/records/habit_log', shows: 'role=link[name="Morning walk"] >> nth=0' },
  { name: 'list-empty', path: '/records/book', shows: 'text=No books yet' },
  { name: 'record', path: `/records/habit?record=${HABIT}`, shows: 'role=button[name="Save"]' },
  { name: 'record-new', path: '/records/medication_log?add=medication_log', shows: 'role=combobox[name="Medication"]' },
  { name: 'calendar', path: '/calendar', shows: '.heatmap svg' },
  ...(
    [
      ['habit_log', 'Habits'],
      ['project_log', 'Project times'],
      ['task', 'Tasks'],
    ] as const
  ).map(([type, many]) => ({
    name: `dashboard-${type}`,
    path: `/dashboards?type=${type}&compare=true`,
    // The charts of the type before stay, dimmed, until its own are there.
    shows: `main:has(p:text("${many},")) .calendar[aria-busy="false"] .chart-card svg >> nth=0`,
  })),
  { name: 'dashboard-empty', path: '/dashboards?type=mood_log', shows: 'text=No moods in this time' },
  { name: 'history', path: '/history', shows: '.change-record >> nth=0' },
  { name: 'settings', path: '/settings', shows: 'role=switch >> nth=0' },
  { name: 'past', path: '/?at=2026-01-01T12:00:00Z', shows: 'text=The past is read-only.' },
  { name: 'no-such-page', path: '/no-such-page', shows: 'text=There is no such page' },
  {
    name: 'quick-add',
    path: '/',
    open: (page) => page.getByRole('button', { name: 'Add', exact: true }).click(),
    shows: 'role=option[name=/Habit/] >> nth=0',
  },
  {
    name: 'time-machine',
    path: '/',
    open: (page) => page.getByRole('button', { name: 'Time machine' }).click(),
    shows: 'role=slider',
  },
  {
    name: 'account',
    path: '/',
    open: (page) => page.getByRole('button', { name: MAYA.name ?? '' }).click(),
    shows: 'role=button[name="Sign out"]',
  },
  {
    name: 'list-filter',
    path: '/records/task',
    open: (page) => page.getByRole('button', { name: 'Filter' }).click(),
    shows: 'role=combobox[name="Field"]',
  },
  {
    name: 'record-history',
    path: `/records/habit?record=${HABIT}`,
    open: (page) => page.getByRole('tab', { name: 'History' }).click(),
    shows: 'role=list[name="Versions, newest first"]',
  },
  {
    name: 'events',
    path: '/calendar',
    open: (page) => page.getByRole('radio', { name: 'Events' }).check(),
    shows: 'role=heading[name="December"]',
  },
];

describe('the web client', () => {
  it.for(Object.keys(SIZES) as (keyof typeof SIZES)[])(
    'shows every screen on a %s without a fault that axe knows, by keys and without motion',
    { timeout: WALK_MS },
    async (size, { expect }) => {
      const rules = size === 'desktop' ? 'all' : 'looks';
      const { page, complaints } = await openPage(browser, size, 'light');
      await page.goto(stack.origin);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await look(expect, page, size, 'sign-in', rules);
      await signIn(page, stack.origin, MAYA.email);
      for (const { name, path, open, shows } of SCREENS) {
        // As a link does; what was pressed open stays so, so then the page is a new one.
        if (open === undefined) await page.evaluate((to) => history.pushState(null, '', to), path);
        else await page.goto(stack.origin + path);
        await open?.(page);
        await page.locator(shows).waitFor();
        await look(expect, page, size, name, rules);
      }
      // That nothing moves is seen because else something does.
      await page.goto(`${stack.origin}/records/habit?record=${HABIT}`);
      await page.getByRole('button', { name: 'Save' }).waitFor();
      expect(await moving(page)).toContain('DIALOG sheet');
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  it('has no address without a picture: the operator’s have theirs in a file of their own', async ({ expect }) => {
    const router = await readFile('src/web/router.tsx', 'utf8');
    const routes = [...router.matchAll(/path: '([^']+)'/g)].flatMap(([, path]) => path ?? []);
    const seen = SCREENS.map(({ path }) => path.replace(/[?].*/, ''));
    const unseen = routes.filter(
      (route) => !seen.some((path) => new RegExp(`^${route.replace(/[$]\w+/, '[^/]+')}$`).test(path)),
    );
    expect(unseen.filter((route) => !route.startsWith('/operator'))).toEqual(['/sign-in', '/signed-in']);
  });

  it('shows what is running, the newest records by day, and the week’s counts', async ({ expect }) => {
    const page = await open();

    const running = page.getByRole('region', { name: 'Running now' });
    await expect.poll(() => running.getByRole('timer').textContent()).toMatch(/^1:\d\d:\d\d$/);
    expect(await running.textContent()).toContain('Garden shed');

    const timeline = page.getByRole('region', { name: 'Timeline' });
    expect(await timeline.getByText('Morning walk').count()).toBeGreaterThanOrEqual(2);
    expect(await timeline.getByText('1 h 30 min').count()).toBe(1);

    const counts = page.getByRole('region', { name: 'Last seven days' });
    const countsOf = (name: RegExp) => counts.getByRole('row', { name }).getByRole('cell').allTextContents();
    expect(await countsOf(/^Habits/)).toEqual(['0', '2']);
    expect((await countsOf(/^Project times/)).at(-1)).toBe('2');
    await page.context().close();
  });

  it('shows a year’s local days, as many as the API says, as squares and as a table', async ({ expect }) => {
    const page = await open();
    await page.goto(`${stack.origin}/calendar?type=habit_log&year=2025`);
    await page.getByText('Show as a table').click();
    const table = page.getByRole('table');
    expect(await table.getByRole('rowheader').allTextContents()).toEqual([
      'Saturday 1 March',
      'Sunday 2 March',
      'Friday 4 July',
    ]);
    expect(await table.getByRole('cell').allTextContents()).toEqual(['2', '1', '1']);
    const heatmap = await stack.request<{ days: unknown[] }>(MAYA.id, '/v1/heatmap?entity_type=habit_log&year=2025');
    expect(heatmap.days).toHaveLength(3);
    expect(await page.locator('.summary-value').allTextContents()).toEqual(['4', '3', '2', '2']);

    // Once all is loaded it is drawn again for what it shows alone, not for what lies over it.
    const drawn = await page.locator('.heatmap').evaluateHandle((element) => {
      const count = { draws: 0 };
      new MutationObserver(() => count.draws++).observe(element, { childList: true });
      return count;
    });
    const drawnUnderSheet = async () => {
      const before = await drawn.evaluate(({ draws }) => draws);
      await page.evaluate(() => history.pushState({}, '', `${location.href}&add=habit`));
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      return (await drawn.evaluate(({ draws }) => draws)) - before;
    };
    await expect.poll(drawnUnderSheet).toBe(0);

    await page.getByRole('button', { name: 'The year before' }).click();
    await page.getByText('Nothing in 2024').waitFor();
    expect(new URL(page.url()).search).toBe('?type=habit_log&year=2024');
    await page.goBack();
    await page.getByRole('heading', { name: 'Calendar' }).waitFor();
    expect(new URL(page.url()).searchParams.get('year')).toBe('2025');
    await page.context().close();
  });

  it('shows another user nothing of it, and tells what would be there', async ({ expect }) => {
    const { page } = await openPage(browser, 'phone', 'light');
    await signIn(page, stack.origin, JOERG.email);
    expect(await page.locator('main').textContent()).not.toContain('Morning walk');
    await page.getByText('Your timeline starts here').waitFor();
    await page.getByText('Nothing is running.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'overview-empty-phone-light');
    await page.context().close();
  });

  it('shows adherence beside the period before, and every chart of a dashboard as a table and as CSV', async ({
    expect,
  }) => {
    const [drug, today_ms] = ['33333333-3333-4333-8333-333333333333', Date.now()];
    const dose = (days_ago: number, medication_id = drug) => ({
      op: 'put',
      entity_type: 'medication_log',
      doc: {
        timestamp: new Date(today_ms - days_ago * DAY_MS).toISOString(),
        medication_id,
        dosage: 5,
        unit: 'mg',
      },
    });
    await stack.request(ASHA.id, '/v1/transactions', {
      operations: [
        {
          op: 'put',
          id: ASHA.id,
          entity_type: 'user',
          doc: { joined_at: '2023-01-01T00:00:00Z', email: ASHA.email, time_zone: 'UTC' },
        },
        { op: 'put', id: drug, entity_type: 'medication', doc: { label: 'Vitamin D' } },
        // Of the last ten days four; of the thirty before the last thirty, two of two.
        ...[0, 2, 8, 9, 30, 31].map((days_ago) => dose(days_ago)),
        // More than a chart shows, each taken more often on its one day.
        ...Array.from({ length: 60 }, () => crypto.randomUUID()).flatMap((id) => [
          { op: 'put', id, entity_type: 'medication', doc: { label: 'Once' } },
          ...[1, 1, 1, 1, 1].map((days_ago) => dose(days_ago, id)),
        ]),
      ],
    });
    await stack.refresh();
    const { page } = await openPage(browser, 'phone', 'light');
    await signIn(page, stack.origin, ASHA.email);
    await page.goto(`${stack.origin}/dashboards?type=medication_log`);
    // As soon as her zone is known, days are hers.
    await expect
      .poll(() => page.getByLabel('To', { exact: true }).inputValue())
      .toBe(new Date().toISOString().slice(0, 10));
    await page.getByRole('radio', { name: '30 days' }).check();
    await page.getByLabel('Beside the period before').check();
    const card = page.getByRole('region', { name: 'Adherence: of 100 days, those with a dose', exact: true });
    await card.getByText('Numbers').click();
    const cells = () => card.locator('tbody td').allTextContents();
    await expect.poll(async () => (await cells()).slice(0, 7)).toEqual(['Vitamin D', '40', '100', '4', '10', '4', '5']);
    const records = page.getByRole('region', { name: 'Records a day', exact: true });
    await records.getByText('Numbers').click();
    expect(await records.getByRole('columnheader').allTextContents()).toEqual(['From', 'Records', 'Records, before']);
    const amounts = async (column: number) =>
      (await records.locator(`tbody td:nth-child(${column})`).allTextContents()).reduce((sum, n) => sum + Number(n), 0);
    expect([await amounts(2), await amounts(3)]).toEqual([4 + 60 * 5, 2]);
    const charts = await page.locator('.chart-card').evaluateAll((cards) =>
      cards.map((card) => ({
        title: card.querySelector('h2')?.textContent ?? '',
        columns: [...card.querySelectorAll('th')].map(({ textContent }) => textContent),
        rows: card.querySelectorAll('tbody tr').length,
      })),
    );
    expect(charts.length).toBeGreaterThan(3);
    for (const { title, columns, rows } of charts) {
      expect(rows, title).toBeGreaterThan(0);
      // The week has a chart for each period.
      if (!title.startsWith('The week')) expect(columns.join(), title).toContain(', before');
    }
    await page.locator('.chart-table').evaluateAll((details) => {
      for (const each of details) each.setAttribute('open', '');
    });
    // A browser takes ten in a second, and drops what is more.
    const files = new Set<string>();
    page.on('download', (download) => files.add(download.suggestedFilename()));
    for (const [i, button] of (await page.getByText('Download as CSV').all()).entries()) {
      await expect
        .poll(async () => {
          if (files.size === i) await button.click();
          return files.size;
        })
        .toBe(i + 1);
    }
    for (const file of files) expect(file).toMatch(/^[a-z0-9-]+\.csv$/);
    await look(expect, page, 'phone', 'adherence', 'looks');
    await page.context().close();
  });

  it.for<[type: string, days_ago: number]>([
    // Whole days that no test writes to; tasks were written today.
    ['habit_log', 2],
    ['project_log', 2],
    ['task', -1],
  ])(
    'a dashboard of %s at a past moment, and without the network, has the numbers of the API',
    async ([type, days_ago], { expect }) => {
      const page = await open();
      const to = new Date(Date.now() - days_ago * DAY_MS).toISOString().slice(0, 10);
      const dashboard = `${stack.origin}/dashboards?type=${type}&from=2025-01-01&to=${to}`;
      const numbers = async (): Promise<string[]> => {
        await page.locator('.chart-card table').first().waitFor({ state: 'attached' });
        return page.locator('.summary-item, .chart-card table').evaluateAll((elements) =>
          elements.flatMap((element) =>
            element instanceof HTMLTableElement
              ? // How often tasks were put off is told of the present only.
                [...element.rows].flatMap(({ cells }) =>
                  [...cells]
                    .filter(({ cellIndex }) => element.rows[0]?.cells[cellIndex]?.textContent !== 'Snoozed')
                    .map(({ textContent }) => textContent),
                )
              : [element.textContent],
          ),
        );
      };
      await page.goto(dashboard);
      const present = await numbers();
      expect(present.length).toBeGreaterThan(5);
      await page.goto(`${dashboard}&at=${new Date().toISOString()}`);
      await page.getByText('The past is read-only.').waitFor();
      expect(await numbers()).toEqual(present);

      await page.goto(`${stack.origin}/records/${type}`);
      await page.getByText(/^\d+ records?$/).waitFor();
      await page.route('**/v1/dashboard?*', (route) => route.abort());
      await page.goto(dashboard);
      expect(await numbers()).toEqual(present);
      await page.context().close();
    },
  );

  it('can be used from sign-in to the calendar with the keyboard alone', async ({ expect }) => {
    const { page } = await openPage(browser, 'desktop', 'light');
    await page.goto(stack.origin);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: MAYA.email }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to content');
    const focused = () => page.locator(':focus').textContent();
    for (let i = 0; i < 10 && (await focused()) !== 'Calendar'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('Calendar');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Calendar' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.context().close();
  });

  it('comes back after sign-in to where it was', async ({ expect }) => {
    const { page } = await openPage(browser, 'desktop', 'light');
    await page.goto(`${stack.origin}/calendar?type=habit_log&year=2025`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: MAYA.email }).click();
    await page.getByRole('heading', { name: 'Calendar' }).waitFor();
    expect(new URL(page.url()).search).toBe('?type=habit_log&year=2025');
    await page.context().close();
  });

  it('renews a token that the API no longer takes, and nobody notices', async () => {
    const { page } = await openPage(browser, 'desktop', 'light');
    await signIn(page, stack.origin, MAYA.email);
    await page.evaluate(() => {
      for (const [key, value] of Object.entries(localStorage)) {
        if (!key.startsWith('annals.user:')) continue;
        localStorage.setItem(key, JSON.stringify({ ...JSON.parse(value), access_token: 'withdrawn' }));
      }
    });
    await page.reload();
    await page.getByRole('region', { name: 'Timeline' }).getByText('Morning walk').first().waitFor();
    await page.context().close();
  });

  it('asks to sign in again when the session cannot be renewed', async () => {
    const { page } = await openPage(browser, 'desktop', 'light');
    await signIn(page, stack.origin, MAYA.email);
    await page.evaluate(() => {
      for (const [key, value] of Object.entries(localStorage)) {
        if (!key.startsWith('annals.user:')) continue;
        const spoilt = { ...JSON.parse(value), access_token: 'withdrawn', refresh_token: 'withdrawn' };
        localStorage.setItem(key, JSON.stringify(spoilt));
      }
    });
    await page.reload();
    await page.getByText('You are signed out').waitFor();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    // The provider still knows the browser, and asks nothing.
    await page.getByRole('region', { name: 'Timeline' }).getByText('Morning walk').first().waitFor();
    await page.context().close();
  });

  it('says when the service cannot be reached, and goes on when it can', async ({ expect }) => {
    const page = await open();
    // Also what this device could compute it from.
    await page.route(/\/v1\/(heatmap|habit)/, (route) => route.abort());
    await page.clock.install();
    await page.getByRole('navigation').getByRole('link', { name: 'Calendar' }).click();
    const failure = page.getByText('The service cannot be reached.');
    await expect
      .poll(async () => {
        await page.clock.fastForward(10_000);
        return failure.isVisible();
      })
      .toBe(true);
    await page.unroute(/\/v1\/(heatmap|habit)/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/^As of/).waitFor();
    await page.context().close();
  });

  it('keeps the chosen theme', async ({ expect }) => {
    const page = await open();
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: MAYA.name ?? '' }).click();
    await page.getByRole('radio', { name: 'Dark' }).check();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await background()).toBe(dark);
    await page.context().close();
  });

  it('signs out at the provider, too: no token renews any more, and the next sign-in asks who it is', async ({
    expect,
  }) => {
    const { page } = await openPage(browser, 'phone', 'light');
    await signIn(page, stack.origin, MAYA.email);
    const stolen = await page.evaluate(() => {
      const [, user] = Object.entries(localStorage).find(([key]) => key.startsWith('annals.user:')) ?? [];
      return String(JSON.parse(user ?? '{}').refresh_token);
    });
    await page.getByRole('button', { name: MAYA.name ?? '' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('annals.user')))).toEqual(
      [],
    );
    const renewal = await fetch(`${stack.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'annals-web', refresh_token: stolen }),
    });
    expect(await renewal.json()).toMatchObject({ error: 'invalid_grant' });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: JOERG.email }).waitFor();
    await page.context().close();
  });

  it('says so when a sign-in comes back that never began', async ({ expect }) => {
    const { page } = await openPage(browser, 'phone', 'dark');
    await page.goto(`${stack.origin}/signed-in?code=guess&state=guess`);
    await page.getByRole('heading', { name: 'That sign-in did not work' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });
});
