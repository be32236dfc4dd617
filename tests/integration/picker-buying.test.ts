import type { FetchLike } from '@aisle/client';
import type { Chart, SeatEvent } from '@aisle/client/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { loadLanguage } from '../../client-sdk/src/picker/messages/index.js';
import { Choosing, said } from './support/choosing.js';

/* The picker's model against Aisle itself: what a buyer does, and what the page would show and say. */
let aisle: TestAisle;
const open = new Choosing(() => aisle);

beforeAll(async () => {
  aisle = await startAisle({ nodes: 1, workers: 1 });
}, 90_000);
afterEach(() => open.closeAll());
afterAll(() => aisle.stop());

const TYPES = {
  ticketTypes: [
    { key: 'full', label: 'Full', minor: 5000, feeMinor: 250, taxMinor: 350 },
    { key: 'child', label: 'Child', minor: 2500, feeMinor: 250 },
  ],
};
/** Two categories: A in row 0, B in row 1. */
function twoCategories(): Chart {
  const chart = plainChart(2, 10);
  return {
    ...chart,
    categories: [
      { key: 'A', label: 'Stalls' },
      { key: 'B', label: 'Circle' },
    ],
    seats: chart.seats.map((seat) => ({ ...seat, category: seat.row === 'r0' ? 'A' : 'B' })),
  };
}

/** Events as a server gives them that knows no price for a category: this build's refuses such an event. */
const withoutPrice =
  (category: string): FetchLike =>
  async (url, init) => {
    const answer = await fetch(url, init);
    if (!/\/v1\/events\/[^/]+$/.test(url)) return answer;
    const event = (await answer.json()) as SeatEvent;
    const prices = Object.fromEntries(Object.entries(event.prices).filter(([key]) => key !== category));
    return { ...{ ok: true, status: 200, headers: answer.headers }, json: async () => ({ ...event, prices }) };
  };

describe('holding', () => {
  test('H4 a press holds a seat, the second joins the hold, a press on one’s own lets it go', async () => {
    const event = await sellEvent(aisle, plainChart(2, 10));
    const { model, told } = await open.picker(event.id);
    expect(model.state).toMatchObject({ link: 'live', status: 'on_sale', canHold: true });
    const seen: number[] = [];
    model.onSeats((change) => {
      if (!change.all) seen.push(...change.seatNos);
    });
    model.press(3);
    expect([model.standing(3), model.state.busy, seen]).toEqual(['taking', true, [3]]);
    model.press(4);
    await waitFor(() => model.state.basket.places === 2);
    expect(model.state.basket.holds).toHaveLength(1);
    expect(model.state.basket.totalMinor).toBe(2000);
    expect([model.standing(3), model.standing(4), model.standing(5)]).toEqual(['mine', 'mine', 'free']);
    expect(said(told)).toContain('Held for you: row r0, seat 3');
    await waitFor(() => model.state.counts.categories.get('A')?.available === 18);
    model.press(3);
    await waitFor(() => model.standing(3) === 'free');
    expect(model.state.basket.lines.map(({ place }) => place)).toEqual(['r0-4']);
  });

  test('two press one seat: one has it, the other is told by its name and sees it taken', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const [one, other] = await Promise.all([open.picker(event.id), open.picker(event.id)]);
    one.model.press(7);
    other.model.press(7);
    await waitFor(
      () =>
        one.model.state.basket.places + other.model.state.basket.places === 1 &&
        !one.model.state.busy &&
        !other.model.state.busy,
    );
    const loser = one.model.state.basket.places === 0 ? one : other;
    await waitFor(() => said(loser.told).includes('Somebody else was quicker: row r0, seat 7 is gone.'));
    await waitFor(() => loser.model.standing(7) === 'held');
    loser.model.press(7);
    expect(said(loser.told)).toContain('row r0, seat 7 is taken.');
  });

  test('areas: so many places, part of them back, and no more than there are', async () => {
    const event = await sellEvent(aisle, plainChart(1, 4, [{ id: 'floor', capacity: 5 }]));
    const { model, told } = await open.picker(event.id);
    model.holdArea(0, 3);
    await waitFor(() => model.state.basket.places === 3);
    const key = model.state.basket.lines[0]?.key ?? '';
    model.release(key, 1);
    await waitFor(() => model.state.basket.places === 2);
    expect(model.state.basket.lines[0]?.key).toBe(key);
    await waitFor(() => model.state.counts.areas[0]?.available === 3);
    model.holdArea(0, 4);
    expect(said(told)).toContain('floor has only 3 places left.');
  });

  test('the best seats come as a hold of their own, in view, and never from a category without a price', async () => {
    const event = await sellEvent(aisle, twoCategories(), { prices: { A: 1000, B: TYPES } });
    const { model, told } = await open.picker(event.id, {}, { fetch: withoutPrice('A') });
    model.press(0);
    expect(said(told)).toContain('row r0, seat 0 has no price yet, so it cannot be held.');
    expect(model.ticketTypes('A')).toEqual([]);
    model.holdBest({ quantity: 3 });
    await waitFor(() => model.state.basket.places === 3);
    expect(model.state.basket.lines.every(({ category }) => category === 'B')).toBe(true);
    expect(told.find(({ show }) => show !== undefined)?.show).toHaveLength(3);
    model.holdBest({ quantity: 2, category: 'A' });
    expect(said(told)).toContain('have no price yet');
  });

  test('no more than the page and the event allow', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id, { maxPlaces: 2 });
    expect(model.state.maxPlaces).toBe(2);
    for (const seatNo of [0, 1, 2]) model.press(seatNo);
    expect(said(told)).toContain('You can hold 2 places at most.');
    await waitFor(() => model.state.basket.places === 2);
    expect(model.standing(2)).toBe('free');
  });
});

describe('prices', () => {
  test('a ticket type is held and shown with fee and tax; one that is not sold is refused here', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10), { prices: { A: TYPES } });
    const { model, told } = await open.picker(event.id);
    expect(model.ticketTypes('A').map(({ key, totalMinor }) => [key, totalMinor])).toEqual([
      ['full', 5600],
      ['child', 2750],
    ]);
    model.press(1, 'child');
    model.press(2);
    await waitFor(() => model.state.basket.places === 2);
    expect(model.state.basket.totalMinor).toBe(8350);
    model.press(3, 'senior');
    expect(said(told)).toContain('That ticket type is not sold for these places.');
    const { lines } = model.state.basket;
    expect(lines.find(({ seatNo }) => seatNo === 1)).toMatchObject({
      ticketType: 'child',
      unitMinor: 2500,
      feeMinor: 250,
    });
  });

  test('H4 a held seat’s ticket type changes in place, at the same deadline; of the best seats, of an area too', async () => {
    const chart = plainChart(1, 10, [{ id: 'floor', capacity: 20 }]);
    const event = await sellEvent(aisle, chart, { prices: { A: TYPES, GA: TYPES } });
    const { model, told } = await open.picker(event.id);
    const lineOf = (place: string) => model.state.basket.lines.find((line) => line.place === place);
    model.press(1);
    await waitFor(() => model.state.basket.places === 1);
    const before = model.state.basket;
    model.changeTicketType(lineOf('r0-1')?.key ?? '', 'child');
    await waitFor(() => lineOf('r0-1')?.ticketType === 'child');
    expect(lineOf('r0-1')).toMatchObject({ key: before.lines[0]?.key, unitMinor: 2500 });
    expect(model.state.basket.holds.map(({ token }) => token)).toEqual(before.holds.map(({ token }) => token));
    await waitFor(() => said(told).includes('row r0, seat 1: now Child. €27.50 in all.'));
    // At no moment was it free for anybody else.
    expect(model.standing(1)).toBe('mine');

    model.holdArea(0, 3, 'full');
    await waitFor(() => lineOf('floor')?.quantity === 3);
    model.changeTicketType(lineOf('floor')?.key ?? '', 'child');
    await waitFor(() => !model.state.busy && lineOf('floor')?.ticketType === 'child');
    expect(model.state.basket).toMatchObject({ places: 4, totalMinor: 4 * 2750 });

    model.holdBest({ quantity: 2, category: 'A', ticketType: 'child' });
    await waitFor(() => !model.state.busy && model.state.basket.places === 6);
    expect(model.state.basket.lines.every(({ ticketType }) => ticketType === 'child')).toBe(true);
    expect(model.checkout()).toMatchObject({
      totalMinor: 6 * 2750,
      holdTokens: [expect.any(String), expect.any(String)],
    });
    model.releaseAll();
    await waitFor(() => model.state.basket.places === 0);
  });

  test('an area is asked for once, its type is changed once, however often it is pressed before the answer', async () => {
    const event = await sellEvent(aisle, plainChart(1, 4, [{ id: 'floor', capacity: 20 }]), {
      prices: { A: 1000, GA: TYPES },
    });
    const { model, told } = await open.picker(event.id);
    const lines = () => model.state.basket.lines.map(({ ticketType, quantity }) => [ticketType, quantity]);
    for (let press = 0; press < 2; press += 1) model.holdArea(0, 3, 'full');
    model.holdArea(0, 1, 'full');
    await waitFor(() => !model.state.busy);
    expect(lines()).toEqual([['full', 4]]);
    const { key = '' } = model.state.basket.lines[0] ?? {};
    for (let press = 0; press < 2; press += 1) model.changeTicketType(key, 'child');
    expect(model.state.basket.lines[0]?.state).toBe('leaving');
    // Half of the change is twice the places: nobody goes to the checkout with that.
    expect(model.checkout()).toBeNull();
    await waitFor(() => !model.state.busy);
    expect(lines()).toEqual([['child', 4]]);
    expect(said(told)).not.toContain('could not be changed');
  });

  test('a seat that one let go is asked for at once, though the map still shows it as held', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id);
    let behind = 0;
    for (let round = 0; round < 5; round += 1) {
      model.press(round);
      await waitFor(() => model.standing(round) === 'mine' && String.fromCharCode(model.letters[round] ?? 0) === 'h');
      const pressed = new Promise<void>((resolve) => {
        const off = model.subscribe(() => {
          if (model.state.basket.places > 0 || model.state.busy) return;
          off();
          if (model.standing(round) === 'held') behind += 1;
          model.press(round);
          resolve();
        });
      });
      model.press(round);
      await pressed;
      await waitFor(() => model.standing(round) === 'mine');
      model.releaseAll();
      await waitFor(() => model.standing(round) === 'free');
    }
    expect(behind).toBeGreaterThan(0);
    expect(said(told)).not.toContain('is taken');
  });

  test('a price that changed is told, and the new one counts', async () => {
    const event = await sellEvent(aisle, twoCategories(), { prices: { A: 1000, B: 2000 } });
    const { model, told } = await open.picker(event.id);
    await adminCall(aisle, 'PATCH', `/events/${event.id}`, { version: event.version, prices: { A: 1200, B: 2000 } });
    // The node that answers may know the event as it was for a moment.
    await waitFor(async () => {
      const seen = await adminCall<{ prices: Record<string, number> }>(aisle, 'GET', `/events/${event.id}`);
      return seen.prices.A === 1200;
    });
    await waitFor(async () => {
      const free = [...model.letters.keys()].find((seatNo) => model.standing(seatNo) === 'free' && seatNo < 10) ?? 0;
      model.press(free);
      await waitFor(() => !model.state.busy);
      return said(told).includes('The price of Stalls has changed');
    });
    expect(said(told)).toMatch(/The price of Stalls has changed from €10\.00 to €12\.00\./);
    await waitFor(() => model.ticketTypes('A')[0]?.totalMinor === 1200);
    await waitFor(() => model.state.basket.lines.every(({ unitMinor }) => unitMinor === 1200));
  });

  test('filters: by price, category and need', async () => {
    const chart = twoCategories();
    const seats = chart.seats.map((seat, seatNo) => ({
      ...seat,
      ...(seatNo === 2 ? { accessible: true } : {}),
      ...(seatNo === 3 ? { companion: true } : {}),
      ...(seatNo === 4 ? { restrictedView: true } : {}),
    }));
    const event = await sellEvent(aisle, { ...chart, seats }, { prices: { A: 1000, B: TYPES } });
    const { model } = await open.picker(event.id);
    const offered = (): number[] => seats.map((_, seatNo) => seatNo).filter((seatNo) => model.offered(seatNo));
    expect(offered()).toHaveLength(20);
    model.setFilter({ maxMinor: 2000 });
    expect(offered()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    model.setFilter({ accessible: true, companion: true });
    expect(offered()).toEqual([2, 3]);
    model.setFilter({
      accessible: false,
      companion: false,
      unrestricted: true,
      maxMinor: null,
      categories: new Set(['A']),
    });
    expect(offered()).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
    expect(model.state.counts).toMatchObject({ accessible: 1, companion: 1 });
  });
});

describe('time', () => {
  test(
    'H1 H4 nobody there: the hold lapses, the page never showed more than was left',
    { timeout: 30_000 },
    async () => {
      const event = await sellEvent(aisle, plainChart(1, 4), { holdSeconds: 5, maxHoldSeconds: 60 });
      const { model, told } = await open.picker(event.id);
      const pressedAt = performance.now();
      model.press(0);
      await waitFor(() => model.state.basket.places === 1);
      const [hold] = model.state.basket.holds;
      expect(hold?.extendable).toBe(true);
      // Granted after the press: five seconds from then are the most that it can be.
      expect(hold?.deadline.at).toBeLessThanOrEqual(performance.now() + 5_000);
      expect(hold?.deadline.at).toBeGreaterThan(pressedAt);
      await waitFor(() => model.state.basket.places === 0, { timeoutMs: 15_000 });
      expect(told.find(({ lapsed }) => lapsed !== undefined)).toMatchObject({
        text: 'Your time ran out: 1 place went back on sale.',
        lapsed: { token: hold?.token, places: 1 },
      });
      await waitFor(() => model.standing(0) === 'free');
    },
  );

  test(
    'H4 who is choosing is given more time up to the cap, and told when that was the last',
    { timeout: 40_000 },
    async () => {
      const event = await sellEvent(aisle, plainChart(1, 4), { holdSeconds: 5, maxHoldSeconds: 9 });
      const { model, told, somebody } = await open.picker(event.id);
      somebody.idle = 0;
      model.press(0);
      await waitFor(() => model.state.basket.places === 1);
      const first = model.state.basket.holds[0]?.deadline.at ?? 0;
      await waitFor(() => (model.state.basket.holds[0]?.deadline.at ?? 0) > first + 1_000);
      await waitFor(() => model.state.basket.holds[0]?.extendable === false);
      await waitFor(() => said(told).includes('That was the last extension'));
      await waitFor(() => model.state.basket.places === 0, { timeoutMs: 20_000 });
      expect(told.filter(({ text }) => text.startsWith('That was the last'))).toHaveLength(1);
      expect(said(told)).toContain('Your time ran out');
    },
  );

  test('V1 paused, open again and closed while choosing: each says what it means for what is held', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id);
    model.press(0);
    await waitFor(() => model.state.basket.places === 1);
    await adminCall(aisle, 'POST', `/events/${event.id}/pause`, {});
    await waitFor(() => said(told).includes('Sales are paused. What you hold stays yours'));
    expect(model.state).toMatchObject({ status: 'paused', canHold: false, basket: { places: 1 } });
    model.press(1);
    expect(model.standing(1)).toBe('free');
    expect(model.checkout()?.holdTokens).toHaveLength(1);
    await adminCall(aisle, 'POST', `/events/${event.id}/open`, {});
    await waitFor(() => model.state.canHold && said(told).includes('Sales are open.'));
    await adminCall(aisle, 'POST', `/events/${event.id}/close`, {});
    await waitFor(() =>
      told.some(
        ({ text, more }) =>
          text.startsWith('Sales have closed') && more?.includes('cannot be ordered any more') === true,
      ),
    );
    expect([model.checkout(), model.state.basket.holds[0]?.extendable]).toEqual([null, false]);
  });

  test('V1 cancelled while choosing: what was held is gone, said once and kindly', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id);
    model.press(0);
    await waitFor(() => model.state.basket.places === 1);
    await adminCall(aisle, 'POST', `/events/${event.id}/cancel`, {});
    await waitFor(() => model.state.status === 'cancelled' && model.state.basket.places === 0);
    expect(told.filter(({ quiet }) => quiet !== true).map(({ text }) => text)).toEqual([
      'This event has been cancelled. Places that were held have been let go.',
    ]);
  });
});

describe('checks and checkout', () => {
  test('strict: a single seat left refuses the checkout, with its name; mended it goes through', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id, { orphans: 'strict', together: 'warn' });
    expect(model.checkout()).toBeNull();
    expect(said(told)).toContain('You have not chosen anything yet.');
    model.press(1);
    expect(model.checkout()).toBeNull();
    expect(said(told)).toContain('still being saved');
    await waitFor(() => model.state.findings.length === 1);
    expect(model.state.findings).toEqual([{ kind: 'orphan', mode: 'strict', seatNos: [0] }]);
    expect(model.checkout()).toBeNull();
    expect(told.at(-1)).toMatchObject({ text: 'Your choice leaves a single seat empty: row r0, seat 0.', show: [0] });
    model.press(0);
    await waitFor(() => model.state.basket.places === 2 && model.state.findings.length === 0);
    expect(model.checkout()).toMatchObject({
      eventId: event.id,
      totalMinor: 2000,
      currency: 'EUR',
      holdTokens: [expect.any(String)],
    });
    model.press(4);
    await waitFor(() => model.state.findings.some(({ kind }) => kind === 'apart'));
    expect(model.state.findings.map(({ kind, mode }) => [kind, mode])).toEqual([['apart', 'warn']]);
    expect(model.checkout()?.lines).toHaveLength(3);
  });

  test('H5 an order that was begun stays in the basket, cannot be let go here and is not checked out again', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id, { getToken: () => buyerToken('ann', aisle.authSecret) });
    model.press(2);
    await waitFor(() => model.state.basket.places === 1);
    const ann = await Buyer.connect(aisle.urls[0] ?? '', 'ann', aisle.authSecret);
    const holdToken = model.state.basket.holds[0]?.token ?? '';
    await ann.send('reserve', { eventId: event.id, holdToken });
    ann.close();
    await waitFor(() => model.state.basket.lines[0]?.state === 'reserved');
    expect(model.state.basket.holds[0]?.orderId).toMatch(/^ord_/);
    model.press(2);
    expect(said(told)).toContain('row r0, seat 2 belongs to an order you have already begun.');
    expect(model.checkout()).toBeNull();
    expect(told.at(-1)?.more).toBe('Pay for that order or cancel it first.');
    // What is chosen beside it is a hold of its own.
    model.press(7);
    await waitFor(() => model.state.basket.holds.length === 2);
    expect(model.checkout()?.lines.map(({ place }) => place)).toEqual(['r0-7']);
  });

  test('mode select: chosen by what is selectable, nothing is held, what others take falls out', async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    await adminCall(aisle, 'POST', `/events/${event.id}/block`, { seats: ['r0-5'] });
    const { model, told } = await open.picker(event.id, {
      mode: 'select',
      selectable: new Set(['free', 'blocked']),
      maxPlaces: 3,
    });
    await waitFor(() => model.standing(5) === 'blocked');
    for (const seatNo of [1, 5, 6]) model.press(seatNo);
    model.press(7);
    expect([...model.state.selection]).toEqual([1, 5, 6]);
    expect(said(told)).toContain('You can hold 3 places at most.');
    model.press(5);
    expect([...model.state.selection]).toEqual([1, 6]);
    const rival = await Buyer.connect(aisle.urls[0] ?? '', 'rival', aisle.authSecret);
    await rival.send('hold', { eventId: event.id, seats: ['r0-6'] });
    await waitFor(() => !model.state.selection.has(6));
    rival.close();
    expect(said(told)).toContain('row r0, seat 6 is no longer available and was taken out of your selection.');
    model.press(6);
    expect(said(told)).toContain('row r0, seat 6 cannot be chosen here.');
    model.select([0, 2, 6]);
    expect([...model.state.selection]).toEqual([0, 2]);
    expect(model.state.basket.places).toBe(0);
  });
});

test('an event that is not there, or closed before it opened: refused with what to do', async () => {
  await expect(open.picker('evt_nothere')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
  const ended = new AbortController();
  ended.abort();
  await expect(open.picker('evt_nothere', { signal: ended.signal })).rejects.toThrow();
});

test('in German: what is told is German, money as Germans write it', async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const { model, told } = await open.picker(event.id, { language: await loadLanguage('de-DE'), orphans: 'strict' });
  model.press(1);
  await waitFor(() => model.state.findings.length > 0);
  expect(said(told).replaceAll('\u00a0', ' ')).toMatch(
    /^Für Sie vorgemerkt: Reihe r0, Platz 1\. Insgesamt 10,00 €, noch \d+ Minuten/,
  );
  model.checkout();
  expect(told.at(-1)?.text).toBe('Bei Ihrer Auswahl bleibt ein einzelner Platz übrig: Reihe r0, Platz 0.');
});
