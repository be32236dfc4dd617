import { describe, expect, test } from 'vitest';
import { startTcpProxy } from '../helpers/tcp-proxy.js';
import { adminCall, Buyer, plainChart } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { hall, pickerWorld } from './picker-world.js';
import { PickerPage } from './picker-page.js';

/* What the picker says of the event and of the line to the server, and what can still be done then. */
const world = pickerWorld();
const { sell, visit } = world;

test('says that sales are paused, lets go of nothing, and takes no new holds until they go on', async () => {
  const event = await sell();
  const picker = await visit(event);
  const notice = picker.page.locator('.notice[data-kind=event]');
  await picker.press(40);
  await picker.placesBecome(['Row r4, seat 0']);
  await adminCall(world.aisle, 'POST', `/events/${event.id}/pause`, {});
  await notice.filter({ hasText: 'Sales are paused' }).waitFor();
  expect(await picker.page.getByRole('button', { name: 'Find and hold' }).isDisabled()).toBe(true);
  await picker.press(41);
  await picker.toast(/sales are paused/i);
  expect(await picker.places()).toEqual(['Row r4, seat 0']);
  await picker.page.getByRole('button', { name: 'Release row r4, seat 0' }).click();
  await picker.placesBecome([]);
  await adminCall(world.aisle, 'POST', `/events/${event.id}/open`, {});
  await notice.waitFor({ state: 'hidden' });
  await picker.press(41);
  await picker.placesBecome(['Row r4, seat 1']);
  await adminCall(world.aisle, 'POST', `/events/${event.id}/close`, {});
  await notice.filter({ hasText: 'Sales are closed' }).waitFor();
  await waitFor(async () => (await picker.page.getByRole('button', { name: 'More time' }).count()) === 0, {
    what: 'no more time after the close',
  });
});

test('says when the map may be old, and catches up by itself', async () => {
  const event = await sell();
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: world.aisle.nodes[0]?.port ?? 0 });
  const url = `http://127.0.0.1:${proxy.port}/e/${event.id}`;
  const picker = world.keep(await PickerPage.open(world.browser, url, hall, { colorScheme: 'light' }));
  const free = await picker.colour(50);
  // Frozen: a line that is open and says nothing, the worst kind.
  proxy.frozen = true;
  const other = await Buyer.connect(world.aisle.urls[0] ?? '', 'meanwhile', world.aisle.authSecret);
  expect((await other.send('hold', { eventId: event.id, seats: ['r5-0'] })).ok).toBe(true);
  other.close();
  await picker.page.locator('.badge:not([data-link=live])').waitFor({ timeout: 20_000 });
  await picker.page.locator('.map-pane[data-stale]').waitFor({ timeout: 20_000 });
  proxy.cut();
  await picker.page.locator('.notice[data-kind=link]').waitFor();
  await picker.press(51);
  await picker.toast(/there is no connection/i);
  proxy.frozen = false;
  proxy.cut();
  await picker.live(30_000);
  await picker.colourBecomes(50, (colour) => colour !== free, 'shown as taken');
  await picker.press(25);
  await picker.placesBecome(['Row r2, seat 5']);
  await proxy.stop();
  // A cut connection is written to the console by the browser itself.
  const ours = picker.complaints.filter((text) => !/WebSocket|net::ERR/.test(text));
  picker.complaints.splice(0, Infinity, ...ours);
}, 90_000);

describe('what cannot be shown', () => {
  test('an event that is not there is said so, with a way on', async () => {
    const page = await world.browser.newPage();
    await page.goto(`${world.aisle.urls[0] ?? ''}/e/evt_NoSuchEvent00`);
    await page.locator('.failure', { hasText: 'There is no such event.' }).waitFor();
    expect(await page.locator('.failure button').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'All events' }).count()).toBeGreaterThan(0);
    await page.close();
  });

  test('a server that does not answer is tried again at a press', async () => {
    const event = await sell();
    const page = await world.browser.newPage();
    await page.route('**/v1/events/**', (route) => route.fulfill({ status: 500, json: {} }));
    await page.goto(`${world.aisle.urls[0] ?? ''}/e/${event.id}`);
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor({ timeout: 20_000 });
    await page.unroute('**/v1/events/**');
    await again.click();
    await page.locator('.badge[data-link=live]').waitFor();
    await page.close();
  }, 40_000);

  test('one seat and nothing else is shown, held and sold out', async () => {
    const one = plainChart(1, 1);
    const event = await sell({}, one);
    const picker = await visit(event, { chart: one });
    await picker.map.click();
    await picker.placesBecome(['Row r0, seat 0']);
    await waitFor(async () => (await picker.text('.legend')).includes('0 free'), { what: 'nothing left' });
  });
});
