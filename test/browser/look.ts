import type { Page } from 'playwright-core';
import type { ExpectStatic } from 'vitest';
import { axeViolations } from './axe-violations.ts';
import { keepPicture, SIZES } from './open-page.ts';

/** The least that each size must bear: a tablet, and a phone whose letters are large. */
const NARROWEST_PX = { desktop: 800, phone: 320 } as const;

/**
 * Looks at a screen as it is: nothing is wider than it, axe finds nothing (at the desk in either theme), keys show where they are, and nothing
 * moves for whom that makes ill. Keeps a picture of each theme.
 * @param expect the test's own, since tests run side by side
 * @param rules as of {@link axeViolations}
 */
export async function look(
  expect: ExpectStatic,
  page: Page,
  size: keyof typeof SIZES,
  name: string,
  rules: 'all' | 'looks' = 'all',
): Promise<void> {
  for (const width of [NARROWEST_PX[size], SIZES[size].width]) {
    await page.setViewportSize({ ...SIZES[size], width });
    // Charts follow their frame.
    await expect
      .poll(() => page.evaluate(() => Math.max(innerWidth, document.documentElement.scrollWidth)), {
        message: `${name}, ${width} px wide`,
      })
      .toBe(width);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  expect(await axeViolations(page, rules), name).toEqual([]);
  await keepPicture(page, `${name}-${size}-light`);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  // The colours of a theme are the same at every width.
  if (size === 'desktop') expect(await axeViolations(page, 'looks'), name).toEqual([]);
  await keepPicture(page, `${name}-${size}-dark`);
  expect(await moving(page), name).toEqual([]);
  expect(await unmarkedFocus(page), name).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
}

/** What has an animation or a transition that takes time. */
export function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')].flatMap((element) =>
      ['', '::before', '::after'].flatMap((part) => {
        const { animationDuration, transitionDuration } = getComputedStyle(element, part);
        const takes_time = `${animationDuration}, ${transitionDuration}`
          .split(', ')
          .some((each) => parseFloat(each) > 0);
        return takes_time ? [`${element.tagName} ${element.className}${part}`] : [];
      }),
    ),
  );
}

/** What keys can reach without its being seen. */
async function unmarkedFocus(page: Page): Promise<string[]> {
  // From then on the browser marks what is focused, by a script too.
  await page.keyboard.press('Tab');
  return page.evaluate(() => {
    const ancestors = (element: Element | null): Element[] =>
      element === null ? [] : [element, ...ancestors(element.parentElement)];
    const focused = document.activeElement;
    const inside = document.querySelector('dialog[open]') ?? document.body;
    const unmarked = [
      ...inside.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex="0"]'),
    ]
      .filter((element) => element.checkVisibility() && element.tabIndex >= 0 && !element.matches(':disabled'))
      .filter((element) => {
        element.focus({ preventScroll: true });
        // The mark may be what stands for a hidden input, or the row that a link fills.
        const marks = [element, element.nextElementSibling, ...ancestors(element)];
        return !marks.some(
          (mark) => mark && ['', '::after'].some((part) => getComputedStyle(mark, part).outlineStyle !== 'none'),
        );
      })
      .map((element) => `${element.tagName} ${element.className}: ${element.textContent}`);
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    return unmarked;
  });
}
