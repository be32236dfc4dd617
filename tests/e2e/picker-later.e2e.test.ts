import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { ACCESS_HALL, ACCESS_PRICES } from './access-hall.js';
import { AccessPage } from './access-page.js';
import { axeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';

/* The parts of the picker that are loaded after the map is shown: on slow lines, and where they cannot be had at first. */
const EXTRAS = '**/picker/*/extras-*.js';

let aisle: TestAisle;
let browser: Browser;
let event: SeatEvent;
let access: AccessPage;

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle(), openBrowser()]);
  event = await sellEvent(aisle, ACCESS_HALL, { prices: ACCESS_PRICES });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
});
afterEach(async () => {
  await access.context.close();
});

describe('the list, the filters and what the find box finds', () => {
  /** Asked for only when this is called; until then a request waits. */
  async function openSlow(): Promise<() => void> {
    let come = (): void => undefined;
    const gate = new Promise<void>((resolve) => (come = resolve));
    access = await AccessPage.open(browser, aisle.urls[0] ?? '', event.id, {
      before: (page) =>
        page.route(EXTRAS, async (route) => {
          await gate;
          await route.continue();
        }),
    });
    return come;
  }

  test('come before they are asked for, once the map is shown', async () => {
    const asked: string[] = [];
    access = await AccessPage.open(browser, aisle.urls[0] ?? '', event.id, {
      before: async (page) => {
        page.on('request', (request) => asked.push(request.url()));
      },
    });
    for (const part of ['/extras-', '/polled-source-'])
      await waitFor(() => asked.some((url) => url.includes(part)), { what: `${part} to be asked for` });
    expect(await access.page.locator('[data-shows=map][aria-pressed=true]').count()).toBe(1);
    expect(access.complaints).toEqual([]);
  });

  test('are waited for in their place; a skip link goes to the list when it is there', async () => {
    const come = await openSlow();
    await access.tabTo('Skip to the list of seats');
    await access.press('Enter');
    await access.page.locator('[part=list] [part=coming]').getByText('Loading…').waitFor();
    await waitFor(async () => (await access.told()).spoken.includes('Loading…'), { what: 'word of the wait' });
    expect(await axeFindings(access.page)).toEqual([]);
    expect((await access.focused())?.name).toBe('Skip to the list of seats');
    come();
    await waitFor(async () => (await access.focused())?.name.startsWith('Stalls left'), {
      what: 'the focus in the list',
    });
    expect(await access.page.locator('[part=coming]').count()).toBe(0);
    expect(access.complaints).toEqual([]);
  });

  test('do not take the focus back from whoever went elsewhere meanwhile, nor what was typed', async () => {
    const come = await openSlow();
    await access.tabTo('Skip to the list of seats');
    await access.press('Enter');
    const box = access.page.locator('input[type=search]');
    await box.fill('row d seat 5 right');
    await access.page.locator('.f-find [part=coming]').waitFor();
    come();
    await access.page.locator('[role=treeitem]').first().waitFor();
    await access.page.getByRole('button', { name: /^Hold Stalls right, row D, seat 5/ }).waitFor();
    expect((await access.focused())?.tag).toBe('input');
    expect(await box.inputValue()).toBe('row d seat 5 right');
    expect(access.complaints).toEqual([]);
  });

  test('that cannot be loaded say so, and are tried again; the keyboard goes on where they are', async () => {
    let broken = true;
    access = await AccessPage.open(browser, aisle.urls[0] ?? '', event.id, {
      before: (page) => page.route(EXTRAS, (route) => (broken ? route.abort() : route.continue())),
    });
    await access.page.locator('[data-shows=list]').click();
    const again = access.page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await waitFor(async () => (await access.told()).spoken.some((text) => text.startsWith('This could not be loaded')));
    expect(await axeFindings(access.page)).toEqual([]);
    broken = false;
    await again.focus();
    await access.press('Enter');
    await waitFor(async () => (await access.focused())?.name.startsWith('Stalls left'), {
      what: 'the focus in the list',
    });
    // The browser itself says that something could not be had.
    expect(access.complaints.filter((text) => !text.includes('Failed to load resource'))).toEqual([]);
  });
});

test('the minimap and the card of the keyboard’s seat come once they can be had', async () => {
  let broken = true;
  access = await AccessPage.open(browser, aisle.urls[0] ?? '', event.id, {
    before: (page) => page.route(EXTRAS, (route) => (broken ? route.abort() : route.continue())),
  });
  const { page } = access;
  const closer = page.locator('.map-tools button').first();
  await access.tabTo('Skip to the map');
  await access.press('Enter', 'ArrowRight');
  await closer.click();
  expect(await page.locator('.minimap').isVisible()).toBe(false);
  broken = false;
  await waitFor(
    async () => {
      await access.press('ArrowRight');
      await closer.click();
      await page.locator('canvas.map').focus();
      return page.locator('.minimap').isVisible();
    },
    { what: 'the minimap' },
  );
  await access.press('ArrowLeft');
  await page.locator('.card.docked').waitFor();
  expect(access.complaints.filter((text) => !text.includes('Failed to load resource'))).toEqual([]);
});
