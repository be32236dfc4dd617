import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { decodeMapInto, type Order, type SeatEvent } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { openBrowser, PickerPage } from './picker-page.js';

/* The whole way of a buyer in a browser, from the map to the ticket: by hand beside somebody who looks on, and by keys alone. */
const SECRET = 'the secret of the sandbox';
const chart = plainChart(6, 10);
const MOST_TABS = 80;
let aisle: TestAisle;
let browser: Browser;
let sandbox: RunningSandbox;
let event: SeatEvent;
const open: PickerPage[] = [];

beforeAll(async () => {
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SECRET };
  [aisle, browser] = await Promise.all([startAisle({ nodes: 2, env }), openBrowser()]);
  event = await waitFor(() => sellEvent(aisle, chart, { name: 'Matinee', prices: { A: 2500 } }), {
    timeoutMs: 15_000,
    intervalMs: 500,
  });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  await sandbox?.close();
});
afterEach(async () => {
  const complaints = open.flatMap((picker) => picker.complaints);
  await Promise.all(open.splice(0).map((picker) => picker.close()));
  expect(complaints).toEqual([]);
});

async function visit(node: number): Promise<PickerPage> {
  const picker = await PickerPage.open(browser, `${aisle.urls[node] ?? ''}/e/${event.id}`, chart, {
    colorScheme: 'light',
  });
  open.push(picker);
  return picker;
}
const paidFor = async (email: string): Promise<Order[]> =>
  (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}&email=${email}`)).items;
const letterOf = async (seatNo: number): Promise<string> => {
  const { map } = await adminCall<{ map: string }>(aisle, 'GET', `/events/${event.id}/seats`);
  const letters = new Uint8Array(chart.seats.length);
  decodeMapInto(map, letters);
  return String.fromCharCode(letters[seatNo] ?? 0);
};

test('O4 F1 two seats from the map to their tickets, while another browser sees them go', async () => {
  const [buyer, other] = [await visit(0), await visit(1)];
  const free = await other.colour(33);
  await buyer.press(33);
  await buyer.press(34);
  await buyer.placesBecome(['Row r3, seat 3', 'Row r3, seat 4']);
  await other.colourBecomes(33, (colour) => colour !== free, 'taken on the other screen');
  const { page } = buyer;
  await page.getByRole('button', { name: 'Go to checkout' }).click();
  await page.getByLabel('Name').fill('Hermia Lysander');
  await page.getByLabel('E-mail').fill('hermia@example.com');
  await page.getByText('€50.00').first().waitFor();
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await page.getByText('Kept for you for').waitFor();
  await page.getByRole('button', { name: 'Pay €50.00' }).click();
  await page.getByRole('heading', { name: 'Enjoy the show' }).waitFor({ timeout: 20_000 });
  expect(await page.locator('.ticket svg.qr').count()).toBe(2);
  expect(await paidFor('hermia@example.com')).toMatchObject([{ status: 'completed', totalMinor: 5000 }]);
  await waitFor(async () => (await letterOf(33)) === 's', { what: 'the seat sold' });
  await other.press(33);
  await other.toast(/taken/i);
}, 60_000);

test('O4 by keys alone: a seat is chosen, paid for and has its ticket', async () => {
  const { page, ...picker } = asKeyboard(await visit(0));
  await page.keyboard.press('Tab');
  await tabTo(page, /seat map/i);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await waitFor(async () => (await picker.places()).length === 1, { what: 'a seat held' });
  await tabTo(page, /^Go to checkout/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Checkout' }).waitFor();
  await tabTo(page, /^Name/);
  await page.keyboard.type('Puck Goodfellow');
  await tabTo(page, /^E-mail/);
  await page.keyboard.type('puck@example.com');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Pay for your seats' }).waitFor();
  await tabTo(page, /^Pay €25.00/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Enjoy the show' }).waitFor({ timeout: 20_000 });
  expect(await paidFor('puck@example.com')).toMatchObject([{ status: 'completed', totalMinor: 2500 }]);
}, 60_000);

const asKeyboard = (picker: PickerPage): { page: Page; places: () => Promise<string[]> } => ({
  page: picker.page,
  places: () => picker.places(),
});

/** In the page: what is focused, through shadow roots, by the name that a screen reader would say, near enough. */
const FOCUSED = `(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at) return '';
  const labels = at.labels ? [...at.labels].map((label) => label.textContent) : [];
  return (at.getAttribute('aria-label') ?? labels[0] ?? at.textContent ?? '').trim();
})()`;

/** Tab by Tab, as somebody without a mouse goes. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    const focused = String(await page.evaluate(FOCUSED));
    if (name.test(focused)) return;
    passed.push(focused.slice(0, 40));
    await page.keyboard.press('Tab');
  }
  throw new Error(`No Tab leads to ${String(name)}; passed ${passed.join(' | ')}`);
}
