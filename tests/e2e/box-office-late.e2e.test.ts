import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { expectNoAxeFindings } from './axe.js';
import { CounterPage, newKey } from './box-office-page.js';
import { LateAnswer, pressTwice } from './late-answers.js';
import { openBrowser } from './picker-page.js';

/* The counter in a hurry: presses that are doubled, answers that come late or in another order than they were asked for. */
let aisle: TestAisle;
let browser: Browser;
let event: SeatEvent;
let key: string;
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle(), openBrowser()]);
  // Two categories, so that an exchange may cost something.
  const chart = plainChart(6, 10, [{ id: 'floor', capacity: 20 }]);
  const near = { key: 'N', label: 'Near' };
  const seats = chart.seats.map((seat) => (seat.row === 'r0' ? { ...seat, category: 'N' } : seat));
  const prices = { A: 2000, N: 3500, GA: 1000 };
  const hall = { ...chart, categories: [...chart.categories, near], seats };
  event = await sellEvent(aisle, hall, { name: 'Night of Ice', prices });
  key = (await newKey(aisle, 'box_office', 'counter')).key;
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
});

const orders = async (): Promise<Order[]> =>
  (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}`)).items;
const orderOf = (id: string): Promise<Order> => adminCall<Order>(aisle, 'GET', `/orders/${id}`);
const book = (seats: string[], name: string, amountMinor: number): Promise<Order> =>
  adminCall<Order>(aisle, 'POST', '/bookings', {
    ...{ eventId: event.id, seats, buyer: { name } },
    payment: { reference: `cash-${name}`, amountMinor, currency: 'EUR' },
  });
async function openCounter(options: BrowserContextOptions = {}): Promise<CounterPage> {
  const counter = await CounterPage.open(browser, aisle.urls[0] ?? '', options);
  await counter.signIn(key);
  await counter.chooseEvent('Night of Ice');
  await counter.page.locator('.free', { hasText: 'free' }).first().waitFor();
  return counter;
}
async function openOrder({ page }: CounterPage, { id }: Order): Promise<void> {
  await page.evaluate(`location.hash = '#/orders/${id}'`);
  await page.getByRole('list', { name: 'Tickets' }).waitFor();
}

describe('a double press', () => {
  test('O1 on a phone takes seats, and does not sell them by what came under the finger', async () => {
    const counter = await openCounter(PHONE);
    const before = (await orders()).length;
    await counter.quantity(2).click();
    await pressTwice(
      counter.page,
      counter.type(/^Seats/),
      () => counter.sale.locator('[data-total]').waitFor(),
      'finger',
    );
    await counter.page.getByText('Give the seats back').click();
    await counter.page.getByText('Choose how many and which').waitFor();
    expect((await orders()).length).toBe(before);
    await counter.close();
  });

  test('O1 does not sell the seats that it takes from the map', async () => {
    const counter = await openCounter();
    const { page, sale } = counter;
    const before = (await orders()).length;
    await counter.goTo('Seats');
    await counter.choose(['r3-1', 'r3-2', 'r3-3']);
    await pressTwice(page, page.getByRole('button', { name: /^Sell 3/ }), () => sale.locator('[data-total]').waitFor());
    await page.getByText('Give the seats back').click();
    await page.getByText('Nothing chosen yet').waitFor();
    expect((await orders()).length).toBe(before);
    await counter.close();
  });

  test('O7 asks before it refunds', async () => {
    const order = await book(['r5-0'], 'Ada Lovelace', 2000);
    const counter = await openCounter(PHONE);
    await openOrder(counter, order);
    const { page } = counter;
    const dialog = page.getByRole('dialog');
    await pressTwice(page, page.getByRole('button', { name: 'Refund all' }), async () => {
      await dialog.waitFor();
      return dialog.getByRole('button', { name: 'Refund', exact: true });
    });
    await dialog.getByLabel('Reason (optional)').fill('ill');
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await orderOf(order.id)).toMatchObject({ status: 'completed' });
    // Presses that are meant: a box is ticked by its words and unticked again, as fast as one likes.
    await pressTwice(page, page.locator('.ticket-row'), () => page.getByText('Refund 1 ticket').waitFor());
    await page.getByText('Refund all').waitFor();
    await counter.close();
  });
});

test('H4 seats that are given back while the line is down are given back once it is up', async () => {
  const counter = await openCounter();
  await counter.type(/^Seats/).click();
  await counter.sale.locator('[data-total]').waitFor();
  const keys = new Set<string | undefined>();
  const up = 3;
  let tries = 0;
  await counter.page.route('**/v1/inventory/holds/*', async (route) => {
    keys.add(route.request().headers()['idempotency-key']);
    tries += 1;
    return tries < up ? route.abort('connectionreset') : route.continue();
  });
  await counter.page.keyboard.press('Escape');
  const held = async (): Promise<number> =>
    (await adminCall<{ heldPlaces: number }>(aisle, 'GET', `/events/${event.id}/live`)).heldPlaces;
  await waitFor(async () => (await held()) === 0, { what: 'the seats on sale again', timeoutMs: 15_000 });
  expect(keys.size).toBe(1);
  await counter.close();
});

describe('signing in', () => {
  test('A1 says what is missing, takes Enter, and the last key that was given counts', async () => {
    const counter = await CounterPage.open(browser, aisle.urls[0] ?? '');
    const { page } = counter;
    await page.getByLabel('Your key').fill((await newKey(aisle, 'admin', 'too much')).key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Name this terminal').waitFor();
    expect(await page.evaluate('document.activeElement.labels[0].textContent')).toBe('Name of this terminal');
    await expectNoAxeFindings(page);
    await page.getByLabel('Name of this terminal').fill('Counter 1');
    const late = await LateAnswer.to(page, '**/v1/session');
    await page.keyboard.press('Enter');
    await late.asked();
    await page.getByLabel('Your key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Choose the event' }).waitFor();
    await late.arrives();
    expect(await page.evaluate('sessionStorage.getItem("aisle.desk.clerk")')).toContain(key);
    await counter.close();
  });

  test('A9 a late word about the key before does not sign out whoever is there now', async () => {
    const counter = await openCounter();
    const { page } = counter;
    const late = await LateAnswer.to(page, '**/v1/orders?*', {
      answer: (route) =>
        route.fulfill({ status: 401, json: { error: { code: 'UNAUTHENTICATED', message: 'Revoked.' } } }),
    });
    await counter.goTo('Orders');
    await late.asked();
    await page.locator('.desk-menu summary').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await counter.signIn((await newKey(aisle, 'box_office', 'the next one')).key);
    await counter.live();
    await late.arrives();
    await counter.goTo('Scan');
    await page.getByText('Ready to scan').waitFor();
    await counter.close();
  });
});

describe('answers in another order', () => {
  test('F9 the free places are told as soon as they are known, though the map is still on its way', async () => {
    const counter = await CounterPage.open(browser, aisle.urls[0] ?? '');
    await counter.page.routeWebSocket(/./, () => undefined);
    await counter.page.route('**/seats', () => undefined);
    await counter.signIn(key);
    await counter.page.locator('.event-row').click();
    await counter.page.locator('.free', { hasText: 'free' }).first().waitFor();
    await counter.close();
  });

  test('O7 an older reading of an order does not take back what was done since', async () => {
    const order = await book(['r5-2', 'r5-3'], 'Mary Shelley', 4000);
    const counter = await openCounter();
    const { page } = counter;
    await openOrder(counter, order);
    await counter.goTo('Orders');
    // Long enough ago to be read anew.
    await page.evaluate('{ const now = Date.now; Date.now = () => now.call(Date) + 60_000; }');
    await page.getByRole('heading', { name: 'Latest' }).waitFor();
    const late = await LateAnswer.to(page, `**/v1/orders/${order.id}`, { method: 'GET' });
    await openOrder(counter, order);
    await late.asked();
    await page.getByRole('button', { name: 'Refund all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Refund', exact: true }).click();
    await page.getByText('Give the buyer €40.00 back yourself.').waitFor();
    await late.arrives();
    expect(await page.locator('.order-head .badge').innerText()).toBe('Refunded');
    expect(await page.getByRole('button', { name: 'Refund all' }).count()).toBe(0);
    await counter.close();
  });

  test('O8 an exchange is settled for what is chosen: not for a choice before, and with the old seats where the box says', async () => {
    const order = await book(['r5-4'], 'Lise Meitner', 2000);
    const counter = await openCounter();
    const { page } = counter;
    await openOrder(counter, order);
    await page.locator('.ticket-row').click();
    await page.getByRole('button', { name: 'Exchange 1 ticket' }).click();
    await counter.choose(['r0-3']);
    const late = await LateAnswer.to(page, '**/exchange');
    await page.getByRole('button', { name: 'Exchange', exact: true }).click();
    await late.asked();
    await counter.choose(['r0-4']);
    await late.arrives();
    // The difference of the seat that was given up again is not asked for.
    await page.getByRole('button', { name: 'Exchange', exact: true }).click();
    await page.locator('[data-difference="1500"]').waitFor();
    await page.getByLabel('Block the old seats').check();
    await page.getByRole('button', { name: 'Card', exact: true }).click();
    await page.getByText('Exchanged. The old tickets are void').waitFor();
    const { tickets } = await orderOf(order.id);
    expect(tickets.filter(({ status }) => status === 'valid').map(({ seat }) => seat)).toEqual(['r0-4']);
    const { items } = await adminCall<{ items: { seat?: string }[] }>(aisle, 'GET', `/events/${event.id}/blocks`);
    expect(items.map(({ seat }) => seat)).toEqual(['r5-4']);
    await counter.close();
  });

  test('O10 Enter opens the order that was asked for, not the one before', async () => {
    const [one, other] = [await book(['r5-6'], 'Emmy Noether', 2000), await book(['r5-7'], 'Sofja Kowalewskaja', 2000)];
    const counter = await openCounter();
    const { page } = counter;
    await counter.goTo('Orders');
    const field = page.getByLabel('Find an order');
    await field.fill('Noether');
    await page.getByRole('heading', { name: '1 order', exact: true }).waitFor();
    // A hand scanner: all at once, and Enter.
    await page.evaluate(`{
      const field = document.getElementById('find');
      field.value = ${JSON.stringify(other.tickets[0]?.code ?? '')};
      field.dispatchEvent(new Event('input', { bubbles: true }));
      Promise.resolve().then(() => Promise.resolve()).then(() => field.form.requestSubmit());
    }`);
    await page.getByText('Kowalewskaja').first().waitFor();
    expect(page.url()).not.toContain(one.id);
    await counter.close();
  });

  test('T3 a ticket that was let in stays let in when an earlier try is given up late', async () => {
    const { tickets } = await book(['r5-8'], 'Grace Hopper', 2000);
    const counter = await openCounter();
    const { page } = counter;
    await counter.goTo('Scan');
    const light = page.getByRole('region', { name: 'Result' });
    let asked = 0;
    let giveUp = (): void => undefined;
    const held = new Promise<void>((resolve) => (giveUp = resolve));
    await page.route('**/v1/tickets/scan', async (route) => {
      asked += 1;
      if (asked === 1) return route.abort('connectionreset');
      if (asked > 2) return route.continue();
      await held;
      return route.abort('connectionreset');
    });
    await page.getByLabel('Code of a ticket').fill(tickets[0]?.code ?? '');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await waitFor(() => asked === 2, { what: 'the scan asked for again' });
    // Another visitor comes, and all that waits is asked for once more.
    await page.getByLabel('Code of a ticket').fill('AT1.nothing');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('.scanned li[data-light=go]').waitFor();
    const given = page.waitForEvent('requestfailed');
    giveUp();
    await given;
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))');
    expect(await page.locator('.scanned li').first().getAttribute('data-light')).toBe('go');
    expect(await light.getAttribute('data-light')).toBe('stop');
    await counter.close();
  });

  test('O6 what was to be blocked is not put on sale by who turned to that meanwhile, and its refusal is told', async () => {
    const counter = await openCounter();
    const { page } = counter;
    await adminCall(aisle, 'POST', `/events/${event.id}/block`, {
      areas: [{ id: 'floor', quantity: 3 }],
      label: 'crew',
    });
    await counter.goTo('Block');
    await page.getByRole('button', { name: 'One more: floor' }).click();
    await page.getByLabel('Reason').fill('rehearsal');
    const late = await LateAnswer.to(page, '**/block', {
      answer: (route) =>
        route.fulfill({ status: 409, json: { error: { code: 'AREA_FULL', message: 'Full.', remediation: 'Fewer.' } } }),
    });
    await page.locator('.sale').getByRole('button', { name: 'Block', exact: true }).click();
    await late.asked();
    await page
      .getByRole('button', { name: 'Unblock' })
      .click({ timeout: 1000 })
      .catch(() => undefined);
    await late.arrives();
    await page.getByText('Full.').waitFor();
    await page.getByRole('button', { name: 'Unblock' }).click();
    expect(await page.getByLabel('Places: floor').inputValue()).toBe('0');
    await counter.close();
  });
});
