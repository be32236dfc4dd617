import postgres from 'postgres';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { startReceiver } from '../helpers/webhook-receiver.js';
import { AdminPage } from './admin-page.js';
import { expectNoAxeFindings } from './axe.js';
import { openBrowser } from './picker-page.js';

/* What an operator does while events run: prices, switches, the log, keys, webhooks. Any complaint of the browser fails the test. */
let aisle: TestAisle;
let browser: Browser;
let event: SeatEvent;
const open: AdminPage[] = [];
const chart = plainChart(3, 10);
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

beforeAll(async () => {
  [aisle, browser] = await Promise.all([
    startAisle({ readyTimeoutMs: 60_000, env: { AISLE_WEBHOOK_ALLOW_PRIVATE: '1' } }),
    openBrowser(),
  ]);
  event = await waitFor(() => sellEvent(aisle, chart, { name: 'An evening' }), { timeoutMs: 15_000, intervalMs: 500 });
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

async function visit(path: string, options: BrowserContextOptions & { key?: string } = {}): Promise<AdminPage> {
  const { key = aisle.adminKey, ...context } = options;
  const admin = await AdminPage.open(browser, aisle.urls[0] ?? '', { colorScheme: 'light', ...context });
  open.push(admin);
  await admin.signIn(key, path);
  return admin;
}
const makeKey = (role: string): Promise<CreatedKey> =>
  adminCall<CreatedKey>(aisle, 'POST', '/keys', { name: `a ${role}`, role });

describe('who may', () => {
  test('A5 a key that is revoked meanwhile signs out with words; a wrong one is told so', async () => {
    const { id, key } = await makeKey('admin');
    const admin = await visit('/switches', { key });
    await admin.heading('Live switches').waitFor();
    // Not through adminCall: the answer is empty.
    const revoked = await fetch(`${aisle.urls[0] ?? ''}/v1/keys/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${aisle.adminKey}` },
    });
    expect(revoked.status).toBe(204);
    await admin.page.getByText('This key is not valid any more').waitFor();
    await expectNoAxeFindings(admin.page);
    await admin.page.getByLabel('API key').fill('nonsense');
    await admin.button('Sign in').click();
    await admin.page.getByText('This server does not know that key.').waitFor();
  });

  test('A8 a box office’s key sees events and figures, and no way to what it may not do', async () => {
    const admin = await visit('/events', { key: (await makeKey('box_office')).key });
    await admin.page.getByRole('link', { name: 'An evening' }).click();
    await admin.tile('Sold').waitFor();
    expect(await admin.page.getByRole('navigation', { name: 'Admin' }).getByRole('link').allInnerTexts()).toEqual([
      'Events',
    ]);
    expect(await admin.button('Pause').count()).toBe(0);
    await admin.go('/keys');
    await admin.page.getByText('A key of the role “Box office” may not see this.').waitFor();
  });
});

describe('an event', () => {
  test('prices change by ticket type; what somebody else changed meanwhile is shown beside it, not overwritten unseen', async () => {
    const admin = await visit(`/events/${event.id}/settings`);
    const { page } = admin;
    const prices = page.getByRole('group', { name: /^Seats/ });
    await prices.getByLabel('Ticket type (optional)').fill('Adult');
    await prices.getByLabel('Price (EUR)').fill('30');
    await prices.getByLabel('Fee').fill('1,50');
    await prices.getByRole('button', { name: /Add a ticket type/ }).click();
    await prices.getByLabel('Ticket type', { exact: true }).last().fill('Kind & Kegel');
    await prices.getByLabel('Price (EUR)').last().fill('12');
    await page.getByText('€31.50').waitFor();
    await page.getByLabel('Sales close (optional)').fill('2030-01-01T18:00');

    await adminCall(aisle, 'PATCH', `/events/${event.id}`, { version: event.version, prices: { A: 2500 } });
    await admin.button('Save changes').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('You both changed the same').waitFor();
    await dialog.getByRole('cell', { name: '€25.00' }).waitFor();
    await dialog.getByRole('cell', { name: 'Adult €31.50, Kind & Kegel €12.00' }).waitFor();
    await expectNoAxeFindings(page);
    await dialog.getByRole('button', { name: 'Save mine on top' }).click();
    await page.getByText('Nothing changed.').waitFor();
    expect(await adminCall<SeatEvent>(aisle, 'GET', `/events/${event.id}`)).toMatchObject({
      saleEndsAt: '2030-01-01T18:00:00.000Z',
      prices: {
        A: {
          ticketTypes: [
            { key: 'adult', label: 'Adult', minor: 3000, feeMinor: 150 },
            { key: 'kind-kegel', label: 'Kind & Kegel', minor: 1200 },
          ],
        },
      },
    });
  });

  test('the log is searched by seat and by what it says itself; a switch is thrown with a reason, on a phone', async () => {
    const booked = await adminCall<{ id: string }>(aisle, 'POST', '/bookings', {
      ...{
        eventId: event.id,
        seats: [
          { id: 'r0-0', ticketType: 'adult' },
          { id: 'r0-1', ticketType: 'adult' },
        ],
      },
      payment: { reference: 'till', amountMinor: 6300, currency: 'EUR' },
    });
    const admin = await visit(`/events/${event.id}/log`, { ...PHONE, colorScheme: 'dark' });
    const { page } = admin;
    await page.getByLabel('That is').fill('r0-1');
    await admin.button('Search').click();
    await page.getByRole('cell', { name: /^Sold/ }).first().waitFor();
    expect(await page.getByRole('button', { name: 'All about seat r0-0' }).count()).toBe(0);
    await page
      .getByRole('button', { name: `All about order ${booked.id}` })
      .first()
      .click();
    await page.getByRole('button', { name: 'All about seat r0-0' }).first().waitFor();
    await expectNoAxeFindings(page);

    await page.getByRole('link', { name: 'Switches' }).last().click();
    await admin.button('Switch on Pause holds').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Switch on' }).click();
    await dialog.getByText('Say why').waitFor();
    await dialog.getByLabel('Reason').fill('prices are wrong');
    await dialog.getByRole('button', { name: 'Switch on' }).click();
    await page.getByText('“prices are wrong”').waitFor();
    await expectNoAxeFindings(page);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await admin.button('Switch off Pause holds').click();
    await dialog.getByLabel('Reason').fill('mended');
    await dialog.getByRole('button', { name: 'Switch off' }).click();
    await admin.button('Switch on Pause holds').waitFor();
  });
});

describe('machines', () => {
  test('the queues are counted', async () => {
    const admin = await visit('/queues');
    await admin.page.getByRole('table', { name: 'Queues' }).getByRole('row').nth(1).waitFor();
    await expectNoAxeFindings(admin.page);
  });

  test('a key is made, shown once, works, and is revoked', async () => {
    const admin = await visit('/keys');
    const { page } = admin;
    await admin.button('New key').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make key' }).click();
    await dialog.locator('.fault').first().waitFor();
    await dialog.getByLabel('Name').fill('Till 3');
    await dialog.getByRole('button', { name: 'Make key' }).click();
    const key = await dialog.getByLabel('API key').inputValue();
    await expectNoAxeFindings(page);
    const session = await adminCall<{ role: string }>({ urls: aisle.urls, adminKey: key }, 'GET', '/session');
    expect(session.role).toBe('box_office');
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await admin.button('Revoke Till 3').click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('“Till 3” is revoked on every server.').waitFor();
    expect(await page.content()).not.toContain(key);
  });

  test('W6 a webhook is made, tested, its dead letters sent again, its secret changed', async () => {
    const receiver = await startReceiver(() => 503);
    const sql = postgres(aisle.databaseUrl, { max: 1 });
    try {
      const admin = await visit('/webhooks');
      const { page } = admin;
      await admin.button('New webhook').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Address').fill('nowhere');
      await dialog.getByRole('button', { name: 'Make webhook' }).click();
      await dialog.locator('.fault').first().waitFor();
      await dialog.getByLabel('Address').fill(receiver.url);
      await dialog.getByRole('button', { name: 'Make webhook' }).click();
      expect(await dialog.getByLabel('Signing secret').inputValue()).toMatch(/^whsec_/);
      await dialog.getByRole('button', { name: 'I have stored it' }).click();

      await admin.button('Send a test').click();
      await page.getByText('answered 503').waitFor();
      receiver.answer = () => 204;
      // Three days of failures, in no time.
      await sql`UPDATE webhook_deliveries SET status = 'dead', next_attempt_at = null, finished_at = now()`;
      await page.getByLabel('Show').selectOption('dead');
      await page.getByText('Dead', { exact: true }).waitFor();
      await expectNoAxeFindings(page);
      await admin.button('Send all dead again').click();
      await dialog.getByRole('button', { name: 'Send again' }).click();
      await waitFor(() => receiver.accepted().length === 1, { what: 'the dead letter delivered' });
      await page.getByText('No dead letters.').waitFor();

      await admin.button('New secret').click();
      await dialog.getByRole('button', { name: 'Make a new secret' }).click();
      const secret = page.getByLabel('Signing secret');
      expect(await secret.inputValue()).toMatch(/^whsec_/);
    } finally {
      await sql.end();
      await receiver.close();
    }
  });
});
