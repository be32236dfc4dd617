import postgres from 'postgres';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatedKey, InventoryView, SeatEvent } from '@aisle/client/protocol';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { startReceiver } from '../helpers/webhook-receiver.js';
import { AdminPage } from './admin-page.js';
import { LateAnswer } from './late-answers.js';
import { openBrowser } from './picker-page.js';

/* The admin's pages when answers come late or not at all; and every button there that does harm when it does another thing than it says. */
let aisle: TestAisle;
let browser: Browser;
const chart = plainChart(3, 10);

beforeAll(async () => {
  [aisle, browser] = await Promise.all([
    startAisle({ readyTimeoutMs: 60_000, env: { AISLE_WEBHOOK_ALLOW_PRIVATE: '1' } }),
    openBrowser(),
  ]);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await aisle.stop();
});

async function visit(path: string, key = aisle.adminKey): Promise<AdminPage> {
  const admin = await AdminPage.open(browser, aisle.urls[0] ?? '', { colorScheme: 'light' });
  await admin.signIn(key, path);
  return admin;
}
const newEvent = (name: string): Promise<SeatEvent> => sellEvent(aisle, chart, { name });
const statusOf = async ({ id }: SeatEvent): Promise<string> =>
  (await adminCall<SeatEvent>(aisle, 'GET', `/events/${id}`)).status;
/** The server does it, and the page does not hear of it: once. */
const loseAnswer = ({ page }: AdminPage, url: string): Promise<unknown> =>
  page.route(
    url,
    async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    },
    { times: 1 },
  );
const makeKey = (name: string): Promise<CreatedKey> =>
  adminCall<CreatedKey>(aisle, 'POST', '/keys', { name, role: 'admin' });

describe('keys', () => {
  test('A9 a late word about the key before does not sign out whoever is there now', async () => {
    const admin = await visit('/keys', (await makeKey('before')).key);
    const { page } = admin;
    await admin.button('New key').click();
    await page.getByRole('dialog').getByLabel('Name').fill('Till');
    const late = await LateAnswer.to(page, '**/v1/keys', {
      method: 'POST',
      answer: (route) =>
        route.fulfill({ status: 401, json: { error: { code: 'UNAUTHENTICATED', message: 'Revoked.' } } }),
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Make key' }).click();
    await late.asked();
    await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
    await admin.button('Sign out').click();
    await page.getByLabel('API key').fill((await makeKey('after')).key);
    await admin.button('Sign in').click();
    await admin.button('New key').waitFor();
    await late.arrives();
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByRole('table', { name: 'Queues' }).waitFor();
    await admin.close();
  });

  test('a key that is made is shown, though its form was closed before the answer', async () => {
    const admin = await visit('/keys');
    const dialog = admin.page.getByRole('dialog');
    await admin.button('New key').click();
    await dialog.getByLabel('Name').fill('North gate');
    const late = await LateAnswer.to(admin.page, '**/v1/keys', { method: 'POST' });
    await dialog.getByRole('button', { name: 'Make key' }).click();
    await late.asked();
    await admin.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await late.arrives();
    expect(await dialog.getByLabel('API key').inputValue()).toMatch(/^ak_/);
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await admin.page.getByRole('cell', { name: /^North gate/ }).waitFor();
    await admin.close();
  });
});

describe('an event', () => {
  test('V1 a step whose answer was lost does not stand in the way of the next; closing and cancelling ask, and do just that', async () => {
    const event = await newEvent('Closing night');
    const admin = await visit(`/events/${event.id}`);
    const { page } = admin;
    const dialog = page.getByRole('dialog');
    await loseAnswer(admin, '**/pause');
    await admin.button('Pause').click();
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog.getByText('The server did not answer.').waitFor();
    await dialog.getByRole('button', { name: 'Back' }).click();
    await admin.button('Open sales').click();
    await dialog.getByRole('button', { name: 'Open sales' }).click();
    await page.getByText('Sales are open.').waitFor();
    expect(await statusOf(event)).toBe('on_sale');

    await admin.button('Close').click();
    await dialog.getByText('This cannot be undone').waitFor();
    await dialog.getByRole('button', { name: 'Back' }).click();
    expect(await statusOf(event)).toBe('on_sale');
    await admin.button('Close').click();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.getByText('Sales are closed.').waitFor();
    expect(await statusOf(event)).toBe('closed');

    await admin.button('Cancel event').click();
    const cancel = dialog.getByRole('button', { name: 'Cancel event' });
    expect(await cancel.isDisabled()).toBe(true);
    await dialog.getByLabel('Type “Closing night” to confirm').fill('closing night');
    expect(await cancel.isDisabled()).toBe(true);
    await dialog.getByLabel('Type “Closing night” to confirm').fill('Closing night');
    await cancel.click();
    await page.getByText('The event is cancelled.').waitFor();
    expect(await statusOf(event)).toBe('cancelled');
    await admin.close();
  });

  test('A8 drops the holds of the one who was named; a question is not closed by the answer to the one before', async () => {
    const event = await newEvent('Held night');
    const [ada, bob] = await Promise.all(
      ['ada', 'bob'].map((name) => Buyer.connect(aisle.urls[0] ?? '', name, aisle.authSecret)),
    );
    if (ada === undefined || bob === undefined) throw new Error('no buyers');
    await ada.send('hold', { eventId: event.id, seats: ['r0-0', 'r0-1', 'r0-2'] });
    await bob.send('hold', { eventId: event.id, seats: ['r1-0'] });
    const held = async (): Promise<number> => {
      const { categories } = await adminCall<InventoryView>(aisle, 'GET', `/events/${event.id}/inventory`);
      return chart.seats.length - (categories[0]?.available ?? 0);
    };
    const admin = await visit(`/events/${event.id}`);
    const { page } = admin;
    const dialog = page.getByRole('dialog');
    const late = await LateAnswer.to(page, '**/v1/subjects/ada/drop-holds');
    await admin.button('Drop holds of ada').click();
    await dialog.getByText('3 places of theirs').waitFor();
    await dialog.getByLabel('Reason').fill('a bot');
    await dialog.getByRole('button', { name: 'Drop holds' }).click();
    await late.asked();
    await dialog.getByRole('button', { name: 'Back' }).click();
    await waitFor(async () => (await held()) === 1, { what: 'the holds of ada gone' });
    await admin.button('Drop holds of bob').click();
    await dialog.getByLabel('Reason').fill('another bot');
    await late.arrives();
    await page.getByText('1 hold of ada dropped.').waitFor();
    await dialog.getByRole('button', { name: 'Drop holds' }).click();
    await page.getByText('1 hold of bob dropped.').waitFor();
    expect(await held()).toBe(0);
    ada.close();
    bob.close();
    await admin.close();
  });

  test('what is typed while the form is being saved stays, and is saved next', async () => {
    const event = await newEvent('Typed night');
    const admin = await visit(`/events/${event.id}/settings`);
    const { page } = admin;
    const prices = page.getByRole('group', { name: /^Seats/ });
    await prices.getByLabel('Ticket type (optional)').fill('Adult');
    await page.getByLabel('Venue (optional)').fill('Great Hall');
    const late = await LateAnswer.to(page, `**/v1/events/${event.id}`, { method: 'PATCH' });
    await admin.button('Save changes').click();
    await late.asked();
    await prices.getByLabel('Ticket type (optional)').fill('Grown-up');
    await prices.getByLabel('Price (EUR)').fill('30');
    await page.getByLabel('Description (optional)').fill('With an interval.');
    await late.arrives();
    await page.getByText('Changed: description, price of A.').waitFor();
    await admin.button('Save changes').click();
    await page.getByText('Nothing changed.').waitFor();
    expect(await adminCall<SeatEvent>(aisle, 'GET', `/events/${event.id}`)).toMatchObject({
      ...{ venue: 'Great Hall', description: 'With an interval.' },
      // The type that was saved keeps the name that orders know it by.
      prices: { A: { ticketTypes: [{ key: 'adult', label: 'Grown-up', minor: 3000 }] } },
    });
    await admin.close();
  });
});

describe('machines', () => {
  test('W6 W2 what was not answered is asked for again; one delivery alone is sent again; a webhook is disabled and enabled', async () => {
    const receiver = await startReceiver();
    const sql = postgres(aisle.databaseUrl, { max: 1 });
    try {
      const { id } = await adminCall<{ id: string }>(aisle, 'POST', '/webhooks', { url: receiver.url, types: ['*'] });
      const admin = await visit(`/webhooks/${id}`);
      const { page } = admin;
      const dialog = page.getByRole('dialog');
      await loseAnswer(admin, '**/test');
      await admin.button('Send a test').click();
      await page.getByText('The server did not answer.').waitFor();
      await admin.button('New secret').click();
      await dialog.getByRole('button', { name: 'Make a new secret' }).click();
      expect(await dialog.getByLabel('Signing secret').inputValue()).toMatch(/^whsec_/);
      await dialog.getByRole('button', { name: 'I have stored it' }).click();
      await admin.button('Send a test').click();
      await waitFor(() => receiver.accepted().length > 0, { what: 'the test' });
      const first = receiver.accepted().length;

      const [message = ''] = receiver.accepted().map((received) => received.id);
      await admin.button(`Send again: ${message}`).click();
      await waitFor(() => receiver.accepted().filter((received) => received.id === message).length === 2, {
        what: 'the same message again',
      });
      expect(receiver.accepted().length).toBe(first + 1);

      await sql`UPDATE webhook_deliveries SET status = 'dead', next_attempt_at = null, finished_at = now()`;
      await loseAnswer(admin, '**/replay-dead');
      await admin.button('Send all dead again').click();
      await dialog.getByRole('button', { name: 'Send again' }).click();
      await dialog.getByText('The server did not answer.').waitFor();
      await dialog.getByRole('button', { name: 'Send again' }).click();
      await page.getByText('on the way again').waitFor();

      await admin.button('Disable').click();
      await dialog.getByText('Nothing is kept for it').waitFor();
      await dialog.getByRole('button', { name: 'Disable' }).click();
      await admin.button('Enable').waitFor();
      const state = (): Promise<{ status: string }> => adminCall(aisle, 'GET', `/webhooks/${id}`);
      expect(await state()).toMatchObject({ status: 'disabled' });
      await admin.button('Enable').click();
      await admin.button('Disable').waitFor();
      expect(await state()).toMatchObject({ status: 'enabled' });
      await admin.close();
    } finally {
      await sql.end();
      await receiver.close();
    }
  });

  test('L2 what failed of one queue is tried again where asked, and is gone from the list once it succeeds', async () => {
    const event = await newEvent('Logged night');
    const sql = postgres(aisle.databaseUrl, { max: 1 });
    try {
      await sql.unsafe(`ALTER TABLE seat_log ADD CONSTRAINT broken CHECK (event_id <> '${event.id}') NOT VALID`);
      await adminCall(aisle, 'POST', '/bookings', { eventId: event.id, seats: ['r0-1'] });
      const admin = await visit('/queues');
      const { page } = admin;
      const again = admin.button('Try again what failed of drain');
      await again.click({ timeout: 20_000 });
      await sql.unsafe('ALTER TABLE seat_log DROP CONSTRAINT broken');
      const asked = page.waitForRequest('**/v1/queues/drain/retry');
      await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
      await asked;
      await page.getByText('of drain tried again.').waitFor();
      await page.getByRole('table', { name: 'Latest failures' }).waitFor({ state: 'detached' });
      await again.waitFor({ state: 'detached' });
      const [row] = await sql<
        { n: number }[]
      >`SELECT count(*)::integer AS n FROM seat_log WHERE event_id = ${event.id}`;
      expect(row?.n).toBeGreaterThan(0);
      await admin.close();
    } finally {
      await sql.end();
    }
  });
});
