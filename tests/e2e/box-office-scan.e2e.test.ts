import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import encodeQR from 'qr';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { expectNoAxeFindings } from './axe.js';
import { CounterPage, newKey } from './box-office-page.js';
import { openBrowser } from './picker-page.js';

/* The gate: a camera that looks at a real ticket's QR code, and a hand scanner that types. */
let aisle: TestAisle;
let browser: Browser;
let order: Order;
let other: Order;
const folder = mkdtempSync(path.join(tmpdir(), 'aisle-camera-'));

const WIDTH = 640;
const HEIGHT = 480;
const MODULE_PX = 8;

/** A film of one picture: a code in the middle of a grey wall, as Chromium's fake camera plays it. */
function film(code: string): Buffer {
  const rows = encodeQR(code, 'raw', { ecc: 'medium', border: 3 });
  const light = Buffer.alloc(WIDTH * HEIGHT, 190);
  const left = Math.floor((WIDTH - rows.length * MODULE_PX) / 2);
  const top = Math.floor((HEIGHT - rows.length * MODULE_PX) / 2);
  rows.forEach((row, y) =>
    row.forEach((dark, x) => {
      for (let line = 0; line < MODULE_PX; line += 1) {
        const start = (top + y * MODULE_PX + line) * WIDTH + left + x * MODULE_PX;
        light.fill(dark ? 25 : 235, start, start + MODULE_PX);
      }
    }),
  );
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, grey]);
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([head, ...Array.from({ length: 5 }, () => frame)]);
}

beforeAll(async () => {
  aisle = await startAisle();
  const event: SeatEvent = await sellEvent(aisle, plainChart(3, 8), { name: 'Night of Ice' });
  const elsewhere = await sellEvent(aisle, plainChart(2, 4), { name: 'Day of Fire' });
  const book = (eventId: string, seats: string[], name: string): Promise<Order> =>
    adminCall<Order>(aisle, 'POST', '/bookings', { eventId, seats, buyer: { name } });
  order = await book(event.id, ['r1-3', 'r1-4'], 'Ada Lovelace');
  other = await book(elsewhere.id, ['r0-0'], 'Mary Shelley');
  const file = path.join(folder, 'ticket.y4m');
  writeFileSync(file, film(order.tickets[0]?.code ?? ''));
  browser = await openBrowser([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await aisle?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function openGate(role: string): Promise<CounterPage> {
  const gate = await CounterPage.open(browser, aisle.urls[0] ?? '');
  const { key } = await newKey(aisle, role, `gate of ${role}`);
  await gate.signIn(key, 'North gate');
  await gate.chooseEvent('Night of Ice');
  await gate.page.getByText('Ready to scan').or(gate.page.locator('.quantity')).first().waitFor();
  return gate;
}
/** As a hand scanner does: the whole code within moments, then Enter. */
async function type(gate: CounterPage, code: string): Promise<void> {
  await gate.page.evaluate(`
    for (const key of [...${JSON.stringify(code)}, 'Enter']) {
      const press = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
      (document.activeElement ?? document.body).dispatchEvent(press);
    }
  `);
}
const light = (gate: CounterPage, colour: string, words: string) =>
  gate.page.locator(`.light[data-light=${colour}]`, { hasText: words });

describe('the box office at the gate', () => {
  test('T3 the camera reads a real ticket: let in once, with seat and holder; then by hand scanner: already, when and where', async () => {
    const gate = await openGate('box_office');
    await gate.goTo('Scan');
    await expectNoAxeFindings(gate.page);
    await gate.page.getByRole('button', { name: 'Scan with the camera' }).click();
    await light(gate, 'go', 'Let in').waitFor({ timeout: 20_000 });
    await light(gate, 'go', 'Row r1, seat 3').waitFor();
    await light(gate, 'go', 'Ada Lovelace').waitFor();
    await expectNoAxeFindings(gate.page);
    await gate.page.getByRole('button', { name: 'Camera off' }).click();
    const { tickets } = await adminCall<Order>(aisle, 'GET', `/orders/${order.id}`);
    expect(tickets.map(({ status }) => status).sort()).toEqual(['scanned', 'valid']);

    await gate.page.getByLabel('Code of a ticket').focus();
    await type(gate, order.tickets[0]?.code ?? '');
    await light(gate, 'stop', 'Already scanned').waitFor();
    await light(gate, 'stop', 'at North gate').waitFor();
    expect(await gate.page.getByLabel('Code of a ticket').inputValue()).toBe('');
    await expectNoAxeFindings(gate.page);
    expect(gate.complaints.filter((text) => !/409/.test(text))).toEqual([]);
    await gate.close();
  });

  test('T4 A8 a kiosk’s key scans and no more; another event’s ticket, a cancelled one and no ticket at all stay outside', async () => {
    const gate = await openGate('kiosk');
    expect(await gate.page.getByRole('navigation', { name: 'Box office' }).getByRole('link').allInnerTexts()).toEqual([
      expect.stringMatching(/^Scan/),
    ]);
    await type(gate, other.tickets[0]?.code ?? '');
    await light(gate, 'stop', 'Another event').waitFor();
    await type(gate, 'AT1.nothing.of.ours.at-all');
    await light(gate, 'stop', 'Not a ticket').waitFor();
    const cancelled = order.tickets[1];
    await adminCall(aisle, 'POST', `/orders/${order.id}/refund`, { ticketIds: [cancelled?.id] });
    await type(gate, cancelled?.code ?? '');
    await light(gate, 'stop', 'Cancelled').waitFor();
    await gate.close();
  });

  test('T3 a scan that was not answered is amber, asked again under its own number, and lets in once', async () => {
    const gate = await openGate('box_office');
    await gate.goTo('Scan');
    const keys: (string | undefined)[] = [];
    await gate.page.route('**/v1/tickets/scan', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    const { tickets } = await adminCall<Order>(aisle, 'POST', '/bookings', { eventId: order.eventId, seats: ['r2-2'] });
    await type(gate, tickets[0]?.code ?? '');
    await light(gate, 'wait', 'Not decided').waitFor();
    await light(gate, 'go', 'Let in').waitFor();
    expect(new Set(keys).size).toBe(1);
    await gate.close();
  });
});
