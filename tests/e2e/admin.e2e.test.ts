import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, plainChart } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { AdminPage } from './admin-page.js';
import { expectNoAxeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';

/* The way of an event in the admin's pages: from a chart file to its figures. Any complaint of the browser fails the test. */
let aisle: TestAisle;
let browser: Browser;
const open: AdminPage[] = [];
const chart = plainChart(6, 10, [{ id: 'floor', capacity: 50 }]);

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle({ readyTimeoutMs: 60_000 }), openBrowser()]);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await aisle.stop();
});
afterEach(async () => {
  const complaints = open.flatMap((admin) => admin.unexpected());
  await Promise.all(open.splice(0).map((admin) => admin.close()));
  expect(complaints).toEqual([]);
});

async function visit(options: BrowserContextOptions = {}): Promise<AdminPage> {
  const admin = await AdminPage.open(browser, aisle.urls[0] ?? '', { colorScheme: 'light', ...options });
  open.push(admin);
  return admin;
}

describe('an event', () => {
  test('is made from a chart file, published, opened and followed', async () => {
    const admin = await visit();
    const { page } = admin;
    await admin.signIn(aisle.adminKey, '/events/new');
    await admin.heading('New event').waitFor();
    await admin.chooseChart('hall.json', JSON.stringify(chart));
    await page.getByText('is a good chart').waitFor();
    await page.locator('.tally-total', { hasText: '110 places' }).waitFor();
    await expectNoAxeFindings(page);

    await page.getByLabel('Name', { exact: true }).fill('An evening');
    await page.getByLabel('Time zone').fill('Europe/Vienna');
    await page.getByLabel('Starts', { exact: true }).fill('2031-05-01T19:30');
    await page
      .getByRole('group', { name: /^Seats/ })
      .getByLabel('Price (EUR)')
      .fill('45,5');
    await admin.button('Create draft').click();
    await page.getByText('Every category needs a price. Free of charge is 0.').waitFor();
    await page
      .getByRole('group', { name: /^Standing/ })
      .getByLabel('Price (EUR)')
      .fill('20');
    await admin.button('Create draft').click();
    await admin.heading('An evening').waitFor();

    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const event = await adminCall<SeatEvent>(aisle, 'GET', `/events/${id}`);
    expect(event).toMatchObject({
      ...{ status: 'draft', name: 'An evening', currency: 'EUR', timezone: 'Europe/Vienna' },
      prices: { A: 4550, GA: 2000 },
    });
    expect(Date.parse(event.startsAt)).toBe(Date.parse('2031-05-01T17:30:00Z'));

    await admin.button('Publish').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
    await admin.button('Open sales').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Open sales' }).click();
    await page.getByText('On sale', { exact: true }).waitFor();

    const buyer = await Buyer.connect(aisle.urls[0] ?? '', 'ada', aisle.authSecret);
    expect((await buyer.send('hold', { eventId: id, seats: ['r1-1', 'r1-2'] })).ok).toBe(true);
    await waitFor(async () => (await admin.tile('Held').innerText()).includes('2'), { what: 'two places held' });
    await page.getByRole('cell', { name: 'ada', exact: true }).waitFor();
    buyer.close();
    await adminCall(aisle, 'POST', '/bookings', {
      eventId: id,
      seats: ['r2-1', 'r2-2', 'r2-3'],
      payment: { reference: 'till', amountMinor: 13_650, currency: 'EUR' },
    });
    await waitFor(async () => (await admin.tile('Sold').innerText()).includes('3'), { what: 'three places sold' });
    await waitFor(async () => (await admin.tile('Paid').innerText()).includes('€136.50'), { what: 'the money' });
    await expectNoAxeFindings(page);

    await page.context().setOffline(true);
    await page.getByText('Stale', { exact: true }).waitFor();
    await expectNoAxeFindings(page);
    await page.context().setOffline(false);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await admin.tile('Sold').innerText()).toContain('3');
  });
});
