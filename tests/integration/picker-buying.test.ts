import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';
import { Choosing } from './support/choosing.js';

/* The picker's model against Aisle itself: what a buyer does, and what the page would show and say. */
let aisle: TestAisle;
const open = new Choosing(() => aisle);

beforeAll(async () => {
  aisle = await startAisle({ nodes: 1, workers: 1 });
}, 90_000);
afterEach(() => open.closeAll());
afterAll(() => aisle.stop());

describe('holding', () => {
  test('H4 a press holds a seat, the second joins the hold, a press on one’s own lets it go', async () => {
    const event = await sellEvent(aisle, plainChart(2, 10));
    const { model, told } = await open.picker(event.id);
    expect(model.state).toMatchObject({ link: 'live', status: 'on_sale', canHold: true });
    model.press(3);
    expect([model.standing(3), model.state.busy]).toEqual(['taking', true]);
    model.press(4);
    await waitFor(() => model.state.basket.places === 2);
    expect(model.state.basket.holds).toHaveLength(1);
    expect(model.state.basket.totalMinor).toBe(2000);
    expect([model.standing(3), model.standing(4), model.standing(5)]).toEqual(['mine', 'mine', 'free']);
    expect(told.map(({ text }) => text).join(' ')).toContain('Held for you: row r0, seat 3');
    model.press(3);
    await waitFor(() => model.standing(3) === 'free');
    expect(model.state.basket.lines.map(({ place }) => place)).toEqual(['r0-4']);
  });
});
