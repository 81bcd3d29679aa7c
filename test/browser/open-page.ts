import type { Browser, BrowserContext, Page } from 'playwright-core';

export const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } } as const;

export interface OpenPage {
  readonly page: Page;
  /** What went wrong on the page so far: uncaught errors, and what the console says of errors and refused policies. */
  readonly complaints: string[];
}

/** What a browser keeps of a sign-in. */
export type Memory = Awaited<ReturnType<BrowserContext['storageState']>>;

/** Opens a page without any memory of earlier ones, unless it is given some. */
export async function openPage(
  browser: Browser,
  size: keyof typeof SIZES,
  theme: 'light' | 'dark',
  memory?: Memory,
): Promise<OpenPage> {
  const context = await browser.newContext({
    ...(memory !== undefined && { storageState: memory }),
    viewport: SIZES[size],
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'America/Detroit',
    hasTouch: size === 'phone',
    isMobile: size === 'phone',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints };
}

/** Signs in on the local provider's page, and waits for the overview. */
export async function signIn(page: Page, origin: string, email: string): Promise<void> {
  await page.goto(`${origin}/`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: email }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByText(/^As of/).waitFor();
}

/** A picture for people, in a folder that git ignores. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `test/.artifacts/${name}.png` });
}
