import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE_PATH = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** What another theme or size can break: everything else that axe asks about is in the page itself. */
const LOOKS = ['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable'] as const;

/**
 * Waits until what fades or slides has come to rest: axe tells a modal dialog from the rest of the page by what lies at
 * its corner, and judges colours as they are drawn. What never ends (the shimmer of a skeleton) is not waited for.
 */
const COME_TO_REST = `Promise.allSettled(document.getAnimations()
  .filter(({ effect, playState }) => playState === 'running' && effect.getComputedTiming().endTime !== Infinity).map(({ finished }) => finished))`;

/**
 * What axe finds against WCAG 2.2 AA and its best practices on the page as it is now: one line for each place.
 * @param rules of looks alone, for a page that was asked about the others in another theme or size
 */
export async function axeViolations(page: Page, rules: 'all' | 'looks' = 'all'): Promise<string[]> {
  // As text through the debugger, since the page's own policy forbids foreign scripts.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(await readFile(AXE_PATH, 'utf8'));
  await page.evaluate(COME_TO_REST);
  const options = { resultTypes: ['violations'], ...(rules === 'looks' && { runOnly: LOOKS }) };
  const results = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as AxeResults;
  return results.violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? violation.help}`,
    ),
  );
}
