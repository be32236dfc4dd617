import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import type { Order, ScanAnswer, SeatEvent } from '@aisle/client/protocol';
import { freePort } from '../../launcher/src/port.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { startShop, type TestShop } from '../helpers/shop.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { openBrowser } from './picker-page.js';

/*
 * examples/shop against a real Aisle, in a real browser: hold, pay at the shop's own till, tickets, gate. And what the printable
 * page is made for: its QR codes are read from pictures of it by a reader that knows nothing of us.
 */
let aisle: TestAisle;
let browser: Browser;
let shop: TestShop;
let event: SeatEvent;
const complaints: string[] = [];
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true };

beforeAll(async () => {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  [aisle, browser] = await Promise.all([
    startAisle({ env: { AISLE_ALLOWED_ORIGINS: url, AISLE_WEBHOOK_ALLOW_PRIVATE: '1' } }),
    openBrowser(),
  ]);
  const prices = { A: { ticketTypes: [{ key: 'full', label: 'Full price', minor: 4500, feeMinor: 150 }] } };
  const fields = { name: 'Night of Ice', venue: 'Great Hall', timezone: 'Europe/Berlin', prices };
  event = await waitFor(() => sellEvent(aisle, plainChart(6, 10), fields), { timeoutMs: 15_000, intervalMs: 500 });
  const { key } = await adminCall<{ key: string }>(aisle, 'POST', '/keys', { name: 'shop', role: 'service' });
  const { secret } = await adminCall<{ secret: string }>(aisle, 'POST', '/webhooks', {
    url: `${url}/webhooks/aisle`,
    types: ['order.*'],
  });
  shop = await startShop({
    ...{ SHOP_PORT: port, AISLE_URL: aisle.urls[0] ?? '', AISLE_KEY: key },
    ...{ EVENT_ID: event.id, WEBHOOK_SECRET: secret },
  });
  prepareZXingModule({
    overrides: { wasmBinary: readFileSync('node_modules/zxing-wasm/dist/reader/zxing_reader.wasm').buffer },
  });
}, 120_000);
afterAll(async () => {
  await shop?.stop();
  await browser?.close();
  await aisle?.stop();
});

async function openPage(url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 800 },
    colorScheme: 'light',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return page;
}
const seat = (page: Page, id: string) => page.locator(`circle[data-seat="${id}"]`);
async function buy(page: Page, seats: string[], card: string): Promise<void> {
  for (const id of seats) await seat(page, id).click();
  for (const id of seats) await page.locator('#seats li', { hasText: id }).waitFor();
  await pay(page, card);
}
async function pay(page: Page, card: string): Promise<void> {
  await page.fill('[name=name]', 'Ada Lovelace');
  await page.fill('[name=email]', 'ada@example.com');
  await page.fill('[name=card]', card);
  await page.click('button');
}
/** For whoever wants to look: SHOP_PICTURES=folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SHOP_PICTURES;
  if (folder === undefined) return;
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: `${folder}/${name}.png` });
}
/** From a picture of the page, as a scanner sees it. */
async function codesSeen(page: Page): Promise<string[]> {
  const codes: string[] = [];
  for (const qr of await page.locator('svg.qr').all()) {
    const found = await readBarcodes(await qr.screenshot(), { formats: ['QRCode'] });
    codes.push(...found.map(({ text }) => text));
  }
  return codes;
}
const scan = async (code: string): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`${aisle.urls[0] ?? ''}/v1/tickets/scan`, {
    method: 'POST',
    headers: { authorization: `Bearer ${aisle.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ code, gate: 'North' }),
  });
  return { status: response.status, body: await response.json() };
};
const ordersOf = async (email: string): Promise<Order[]> =>
  (await adminCall<{ items: Order[] }>(aisle, 'GET', `/orders?eventId=${event.id}&email=${email}`)).items;

describe('the example shop', () => {
  test('O5 sells seats: a declined card leaves them kept, another one pays, the ticket is read and admitted once', async () => {
    const page = await openPage(shop.url);
    const other = await openPage(shop.url);
    await page.locator('#state', { hasText: 'Live' }).waitFor();
    await buy(page, ['r2-4', 'r2-5'], '4000 0000 0000 0002');
    await page.locator('#message', { hasText: 'declined' }).waitFor();
    await waitFor(async () => (await seat(other, 'r2-4').getAttribute('class')) === '', {
      what: 'the seat gone elsewhere',
    });
    await picture(page, 'shop');
    await pay(page, '4242 4242 4242 4242');
    await page.locator('#message', { hasText: 'Enjoy the show' }).waitFor();

    const [order] = await ordersOf('ada@example.com');
    expect(order).toMatchObject({ status: 'completed', totalMinor: 9300, currency: 'EUR' });
    expect(order?.tickets.map(({ seat: id }) => id).sort()).toEqual(['r2-4', 'r2-5']);
    await waitFor(async () => shop.logs().includes(`order.completed ${order?.id ?? ''}`), {
      timeoutMs: 15_000,
      what: 'the webhook to reach the shop',
    });

    await page.click('#orders a');
    await page.locator('h1', { hasText: 'Night of Ice' }).waitFor();
    const codes = await codesSeen(page);
    expect(codes.sort()).toEqual(order?.tickets.map(({ code }) => code).sort());
    const first = await scan(codes[0] ?? '');
    expect(first.status).toBe(200);
    expect((first.body as ScanAnswer).admitted).toBe(true);
    expect((await scan(codes[0] ?? '')).status).toBe(409);
    expect(complaints.splice(0)).toEqual([expect.stringMatching(/402/)]);
  }, 60_000);

  test('two buyers want one seat: one gets it, the other is told', async () => {
    const [one, two] = [await openPage(shop.url), await openPage(shop.url)];
    for (const page of [one, two]) await page.locator('#state', { hasText: 'Live' }).waitFor();
    await Promise.all([seat(one, 'r0-0').click({ force: true }), seat(two, 'r0-0').click({ force: true })]);
    await waitFor(
      async () => {
        const lists = await Promise.all([one, two].map((page) => page.locator('#seats li').allTextContents()));
        return lists.flat().length === 1;
      },
      { what: 'one of them to have it' },
    );
    expect(complaints.splice(0)).toEqual([]);
  }, 30_000);
});

describe('T5 the printable page in a browser', () => {
  let link: string;
  let codes: string[];
  beforeAll(async () => {
    const body = { eventId: event.id, seats: ['r4-0', 'r4-1', 'r4-2'], buyer: { name: 'Grace' } };
    const order = await adminCall<Order>(aisle, 'POST', '/bookings', body);
    codes = order.tickets.map(({ code }) => code).sort();
    const { url } = await adminCall<{ url: string }>(aisle, 'POST', `/orders/${order.id}/tickets/link`, {});
    link = `${aisle.urls[0] ?? ''}${url}`;
  });

  test.each([
    ['desktop, light', { colorScheme: 'light' as const }],
    ['desktop, dark', { colorScheme: 'dark' as const }],
    ['phone, light', { ...PHONE, colorScheme: 'light' as const }],
    ['phone, dark', { ...PHONE, colorScheme: 'dark' as const }],
  ])('T5 %s: every QR is read, nothing is wider than the screen, the policy is kept', async (name, options) => {
    const page = await openPage(link, options);
    expect((await codesSeen(page)).sort()).toEqual(codes);
    const wide: unknown = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(wide).toBeLessThanOrEqual(0);
    // The styles came through the policy: unstyled, the list would have its bullets.
    expect(await page.evaluate("getComputedStyle(document.querySelector('ol')).listStyleType")).toBe('none');
    expect(await page.locator('svg.qr').first().getAttribute('aria-label')).toMatch(
      /^QR code of ticket 1: Row r4, Seat \d$/,
    );
    await picture(page, name.replace(', ', '-'));
    expect(complaints.splice(0)).toEqual([]);
    await page.context().close();
  });

  test('T5 in print it is light whatever the screen is, no ticket is torn by the end of a page', async () => {
    const page = await openPage(link, { colorScheme: 'dark', viewport: { width: 794, height: 1123 } });
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
    expect(await page.evaluate("getComputedStyle(document.querySelector('.ticket')).breakInside")).toBe('avoid');
    expect((await codesSeen(page)).sort()).toEqual(codes);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });

  test('T5 an expired link opened in a browser says so in words', async () => {
    const { url } = await adminCall<{ url: string }>(aisle, 'POST', `/orders/${orderIdOf(link)}/tickets/link`, {
      ttlSeconds: 30,
    });
    const page = await openPage(`${aisle.urls[0] ?? ''}${url.slice(0, -4)}AAAA`);
    expect(await page.locator('h1').innerText()).toBe('This link does not open any tickets');
    complaints.length = 0;
    await sleep(0);
    await page.context().close();
  });
});

const orderIdOf = (url: string): string => /orders\/(ord_[\w-]+)/.exec(url)?.[1] ?? '';
