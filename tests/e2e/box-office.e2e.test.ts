import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { expectNoAxeFindings } from './axe.js';
import { CounterPage, newKey } from './box-office-page.js';
import { openBrowser } from './picker-page.js';

/* The counter as a clerk uses it, in a real browser, against a real server, under a strict content policy. */
let aisle: TestAisle;
let browser: Browser;
let event: SeatEvent;
let clerk: { id: string; key: string };
const url = (): string => aisle.urls[0] ?? '';
const ordersOf = async (): Promise<Order[]> =>
  (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}`)).items;

/** In the page: how far things moved by themselves, as browsers count it (CLS). */
const SHIFTS = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const own = list.getEntries().filter((entry) => !entry.hadRecentInput);
    resolve(own.reduce((sum, entry) => sum + entry.value, 0));
  }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(0), 500);
})`;

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle(), openBrowser()]);
  const prices = {
    A: {
      ticketTypes: [
        { key: 'full', label: 'Full price', minor: 4500, feeMinor: 150 },
        { key: 'reduced', label: 'Reduced', minor: 3000 },
      ],
    },
    GA: 2500,
  };
  const chart = plainChart(6, 10, [{ id: 'floor', capacity: 40 }]);
  event = await sellEvent(aisle, chart, { name: 'Night of Ice', venue: 'Great Hall', prices });
  clerk = await newKey(aisle, 'box_office', 'counter');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
});

async function openCounter(terminal: string): Promise<CounterPage> {
  const counter = await CounterPage.open(browser, url());
  await counter.signIn(clerk.key, terminal);
  await counter.chooseEvent('Night of Ice');
  await counter.page.locator('.free', { hasText: 'free' }).first().waitFor();
  return counter;
}

describe('the box office', () => {
  test('A1 A9 only a key of the box office signs in; it is in no address; once revoked it signs out, with words', async () => {
    const counter = await CounterPage.open(browser, url());
    await expectNoAxeFindings(counter.page);
    await counter.signIn('ak_not-a-key-of-ours');
    await counter.page.getByText('This key is not known here.').waitFor();
    const mine = await newKey(aisle, 'box_office', 'for a day');
    await counter.signIn(mine.key);
    await counter.page.getByRole('heading', { name: 'Choose the event' }).waitFor();
    await expectNoAxeFindings(counter.page);
    await counter.chooseEvent('Night of Ice');
    expect(counter.page.url()).not.toContain(mine.key);
    await counter.page.reload();
    await counter.live();
    // The browser brings a page back as it was, by its back button: signed out elsewhere, it must not be signed in here.
    await counter.page.evaluate(
      `sessionStorage.clear(); dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`,
    );
    await counter.page.getByLabel('Your key').waitFor();
    await counter.signIn(mine.key);
    await counter.live();
    await adminCall(aisle, 'DELETE', `/keys/${mine.id}`).catch(() => undefined);
    await counter.page.getByText('not accepted any more').waitFor();
    expect(await counter.page.getByLabel('Your key').inputValue()).toBe('');
    expect(await counter.page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(
      mine.key,
    );
    expect(counter.complaints.filter((text) => !/401/.test(text))).toEqual([]);
    await counter.close();
  });

  test('O1 O5 T5 a quick sale takes four taps: quantity, category, cash, print; the change is told, the money booked', async () => {
    const counter = await openCounter('Counter 7');
    await waitFor(async () => (await counter.free('A')) === '60 free', { what: 'the free seats' });
    await expectNoAxeFindings(counter.page);
    const before = await counter.taps();

    await counter.quantity(3).click();
    await counter.type(/Reduced/).click();
    await counter.sale.locator('[data-total="9000"]').waitFor();
    await expectNoAxeFindings(counter.page);
    await waitFor(async () => (await counter.free('A')) === '57 free', { what: 'the seats on hold' });
    await counter.sale.getByRole('button', { name: '€100.00' }).click();
    await counter.sale.locator('[data-change="1000"]').waitFor();
    await counter.sale.getByRole('button', { name: /^Print 3 tickets/ }).click();
    const [paper] = await waitFor(async () => ((await counter.printed()).length > 0 ? counter.printed() : null), {
      what: 'the tickets printed',
    });
    expect((await counter.taps()) - before).toBe(4);

    const [order] = await ordersOf();
    expect(order).toMatchObject({ status: 'completed', totalMinor: 9000, currency: 'EUR' });
    expect(order?.tickets.map(({ ticketType }) => ticketType)).toEqual(['reduced', 'reduced', 'reduced']);
    for (const ticket of order?.tickets ?? []) expect(paper).toContain(ticket.id);
    const log = await adminCall<{ steps: { changes: object }[] }>(aisle, 'GET', `/orders/${order?.id ?? ''}/log`);
    expect(JSON.stringify(log.steps)).toContain('cash/Counter 7/');
    await expectNoAxeFindings(counter.page);
    expect(counter.complaints).toEqual([]);
    await counter.close();
  });

  test('O1 the same by keys alone: 2, C, F9, P, N', async () => {
    const counter = await openCounter('Counter 8');
    const before = (await ordersOf()).length;
    await counter.page.keyboard.press('2');
    await counter.page.keyboard.press('c');
    await counter.sale.locator('[data-total="5000"]').waitFor();
    await counter.page.keyboard.press('F9');
    await counter.sale.getByText('Sold: 2 tickets').waitFor();
    await counter.page.keyboard.press('p');
    await waitFor(async () => (await counter.printed()).length === 1, { what: 'the tickets printed' });
    await counter.page.keyboard.press('n');
    await counter.page.getByText('Choose how many and which category').waitFor();
    expect((await ordersOf()).length).toBe(before + 1);
    await counter.page.keyboard.press('?');
    await counter.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await expectNoAxeFindings(counter.page);
    expect(counter.complaints).toEqual([]);
    await counter.close();
  });

  test('I6 O1 a sale that was not answered is asked for under the same number, over a reload too, and sold once', async () => {
    const counter = await openCounter('Counter 9');
    const before = (await ordersOf()).length;
    const keys: (string | undefined)[] = [];
    let answers = false;
    await counter.page.route('**/v1/bookings', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      // It reaches the server, the answer reaches nobody.
      if (answers) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await counter.quantity(1).click();
    await counter.type(/Full price/).click();
    await counter.sale.getByRole('button', { name: /^Cash/ }).first().click();
    await counter.page.getByText('Do not sell these seats again').waitFor();
    await expectNoAxeFindings(counter.page);
    await counter.page.reload();
    await counter.page.getByText('Do not sell these seats again').waitFor();
    answers = true;
    await counter.sale.getByText('Sold: 1 ticket').waitFor();
    expect((await ordersOf()).length).toBe(before + 1);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    await counter.close();
  });

  test('I7 two terminals want the same seat: one has it, the other is told which, kindly; both see what is left', async () => {
    const [one, other] = await Promise.all([openCounter('Counter 1'), openCounter('Counter 2')]);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await other.page.route('**/v1/inventory/holds', async (route) => {
      await held;
      await route.continue();
    });
    for (const counter of [one, other]) {
      await counter.goTo('Seats');
      await counter.choose(['r5-8', 'r5-9']);
    }
    await other.page.getByRole('button', { name: /^Sell 2/ }).click();
    await one.page.getByRole('button', { name: /^Sell 2/ }).click();
    await one.sale.locator('[data-total="9300"]').waitFor();
    goOn();
    await other.page.getByText('Just taken by somebody else: Row r5, seats 8–9.').waitFor();
    await expectNoAxeFindings(other.page);
    await one.goTo('Quick sale');
    await other.goTo('Quick sale');
    await waitFor(async () => (await one.free('A')) === (await other.free('A')), { what: 'the same count on both' });
    await one.page.keyboard.press('Escape');
    await waitFor(async () => (await other.free('A')) === (await one.free('A')), { what: 'the seats back on both' });
    await Promise.all([one.close(), other.close()]);
  });

  test('O1 on a phone in the dark: every screen within its 360 px, a sale by finger, nothing jumps', async () => {
    const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
    const counter = await CounterPage.open(browser, url(), { ...phone, colorScheme: 'dark' });
    const { page, sale } = counter;
    await counter.signIn(clerk.key, 'Door');
    await counter.chooseEvent('Night of Ice');
    await page.locator('.free', { hasText: 'free' }).first().waitFor();
    await counter.quantity(1).tap();
    await counter.type(/^Standing, Ticket/).tap();
    await sale.locator('[data-total="2500"]').waitFor();
    await expectNoAxeFindings(page);
    await sale.getByRole('button', { name: /^Card/ }).tap();
    await sale.getByText('Sold: 1 ticket').waitFor();
    await expectNoAxeFindings(page);
    for (const screen of ['Quick sale', 'Seats', 'Orders', 'Block', 'Scan'] as const) {
      await counter.goTo(screen);
      await page.getByRole('heading', { name: `Box office: ${screen}` }).waitFor({ state: 'attached' });
      await expectNoAxeFindings(page);
      expect(await page.evaluate('document.documentElement.scrollWidth'), screen).toBeLessThanOrEqual(360);
    }
    expect(await page.evaluate<number>(SHIFTS)).toBeLessThan(0.05);
    // A map that is left while it still connects closes its socket, which Chromium remarks on.
    expect(counter.complaints.filter((text) => !/closed before the connection is established/.test(text))).toEqual([]);
    await counter.close();
  });

  test('F9 without a connection what is known stays, with its age; what needs it says so, and comes back by itself', async () => {
    const counter = await openCounter('Counter 3');
    const free = await counter.free('A');
    await counter.page.context().setOffline(true);
    await counter.page.locator('[data-link=offline]').waitFor();
    await counter.page.getByText('No connection to the server.').waitFor();
    await counter.page.locator('[data-age]').waitFor();
    expect(await counter.free('A')).toBe(free);
    expect(await counter.type(/Full price/).isDisabled()).toBe(true);
    await expectNoAxeFindings(counter.page);
    await counter.goTo('Scan');
    await counter.page.getByText('no ticket can be checked now').waitFor();
    await counter.goTo('Quick sale');
    await counter.page.context().setOffline(false);
    await counter.live();
    expect(await counter.type(/Full price/).isEnabled()).toBe(true);
    await counter.close();
  });
});
