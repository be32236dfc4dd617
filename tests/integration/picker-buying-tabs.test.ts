import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { sleep, waitFor } from '../helpers/wait.js';
import { Choosing, memoryStorage, said, type Storage } from './support/choosing.js';
import { SignJWT } from 'jose';

/* One buyer in several tabs, after a reload, in a private window, and with tokens that end. */
let aisle: TestAisle;
const open = new Choosing(() => aisle);

beforeAll(async () => {
  aisle = await startAisle({ nodes: 1, workers: 1 });
}, 90_000);
afterEach(() => open.closeAll());
afterAll(() => aisle.stop());

const guestIn = (storage: Storage): { subject: string; token: string } =>
  JSON.parse([...keysOf(storage)][0] ?? '{}') as { subject: string; token: string };
/** The one thing that is kept, whatever its key: it names the server's origin where that is not the page's. */
function keysOf(storage: Storage): string[] {
  const kept = storage.getItem(`aisle.guest ${new URL(aisle.urls[0] ?? '').origin}`);
  return kept === null ? [] : [kept];
}

test('two tabs, one storage: one guest, holds and releases of one show in the other at once', async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const storage = memoryStorage();
  const one = await open.picker(event.id, {}, { storage });
  const other = await open.picker(event.id, {}, { storage });
  const busy: boolean[] = [];
  const off = other.model.subscribe(() => busy.push(other.model.state.busy));
  one.model.press(2);
  await waitFor(() => other.model.standing(2) === 'mine');
  off();
  // It asks what is held; that keeps nobody from asking for the best seats.
  expect(busy).not.toContain(true);
  other.model.press(3);
  await waitFor(() => one.model.state.basket.places === 2);
  // Both know the one hold: what is added in the second tab joined it.
  expect(one.model.state.basket.holds).toEqual([
    expect.objectContaining({ token: other.model.state.basket.holds[0]?.token }),
  ]);
  other.model.press(2);
  await waitFor(() => one.model.standing(2) === 'free');
  expect(said(one.told)).toContain('row r0, seat 2 is no longer held for you.');
});

test('a reload resumes what is held, and to a stranger it is somebody’s', async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const storage = memoryStorage();
  const first = await open.picker(event.id, {}, { storage });
  first.model.press(4);
  await waitFor(() => first.model.state.basket.places === 1);
  first.model.close();
  const again = await open.picker(event.id, {}, { storage });
  // There when the picker opens, not a moment later: nothing jumps.
  expect(again.model.state.basket.lines.map(({ place }) => place)).toEqual(['r0-4']);
  const stranger = await open.picker(event.id);
  expect([stranger.model.state.basket.places, stranger.model.standing(4)]).toEqual([0, 'held']);
});

test('a private window: storage that is denied, or none, still holds and checks out', async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const denied = (): never => {
    throw new Error('denied');
  };
  const refusing = { getItem: denied, setItem: denied, removeItem: denied };
  for (const [seatNo, storage] of [refusing, null].entries()) {
    const { model } = await open.picker(event.id, {}, { storage });
    model.press(seatNo);
    await waitFor(() => model.state.basket.places === 1);
    expect(model.checkout()?.holdTokens).toHaveLength(1);
  }
});

/** A shop's token that ends soon. */
const shortToken = (subject: string, seconds: number): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(aisle.authSecret));

test('A6 a shop’s token that ends while seats are held is replaced, and they stay', { timeout: 40_000 }, async () => {
  const event = await sellEvent(aisle, plainChart(1, 10));
  const reasons: string[] = [];
  const getToken = (reason: string): Promise<string> => {
    reasons.push(reason);
    return reasons.length === 1 ? shortToken('eve', 4) : buyerToken('eve', aisle.authSecret);
  };
  const { model, told } = await open.picker(event.id, { getToken });
  model.press(1);
  await waitFor(() => model.state.basket.places === 1);
  await waitFor(() => reasons.includes('refused'), { timeoutMs: 20_000 });
  await waitFor(() => model.state.link === 'live');
  model.press(2);
  await waitFor(() => model.state.basket.places === 2);
  expect(model.state.basket.holds).toHaveLength(1);
  expect(told.filter(({ tone }) => tone === 'bad')).toEqual([]);
});

test(
  'A6 a shop’s token that ends and is not replaced: what to do is said, the map stays',
  { timeout: 60_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const token = await shortToken('fay', 4);
    const { model, told } = await open.picker(event.id, { getToken: () => token });
    model.press(1);
    await waitFor(() => model.state.basket.places === 1);
    await waitFor(() => model.state.link === 'refused', { timeoutMs: 30_000 });
    expect(told.at(-1)).toMatchObject({
      text: 'Your sign-in has ended.',
      tone: 'bad',
      error: { code: 'UNAUTHENTICATED' },
    });
    expect(model.state).toMatchObject({ canHold: false, basket: { places: 1 } });
    expect(model.standing(5)).toBe('free');
  },
);

test(
  'A9 a guest whose session is ended: another guest, told kindly what is lost, and buying goes on',
  { timeout: 40_000 },
  async () => {
    const event = await sellEvent(aisle, plainChart(1, 10));
    const storage = memoryStorage();
    const { model, told } = await open.picker(event.id, {}, { storage });
    model.press(1);
    await waitFor(() => model.state.basket.places === 1);
    const { subject } = guestIn(storage);
    await sleep(1_100); // tokens count in whole seconds
    await adminCall(aisle, 'POST', '/sessions/revoke', { subject });
    await waitFor(() => said(told).includes('Your session ended, and with it went the hold on 1 place'), {
      timeoutMs: 20_000,
    });
    expect(guestIn(storage).subject).not.toBe(subject);
    await waitFor(() => model.state.link === 'live');
    expect(model.standing(1)).toBe('held');
    model.press(2);
    await waitFor(() => model.state.basket.lines.map(({ place }) => place).join() === 'r0-2');
  },
);
