import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Chart } from '@aisle/client/protocol';
import { stadiumChart } from '../../bench/picker/charts.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { plainChart } from '../helpers/buyers.js';
import { AdminPage } from './admin-page.js';
import { expectNoAxeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';

/* Chart files as they come: broken, faulty, odd, large. Each looks right or says what is wrong and what to do. */
let aisle: TestAisle;
let browser: Browser;
const open: AdminPage[] = [];
const hall = plainChart(6, 10);

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle({ workers: 0, readyTimeoutMs: 60_000 }), openBrowser()]);
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

async function visit(): Promise<AdminPage> {
  const admin = await AdminPage.open(browser, aisle.urls[0] ?? '', { colorScheme: 'light' });
  open.push(admin);
  await admin.signIn(aisle.adminKey, '/events/new');
  return admin;
}
/** The hall with seats changed by their number. */
const withSeats = (changes: Readonly<Record<number, object>>): string =>
  JSON.stringify({ ...hall, seats: hall.seats.map((seat, seatNo) => ({ ...seat, ...changes[seatNo] })) });

describe('a chart file', () => {
  test('that is no JSON says the line; a table says how it becomes a chart; an empty file that it is empty', async () => {
    const admin = await visit();
    const { page } = admin;
    await admin.chooseChart('cut.json', '{\n "format": "aisle-chart/1",\n "seats": [}\n');
    await page.getByText('cut.json: This file is broken: a value or ] should stand here.').waitFor();
    await page.getByText('Line 3:').waitFor();
    await admin.chooseChart('short.json', JSON.stringify(hall).slice(0, -40));
    await page.getByText('short.json: This file is broken: the file ends too early.').waitFor();
    await admin.chooseChart('hall.csv', 'section,row,number\nA,1,1\n');
    await page.getByText('npm run import-chart').waitFor();
    await admin.chooseChart('nothing.json', '');
    await page.getByText('This file is empty.').waitFor();
    await expectNoAxeFindings(page);
  });

  test('with faults lists each with its path and piece, and leads to those that have a place', async () => {
    const admin = await visit();
    const { page } = admin;
    await admin.chooseChart('faulty.json', withSeats({ 7: { category: 'gone' }, 8: { id: 'r0-0' }, 9: { x: 'left' } }));
    await page.getByText('has 3 faults').waitFor();
    const faults = page.getByRole('list', { name: 'Faults of the chart' }).getByRole('listitem');
    expect(await faults.locator('.path').allInnerTexts()).toEqual(['seats.7.category', 'seats.8.id', 'seats.9.x']);
    expect(await faults.locator('.excerpt').first().innerText()).toContain('"id":"r0-7"');
    // The third has no x: there is no place to lead to.
    expect(await admin.button('Show on the drawing').count()).toBe(2);
    await admin.button('Show on the drawing').first().click();
    await page.locator('figcaption', { hasText: 'r0-7' }).waitFor();
    expect(await admin.button('Create draft').count()).toBe(0);
    await expectNoAxeFindings(page);

    await admin.chooseChart('mended.json', JSON.stringify(hall));
    await page.getByText('is a good chart').waitFor();
    await admin.button('Create draft').waitFor();
  });

  test('that lies oddly is taken, but seats on top of each other and far away are told', async () => {
    const admin = await visit();
    const { page } = admin;
    const { x = 0, y = 0 } = hall.seats[20] ?? {};
    await admin.chooseChart('odd.json', withSeats({ 21: { x, y }, 40: { x: 9e8 } }));
    await page.getByText('2 seats lie on top of each other.').waitFor();
    await page.getByText('1 seat lies far away from all others.').waitFor();
    await admin.button('Show the first on the drawing').last().click();
    await page.locator('figcaption', { hasText: 'r4-0' }).waitFor();
    await expectNoAxeFindings(page);
  });

  test('of one seat, of areas alone and in any script is drawn and counted', async () => {
    const admin = await visit();
    const one: Chart = {
      ...hall,
      name: 'صالة',
      seats: hall.seats.slice(0, 1),
      categories: [{ key: 'A', label: '指定席 · مقاعد' }],
    };
    await admin.chooseChart('one.json', JSON.stringify(one));
    await admin.page.locator('.tally-total', { hasText: '1 place ·' }).waitFor();
    await admin.page.getByRole('cell', { name: '指定席 · مقاعد' }).first().waitFor();
    const standing = plainChart(0, 0, [{ id: 'floor', capacity: 500 }]);
    await admin.chooseChart('floor.json', JSON.stringify({ ...standing, categories: standing.categories.slice(1) }));
    await admin.page.locator('.tally-total', { hasText: '500 places' }).waitFor();
  });

  test('of 200,000 seats is looked at, drawn and made an event', async () => {
    const admin = await visit();
    const { page } = admin;
    page.setDefaultTimeout(60_000);
    await admin.chooseChart('stadium.json', JSON.stringify(stadiumChart(200_000)));
    await page.locator('.tally-total', { hasText: '200,000 places' }).waitFor();
    for (const price of await page.getByLabel('Price (EUR)').all()) await price.fill('10');
    await page.getByLabel('Starts', { exact: true }).fill('2031-05-01T19:30');
    await admin.button('Create draft').click();
    await page.getByText('This is a draft: look at it once more').waitFor();
  }, 120_000);
});
