import { expect, test } from 'vitest';
import type { CheckoutDetail } from '../../client-sdk/src/picker/model.js';
import { waitFor } from '../helpers/wait.js';
import { pickerWorld } from './picker-world.js';

/* What a buyer holds: time, money, ticket types, a reload, a second tab, the way to the checkout. */
const { sell, visit } = pickerWorld();

test('H1 counts down, lapses with the server’s deadline and says so', async () => {
  const event = await sell({ holdSeconds: 5, maxHoldSeconds: 5 });
  // A device whose clock is an hour ahead: the countdown must not care.
  const picker = await visit(event, { before: (page) => page.addInitScript(hourAhead) });
  const free = await picker.colour(5);
  await picker.page.evaluate(`window.lapsed = [];
    addEventListener('aisle-lapse', (event) => window.lapsed.push(...event.detail.lines.map((line) => line.place)))`);
  await picker.press(5);
  await picker.placesBecome(['Row r0, seat 5']);
  expect(await picker.text('.hold .clock')).toMatch(/^0:0[0-4]$/);
  expect(await picker.text('.hold .words')).toContain('no longer');
  await picker.toast(/your time ran out: 1 place went back on sale/i);
  await picker.placesBecome([]);
  await picker.colourBecomes(5, (colour) => colour === free, 'free again');
  expect(await picker.page.locator('.basket .quiet').isVisible()).toBe(true);
  expect(await picker.page.evaluate('window.lapsed')).toEqual(['r0-5']);
});

test('H4 gets more time, by itself and by the button, until its last possible moment', async () => {
  const event = await sell({ holdSeconds: 10, maxHoldSeconds: 17 });
  const picker = await visit(event);
  await picker.press(0);
  await picker.placesBecome(['Row r0, seat 0']);
  const more = picker.page.getByRole('button', { name: 'More time' });
  await waitFor(async () => /0:0[0-8]/.test(await picker.text('.hold .clock')), { what: 'some seconds gone' });
  await more.click();
  await picker.toast(/you have more time/i);
  await waitFor(async () => (await more.count()) === 0, { timeoutMs: 15_000, what: 'no more time to be had' });
  expect(await picker.text('.hold .words')).toContain('no longer');
  expect(await picker.places()).toEqual(['Row r0, seat 0']);
});

test('comes back after a reload, and shows in a second tab of the same browser', async () => {
  const event = await sell();
  const picker = await visit(event);
  await picker.press(14);
  await picker.press(15);
  await picker.placesBecome(['Row r1, seat 4', 'Row r1, seat 5']);
  expect(await picker.text('.amount.main dd')).toBe('€90.00');
  await picker.page.reload();
  await picker.live();
  await picker.placesBecome(['Row r1, seat 4', 'Row r1, seat 5']);

  const second = await visit(event, { context: picker.context, node: 0 });
  await second.placesBecome(['Row r1, seat 4', 'Row r1, seat 5']);
  await second.page.getByRole('button', { name: 'Release row r1, seat 4' }).click();
  await second.placesBecome(['Row r1, seat 5']);
  await picker.placesBecome(['Row r1, seat 5']);
});

test('takes places of an area and the best seats, adds up, and is released as a whole', async () => {
  const event = await sell();
  const picker = await visit(event);
  await picker.page.getByLabel('Places in floor', { exact: true }).fill('3');
  await picker.page.getByRole('button', { name: 'Hold places in floor' }).click();
  await picker.placesBecome(['3 × floor']);
  await waitFor(async () => (await picker.text('.areas')).includes('47 free'), { what: '47 free' });
  await picker.page.getByLabel('Places', { exact: true }).fill('2');
  await picker.page.getByRole('button', { name: 'Find and hold' }).click();
  await waitFor(async () => (await picker.places()).length === 3, { what: 'two seats more' });
  expect(await picker.text('.amount.main dd')).toBe('€150.00');
  await picker.page.getByRole('button', { name: 'Release all' }).click();
  await picker.placesBecome([]);
  await waitFor(async () => (await picker.text('.areas')).includes('50 free'), { what: '50 free' });
});

test('is refused past the buyer’s limit in words that say the limit', async () => {
  const event = await sell({ maxSeatsPerSubject: 1 });
  const picker = await visit(event);
  await picker.press(1);
  await picker.placesBecome(['Row r0, seat 1']);
  await picker.press(2);
  await picker.toast(/you can hold 1 place at most/i);
  expect(await picker.places()).toHaveLength(1);
});

test('O1 changes ticket types with fees and taxes shown, and goes to the checkout with what is held', async () => {
  const types = [
    { key: 'adult', label: 'Adult', minor: 4000, feeMinor: 200, taxMinor: 300 },
    { key: 'child', label: 'Child', minor: 2000, feeMinor: 100 },
  ];
  const event = await sell({ prices: { A: { ticketTypes: types }, GA: 2000 } });
  const picker = await visit(event);
  await picker.press(12);
  await picker.press(13);
  await picker.placesBecome(['Row r1, seat 2', 'Row r1, seat 3']);
  expect(await picker.text('.amount.main dd')).toBe('€90.00');
  await picker.page.getByLabel('Ticket type of row r1, seat 3').selectOption('child');
  await waitFor(async () => (await picker.text('.amount.main dd')) === '€66.00', { what: 'the child’s price' });
  expect(await picker.text('.total dl')).toMatch(/Fees included\s+€3\.00\s+Tax included\s+€3\.00\s+Total\s+€66\.00/);
  expect(await picker.places()).toEqual(['Row r1, seat 2', 'Row r1, seat 3']);

  await picker.page.evaluate(`addEventListener('aisle-checkout', ({ detail }) => {
    sessionStorage.setItem('seen by the test', JSON.stringify(detail));
  })`);
  await picker.page.getByRole('button', { name: 'Go to checkout' }).click();
  await picker.page.waitForURL(`**/checkout/${event.id}`);
  expect(picker.page.url()).not.toContain('token');
  const seen = await picker.page.evaluate<string>(`sessionStorage.getItem('seen by the test')`);
  const detail = JSON.parse(seen) as CheckoutDetail;
  expect(detail).toMatchObject({ eventId: event.id, totalMinor: 6600, currency: 'EUR' });
  expect(detail.holdTokens).toHaveLength(1);
  expect(detail.lines.map(({ place, ticketType }) => [place, ticketType ?? 'the first']).sort()).toEqual([
    ['r1-2', 'the first'],
    ['r1-3', 'child'],
  ]);
});

function hourAhead(): void {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 3_600_000;
}
