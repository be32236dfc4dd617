import type { Browser, BrowserContext, Locator, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { openBrowser } from './picker-page.js';
import { guestToken, watchMoves } from './shop-page.js';

/* The buyer's pages where answers are late, lost or not the server's own: nothing moves under a finger, nothing typed is lost. */
const SECRET = 'the secret of the sandbox';
const SIZES = {
  desktop: { viewport: { width: 1280, height: 1300 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
} as const;
/** Of a double press. */
const BETWEEN_PRESSES_MS = 100;
let aisle: TestAisle;
let browser: Browser;
let sandbox: RunningSandbox;
let event: SeatEvent;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SECRET };
  [aisle, browser] = await Promise.all([startAisle({ env }), openBrowser()]);
  const what = { timeoutMs: 15_000, intervalMs: 500, what: 'an event on sale' };
  event = await waitFor(() => sellEvent(aisle, plainChart(6, 10), { name: 'The Tempest', prices: { A: 4500 } }), what);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  await sandbox?.close();
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

/** A guest of its own who holds this seat, and what moves on the page without a press is counted. */
async function holding(seat: string, size: keyof typeof SIZES = 'desktop'): Promise<Page> {
  const context = await browser.newContext({ colorScheme: 'light', ...SIZES[size] });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await watchMoves(page);
  await page.goto(`${aisle.urls[0] ?? ''}/tickets`);
  const token = await guestToken(page);
  const answer = await fetch(`${aisle.urls[0] ?? ''}/v1/inventory/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ eventId: event.id, seats: [seat] }),
  });
  expect(answer.ok).toBe(true);
  return page;
}
async function toCheckout(page: Page): Promise<void> {
  await page.goto(`${aisle.urls[0] ?? ''}/checkout/${event.id}`);
  await page.getByLabel('Name').fill('Miranda Prospero');
  await page.getByLabel('E-mail').fill('miranda@example.com');
}
async function toOrder(page: Page): Promise<string> {
  await toCheckout(page);
  await continues(page).click();
  await page.getByRole('heading', { name: 'Pay for your seats' }).waitFor();
  await page.getByText('Kept for you for').waitFor();
  return page.url().split('/').at(-1) ?? '';
}
const continues = (page: Page): Locator => page.getByRole('button', { name: 'Continue to payment' });
const pays = (page: Page): Locator => page.getByRole('button', { name: /^Pay/ });

/** At its upper edge, where what comes up from below would be. */
async function pressTwice(page: Page, button: Locator): Promise<void> {
  const box = await button.boundingBox();
  if (box === null) throw new Error('no button');
  await page.mouse.move(box.x + 20, box.y + 5);
  for (const clickCount of [1, 2]) {
    await page.mouse.down({ clickCount });
    await page.mouse.up({ clickCount });
    await sleep(BETWEEN_PRESSES_MS);
  }
}
const late =
  (ms: number) =>
  async (route: Route): Promise<void> => {
    await sleep(ms);
    await route.continue();
  };

describe('pressed twice where something was refused before', () => {
  test('the checkout is not left for the map', async () => {
    const page = await holding('r0-0');
    await toCheckout(page);
    await page.route('**/v1/checkout', async (route) => {
      await sleep(300);
      const error = { code: 'PRICE_CHANGED', message: 'Another price.', remediation: 'Look.', retryable: false };
      await route.fulfill({ status: 409, json: { error } });
    });
    const notice = page.getByText('A price has changed');
    await continues(page).click();
    await notice.waitFor();
    const answered = page.waitForResponse('**/v1/checkout');
    await pressTwice(page, continues(page));
    await answered;
    await notice.waitFor();
    expect(page.url()).toContain('/checkout/');
  });

  test('O4 the seats are not given back in place of being paid', async () => {
    const page = await holding('r0-1');
    const id = await toOrder(page);
    await page.route('**/pay', late(300));
    await page.getByLabel('A card that is declined').check();
    const declined = page.getByText('The card was declined');
    await pays(page).click();
    await declined.waitFor();
    const answered = page.waitForResponse('**/pay');
    await pressTwice(page, pays(page));
    await answered;
    await declined.waitFor();
    const { status } = await adminCall<Order>(aisle, 'GET', `/orders/${id}`);
    expect(status).toBe('pending');
  });
});

test.each(['desktop', 'phone'] as const)('what comes late pushes nothing down: %s', async (size) => {
  const page = await holding(size === 'phone' ? 'r1-0' : 'r1-1', size);
  await page.route('**/chart', late(800));
  await page.route('**/inventory', late(800));
  await page.goto(`${aisle.urls[0] ?? ''}/events/${event.id}`);
  await page.getByText(/^\d+ free/).waitFor();
  expect(await page.evaluate('window.moved'), 'event').toBeLessThan(0.001);
  await page.goto(`${aisle.urls[0] ?? ''}/checkout/${event.id}`);
  await page.getByText('Row r1').waitFor();
  expect(await page.evaluate('window.moved'), 'checkout').toBeLessThan(0.001);
  await page.goto(`${aisle.urls[0] ?? ''}/orders/${await toOrder(page)}`);
  await page.getByText('Row r1').waitFor();
  await page.getByText('Kept for you for').waitFor();
  expect(await page.evaluate('window.moved'), 'order').toBeLessThan(0.001);
  await pays(page).click();
  await page.getByRole('heading', { name: 'Enjoy the show' }).waitFor();
  await page.route('**/v1/events/*', late(800));
  await page.goto(`${aisle.urls[0] ?? ''}/tickets`);
  await page.getByRole('link', { name: event.name }).waitFor();
  expect(await page.evaluate('window.moved'), 'my tickets').toBeLessThan(0.001);
});

describe('where the line is cut', () => {
  test.each(['desktop', 'phone'] as const)('an order says so without moving its cards: %s', async (size) => {
    const page = await holding(size === 'phone' ? 'r2-0' : 'r2-1', size);
    await toOrder(page);
    const before = await page.locator('.card-choice').first().boundingBox();
    await page.route('**/v1/orders/*', (route) => route.fulfill({ status: 403, json: {} }));
    await page.getByText('No connection: this is what was known last.').waitFor();
    expect(await page.locator('.card-choice').first().boundingBox()).toEqual(before);
    await page.unroute('**/v1/orders/*');
    await page.getByText('They are kept for you until the time is up.').waitFor();
  });

  test('an order that could not be looked up is looked up again at a press', async () => {
    const page = await holding('r2-2');
    const id = await toOrder(page);
    await page.route('**/v1/orders/*', (route) => route.fulfill({ status: 403, json: {} }));
    await page.goto(`${aisle.urls[0] ?? ''}/orders/${id}`);
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await page.unroute('**/v1/orders/*');
    await again.click();
    await page.getByRole('heading', { name: 'Pay for your seats' }).waitFor();
  });

  test('what was typed at the checkout stays when the event is asked for again in vain', async () => {
    const page = await holding('r2-3');
    await toCheckout(page);
    let asked = 0;
    await page.route('**/v1/events/*', async (route) => {
      asked += 1;
      await route.fulfill({ status: 403, json: {} });
    });
    // Somebody looks elsewhere for their number and comes back; an event that was just asked for is not asked for again.
    await waitFor(
      async () => {
        await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
        return asked > 0;
      },
      { intervalMs: 500, what: 'the event asked for again' },
    );
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 200))');
    expect(await page.getByLabel('Name').inputValue()).toBe('Miranda Prospero');
    await page.unroute('**/v1/events/*');
  });

  test.each([
    ['a 502 from what stands between', (route: Route) => route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' })],
    ['an answer that breaks off', (route: Route) => route.fulfill({ status: 200, body: '{"order":' })],
  ])('O4 %s may be a payment: sent again under its key', async (_, answer) => {
    const page = await holding(_.startsWith('a 502') ? 'r3-0' : 'r3-1');
    await toOrder(page);
    const keys: (string | undefined)[] = [];
    await page.route('**/pay', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      const reached = await route.fetch();
      await (keys.length === 1 ? answer(route) : route.fulfill({ response: reached }));
    });
    await pays(page).click();
    await waitFor(() => keys.length > 1, { what: 'the payment sent again' });
    expect(new Set(keys).size).toBe(1);
    await page.getByRole('heading', { name: 'Enjoy the show' }).waitFor();
  });
});
