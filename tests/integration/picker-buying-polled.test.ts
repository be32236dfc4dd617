import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { Choosing, memoryStorage, said } from './support/choosing.js';
import { NoSockets } from './support/no-sockets.js';

/* Where sockets are blocked: the map is asked for, and everything else goes the same way. */
let aisle: TestAisle;
let front: NoSockets;
const open = new Choosing(() => aisle);

beforeAll(async () => {
  aisle = await startAisle({ nodes: 1, workers: 1 });
  front = await NoSockets.start({ port: aisle.nodes[0]?.port ?? 0 });
}, 90_000);
afterEach(() => {
  open.closeAll();
  front.asked.length = 0;
  Object.assign(front, { blocked: true, dead: false, mute: false });
});
afterAll(async () => {
  await front.stop();
  await aisle.stop();
});

const SEATS = /\/seats$/;

test(
  'the whole of it without a socket: map, hold, another’s change, release, resumed after a reload',
  { timeout: 60_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const storage = memoryStorage();
    const { model } = await open.picker(event.id, { url: front.url }, { storage });
    expect(model.state).toMatchObject({ link: 'polling', canHold: true, status: 'on_sale' });
    model.press(2);
    model.press(3);
    await waitFor(() => model.state.basket.places === 2);
    expect(model.state.basket.holds).toHaveLength(1);
    const rival = await Buyer.connect(aisle.urls[0] ?? '', 'rival', aisle.authSecret);
    await rival.send('hold', { eventId: event.id, seats: ['r0-8'] });
    rival.close();
    await waitFor(() => model.standing(8) === 'held', { timeoutMs: 20_000 });
    model.press(2);
    await waitFor(() => model.state.basket.places === 1);
    model.extend(model.state.basket.holds[0]?.token ?? '');
    await waitFor(() => !model.state.busy);
    model.close();
    const again = await open.picker(event.id, { url: front.url }, { storage });
    expect(again.model.state.basket.lines.map(({ place }) => place)).toEqual(['r0-3']);
    again.model.releaseAll();
    await waitFor(() => again.model.state.basket.places === 0);
  },
);

test(
  'polling costs the server little: an unchanged map is a 304, a hidden page asks nothing',
  { timeout: 60_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, somebody } = await open.picker(event.id, { url: front.url });
    await waitFor(() => front.count('GET', SEATS, 304) >= 1, { timeoutMs: 20_000 });
    expect(front.count('GET', SEATS, 200)).toBe(1);
    somebody.shown = false;
    // One may be on its way.
    await sleep(6_500);
    const before = front.count('GET', SEATS);
    await sleep(7_000);
    expect(front.count('GET', SEATS)).toBe(before);
    somebody.returns();
    await waitFor(() => front.count('GET', SEATS) > before, { timeoutMs: 3_000 });
    expect(model.state.link).toBe('polling');
  },
);

test(
  'I6 sockets that are cut and blocked while buying: over to asking, and back by itself once they open',
  { timeout: 60_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10, [{ id: 'floor', capacity: 50 }]), {
      maxSeatsPerSubject: 40,
    });
    front.blocked = false;
    const { model, told } = await open.picker(event.id, { url: front.url });
    expect(model.state.link).toBe('live');
    model.press(1);
    await waitFor(() => model.state.basket.places === 1);
    const floor = async (): Promise<unknown> =>
      (await adminCall<{ areas: number[][] }>(aisle, 'GET', `/events/${event.id}/seats`)).areas[0];
    // Carried out, but the answer never comes: seven places, not fourteen, when it is asked the other way.
    front.mute = true;
    model.holdArea(0, 7);
    await waitFor(async () => JSON.stringify(await floor()) === '[50,43]');
    front.block();
    await waitFor(() => model.state.link === 'stale');
    model.press(2);
    expect(said(told)).toContain('There is no connection at the moment');
    await waitFor(() => model.state.link === 'polling', { timeoutMs: 20_000 });
    await waitFor(() => !model.state.busy && model.state.basket.places > 1, { timeoutMs: 20_000 });
    expect(model.state.basket.places).toBe(8);
    expect(await floor()).toEqual([50, 43]);
    Object.assign(front, { blocked: false, mute: false });
    await waitFor(() => model.state.link === 'live', { timeoutMs: 20_000 });
    model.press(1);
    await waitFor(() => model.state.basket.places === 7);
    const polls = front.count('GET', SEATS);
    await sleep(6_500);
    expect(front.count('GET', SEATS)).toBe(polls);
    expect(said(told)).not.toContain('quicker');
  },
);

test(
  'neither way: offline is said, what is held stays shown, and all is well again afterwards',
  { timeout: 60_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const { model, told } = await open.picker(event.id, { url: front.url });
    model.press(1);
    await waitFor(() => model.state.basket.places === 1);
    front.dead = true;
    await waitFor(() => model.state.link === 'offline', { timeoutMs: 20_000 });
    expect(model.state).toMatchObject({ canHold: false, basket: { places: 1 } });
    model.press(5);
    expect(said(told)).toContain('There is no connection at the moment, so nothing can be held.');
    front.dead = false;
    model.hurry();
    await waitFor(() => model.state.link === 'polling' && model.state.canHold, { timeoutMs: 30_000 });
    model.press(5);
    await waitFor(() => model.state.basket.places === 2);
  },
);

test('two tabs without a socket tell each other', { timeout: 60_000 }, async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const storage = memoryStorage();
  const one = await open.picker(event.id, { url: front.url }, { storage });
  const other = await open.picker(event.id, { url: front.url }, { storage });
  const polls = front.count('GET', SEATS);
  one.model.press(2);
  await waitFor(() => other.model.standing(2) === 'mine', { timeoutMs: 4_000 });
  expect(front.count('GET', SEATS)).toBeLessThanOrEqual(polls + 2);
});
