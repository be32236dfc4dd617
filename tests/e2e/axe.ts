import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Off in axe as it comes: WCAG 2.2 AA asks for it (2.5.8, targets of at least 24 px). */
const MORE_RULES = { 'target-size': { enabled: true } };

export interface AxeOptions {
  /** Look at this part alone: a CSS selector in the page; default all of it. */
  readonly include?: string;
  /** Leave out what is not ours, e.g. a provider's frame. */
  readonly exclude?: readonly string[];
}

/**
 * What axe-core finds on the page as it is now, open shadow roots included, a line each: rule, what it says, where.
 * The source goes in by the debugger, so that a strict Content-Security-Policy stays as it is.
 */
export async function axeFindings(page: Page, options: AxeOptions = {}): Promise<string[]> {
  await stillness(page);
  if (!(await page.evaluate('typeof globalThis.axe === "object"'))) await page.evaluate(`${AXE_SOURCE};0`);
  const context = {
    ...(options.include === undefined ? {} : { include: [options.include] }),
    ...(options.exclude === undefined ? {} : { exclude: [...options.exclude] }),
  };
  const asked = { resultTypes: ['violations'], rules: MORE_RULES };
  const what = Object.keys(context).length === 0 ? 'document' : JSON.stringify(context);
  const answer: unknown = await page.evaluate(`globalThis.axe.run(${what}, ${JSON.stringify(asked)})`);
  return (answer as AxeResults).violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => {
      const why = (failureSummary ?? '').replaceAll(/\s+/g, ' ');
      return `${id}: ${help}. At ${JSON.stringify(target)} ${html.slice(0, 200)} (${why})`;
    }),
  );
}

/** Fails with every finding named. `expectNoAxeFindings(page)` in each state that a page can be in. */
export async function expectNoAxeFindings(page: Page, options: AxeOptions = {}): Promise<void> {
  expect(await axeFindings(page, options), `axe at ${page.url()}`).toEqual([]);
}

/** What fades in is paler on its way than where it stays: waits for the animations that end by themselves. */
async function stillness(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const roots = (root) => [root, ...[...root.querySelectorAll('*')].flatMap((e) => (e.shadowRoot ? roots(e.shadowRoot) : []))];
    const finite = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime);
    await new Promise((resolve) => requestAnimationFrame(() => resolve()));
    const running = roots(document).flatMap((root) => root.getAnimations()).filter(finite);
    await Promise.allSettled(running.map(({ finished }) => finished));
  })()`);
}
