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
    await adminCall(aisle, 'DELETE', `/keys/${mine.id}`).catch(() => undefined);
    await counter.page.getByText('not accepted any more').waitFor();
    expect(await counter.page.getByLabel('Your key').inputValue()).toBe('');
    expect(counter.complaints.filter((text) => !/401/.test(text))).toEqual([]);
    await counter.close();
  });

  test('O1 O5 T5 a quick sale takes four taps: quantity, category, cash, print; the change is told, the money booked', async () => {
    const counter = await CounterPage.open(browser, url());
    await counter.signIn(clerk.key, 'Counter 7');
    await counter.chooseEvent('Night of Ice');
    await waitFor(async () => (await counter.free('A')) === '60 free', { what: 'the free seats' });
    await expectNoAxeFindings(counter.page);
    const before = await counter.taps();

    await counter.quantity(3).click();
    await counter.type(/Full price/).click();
    await counter.sale.locator('[data-total="13950"]').waitFor();
    await expectNoAxeFindings(counter.page);
    await waitFor(async () => (await counter.free('A')) === '57 free', { what: 'the seats on hold' });
    await counter.sale.getByRole('button', { name: '€150.00' }).click();
    await counter.sale.locator('[data-change="1050"]').waitFor();
    await counter.sale.getByRole('button', { name: /^Print 3 tickets/ }).click();
    const [paper] = await waitFor(async () => ((await counter.printed()).length > 0 ? counter.printed() : null), {
      what: 'the tickets printed',
    });
    expect((await counter.taps()) - before).toBe(4);

    const [order] = await ordersOf();
    expect(order).toMatchObject({ status: 'completed', totalMinor: 13950, currency: 'EUR' });
    expect(order?.tickets).toHaveLength(3);
    for (const ticket of order?.tickets ?? []) expect(paper).toContain(ticket.id);
    await expectNoAxeFindings(counter.page);
    expect(counter.complaints).toEqual([]);
    await counter.close();
  });
});
