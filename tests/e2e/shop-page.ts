import type { Page } from 'playwright-core';
import { waitFor } from '../helpers/wait.js';

/** From the next page on: `window.moved` is how far things moved without a press (layout shift of the Core Web Vitals). */
export async function watchMoves(page: Page): Promise<void> {
  await page.addInitScript(`window.moved = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => { if (!e.hadRecentInput) window.moved += e.value; }))
      .observe({ type: 'layout-shift', buffered: true });`);
}

/** The token of the guest that the open page keeps. */
export async function guestToken(page: Page): Promise<string> {
  const kept = await waitFor(() => page.evaluate<string | null>(`localStorage.getItem('aisle.guest')`), {
    what: 'the guest',
  });
  return (JSON.parse(kept) as { token: string }).token;
}
