import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { migrate } from '../src/cli/migrate.ts';
import { newRolePasswords, type Role, setRolePasswords, urlAs } from '../src/cli/roles.ts';
import { buildWeb } from '../src/local/build-web.ts';
import {
  LOCAL_AUDIENCE,
  startIdentityProvider,
  WEB_CLIENT_ID,
  WEB_CLIENT_SCOPE,
} from '../src/local/identity-provider.ts';
import { startNeonEndpoint } from '../src/local/neon/endpoint.ts';
import { pickPort } from '../src/local/pick-port.ts';
import { runWorkers } from '../src/local/run-workers.ts';
import { SAMPLE_USERS } from '../src/local/sample.ts';
import { signInOverHttp } from '../src/local/sign-in-over-http.ts';
import { makeThrowAwayFolder } from '../src/local/throw-away-folder.ts';
import { startThrowAwayPostgres } from '../src/local/throw-away-postgres.ts';
import { launchBrowser } from '../test/browser/launch-browser.ts';
import { openPage, signIn } from '../test/browser/open-page.ts';
import { throughPort } from '../test/through-port.ts';
import { median, type Report } from './harness.ts';

const BUILT = fileURLToPath(new URL('../dist/web', import.meta.url));
const MAX_SCRIPT_KB = 200;
const MAX_INTERACTIVE_MS = 1_000;
/** What the web calls good. */
const MAX_SHIFT = 0.1;
const RECORDS = 100_000;
const RECORDS_A_TRANSACTION = 1_000;
const OPENINGS = 5;
const SCROLL_MS = 4_000;
/** Of a list's rows, those that may be in the page at once. */
const MAX_ROWS_DRAWN = 120;
/** Three frames of a screen that shows sixty in a second. */
const MAX_FRAME_MS = 50;

/** The client's promises, each beside its limit: what it loads, how soon it answers, how a long list scrolls. */
export async function run(report: Report): Promise<void> {
  await buildWeb();
  await sizes(report);
  const stops: (() => Promise<void>)[] = [];
  try {
    const postgres = await startThrowAwayPostgres();
    stops.push(() => postgres.stop());
    const neon = await startNeonEndpoint({ postgres: { host: postgres.host, port: postgres.port } });
    stops.push(() => neon.stop());
    const passwords = newRolePasswords();
    await migrate(postgres.superuserUrl());
    await setRolePasswords(postgres.superuserUrl(), passwords);
    const identity_port = await pickPort();
    const settings = (role: Role) => {
      return {
        OIDC_ISSUER: `http://127.0.0.1:${identity_port}`,
        OIDC_AUDIENCE: LOCAL_AUDIENCE,
        OIDC_CLIENT_ID: WEB_CLIENT_ID,
        OIDC_SCOPE: WEB_CLIENT_SCOPE,
        DATABASE_URL: throughPort(urlAs(postgres.superuserUrl(), role, passwords), neon.port),
      };
    };
    const workers = await runWorkers({
      apiPort: 0,
      importPort: 0,
      log: () => {},
      api: settings('annals_app'),
      import: settings('annals_import'),
    });
    stops.push(() => workers.stop());
    const folder = await makeThrowAwayFolder();
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const identity = await startIdentityProvider({
      port: identity_port,
      users: SAMPLE_USERS,
      web_origins: [workers.apiUrl],
      data_dir: folder,
    });
    stops.push(() => identity.stop());
    const browser = await launchBrowser();
    stops.push(() => browser.close());
    const [user] = SAMPLE_USERS;
    if (user === undefined) throw new Error('The sample has no users.');
    await fill(workers.apiUrl, (await signInOverHttp(identity.issuer, user.id, workers.apiUrl)).access_token);
    await workers.tick(new Date());
    const first = await openPage(browser, 'desktop', 'light');
    await signIn(first.page, workers.apiUrl, user.email);
    const memory = await first.page.context().storageState();
    await first.page.context().close();

    const openings: Opening[] = [];
    for (let i = 0; i < OPENINGS; i++) {
      const { page } = await openPage(browser, 'desktop', 'light', memory);
      openings.push(await opening(page, workers.apiUrl));
      await page.context().close();
    }
    const of = (what: keyof Opening) => median(openings.map((each) => each[what]));
    const soon = { ratio_at_most: 1 };
    report.add('first visit: interactive', 'ms', of('interactive_ms'), MAX_INTERACTIVE_MS, soon);
    report.add('first visit: newest records shown', 'ms', of('content_ms'));
    report.add('first visit: layout shift', '', of('shift'), MAX_SHIFT, soon);

    const { page } = await openPage(browser, 'desktop', 'light', memory);
    const list = await scrolling(page, workers.apiUrl);
    const records = `${RECORDS.toLocaleString('en')} records`;
    report.add(`list of ${records}: rows in the page`, 'rows', list.rows, MAX_ROWS_DRAWN, soon);
    report.add(`list of ${records}: frame, median`, 'ms', median(list.frames_ms));
    const sorted = list.frames_ms.toSorted((a, b) => a - b);
    report.add(
      `list of ${records}: frame, 95 of 100 within`,
      'ms',
      sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
      MAX_FRAME_MS,
      soon,
    );
    report.add(`list of ${records}: longest frame`, 'ms', sorted.at(-1) ?? Number.NaN);
    report.add(`list of ${records}: tasks over 50 ms in ${SCROLL_MS / 1_000} s`, 'tasks', list.long_tasks);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Compressed, as it goes over the wire: what the first page loads. */
async function sizes(report: Report): Promise<void> {
  const page = await readFile(join(BUILT, 'index.html'), 'utf8');
  const kilobytesOf = async (kind: 'js' | 'css'): Promise<number> => {
    const paths = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
    const files = await Promise.all(
      paths.filter((path) => path.endsWith(`.${kind}`)).map((path) => readFile(BUILT + path)),
    );
    return files.reduce((sum, file) => sum + gzipSync(file).length, 0) / 1_000;
  };
  report.add('first load: script, compressed', 'KB', await kilobytesOf('js'), MAX_SCRIPT_KB, { ratio_at_most: 1 });
  report.add('first load: style, compressed', 'KB', await kilobytesOf('css'));
}

async function fill(origin: string, token: string): Promise<void> {
  const habit = crypto.randomUUID();
  const send = async (operations: readonly object[]): Promise<void> => {
    const response = await fetch(`${origin}/v1/transactions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ operations }),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  await send([{ op: 'put', id: habit, entity_type: 'habit', doc: { label: 'Morning walk' } }]);
  const now_ms = Date.now();
  for (let at = 0; at < RECORDS; at += RECORDS_A_TRANSACTION) {
    await send(
      Array.from({ length: RECORDS_A_TRANSACTION }, (_, i) => ({
        op: 'put',
        entity_type: 'habit_log',
        doc: {
          timestamp: new Date(now_ms - (at + i) * 600_000).toISOString(),
          time_zone: 'UTC',
          habit_ids: [habit],
          notes: `Number ${at + i}`,
        },
      })),
    );
  }
}

interface Opening {
  /** From the navigation: when the page can be used, and when it shows records. */
  readonly interactive_ms: number;
  readonly content_ms: number;
  /** How much of the screen moved by itself, and how far: the sum of the browser's scores. */
  readonly shift: number;
}

async function opening(page: Page, origin: string): Promise<Opening> {
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('.add-button') === null) return;
      performance.mark('frame of the app');
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(origin);
  await page.locator('.record-row').first().waitFor();
  return page.evaluate(async () => {
    const content_ms = performance.now();
    // From then on everything can be pressed; long tasks after it would keep the page from answering.
    const [frame] = performance.getEntriesByName('frame of the app');
    if (frame === undefined) throw new Error('The app never showed its frame.');
    const seen = (type: string) =>
      new Promise<PerformanceEntryList>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type, buffered: true });
        // With none, nothing is told.
        setTimeout(() => resolve([]), 200);
      });
    const last = (await seen('longtask')).at(-1);
    const shifts = await seen('layout-shift');
    const shift = shifts.reduce((sum, entry) => sum + ('value' in entry ? Number(entry.value) : 0), 0);
    const interactive_ms = Math.max(frame.startTime, last === undefined ? 0 : last.startTime + last.duration);
    return { interactive_ms, content_ms, shift };
  });
}

/** Scrolls the whole list as fast as a wheel would, and looks at each frame. */
async function scrolling(
  page: Page,
  origin: string,
): Promise<{ rows: number; frames_ms: number[]; long_tasks: number }> {
  await page.goto(`${origin}/records/habit_log`);
  await page.getByText(RECORDS.toLocaleString('en')).first().waitFor({ timeout: 300_000 });
  await page.waitForLoadState('networkidle');
  return page.evaluate(async (scroll_ms) => {
    const frames_ms: number[] = [];
    let long_tasks = 0;
    let rows = 0;
    new PerformanceObserver((list) => {
      long_tasks += list.getEntries().length;
    }).observe({ type: 'longtask' });
    const began_ms = performance.now();
    let last_ms = began_ms;
    while (last_ms - began_ms < scroll_ms) {
      const now_ms = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      if (now_ms > last_ms) frames_ms.push(now_ms - last_ms);
      last_ms = Math.max(now_ms, last_ms);
      scrollBy(0, 300);
      rows = Math.max(rows, document.querySelectorAll('.table-row').length);
    }
    return { rows, frames_ms, long_tasks };
  }, SCROLL_MS);
}
