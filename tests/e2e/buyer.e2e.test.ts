import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { expectNoAxeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';
import { guestToken, watchMoves } from './shop-page.js';

/*
 * The buyer's pages beside the map: events, one event, checkout, payment by the sandbox, tickets. Any complaint of the browser
 * fails the test; so does what axe finds. BUYER_PICTURES=folder keeps pictures for whoever wants to look.
 */
const SECRET = 'the secret of the sandbox';
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
let aisle: TestAisle;
let browser: Browser;
let sandbox: RunningSandbox;
let event: SeatEvent;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SECRET };
  [aisle, browser] = await Promise.all([startAisle({ env }), openBrowser()]);
  const types = [
    { key: 'full', label: 'Full price', minor: 4500, feeMinor: 150 },
    { key: 'child', label: 'Child', minor: 2000 },
  ];
  const fields = {
    ...{
      name: 'The Winter’s Tale',
      venue: 'Great Hall',
      timezone: 'Europe/Berlin',
      prices: { A: { ticketTypes: types } },
    },
    description: 'A comedy that begins as a tragedy.\n\nTwo hours and forty minutes with an interval.',
  };
  event = await waitFor(() => sellEvent(aisle, plainChart(6, 10), fields), { timeoutMs: 15_000, intervalMs: 500 });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  await sandbox?.close();
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  expect(complaints.splice(0)).toEqual([]);
});

async function open(path: string, options: BrowserContextOptions & { context?: BrowserContext } = {}): Promise<Page> {
  const { context: shared, ...rest } = options;
  const context =
    shared ?? (await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', ...rest }));
  if (shared === undefined) contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  // As on plain http, where browsers have no such thing.
  await page.addInitScript('delete Crypto.prototype.randomUUID;');
  page.on('console', (message) => {
    // The browser's own word on a card that is declined, and on what is not there: asked for on purpose.
    if (/^Failed to load resource: .* (402|404|503)/.test(message.text())) return;
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await watchMoves(page);
  await page.goto((aisle.urls[0] ?? '') + path);
  return page;
}
/** What moved under the reader's eyes (Core Web Vitals: below 0.1 is good). */
async function steady(page: Page, below = 0.05): Promise<void> {
  expect(await page.evaluate('window.moved'), `layout shift at ${page.url()}`).toBeLessThan(below);
}
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.BUYER_PICTURES;
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** Holds seats as the guest of this page does on the map. */
async function hold(page: Page, seats: readonly string[], ticketType = 'full'): Promise<Hold> {
  const token = await guestToken(page);
  const response = await fetch(`${aisle.urls[0] ?? ''}/v1/inventory/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ eventId: event.id, seats: seats.map((id) => ({ id, ticketType })) }),
  });
  const answer = (await response.json()) as Hold & { error?: { message: string } };
  if (!response.ok) throw new Error(answer.error?.message);
  return answer;
}
async function details(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('Perdita Florizel');
  await page.getByLabel('E-mail').fill('perdita@example.com');
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.getByRole('heading', { name: 'Pay for your seats' }).waitFor();
  // Who buys, and the token of the hold, are not left behind in the tab.
  const kept = await page.evaluate('JSON.stringify({ ...sessionStorage })');
  expect(kept).toContain('aisle.key');
  expect(kept).not.toMatch(/perdita|evt_/i);
}
const orders = async (): Promise<Order[]> =>
  (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}&email=perdita@example.com`)).items;

describe('from the list to the tickets', () => {
  test.each([
    ['desktop-light', { colorScheme: 'light' }],
    ['phone-dark', { colorScheme: 'dark', ...PHONE }],
  ] as const)(
    'O4 an event is found, seats are paid after a declined card, tickets shown: %s',
    async (look, options) => {
      const seats = look === 'desktop-light' ? ['r1-1', 'r1-2'] : ['r2-1', 'r2-2'];
      const page = await open('/', options);
      await page.getByRole('link', { name: event.name }).waitFor();
      await page
        .getByText(/places free/)
        .first()
        .waitFor();
      await expectNoAxeFindings(page);
      await steady(page);
      await picture(page, `list-${look}`);
      await page.getByRole('link', { name: event.name }).click();
      await page.getByRole('heading', { name: 'Prices' }).waitFor();
      await page.getByText('Full price').waitFor();
      await expectNoAxeFindings(page);
      await steady(page);
      await picture(page, `event-${look}`);
      expect(await page.getByRole('link', { name: 'Choose seats' }).getAttribute('href')).toBe(`/e/${event.id}`);

      await page.getByRole('link', { name: 'My tickets' }).click();
      await page.getByText('No tickets yet').waitFor();
      await expectNoAxeFindings(page);
      await hold(page, seats);
      await page.goto(`${aisle.urls[0] ?? ''}/checkout/${event.id}`);
      await page.getByText('Kept for you for').waitFor();
      await page
        .getByText(/€93\.00/)
        .first()
        .waitFor();
      await page.getByText('Row r', { exact: false }).first().waitFor();
      await steady(page);
      await page.getByRole('button', { name: 'Continue to payment' }).click();
      await page.getByText('Enter an e-mail address').waitFor();
      await expectNoAxeFindings(page);
      await picture(page, `checkout-${look}`);
      await details(page);

      await page.getByRole('heading', { name: 'Pay for your seats' }).waitFor();
      await page.getByLabel('A card that is declined').check();
      await page.getByRole('button', { name: /^Pay/ }).click();
      await page.getByText('The card was declined').waitFor();
      await expectNoAxeFindings(page);
      await picture(page, `pay-${look}`);
      // The page is loaded anew in the middle: nothing is lost by it.
      await page.reload();
      await page.getByText('Kept for you for').waitFor();
      // Cards are pressed at once: nothing may come between and push them down.
      await steady(page, 0.005);
      await page.getByLabel('A line that breaks').check();
      await page.getByRole('button', { name: /^Pay/ }).click();
      await page.getByRole('heading', { name: 'Enjoy the show' }).waitFor({ timeout: 20_000 });
      expect(await page.locator('.ticket svg.qr').count()).toBe(2);
      await page.getByText('Row r', { exact: false }).first().waitFor();
      await expectNoAxeFindings(page);
      await picture(page, `order-${look}`);
      await page.getByRole('link', { name: 'My tickets' }).click();
      await page.getByText('2 tickets').waitFor();
      await picture(page, `mine-${look}`);
      const paid = (await orders()).filter(({ items }) => items.some(({ seat }) => seat === seats[0]));
      expect(paid).toMatchObject([{ status: 'completed', totalMinor: 9300 }]);
      expect(await taken(paid[0]?.id)).toEqual([9300]);
    },
  );

  test('a pending order gives its seats back; the checkout then says that nothing is held', async () => {
    const page = await open('/tickets');
    await hold(page, ['r4-1']);
    await page.goto(`${aisle.urls[0] ?? ''}/checkout/${event.id}`);
    await details(page);
    await page.getByRole('button', { name: 'Give the seats back' }).click();
    await page.getByRole('heading', { name: 'The order was cancelled' }).waitFor();
    await page.goto(`${aisle.urls[0] ?? ''}/checkout/${event.id}`);
    await page.getByText('No seats are held for you now').waitFor();
    expect(await page.getByRole('link', { name: 'Choose seats' }).getAttribute('href')).toBe(`/e/${event.id}`);
  });

  test('H1 a hold that lapses under the form: said, nothing ordered', async () => {
    const quick = await sellEvent(aisle, plainChart(2, 4), { name: 'Quick', holdSeconds: 6, prices: { A: 1000 } });
    const page = await open('/tickets');
    const token = await guestToken(page);
    await fetch(`${aisle.urls[0] ?? ''}/v1/inventory/holds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ eventId: quick.id, seats: ['r0-0'] }),
    });
    await page.goto(`${aisle.urls[0] ?? ''}/checkout/${quick.id}`);
    await page.getByText('Kept for you for').waitFor();
    await page.getByText('No seats are held for you now').waitFor({ timeout: 20_000 });
  });

  test('somebody else’s order and an event that is not there: words and a way on', async () => {
    const other = (await orders())[0];
    const page = await open(`/orders/${other?.id ?? ''}`);
    await page.getByText('This browser cannot open that order').waitFor();
    await expectNoAxeFindings(page);
    await page.goto(`${aisle.urls[0] ?? ''}/events/nothing-here`);
    await page.getByRole('alert').waitFor();
    await expectNoAxeFindings(page);
  });
});

/** What the provider has taken for an order, by its own books. */
async function taken(orderId: string | undefined): Promise<number[]> {
  const response = await fetch(`${sandbox.url}/v1/charges`, { headers: { authorization: `Bearer ${SECRET}` } });
  const { items } = (await response.json()) as {
    items: { status: string; capturedMinor: number; metadata: Readonly<Record<string, string>> }[];
  };
  return items
    .filter(({ status, metadata }) => status === 'succeeded' && metadata.orderId === orderId)
    .map(({ capturedMinor }) => capturedMinor);
}
