import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_USERS } from '../../src/local/sample.ts';
import { SCHEMA_TEMPLATE } from '../postgres-cluster.ts';
import { axeViolations } from './axe-violations.ts';
import { launchBrowser } from './launch-browser.ts';
import { keepPicture, type Memory, openPage, signIn } from './open-page.ts';
import { startWebStack, type WebStack } from './web-stack.ts';

const [MAYA, JOERG, ASHA] = SAMPLE_USERS;
if (MAYA === undefined || JOERG === undefined || ASHA === undefined)
  throw new Error('The sample has fewer users than these tests need.');
const ZONE = 'America/Detroit';
const WALK = '11111111-1111-4111-8111-111111111111';
const SHED = '22222222-2222-4222-8222-222222222222';
const PILLS = '33333333-3333-4333-8333-333333333333';
/** Each test has records of its own, since they run in random order. */
const EDITED = '44444444-4444-4444-8444-444444444441';
const DISPUTED = '44444444-4444-4444-8444-444444444442';
const DELETED = '44444444-4444-4444-8444-444444444443';
const PUT_AWAY = '44444444-4444-4444-8444-444444444445';
const KEPT = '44444444-4444-4444-8444-444444444446';
const PINNED = '44444444-4444-4444-8444-444444444447';
const WAITING = '44444444-4444-4444-8444-444444444448';
const BOTH_SIDES = '44444444-4444-4444-8444-444444444444';

let stack: WebStack;
let browser: Browser;
let memory: Memory;

interface Listed {
  readonly records: readonly Record<string, unknown>[];
}

beforeAll(async () => {
  [stack, browser] = await Promise.all([startWebStack(SCHEMA_TEMPLATE), launchBrowser()]);
  await stack.request(MAYA.id, '/v1/transactions', { operations: records() });
  const { page } = await openPage(browser, 'desktop', 'light');
  await signIn(page, stack.origin, MAYA.email);
  memory = await page.context().storageState();
  await page.context().close();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

function records() {
  const place = (id: string, label: string) => ({ op: 'put', id, entity_type: 'location', doc: { label } });
  return [
    {
      op: 'put',
      id: MAYA?.id,
      entity_type: 'user',
      doc: { joined_at: '2023-01-01T00:00:00Z', email: MAYA?.email, time_zone: ZONE },
    },
    { op: 'put', id: WALK, entity_type: 'habit', doc: { label: 'Morning walk' } },
    { op: 'put', id: SHED, entity_type: 'project', doc: { label: 'Garden shed' } },
    { op: 'put', id: PILLS, entity_type: 'medication', doc: { label: 'Vitamin D' } },
    place(EDITED, 'Old mill'),
    place(DISPUTED, 'Harbour'),
    place(BOTH_SIDES, 'Library'),
    place(DELETED, 'Attic'),
    place(KEPT, 'Orchard'),
    place(PINNED, 'Cellar'),
    place(WAITING, 'Lighthouse'),
    ...['Alpha', 'Beta', 'Gamma'].map((label) => ({
      op: 'put',
      entity_type: 'habit',
      doc: { label: `${label} of many`, archived: false },
    })),
  ];
}

function stored(id: string): Promise<Record<string, unknown>> {
  return stack.request(MAYA?.id ?? '', `/v1/entities/${id}`);
}

async function all(type: string): Promise<Listed['records']> {
  return (await stack.request<Listed>(MAYA?.id ?? '', `/v1/entities?entity_type=${type}&limit=100`)).records;
}

async function openList(page: Page, type: string): Promise<void> {
  await page.goto(`${stack.origin}/records/${type}`);
  await page.getByRole('searchbox').waitFor();
}

async function openRecord(page: Page, type: string, title: string): Promise<Locator> {
  await openList(page, type);
  await page.getByRole('link', { name: title, exact: true }).click();
  const sheet = page.getByRole('dialog', { name: 'Record' });
  await sheet.getByRole('button', { name: 'Save' }).waitFor();
  return sheet;
}

/** A signed-in page of Maya's. */
async function open(): Promise<Page> {
  const { page } = await openPage(browser, 'desktop', 'light', memory);
  await page.goto(stack.origin);
  await page.getByText(/^As of/).waitFor();
  return page;
}

/** Ends the session in this browser, the provider's own apart. */
async function forgetSession(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith('annals.user:')) localStorage.removeItem(key);
  });
}

/** Spoils the page's writes on their way, so that the API refuses them; gives what ends it. */
async function spoilWrites(page: Page, until: Promise<void> = Promise.resolve()): Promise<() => Promise<void>> {
  await page.route('**/v1/transactions', async (route) => {
    await until;
    await route.continue({ headers: { ...route.request().headers(), 'content-type': 'text/plain' } });
  });
  return () => page.unroute('**/v1/transactions');
}

describe.concurrent('records', () => {
  it('are added with a form that knows the type, names what is wrong, and finds or makes what they relate to', async ({
    expect,
  }) => {
    const page = await open();
    await openList(page, 'medication_log');
    await page.getByRole('button', { name: 'Add medication' }).first().click();
    const sheet = page.getByRole('dialog', { name: 'New record' });
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await sheet.getByText('This is needed.').first().waitFor();
    expect(await sheet.getByText('This is needed.').count()).toBe(3);
    expect(await axeViolations(page)).toEqual([]);

    const relation = sheet.getByRole('combobox', { name: 'Medication' });
    await relation.fill('Ibuprofen');
    await sheet.getByRole('option', { name: 'Create “Ibuprofen”' }).click();
    await sheet.getByLabel('Dosage').fill('400');
    await sheet.getByLabel('Unit').selectOption('mg');
    await keepPicture(page, 'form-desktop-light');
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Medication added.').waitFor();
    await page.getByRole('link', { name: 'Ibuprofen' }).waitFor();

    const log = (await all('medication_log')).find(({ dosage }) => dosage === 400);
    const made = (await all('medication')).find((each) => each.label === 'Ibuprofen');
    expect(log).toMatchObject({ dosage: 400, unit: 'mg', medication_id: made?.id });

    await page.goto(`${stack.origin}/records/symptom_log?add=symptom_log`);
    await sheet.getByLabel('Type').selectOption('fever');
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    const severity = sheet.getByRole('radiogroup', { name: 'Severity', description: 'This is needed.' });
    await expect.poll(() => severity.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => severity.locator('input:focus').count()).toBe(1);
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'form-group-desktop-light');
    await page.context().close();
  });

  it('that are refused stay in the form with the reason, and a dose is what was typed', async ({ expect }) => {
    const page = await open();
    await openList(page, 'medication_log');
    await page.getByRole('button', { name: 'Add medication' }).first().click();
    const sheet = page.getByRole('dialog', { name: 'New record' });
    const add = sheet.getByRole('button', { name: 'Add', exact: true });
    const medication = sheet.getByRole('combobox', { name: 'Medication' });
    const dosage = sheet.getByLabel('Dosage');
    const typed = Promise.withResolvers<void>();
    const mend = await spoilWrites(page, typed.promise);
    await medication.fill('Placebo');
    await sheet.getByRole('option', { name: 'Create “Placebo”' }).click();
    await dosage.fill('7');
    typed.resolve();
    await sheet.getByRole('alert').getByText('The body must be JSON.').waitFor();
    expect(await medication.inputValue()).toBe('');
    expect(await dosage.inputValue()).toBe('7');

    const choose = async () => {
      await medication.fill('Vitamin');
      await sheet.getByRole('option', { name: 'Vitamin D' }).click();
    };
    await choose();
    await sheet.getByLabel('Unit').selectOption('mg');
    expect(await sheet.getByRole('alert').count()).toBe(0);
    await add.click();
    await sheet.getByRole('alert').getByText('The body must be JSON.').waitFor();
    await keepPicture(page, 'form-refused-desktop-light');
    await mend();
    await add.click();
    await page.getByText('Medication added.').waitFor();
    expect((await all('medication_log')).filter((log) => log.dosage === 7)).toHaveLength(1);

    await page.getByRole('button', { name: 'Add medication' }).first().click();
    await choose();
    await expect.poll(() => dosage.inputValue()).toBe('7');
    await dosage.press('End');
    await dosage.press('Backspace');
    expect(await dosage.inputValue()).toBe('');
    await dosage.pressSequentially('5');
    expect(await dosage.inputValue()).toBe('5');
    await page.context().close();
  });

  it('that are edited outlive a look at the history, a selection of text, Escape and a delete elsewhere', async ({
    expect,
  }) => {
    const page = await open();
    const sheet = await openRecord(page, 'location', 'Orchard');
    const label = sheet.getByLabel('Label');
    await label.fill('Apple orchard');
    await sheet.getByRole('tab', { name: 'History' }).click();
    await sheet.getByRole('list', { name: 'Versions, newest first' }).waitFor();
    await sheet.getByRole('tab', { name: 'Record' }).click();
    expect(await label.inputValue()).toBe('Apple orchard');

    const question = page.getByRole('dialog', { name: 'Unsaved changes' });
    const box = await label.boundingBox();
    if (box === null) throw new Error('The input is not on the page.');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(40, box.y);
    await page.mouse.up();
    // Twice: Chrome closes a dialog at the second Escape in a row, unless it is kept from it.
    for (let i = 0; i < 2; i++) {
      await page.keyboard.press('Escape');
      await question.waitFor();
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
    }
    await page.mouse.click(40, 400);
    await question.waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'leave-desktop-light');
    await question.getByRole('button', { name: 'Keep editing' }).click();
    expect(await label.inputValue()).toBe('Apple orchard');
    await page.goBack();
    await question.getByRole('button', { name: 'Drop my changes' }).click();
    await sheet.waitFor({ state: 'detached' });
    expect(await stored(KEPT)).toMatchObject({ label: 'Orchard' });

    await openRecord(page, 'location', 'Orchard');
    await label.fill('Pear orchard');
    const gone = { op: 'delete', id: KEPT, entity_type: 'location' };
    await stack.request(MAYA.id, '/v1/transactions', { operations: [gone] });
    const listed = async () => {
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      return page.locator('.table-title', { hasText: 'Orchard' }).count();
    };
    await expect.poll(listed, { interval: 500 }).toBe(0);
    await sheet.getByRole('button', { name: 'Save' }).click();
    await sheet.getByRole('heading', { name: 'This record was deleted meanwhile' }).waitFor();
    await sheet.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await stored(KEPT)).toMatchObject({ label: 'Pear orchard' });
    await page.context().close();
  });

  it('that are deleted elsewhere and brought back there, too, are a choice', async ({ expect }) => {
    const page = await open();
    const id = crypto.randomUUID();
    const elsewhere = (operation: object) =>
      stack.request(MAYA.id, '/v1/transactions', { operations: [{ id, entity_type: 'location', ...operation }] });
    await elsewhere({ op: 'put', doc: { label: 'Quarry' } });
    const sheet = await openRecord(page, 'location', 'Quarry');
    await sheet.getByLabel('Label').fill('Old quarry');
    await elsewhere({ op: 'delete' });
    await sheet.getByRole('button', { name: 'Save' }).click();
    await sheet.getByRole('heading', { name: 'This record was deleted meanwhile' }).waitFor();
    await elsewhere({ op: 'put', doc: { label: 'Quarry', notes: 'Flooded' } });
    await sheet.getByRole('button', { name: 'Bring it back' }).click();
    await sheet.getByText('Nothing was changed on both sides.').waitFor();
    await sheet.getByRole('button', { name: 'Save this' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await stored(id)).toMatchObject({ label: 'Old quarry', notes: 'Flooded' });
    await page.context().close();
  });

  it('that are added as the session ends are written once, after signing in again', async ({ expect }) => {
    const page = await open();
    await page.goto(`${stack.origin}/records/boulder_session?add=boulder_session`);
    const sheet = page.getByRole('dialog', { name: 'New record' });
    await sheet.getByLabel('Gym').fill('The last hold');
    await forgetSession(page);
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'The last hold' }).waitFor();
    await expect.poll(async () => (await all('boulder_session')).map(({ gym }) => gym)).toEqual(['The last hold']);
    await page.context().close();
  });

  it('that wait on a page are not written by who signs in next on the device, in another tab', async ({ expect }) => {
    const page = await open();
    await openList(page, 'location');
    await page.context().route('**/v1/transactions', (route) => route.abort());
    await page.getByRole('button', { name: 'Add place' }).first().click();
    const sheet = page.getByRole('dialog', { name: 'New record' });
    await sheet.getByLabel('Label').fill('Hiding place');
    await sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Offline · 1 waiting' }).waitFor();

    const other = await page.context().newPage();
    await other.goto(stack.origin);
    await forgetSession(other);
    await page.context().clearCookies();
    await signIn(other, stack.origin, JOERG.email);
    await page.context().unroute('**/v1/transactions');
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    await page.getByRole('button', { name: 'Not saved yet · 1 waiting' }).waitFor();
    const places = await stack.request<Listed>(JOERG.id, '/v1/entities?entity_type=location&limit=10');
    expect(places.records).toEqual([]);
    await page.getByRole('navigation').getByRole('link', { name: 'Calendar' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });

  it('over a thousand are deleted together, and come back with one press', async () => {
    const urls = Array.from({ length: 1_001 }, (_, i) => ({
      op: 'put',
      entity_type: 'ical_url',
      doc: { url: `https://example.org/${i}` },
    }));
    for (const operations of [urls.slice(0, 1_000), urls.slice(1_000)])
      await stack.request(ASHA.id, '/v1/transactions', { operations });
    const { page } = await openPage(browser, 'desktop', 'light');
    await signIn(page, stack.origin, ASHA.email);
    await openList(page, 'ical_url');
    await page.getByText('1,001 records', { exact: true }).waitFor();
    await page.getByRole('checkbox', { name: 'Select all 1001' }).check();
    await page.getByRole('region', { name: 'Selected records' }).getByRole('button', { name: 'Delete' }).click();
    await page.getByText('1,001 records deleted.').waitFor();
    await page.getByText('0 records', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('1,001 records', { exact: true }).waitFor();
    await page.getByText('Undone.').waitFor();
    await page.context().close();
  });

  it('are edited by what was changed alone, and the history shows it, undoes it and brings versions back', async ({
    expect,
  }) => {
    const page = await open();
    let sheet = await openRecord(page, 'location', 'Old mill');
    await sheet.getByLabel('Label').fill('New mill');
    await sheet.getByLabel('Notes').fill('By the **river**');
    await sheet.getByRole('button', { name: 'Preview' }).click();
    await sheet.locator('strong', { hasText: 'river' }).waitFor();
    await sheet.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await stored(EDITED)).toMatchObject({ label: 'New mill', notes: 'By the **river**' });

    sheet = await openRecord(page, 'location', 'New mill');
    await sheet.getByRole('tab', { name: 'History' }).click();
    const newest = sheet.getByRole('list', { name: 'Versions, newest first' }).getByRole('listitem').first();
    await expect.poll(() => newest.textContent()).toContain('was Old mill');
    expect(await newest.textContent()).toContain('is now New mill');
    await newest.getByText(/ by Maya with Chrome on Linux: Edit /).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'history-desktop-light');
    await newest.getByRole('button', { name: 'Undo this change' }).click();
    await page.getByText('That change is undone.').waitFor();
    expect(await stored(EDITED)).toMatchObject({ label: 'Old mill' });

    await expect.poll(() => sheet.getByRole('listitem').count()).toBe(3);
    await sheet.getByRole('listitem').nth(1).getByRole('button', { name: 'Restore this version' }).click();
    await page.getByText('That version is back.').waitFor();
    expect(await stored(EDITED)).toMatchObject({ label: 'New mill' });
    await page.context().close();
  });

  it('have as many versions in their history as were written, and one that created them', async ({ expect }) => {
    const page = await open();
    const id = crypto.randomUUID();
    const operations = Array.from({ length: 201 }, (_, i) => {
      const valid_from = new Date(Date.parse('2024-01-01T00:00:00Z') + i * 3_600_000).toISOString();
      return { op: 'put', id, entity_type: 'location', valid_from, doc: { label: `Step ${i}` } };
    });
    await stack.request(MAYA.id, '/v1/transactions', { operations });
    await page.goto(`${stack.origin}/records/location?record=${id}`);
    const sheet = page.getByRole('dialog', { name: 'Record' });
    await sheet.getByRole('tab', { name: 'History' }).click();
    const older = sheet.getByRole('button', { name: 'Older versions' });
    const shown = async () => {
      await older.evaluateAll((buttons) => {
        for (const button of buttons) if (button instanceof HTMLElement) button.click();
      });
      return sheet.locator('.version').count();
    };
    await older.waitFor();
    await expect.poll(shown).toBe(201);
    expect(await sheet.locator('.version[data-kind="Created"]').allTextContents()).toEqual([
      expect.stringContaining('Step 0'),
    ]);
    await page.context().close();
  });

  it('have changed in a list over all types, told by whom and why, and each change can be taken back', async ({
    expect,
  }) => {
    const page = await open();
    const operations = ['Rowing', 'Skating'].map((label) => ({ op: 'put', entity_type: 'meditation', doc: { label } }));
    await stack.request(MAYA.id, '/v1/transactions', { operations, meta: { why: 'winter' } });
    await page.getByRole('navigation').getByRole('link', { name: 'History' }).click();
    await page.getByRole('combobox', { name: 'Type' }).selectOption('meditation');
    const change = page.getByRole('listitem').filter({ hasText: 'winter' });
    await change.getByText('by Maya with node: winter').waitFor();
    expect(await change.locator('.change-record').allTextContents()).toEqual([
      'RowingMeditation added',
      'SkatingMeditation added',
    ]);
    await page.getByRole('radio', { name: 'Today' }).check();
    await change.waitFor();
    await keepPicture(page, 'changes-desktop-light');
    await change.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('That change is undone.').waitFor();
    await expect.poll(async () => (await all('meditation')).map(({ label }) => label)).toEqual([]);
    await expect.poll(() => page.getByText('Deleted', { exact: true }).count()).toBe(2);
    await page.getByText('by Maya with Chrome on Linux: Undo: winter').waitFor();
    await page.context().close();
  });

  it('of a change that is taken back are not said to have failed when they cannot be read then', async ({ expect }) => {
    const page = await open();
    const id = crypto.randomUUID();
    const put = { op: 'put', id, entity_type: 'location', doc: { label: 'Mirage' } };
    await stack.request(MAYA.id, '/v1/transactions', { operations: [put], meta: { why: 'heat' } });
    await page.getByRole('navigation').getByRole('link', { name: 'History' }).click();
    await page.route('**/rest/v1/**', (route) => route.abort());
    const change = page.getByRole('listitem').filter({ hasText: 'heat' });
    await change.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('That change is undone.').waitFor();
    await expect(stored(id)).rejects.toThrow('404');
    await page.context().close();
  });

  it('that changed elsewhere meanwhile are a choice, and no edit is lost', async ({ expect }) => {
    const page = await open();
    const sheet = await openRecord(page, 'location', 'Harbour');
    await sheet.getByLabel('Label').fill('Harbour, my way');
    await sheet.getByLabel('Notes').fill('Only I wrote this');
    const theirs = { op: 'patch', id: DISPUTED, entity_type: 'location', set: { '/label': 'Harbour, theirs' } };
    await stack.request(MAYA.id, '/v1/transactions', { operations: [theirs] });
    await sheet.getByRole('button', { name: 'Save' }).click();
    await sheet.getByRole('heading', { name: 'This record changed while you edited it' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'conflict-desktop-light');
    expect(await sheet.getByRole('button', { name: 'Save this' }).isDisabled()).toBe(true);
    expect(await stored(DISPUTED)).toMatchObject({ label: 'Harbour, theirs' });
    await sheet.getByRole('radio', { name: 'Yours Harbour, my way' }).check();
    const mend = await spoilWrites(page);
    await sheet.getByRole('button', { name: 'Save this' }).click();
    await sheet.getByRole('alert').getByText('The body must be JSON.').waitFor();
    await mend();
    await sheet.getByRole('button', { name: 'Save this' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await stored(DISPUTED)).toMatchObject({ label: 'Harbour, my way', notes: 'Only I wrote this' });
    await page.context().close();
  });

  it('that changed elsewhere in another field are merged', async ({ expect }) => {
    const page = await open();
    const sheet = await openRecord(page, 'location', 'Library');
    await sheet.getByLabel('Label').fill('City library');
    const theirs = { op: 'patch', id: BOTH_SIDES, entity_type: 'location', set: { '/notes': 'Closed on Mondays' } };
    await stack.request(MAYA.id, '/v1/transactions', { operations: [theirs] });
    await sheet.getByRole('button', { name: 'Save' }).click();
    await sheet.getByText('Nothing was changed on both sides.').waitFor();
    await sheet.getByRole('button', { name: 'Save this' }).click();
    await page.getByText('Saved.').waitFor();
    expect(await stored(BOTH_SIDES)).toMatchObject({ label: 'City library', notes: 'Closed on Mondays' });
    await page.context().close();
  });

  it('are deleted at once, and come back with one press', async ({ expect }) => {
    const page = await open();
    const sheet = await openRecord(page, 'location', 'Attic');
    await sheet.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('“Attic” deleted.').waitFor();
    expect(await page.getByRole('link', { name: 'Attic' }).count()).toBe(0);
    await expect(stored(DELETED)).rejects.toThrow('404');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone.').waitFor();
    await page.getByRole('link', { name: 'Attic' }).waitFor();
    expect(await stored(DELETED)).toMatchObject({ label: 'Attic' });

    const other = await openRecord(page, 'location', 'Cellar');
    await spoilWrites(page);
    await other.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('The body must be JSON.').waitFor();
    await page.getByRole('link', { name: 'Cellar' }).waitFor();
    expect(await stored(PINNED)).toMatchObject({ label: 'Cellar' });
    await page.context().close();
  });

  it('are searched, filtered, sorted and changed together', async ({ expect }) => {
    const page = await open();
    await openList(page, 'habit');
    await page.getByRole('searchbox').fill('of many');
    const titles = page.locator('.table-title a');
    await expect.poll(() => titles.count()).toBe(3);
    await page
      .getByRole('button', { name: 'Habit', exact: true })
      .or(page.getByRole('button', { name: 'Record' }))
      .first()
      .click();
    await expect.poll(() => titles.allTextContents()).toEqual(['Alpha of many', 'Beta of many', 'Gamma of many']);
    expect(new URL(page.url()).searchParams.get('q')).toBe('of many');

    await page.getByRole('checkbox', { name: 'Select Alpha of many' }).check();
    await page.getByRole('checkbox', { name: 'Select Gamma of many' }).check();
    await page.getByRole('region', { name: 'Selected records' }).getByRole('button', { name: 'Edit' }).click();
    const sheet = page.getByRole('dialog', { name: 'Edit several records' });
    await sheet.getByLabel('Field to set').selectOption('notes');
    await sheet.getByLabel('New value').fill('Set for two');
    await sheet.getByRole('button', { name: 'Change 2 records' }).click();
    await page.getByText('2 records changed.').waitFor();
    const changed = (await all('habit')).filter((habit) => habit.notes === 'Set for two');
    expect(changed.map((habit) => habit.label).sort()).toEqual(['Alpha of many', 'Gamma of many']);

    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('combobox', { name: 'Field' }).selectOption('notes');
    await page.getByLabel('Contains').fill('for two');
    await expect.poll(() => titles.allTextContents()).toEqual(['Alpha of many', 'Gamma of many']);
    await page.context().close();
  });

  it('are added from anywhere by one key, and a timer runs from there until it is stopped', async ({ expect }) => {
    const page = await open();
    await page.keyboard.press('n');
    const palette = page.getByRole('dialog', { name: 'Add a record' });
    await palette.getByRole('combobox').pressSequentially('garden');
    await palette.getByRole('option', { name: 'Garden shed' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Timer for “Garden shed” started.').waitFor();
    const running = page.getByRole('region', { name: 'Running now' });
    await expect.poll(() => running.getByRole('timer').textContent()).toMatch(/^0:00:\d\d$/);
    const [begun] = await all('project_log');
    expect(begun).toMatchObject({ project_id: SHED, time_zone: ZONE, occurred_until: null });
    await running.getByRole('button', { name: 'Stop Garden shed' }).click();
    await page.getByText('“Garden shed” stopped').waitFor();
    await running.getByText('Nothing is running.').waitFor();
    expect((await all('project_log'))[0]?.end).toBeTypeOf('string');
    await page.context().close();
  });

  it('of tasks are put in an order by keys and by dragging, finished and snoozed', async ({ expect }) => {
    const page = await open();
    const focus = page.getByRole('region', { name: 'Focus today' });
    const box = focus.getByRole('combobox', { name: 'Focus on a task' });
    const shown = () => focus.locator('.focus-text a').allTextContents();
    for (const [i, label] of ['First', 'Second', 'Third'].entries()) {
      await box.fill(label);
      await focus.getByRole('option', { name: `Create “${label}”` }).click();
      await expect.poll(async () => (await shown()).length).toBe(i + 1);
    }
    await focus.getByRole('button', { name: /^Move Third/ }).press('ArrowUp');
    await expect.poll(shown).toEqual(['First', 'Third', 'Second']);
    const handle = await focus.getByRole('button', { name: /^Move Second/ }).boundingBox();
    const top = await focus.getByRole('button', { name: /^Move First/ }).boundingBox();
    if (handle === null || top === null) throw new Error('The handles are not on the page.');
    await page.mouse.move(handle.x + 10, handle.y + 10);
    await page.mouse.down();
    await page.mouse.move(top.x + 10, top.y + 10, { steps: 4 });
    await page.mouse.up();
    await expect.poll(shown).toEqual(['Second', 'First', 'Third']);
    const orders = async () => Object.fromEntries((await all('task')).map((task) => [task.label, task.focus_order]));
    await expect.poll(orders).toMatchObject({ Second: 0, First: 1, Third: 2 });

    await focus.getByRole('checkbox', { name: 'Done: Second' }).click();
    await expect.poll(shown).toEqual(['First', 'Third']);
    await focus.getByRole('combobox', { name: 'Snooze First' }).selectOption({ label: 'Tomorrow' });
    await expect.poll(shown).toEqual(['Third']);
    await expect.poll(async () => (await all('task')).find((task) => task.label === 'Second')?.state).toBe('done');
    await page.context().close();
  });

  it('of tasks are put in an order by a finger, and the page does not scroll away below it', async ({ expect }) => {
    const { page } = await openPage(browser, 'phone', 'light');
    const labels = ['Ebb', 'Flow', 'Tide'];
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' }).format(Date.now());
    const tasks = labels.map((label, i) => ({
      op: 'put',
      entity_type: 'task',
      doc: { label, state: 'now', focus_date: today, focus_order: i },
    }));
    const user = { joined_at: '2024-01-01T00:00:00Z', email: JOERG.email, time_zone: 'UTC' };
    await stack.request(JOERG.id, '/v1/transactions', {
      operations: [{ op: 'put', id: JOERG.id, entity_type: 'user', doc: user }, ...tasks],
    });
    await signIn(page, stack.origin, JOERG.email);
    const focus = page.getByRole('region', { name: 'Focus today' });
    const shown = () => focus.locator('.focus-text a').allTextContents();
    await expect.poll(shown).toEqual(labels);
    await focus.scrollIntoViewIfNeeded();
    const middleOf = async (name: RegExp) => {
      const box = await focus.getByRole('button', { name }).boundingBox();
      if (box === null) throw new Error('The handle is not on the page.');
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const [from, to] = [await middleOf(/^Move Tide/), await middleOf(/^Move Ebb/)];
    const scrolled = await page.evaluate(() => scrollY);
    const finger = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: typeof from) =>
      finger.send('Input.dispatchTouchEvent', { type, touchPoints: at === undefined ? [] : [at] });
    await touch('touchStart', from);
    for (const step of [0.25, 0.5, 0.75, 1])
      await touch('touchMove', { x: from.x, y: from.y + (to.y - from.y) * step });
    await touch('touchEnd');
    await expect.poll(shown).toEqual(['Tide', 'Ebb', 'Flow']);
    expect(await page.evaluate(() => scrollY)).toBe(scrolled);
    const stored = async () =>
      (await stack.request<Listed>(JOERG.id, '/v1/entities?entity_type=task&limit=10')).records
        .toSorted((a, b) => Number(a.focus_order) - Number(b.focus_order))
        .map(({ label }) => label);
    await expect.poll(stored).toEqual(['Tide', 'Ebb', 'Flow']);
    await page.context().close();
  });

  it('are written without the network, shown at once, and go out in order when it is back', async ({ expect }) => {
    const page = await open();
    await openList(page, 'book_source');
    await page.getByText('No book sources yet').waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.context().setOffline(true);
    await page.reload();
    await page.getByText('No book sources yet').waitFor();
    const addSource = async (label: string) => {
      await page.getByRole('button', { name: 'Add book source' }).first().click();
      const sheet = page.getByRole('dialog', { name: 'New record' });
      await sheet.getByLabel('Label').fill(label);
      await sheet.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('link', { name: label }).waitFor();
    };
    await addSource('Corner shop');
    await addSource('Flea market');
    await page.getByRole('button', { name: 'Offline · 2 waiting' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await all('book_source')).toEqual([]);
    await page.context().setOffline(false);
    await expect
      .poll(async () => (await all('book_source')).map((source) => source.label).sort())
      .toEqual(['Corner shop', 'Flea market']);
    await expect.poll(() => page.getByRole('button', { name: /^Offline/ }).count()).toBe(0);
    await page.context().close();
  });

  it('that a failing service does not take are told of as not saved, and go out when it takes them', async ({
    expect,
  }) => {
    const page = await open();
    await openList(page, 'location');
    await page.route('**/v1/transactions', (route) => route.fulfill({ status: 500 }));
    const sheet = page.getByRole('dialog', { name: 'New record' });
    const status = page.getByRole('button', { name: 'Not saved yet · 1 waiting' });
    const add = async (label: string) => {
      await page.getByRole('button', { name: 'Add place' }).first().click();
      await sheet.getByLabel('Label').fill(label);
      await sheet.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('link', { name: label }).waitFor();
      await status.click();
    };
    // One that it never takes would hold up all later ones.
    await add('Ferry to nowhere');
    await page.getByRole('button', { name: 'Drop mine' }).click();
    await page.getByRole('link', { name: 'Ferry to nowhere' }).waitFor({ state: 'detached' });
    await add('Ferry landing');
    await page.unroute('**/v1/transactions');
    await page.getByRole('button', { name: 'Try now' }).click();
    await status.waitFor({ state: 'detached' });
    const labels = (await all('location')).map(({ label }) => label);
    expect(labels).toContain('Ferry landing');
    expect(labels).not.toContain('Ferry to nowhere');
    await page.context().close();
  });

  it('with a change that still waits open after a reload on a screen that does not have their type', async ({
    expect,
  }) => {
    const page = await open();
    await page.route('**/v1/transactions', (route) => route.fulfill({ status: 500 }));
    const sheet = await openRecord(page, 'location', 'Lighthouse');
    await sheet.getByLabel('Label').fill('Old lighthouse');
    await sheet.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Not saved yet · 1 waiting' }).waitFor();
    await page.goto(`${stack.origin}/?record=${WAITING}`);
    await expect.poll(() => sheet.getByLabel('Label').inputValue()).toBe('Old lighthouse');
    await page.context().close();
  });

  it('that were written elsewhere come by the change feed when the window comes back', async ({ expect }) => {
    const page = await open();
    await openList(page, 'exercise');
    await page.getByText('No exercises yet').waitFor();
    const operation = { op: 'put', entity_type: 'exercise', doc: { label: 'From another device' } };
    await stack.request(MAYA.id, '/v1/transactions', { operations: [operation] });
    const comeBack = async () => {
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      return page.getByRole('link', { name: 'From another device' }).count();
    };
    await expect.poll(comeBack, { timeout: 20_000, interval: 500 }).toBe(1);
    await page.context().close();
  });

  it('can be added, found and edited with the keyboard alone', async ({ expect }) => {
    const page = await open();
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'Add a record' }).getByRole('combobox').waitFor();
    await page.keyboard.type('place');
    await page.keyboard.press('Enter');
    const sheet = page.getByRole('dialog', { name: 'New record' });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('[data-field]')?.getAttribute('data-field')))
      .toBe('label');
    await page.keyboard.type('Keyboard island');
    await page.keyboard.press('Control+Enter');
    await sheet.waitFor({ state: 'detached' });
    await expect
      .poll(async () => (await all('location')).some((place) => place.label === 'Keyboard island'))
      .toBe(true);
    await openList(page, 'location');
    await page.getByRole('link', { name: 'Keyboard island' }).focus();
    await page.keyboard.press('Enter');
    const opened = page.getByRole('dialog', { name: 'Record' });
    await opened.getByRole('button', { name: 'Save' }).waitFor();
    await page.keyboard.press('Escape');
    await opened.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Keyboard island');
    await page.context().close();
  });

  it('of the past are shown as they were, and cannot be changed', async ({ expect }) => {
    const page = await open();
    const before = new Date().toISOString();
    const id = crypto.randomUUID();
    const put = (doc: object) => ({ operations: [{ op: 'put', id, entity_type: 'medication', doc }] });
    await stack.request(MAYA.id, '/v1/transactions', put({ label: 'Before the change' }));
    const [record] = (await all('medication')).filter((each) => each.id === id);
    // A moment is given to the second: the next one after it was written.
    const moment = new Date(Math.ceil(Date.parse(String(record?.updated_at)) / 1000) * 1000);
    await expect.poll(() => Date.now() > moment.getTime(), { timeout: 5_000 }).toBe(true);
    await stack.request(MAYA.id, '/v1/transactions', put({ label: 'After the change' }));
    expect(Date.parse(before)).toBeLessThan(moment.getTime());

    await page.goto(`${stack.origin}/records/medication?at=${moment.toISOString().slice(0, 19)}Z`);
    await page.getByText('The past is read-only.').waitFor();
    await page.getByRole('link', { name: 'Before the change' }).waitFor();
    expect(await page.getByRole('link', { name: 'After the change' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^Add( |$)/ }).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await keepPicture(page, 'time-machine-desktop-light');
    await page.getByRole('link', { name: 'Before the change' }).click();
    const sheet = page.getByRole('dialog', { name: 'Record' });
    expect(await sheet.getByLabel('Label').isDisabled()).toBe(true);
    expect(await sheet.getByRole('button', { name: 'Save' }).isVisible()).toBe(false);
    await page.keyboard.press('Escape');
    await page.getByRole('navigation').getByRole('link', { name: 'Dashboards' }).click();
    await page.getByText('in this time').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'History' }).click();
    await page.getByRole('link', { name: 'Before the change' }).waitFor();
    expect(await page.getByRole('link', { name: 'After the change' }).count()).toBe(0);
    await page.getByRole('navigation').getByRole('link', { name: 'Records' }).click();
    await page.getByText('The past is read-only.').waitFor();
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.getByText('The past is read-only.').waitFor({ state: 'detached' });
    await openList(page, 'medication');
    await page.getByRole('link', { name: 'After the change' }).waitFor();
    await page.context().close();
  });
});

describe('settings', () => {
  it('bring archived records into sight, export everything, and erase for good only what is confirmed', async () => {
    const { page } = await openPage(browser, 'desktop', 'light');
    const put = (id: string | undefined, entity_type: string, doc: object) => ({ op: 'put', id, entity_type, doc });
    await stack.request(ASHA.id, '/v1/transactions', {
      operations: [
        put(ASHA.id, 'user', { joined_at: '2024-01-01T00:00:00Z', email: ASHA.email, time_zone: 'UTC' }),
        put(PUT_AWAY, 'habit', { label: 'Put away', archived: true }),
        put(crypto.randomUUID(), 'habit_log', {
          timestamp: '2025-03-01T15:00:00Z',
          time_zone: 'UTC',
          habit_ids: [PUT_AWAY],
        }),
        put(crypto.randomUUID(), 'habit', { label: 'To be erased' }),
      ],
    });
    await signIn(page, stack.origin, ASHA.email);
    await openList(page, 'habit');
    await page.getByRole('link', { name: 'To be erased' }).waitFor();
    expect(await page.getByRole('link', { name: 'Put away' }).count()).toBe(0);

    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('switch', { name: 'Archived records' }).check();
    await page.getByText('Archived records are shown.').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('region', { name: 'Timeline' }).getByText('Put away').waitFor();
    await page.goto(`${stack.origin}/calendar?type=habit_log&year=2025`);
    await expect.poll(() => page.locator('.summary-value').first().textContent()).toBe('1');
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    expect((await downloading).suggestedFilename()).toMatch(/^annals-.*\.ndjson$/);
    await page.getByText(/lines, .* MB/).waitFor();

    await page.getByLabel('Type').selectOption('habit');
    await page.getByRole('combobox', { name: 'Record' }).fill('erased');
    await page.getByRole('option', { name: 'To be erased' }).click();
    const erase = page.getByRole('button', { name: 'Erase “To be erased”' });
    expect(await erase.isDisabled()).toBe(true);
    await page.getByLabel('Type erase for good to confirm').fill('erase for good');
    await erase.click();
    await page.getByText('is erased for good').waitFor();
    await openList(page, 'habit');
    await page.getByRole('link', { name: 'Put away' }).waitFor();
    expect(await page.getByRole('link', { name: 'To be erased' }).count()).toBe(0);

    await page.route('**/v1/transactions', (route) => route.abort());
    await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Type').selectOption('habit');
    await page.getByRole('combobox', { name: 'Record' }).fill('Put');
    await page.getByRole('option', { name: 'Put away' }).click();
    await page.getByLabel('Type erase for good to confirm').fill('erase for good');
    await page.getByRole('button', { name: 'Erase “Put away”' }).click();
    await page.getByText('“Put away” will be erased when the network is back.').waitFor();
    await page.unroute('**/v1/transactions');

    // A year has begun in the user's zone, and not yet where the device is.
    await page.clock.setFixedTime('2027-01-01T02:00:00Z');
    await page.goto(`${stack.origin}/calendar`);
    await expect.poll(() => page.getByRole('combobox', { name: 'Year' }).inputValue()).toBe('2027');
    await page.context().close();
  });
});
