import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InventoryView, Order, SeatEvent } from '@aisle/client/protocol';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { expectNoAxeFindings } from './axe.js';
import { CounterPage, newKey } from './box-office-page.js';
import { LateAnswer } from './late-answers.js';
import { openBrowser } from './picker-page.js';

/* Buyers by themselves at a terminal: what one leaves behind the next does not find. */
let aisle: TestAisle;
let browser: Browser;
let sandbox: RunningSandbox;
let event: SeatEvent;
let key: string;

beforeAll(async () => {
  const secret = 'the secret of the sandbox';
  sandbox = await serveSandbox(0, { secret, webhookUrl: null, journal: null });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: secret };
  [aisle, browser] = await Promise.all([startAisle({ env }), openBrowser()]);
  event = await sellEvent(aisle, plainChart(4, 8), { name: 'Night of Ice' });
  key = (await newKey(aisle, 'kiosk', 'foyer')).key;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  await sandbox?.close();
});

const free = async (): Promise<number | undefined> => {
  const { categories } = await adminCall<InventoryView>(aisle, 'GET', `/events/${event.id}/inventory`);
  return categories.find(({ key: category }) => category === 'A')?.available;
};

async function openKiosk(idle: string): Promise<CounterPage> {
  const kiosk = await CounterPage.open(browser, aisle.urls[0] ?? '');
  const { page } = kiosk;
  await kiosk.signIn(key, 'Foyer');
  await kiosk.chooseEvent('Night of Ice');
  await page.evaluate('location.hash = "#/kiosk"');
  await page.getByLabel('Seconds without a touch').fill(idle);
  await expectNoAxeFindings(page);
  await page.getByRole('button', { name: 'Start kiosk mode' }).click();
  await page.getByText('Touch to buy tickets').waitFor();
  return kiosk;
}
async function takeBest({ page }: CounterPage): Promise<void> {
  await page.getByText('Touch to buy tickets').click();
  const map = page.locator('aisle-seat-map');
  await map.getByRole('button', { name: 'Find and hold' }).click();
  await map.getByRole('button', { name: 'Continue' }).click();
}

describe('the box office as a kiosk', () => {
  test('A1 O4 pays by card, prints, starts over; the key is gone from the terminal and is asked for to leave', async () => {
    const kiosk = await openKiosk('60');
    const { page } = kiosk;
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(key);
    await expectNoAxeFindings(page);
    await takeBest(kiosk);
    await expectNoAxeFindings(page);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Your e-mail').fill('ada@example.com');
    await page.getByRole('button', { name: 'Pay by card' }).click();
    await page.getByRole('button', { name: 'Test card that is declined' }).click();
    await page.getByRole('alert').getByText('declined').waitFor();
    await page.getByRole('button', { name: 'Test card', exact: true }).click();
    await page.getByText('Thank you! Take your tickets.').waitFor();
    await waitFor(async () => (await kiosk.printed()).length > 0, { what: 'the tickets printed' });
    await expectNoAxeFindings(page);
    await page.getByRole('button', { name: /^Done/ }).click();
    await page.getByText('Touch to buy tickets').waitFor();
    const kept = await page.evaluate<string>(
      'document.body.innerText + JSON.stringify({ ...sessionStorage, ...localStorage })',
    );
    expect(kept).not.toMatch(/Ada|ada@/);

    await page.reload();
    await page.getByText('Touch to buy tickets').waitFor();
    await page.getByRole('button', { name: 'Staff' }).click();
    await page.getByLabel('Your key').fill('ak_wrong');
    await page.getByRole('dialog').getByRole('button', { name: 'Leave kiosk mode' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.getByLabel('Your key').fill(key);
    await page.getByRole('dialog').getByRole('button', { name: 'Leave kiosk mode' }).click();
    await page.getByText('Ready to scan').waitFor();
    await kiosk.close();
  });

  test('O4 an answer that comes after the buyer left is not shown to the next, and its order is given up', async () => {
    const kiosk = await openKiosk('60');
    const { page } = kiosk;
    const before = await free();
    await takeBest(kiosk);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    let asked = false;
    await page.route('**/v1/orders', async (route) => {
      const response = await route.fetch();
      asked = true;
      await held;
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: 'Pay at the counter' }).click();
    await waitFor(() => asked, { what: 'the order placed' });
    await page.getByRole('button', { name: 'Start over' }).click();
    await page.getByText('Touch to buy tickets').click();
    answer();
    await waitFor(async () => (await free()) === before, { what: 'the seats back on sale' });
    expect(await page.locator('.kiosk').getAttribute('data-at')).toBe('choose');
    await kiosk.close();
  });

  test('O4 whoever pays is not sent away, and what was printed is gone with them', async () => {
    const kiosk = await openKiosk('60');
    const { page } = kiosk;
    await takeBest(kiosk);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Your e-mail').fill('ada@example.com');
    await page.getByRole('button', { name: 'Pay by card' }).click();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route('**/v1/orders/*/pay', async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: 'Test card', exact: true }).click();
    await page.getByText('Paying…').waitFor();
    await page.locator('.kiosk-head button:disabled', { hasText: 'Start over' }).waitFor();
    // Nor to the counter, to pay once more.
    expect(await page.getByRole('button', { name: 'Pay at the counter' }).isDisabled()).toBe(true);
    answer();
    await page.getByText('Thank you! Take your tickets.').waitFor();
    await waitFor(async () => (await kiosk.printed()).length > 0, { what: 'the tickets printed' });
    await page.getByRole('button', { name: /^Done/ }).click();
    await page.getByText('Touch to buy tickets').waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
    await kiosk.close();
  });

  test('O4 an order under way is not left behind for other seats, nor is the counter opened after the way out was closed', async () => {
    const kiosk = await openKiosk('60');
    const { page } = kiosk;
    const dialog = page.getByRole('dialog');
    const checked = await LateAnswer.to(page, '**/v1/session');
    await page.getByRole('button', { name: 'Staff' }).click();
    await page.getByLabel('Your key').fill(key);
    await dialog.getByRole('button', { name: 'Leave kiosk mode' }).click();
    await checked.asked();
    await page.keyboard.press('Escape');
    await checked.arrives();
    await takeBest(kiosk);
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByLabel('Your e-mail').fill('ada@example.com');
    const ordered = await LateAnswer.to(page, '**/v1/checkout');
    await page.getByRole('button', { name: 'Pay by card' }).click();
    await ordered.asked();
    expect(await page.getByRole('button', { name: 'Back to the seats' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Pay at the counter' }).isDisabled()).toBe(true);
    await ordered.arrives();
    await page.getByRole('button', { name: 'Pay at the counter' }).click();
    await page.getByText(/Please pay .* at the counter/).waitFor();
    await kiosk.close();
  });

  test('O5 an order for the counter waits for its money there and is paid by its code', async () => {
    const kiosk = await openKiosk('60');
    await takeBest(kiosk);
    await kiosk.page.getByRole('button', { name: 'Pay at the counter' }).click();
    await kiosk.page.getByText(/Please pay .* at the counter/).waitFor();
    await expectNoAxeFindings(kiosk.page);
    const id = (await kiosk.page.locator('[data-orders]').getAttribute('data-orders')) ?? '';
    await kiosk.page.getByRole('button', { name: /^Done/ }).click();
    await kiosk.page.getByText('Touch to buy tickets').waitFor();
    await kiosk.close();

    const counter = await CounterPage.open(browser, aisle.urls[0] ?? '');
    await counter.signIn((await newKey(aisle, 'box_office')).key);
    await counter.chooseEvent('Night of Ice');
    await counter.goTo('Orders');
    await counter.page.getByLabel('Find an order').fill(id);
    await counter.page.getByRole('heading', { name: '1 order' }).waitFor();
    await counter.page.locator('.order-row', { hasText: 'Not paid yet' }).click();
    await counter.page.getByRole('button', { name: 'Cash', exact: true }).click();
    await counter.page.getByText('in cash. Print the tickets.').waitFor();
    expect(await adminCall<Order>(aisle, 'GET', `/orders/${id}`)).toMatchObject({ status: 'completed' });
    await counter.close();
  });

  test('H1 a buyer who walks away is asked, then everything starts over and the seats are free again', async () => {
    const kiosk = await openKiosk('15');
    const before = await free();
    await takeBest(kiosk);
    expect(await free()).toBeLessThan(before ?? 0);
    await kiosk.page.getByRole('dialog', { name: 'Are you still there?' }).waitFor({ timeout: 20_000 });
    await expectNoAxeFindings(kiosk.page);
    await kiosk.page.getByText('Touch to buy tickets').waitFor({ timeout: 20_000 });
    await waitFor(async () => (await free()) === before, { what: 'the seats back on sale' });
    await kiosk.close();
  });
});
