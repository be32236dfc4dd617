import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { Buyer } from '../helpers/buyers.js';
import { BLACK_MARK, pickerWorld } from './picker-world.js';

/*
 * The picker in a real browser, against real servers: what two buyers see of each other, under a content policy that allows
 * nothing inline.
 */
const world = pickerWorld(2);
const { sell, visit } = world;

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
      await picker.colourBecomes(33, (colour) => colour === free, 'free, where it was');
    }
  });

  test('one press at a seat that was just taken is undone and names the seat', async () => {
    const event = await sell();
    const late = await visit(event, { before: dropSeatFrames });
    const free = await late.colour(11);
    const quick = await Buyer.connect(world.aisle.urls[1] ?? '', 'quick', world.aisle.authSecret);
    expect((await quick.send('hold', { eventId: event.id, seats: ['r1-1'] })).ok).toBe(true);
    quick.close();
    expect(await late.colour(11)).toBe(free);
    await late.press(11);
    await late.toast(/somebody else was quicker: row r1, seat 1 is gone/i);
    expect(await late.places()).toEqual([]);
    await late.colourBecomes(11, (colour) => colour === free, 'no longer asked for');
  });

  test('a seat looks asked for until the server has answered, then mine', async () => {
    const event = await sell();
    const picker = await visit(event, { before: delayAnswers });
    const free = await picker.colour(17);
    await picker.press(17);
    await picker.colourBecomes(17, (colour) => colour !== free && colour !== BLACK_MARK, 'asked for');
    expect(await picker.places()).toEqual([]);
    await picker.colourBecomes(17, (colour) => colour === BLACK_MARK, 'mine');
    await picker.placesBecome(['Row r1, seat 7']);
  });
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
