import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { demoArena } from '../../server/src/domain/chart/demo/index.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { startTcpProxy } from '../helpers/tcp-proxy.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { openBrowser, PickerPage } from './picker-page.js';

/*
 * The picker in a real browser, against the real server: what a buyer sees and can do, under a content policy that
 * allows nothing inline. Any complaint of the browser fails the test.
 */
let aisle: TestAisle;
let browser: Browser;
const open: PickerPage[] = [];
const chart = plainChart(6, 10, [{ id: 'floor', capacity: 50 }]);
const BLACK_MARK = '21,24,30';
const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

beforeAll(async () => {
  [aisle, browser] = await Promise.all([startAisle({ nodes: 2 }), openBrowser()]);
}, 90_000);
afterAll(async () => {
  await browser.close();
  await aisle.stop();
});
afterEach(async () => {
  const complaints = open.flatMap((picker) => picker.complaints);
  await Promise.all(open.splice(0).map((picker) => picker.close()));
  expect(complaints).toEqual([]);
});

/** Tried again while the server says 503: the machines that run this share two cores with much else. */
const onSale = (of: Chart, fields: Record<string, unknown>): Promise<SeatEvent> =>
  waitFor(() => sellEvent(aisle, of, fields), { timeoutMs: 15_000, intervalMs: 500, what: 'an event on sale' });
const sell = (fields: Record<string, unknown> = {}): Promise<SeatEvent> =>
  onSale(chart, { name: 'An evening', timezone: 'Europe/Berlin', prices: { A: 4500, GA: 2000 }, ...fields });

/** `node`: which of the two servers. */
async function visit(
  event: SeatEvent,
  options: Parameters<typeof PickerPage.open>[3] & { node?: number } = {},
): Promise<PickerPage> {
  const { node = 0, ...rest } = options;
  const picker = await PickerPage.open(browser, `${aisle.urls[node] ?? ''}/e/${event.id}`, chart, {
    colorScheme: 'light',
    ...rest,
  });
  open.push(picker);
  return picker;
}

describe('two buyers', () => {
  test('F1 see each other’s hold and release on the canvas, through two servers', async () => {
    const event = await sell();
    const [one, two] = [await visit(event), await visit(event, { node: 1 })];
    const free = await two.colour(23);
    await one.press(23);
    await one.placesBecome(['Row r2, seat 3']);
    await one.colourBecomes(23, (colour) => colour === BLACK_MARK, 'marked as mine');
    await two.colourBecomes(23, (colour) => colour !== free, 'shown as taken');
    expect(await two.colour(22)).toBe(free);

    await two.press(23);
    await two.toast(/row r2, seat 3 is taken/i);
    expect(await two.places()).toEqual([]);

    await one.press(23);
    await one.placesBecome([]);
    await two.colourBecomes(23, (colour) => colour === free, 'free again');
  });

  test('a quick second press on a seat lets it go: it is no double press that zooms', async () => {
    const event = await sell();
    const picker = await visit(event);
    const free = await picker.colour(33);
    for (let round = 0; round < 3; round++) {
      await picker.press(33);
      await picker.placesBecome(['Row r3, seat 3']);
      await picker.press(33);
      await picker.placesBecome([]);
    }
    await picker.colourBecomes(33, (colour) => colour === free, 'free, where it was');
  });

  test('one press at a seat that was just taken is undone and names the seat', async () => {
    const event = await sell();
    const late = await visit(event, { before: dropSeatFrames });
    const free = await late.colour(11);
    const quick = await Buyer.connect(aisle.urls[1] ?? '', 'quick', aisle.authSecret);
    expect((await quick.send('hold', { eventId: event.id, seats: ['r1-1'] })).ok).toBe(true);
    quick.close();
    expect(await late.colour(11)).toBe(free);
    await late.press(11);
    await late.toast(/somebody else was quicker: row r1, seat 1 is taken/i);
    expect(await late.places()).toEqual([]);
    await late.colourBecomes(11, (colour) => colour === free, 'no longer asked for');
  });
});

describe('a hold', () => {
  test('looks asked for until the server has answered, then mine', async () => {
    const event = await sell();
    const picker = await visit(event, { before: delayAnswers });
    const free = await picker.colour(17);
    await picker.press(17);
    await picker.colourBecomes(17, (colour) => colour !== free && colour !== BLACK_MARK, 'asked for');
    expect(await picker.places()).toEqual([]);
    await picker.colourBecomes(17, (colour) => colour === BLACK_MARK, 'mine');
    expect(await picker.places()).toEqual(['Row r1, seat 7']);
  });

  test('H1 counts down, lapses with the server’s deadline and says so', async () => {
    const event = await sell({ holdSeconds: 5 });
    // A device whose clock is an hour ahead: the countdown must not care.
    const picker = await visit(event, { before: (page) => page.addInitScript(hourAhead) });
    const free = await picker.colour(5);
    await picker.press(5);
    await picker.placesBecome(['Row r0, seat 5']);
    const shown = await picker.text('.hold .clock');
    expect(shown).toMatch(/^0:0[0-4]$/);
    await picker.toast(/your time ran out: 1 place went back on sale/i);
    await picker.placesBecome([]);
    await picker.colourBecomes(5, (colour) => colour === free, 'free again');
    expect(await picker.page.locator('#mine-empty').isVisible()).toBe(true);
  });

  test('H4 gets more time until its last possible moment', async () => {
    const event = await sell({ holdSeconds: 20, maxHoldSeconds: 30 });
    const picker = await visit(event);
    await picker.press(0);
    await picker.placesBecome(['Row r0, seat 0']);
    await waitFor(async () => /0:1[0-7]/.test(await picker.text('.hold .clock')), {
      timeoutMs: 6000,
      what: 'some seconds gone',
    });
    const more = picker.page.getByRole('button', { name: 'More time' });
    await more.click();
    await picker.toast(/you have more time/i);
    await waitFor(async () => /0:1[89]/.test(await picker.text('.hold .clock')), { what: '20 seconds again' });
    await waitFor(async () => {
      await more.click({ timeout: 500 }).catch(() => undefined);
      return (await more.count()) === 0;
    }, { timeoutMs: 15_000, intervalMs: 1000, what: 'no more time to be had' }); // prettier-ignore
    expect(await picker.text('.hold .words')).toContain('no longer');
  });

  test('comes back after a reload, and shows in a second tab of the same browser', async () => {
    const event = await sell();
    const picker = await visit(event);
    await picker.press(14);
    await picker.press(15);
    await picker.placesBecome(['Row r1, seat 4', 'Row r1, seat 5']);
    expect(await picker.text('#total')).toBe('€90.00');
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
    await waitFor(async () => (await picker.text('#area-list')).includes('47 free'), { what: '47 free' });
    await picker.page.getByLabel('Places', { exact: true }).fill('2');
    await picker.page.getByRole('button', { name: 'Find and hold' }).click();
    await waitFor(async () => (await picker.places()).length === 3, { what: 'two seats more' });
    expect(await picker.text('#total')).toBe('€150.00');
    await picker.page.getByRole('button', { name: 'Release all' }).click();
    await picker.placesBecome([]);
    await waitFor(async () => (await picker.text('#area-list')).includes('50 free'), { what: '50 free' });
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
});

describe('without a mouse', () => {
  test('arrows go from seat to seat and say each one; Enter holds and releases', async () => {
    const event = await sell();
    const { page, ...picker } = await keyboardOf(await visit(event));
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('class')).toBe('skip');
    for (let i = 0; i < 2; i++) await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('id')).toBe('map');
    await page.keyboard.press('ArrowRight');
    const first = await picker.spoken(/row r\d, seat \d\. seats, €45\.00\. available\./i);
    await page.keyboard.press('ArrowRight');
    const second = await picker.spoken(/available\./i, first);
    const seat = /row r\d, seat \d/.exec(second)?.[0] ?? 'none';
    await page.keyboard.press('Enter');
    await picker.self.placesBecome([seat.replace('row', 'Row')]);
    await page.keyboard.press('Enter');
    await picker.self.placesBecome([]);
    for (const key of ['+', '-', '0', 'Shift+ArrowLeft', 'Escape']) await page.keyboard.press(key);
  });

  test('a seat is found by name and held from the list, all by keyboard', async () => {
    const event = await sell();
    const picker = await visit(event);
    const { keyboard } = picker.page;
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    expect(await picker.page.locator(':focus').getAttribute('id')).toBe('find-text');
    await keyboard.type('row r3 seat 7');
    await picker.page.getByRole('button', { name: 'Hold row r3, seat 7' }).waitFor();
    await waitFor(async () => (await picker.text('#spoken')).includes('1 seat found'), { what: 'the count read out' });
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await picker.placesBecome(['Row r3, seat 7']);
    await waitFor(async () => /held for you: row r3, seat 7/i.test(await picker.text('#spoken')), {
      what: 'the hold read out',
    });
    expect(await picker.page.locator(':focus').textContent()).toBe('Release');
  });
});

describe('the page', () => {
  test('on a phone a tap at seats too small to hit zooms in, the next one holds', async () => {
    const arena = demoArena();
    const event = await onSale(arena, { name: 'The arena' });
    const picker = await PickerPage.open(browser, `${aisle.urls[0] ?? ''}/e/${event.id}`, arena, {
      ...PHONE,
      colorScheme: 'light',
    });
    open.push(picker);
    await picker.tap(7000);
    // The zoom is about the finger, so the same seat is still under it. Longer than a double tap.
    await sleep(900);
    expect(await picker.places()).toEqual([]);
    await picker.tap(7000);
    await picker.placesBecome([
      `Row ${arena.seats[7000]?.row ?? ''}, seat ${arena.seats[7000]?.number ?? ''}Section ${arena.seats[7000]?.section ?? ''}`,
    ]);
  });

  test('fits a phone of 360 px: sheet, tap, total and countdown', async () => {
    const event = await sell();
    const picker = await visit(event, {
      ...PHONE,
    });
    const { page } = picker;
    const sheet = page.locator('#sheet');
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(await page.locator('#best-form').isVisible()).toBe(false);
    await sheet.tap();
    await page.locator('#best-form').waitFor();
    const widest = await page.evaluate<number>(
      "Math.max(...[...document.querySelectorAll('#panel-body button, #panel-body input')].map((e) => e.getBoundingClientRect().right))",
    );
    expect(widest).toBeLessThanOrEqual(360);
    await sheet.tap();
    await picker.tap(34);
    await picker.placesBecome(['Row r3, seat 4']);
    expect(await sheet.innerText()).toMatch(/1 place · €45\.00\s+4:5\d/);
  });

  test('can be used with 20,000 seats: finds one by its id, holds it, shows it in the overview', async () => {
    const arena = demoArena();
    const event = await onSale(arena, { name: 'The arena' });
    const picker = await PickerPage.open(browser, `${aisle.urls[0] ?? ''}/e/${event.id}`, arena);
    open.push(picker);
    await waitFor(async () => (await picker.text('#legend')).includes('free'), { what: 'counts' });
    const seat = arena.seats[7000];
    await picker.page.locator('#find-text').fill(seat?.id ?? '');
    await picker.page
      .locator('#find-results button', { hasText: /^Hold$/ })
      .first()
      .click();
    await waitFor(async () => (await picker.places()).length === 1, { what: 'a seat' });
    await picker.page
      .locator('#find-results button', { hasText: /^Show$/ })
      .first()
      .click();
    await picker.page.locator('#zoom-all').click();
    await waitFor(async () => (await picker.colour(7000)) !== (await picker.colour(7002)), {
      what: 'mine marked in the overview',
    });
  });

  test('says that sales are paused, lets go of nothing, and takes no new holds until they go on', async () => {
    const event = await sell();
    const picker = await visit(event);
    await picker.press(40);
    await picker.placesBecome(['Row r4, seat 0']);
    await adminCall(aisle, 'POST', `/events/${event.id}/pause`, {});
    await picker.page.locator('#banner', { hasText: 'Sales are paused' }).waitFor();
    expect(await picker.page.getByRole('button', { name: 'Find and hold' }).isDisabled()).toBe(true);
    await picker.press(41);
    await picker.toast(/sales are paused/i);
    expect(await picker.places()).toEqual(['Row r4, seat 0']);
    await picker.page.getByRole('button', { name: 'Release row r4, seat 0' }).click();
    await picker.placesBecome([]);
    await adminCall(aisle, 'POST', `/events/${event.id}/open`, {});
    await picker.page.locator('#banner').waitFor({ state: 'hidden' });
    await picker.press(41);
    await picker.placesBecome(['Row r4, seat 1']);
  });

  test('says when the map may be old, and catches up by itself', async () => {
    const event = await sell();
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: aisle.nodes[0]?.port ?? 0 });
    const picker = await PickerPage.open(browser, `http://127.0.0.1:${proxy.port}/e/${event.id}`, chart, {
      colorScheme: 'light',
    });
    open.push(picker);
    const free = await picker.colour(50);
    // Frozen: a line that is open and says nothing, the worst kind.
    proxy.frozen = true;
    const other = await Buyer.connect(aisle.urls[1] ?? '', 'meanwhile', aisle.authSecret);
    expect((await other.send('hold', { eventId: event.id, seats: ['r5-0'] })).ok).toBe(true);
    other.close();
    await picker.page
      .locator('#connection', { hasText: /Offline|Reconnecting|Catching up/ })
      .waitFor({ timeout: 20_000 });
    expect(await picker.page.locator('.map').getAttribute('data-stale')).toBe('true');
    expect(await picker.colour(50)).toBe(free);
    proxy.cut();
    await picker.page.locator('#connection', { hasText: /Offline|Reconnecting/ }).waitFor({ timeout: 20_000 });
    await picker.press(51);
    await picker.toast(/there is no connection/i);
    proxy.frozen = false;
    proxy.cut();
    await picker.live(30_000);
    await picker.colourBecomes(50, (colour) => colour !== free, 'shown as taken');
    await picker.press(51);
    await picker.placesBecome(['Row r5, seat 1']);
    await proxy.stop();
    // A cut connection is written to the console by the browser itself.
    const ours = picker.complaints.filter((text) => !/WebSocket|net::ERR/.test(text));
    picker.complaints.splice(0, Infinity, ...ours);
  }, 90_000);

  test('an event that is not there is said so, with a way on', async () => {
    const page = await browser.newPage();
    await page.goto(`${aisle.urls[0] ?? ''}/e/no-such-event`);
    await page.locator('#map-message', { hasText: 'There is no such event.' }).waitFor();
    expect(await page.getByRole('link', { name: 'All events' }).count()).toBeGreaterThan(0);
    await page.close();
  });
});

test('the list of events shows what is on sale, in the event’s own time, with what is free', async () => {
  const event = await sell({ name: 'The <b>list</b> itself', venue: 'Hall 7', startsAt: '2031-07-01T18:30:00Z' });
  const context = await browser.newContext({ timezoneId: 'America/New_York', locale: 'en-GB' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(`${aisle.urls[0] ?? ''}/`);
  const card = page.locator('.card', { hasText: 'The <b>list</b> itself' });
  await card.waitFor();
  expect(await card.innerText()).toMatch(/On sale[\s\S]*1 July 2031[\s\S]*20:30[\s\S]*Hall 7[\s\S]*€20\.00 – €45\.00/);
  await card.locator('.stock', { hasText: '110 of 110 places free' }).waitFor();
  await card.getByRole('link').click();
  await page.waitForURL(`**/e/${event.id}`);
  await page.locator('#connection', { hasText: /^Live$/ }).waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

/** The others' changes do not come through; answers do. */
const dropSeatFrames = (page: Page): Promise<unknown> =>
  page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (typeof message === 'string' && /^42\["(seats|beacon)"/.test(message)) return;
      socket.send(message);
    });
  });

/** Answers to commands take a second. */
const delayAnswers = (page: Page): Promise<unknown> =>
  page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const answersHold = typeof message === 'string' && message.startsWith('43') && message.includes('"hold"');
      if (answersHold) setTimeout(() => socket.send(message), 1000);
      else socket.send(message);
    });
  });

function hourAhead(): void {
  const now = Date.now.bind(Date);
  Date.now = () => now() + 3_600_000;
}

interface KeyboardUser {
  readonly self: PickerPage;
  readonly page: Page;
  /** What was said of the seat the keyboard stands on, once it fits and is not `before`. */
  spoken(pattern: RegExp, before?: string): Promise<string>;
}

const keyboardOf = async (self: PickerPage): Promise<KeyboardUser> => ({
  self,
  page: self.page,
  spoken: (pattern, before) =>
    waitFor(
      async () => {
        const text = await self.text('#spoken-seat');
        return pattern.test(text) && text !== before ? text : undefined;
      },
      { what: `${String(pattern)} spoken` },
    ),
});
