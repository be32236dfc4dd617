import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import type { OrderBook, StoredOrder } from '../../server/src/domain/ports/orders.js';
import type { OrderEffect, StoredHold } from '../../server/src/domain/ports/seat-store.js';
import { keys } from '../../server/src/redis/keys.js';
import { plainChart } from '../helpers/buyers.js';
import { startStoreWorld, type StoreWorld, type WorldEvent } from './support/store-world.js';

/** What a load makes of orders: every open one has its reserved hold afterwards, none that has ended does (SPEC R2, O2, O3). */
let world: StoreWorld;
let orders: OrderBook;
let event: WorldEvent;
beforeAll(async () => {
  world = await startStoreWorld();
  orders = createOrderBook(world.sql);
});
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.newEvent({ chart: plainChart(10, 10, [{ id: 'floor', capacity: 20 }]) });
  await load();
});

const BY = { actor: 'buyer', requestId: 'r' };
const load = () => world.rebuilder.loadEvent(event.id, 'operator');
const forget = async (): Promise<void> => {
  await world.redis.del(...(await world.redis.keys(`*{${event.id}}*`)));
};
const snapshot = () => world.store.snapshot(event.id);
const area = () => world.redis.hgetall(keys.area(event.id, 0));
const newOrderId = (): string => `ord_${randomUUID()}`;

async function reserve(hold: StoredHold, orderId = newOrderId()): Promise<string> {
  const outcome = await world.store.reserve({
    ...{ eventId: event.id, epoch: await world.epochOf(event.id), chartVersion: 1, requestId: randomUUID() },
    ...{ subject: hold.subject, actor: hold.subject, staff: false, fingerprint: 'f' },
    ...{ token: hold.token, orderId, reserveMs: 60_000 },
  });
  if (!outcome.ok) throw new Error(outcome.refusal.code);
  return orderId;
}

async function place(hold: StoredHold, orderId: string): Promise<StoredOrder> {
  const places = [
    ...hold.seats.map((seat) => ({ ...seat, kind: 'seat' as const, placeNo: seat.seatNo, quantity: 1 })),
    ...hold.areas.map((row) => ({ ...row, kind: 'area' as const, placeNo: row.areaNo })),
  ];
  const result = await orders.place({
    ...{ id: orderId, eventId: event.id, epoch: await world.epochOf(event.id), subject: hold.subject },
    holdToken: hold.token,
    items: places.map((row) => ({
      ...{ ...row, placeId: `${row.kind}-${row.placeNo}`, ticketType: null },
      category: event.chart.categoryKeys[row.catNo] ?? '',
    })),
    ...{ buyer: null, externalId: null, reserveSeconds: 60, shownTotalMinor: null, fingerprint: 'f' },
    ...{ actor: hold.subject, requestId: randomUUID(), maxPlaces: null, capacity: new Map([[0, 20]]) },
  });
  if (result.kind !== 'placed') throw new Error(result.kind);
  return result.order;
}

/** Seats 0 and 1 and three places of the floor, in an open order. */
async function openOrder(options: { fromBlock?: boolean } = {}) {
  const hold = await world.hold(event, [0, 1], { areas: [{ areaNo: 0, quantity: 3 }], ...options });
  const orderId = await reserve(hold);
  return { hold, order: await place(hold, orderId) };
}

async function settle(effects: readonly OrderEffect[]): Promise<unknown[]> {
  const outcomes = [];
  for (const effect of effects) outcomes.push(await world.store.settle(effect));
  return outcomes;
}

/** Map, area and inventory say the same (I4). */
async function expectCountsToAddUp(): Promise<void> {
  const { letters, inventory } = await snapshot();
  const { capacity, held, reserved, sold, blocked } = Object.fromEntries(
    Object.entries(await area()).map(([name, value]) => [name, Number(value)]),
  ) as Record<string, number>;
  const seats = (which: string): number => [...letters].filter((letter) => which.includes(letter)).length;
  const sum = (of: 'total' | 'sold' | 'pending' | 'available') => inventory.reduce((all, row) => all + row[of], 0);
  expect(sum('sold')).toBe(seats('s') + (sold ?? 0));
  expect(sum('pending')).toBe(seats('hr') + (held ?? 0) + (reserved ?? 0));
  expect(sum('total')).toBe(seats('ahrs') + (capacity ?? 0) - (blocked ?? 0));
  expect(sum('available')).toBe(sum('total') - sum('sold') - sum('pending'));
}

describe('open orders', () => {
  test.each([
    ['Redis is empty', forget],
    ['Redis survived', () => Promise.resolve()],
    [
      'its hold alone is lost',
      async (hold: StoredHold) => void (await world.redis.del(keys.hold(event.id, hold.token))),
    ],
    [
      'its hold has become something else',
      async (hold: StoredHold) => {
        await world.redis.del(keys.hold(event.id, hold.token));
        await world.redis.rpush(keys.hold(event.id, hold.token), 'x');
      },
    ],
    [
      'its hold is held again there',
      async (hold: StoredHold, order: StoredOrder) => {
        const epoch = await world.epochOf(event.id);
        const name = { eventId: event.id, epoch, token: hold.token, orderId: order.id };
        await world.store.unreserve({ ...name, actor: 'x', requestId: 'x', cause: 'x' });
      },
    ],
  ] as const)('R2 O2 %s: the order has its reserved hold after the load, and can be paid', async (_what, harm) => {
    const { hold, order } = await openOrder();
    await harm(hold, order);
    expect(await load()).toMatchObject({ result: 'loaded', carried: 1, dropped: 0 });
    expect((await snapshot()).letters).toBe(`rr${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ held: '0', reserved: '3', sold: '0' });
    const found = await world.store.getHold(event.id, hold.token);
    expect(found).toMatchObject({ state: 'reserved', orderId: order.id, subject: 'buyer', areas: [{ quantity: 3 }] });
    expect(found?.expiresAtMs).toBe(order.expiresAt?.getTime());
    expect(found?.seats.map(({ seatNo }) => seatNo)).toEqual([0, 1]);
    expect(await world.store.reservedHolds(event.id, 10)).toMatchObject([{ token: hold.token, orderId: order.id }]);
    expect(await world.redis.exists(keys.holdsIndex(event.id))).toBe(0);
    expect(await world.redis.hgetall(keys.userHolds(event.id, 'buyer'))).toEqual({ [hold.token]: '5' });
    await expectCountsToAddUp();

    const paid = await orders.complete(order.id, { kind: 'none' }, BY);
    if (paid.kind !== 'done') throw new Error(paid.kind);
    expect(await settle(paid.effects)).toMatchObject([{ ok: true, value: { result: 'applied', shrunk: 0 } }]);
    expect((await snapshot()).letters).toBe(`ss${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ reserved: '0', sold: '3' });
    await expectCountsToAddUp();
  });

  test('R2 a report names how many orders were restored', async () => {
    await openOrder();
    expect(await load()).toMatchObject({ carried: 1, restored: 0 });
    await forget();
    expect(await load()).toMatchObject({ carried: 1, restored: 1 });
  });

  test('R2 H8 an order from a block: places and block are counted once, and go back to the block', async () => {
    const house = { label: 'house', reason: '', actor: 'test' };
    await createBlockLedger(world.sql).add({
      eventId: event.id,
      seats: [0, 1],
      areas: [{ areaNo: 0, quantity: 5 }],
      ...house,
    });
    await load();
    const { order } = await openOrder({ fromBlock: true });
    expect(await area()).toMatchObject({ reserved: '3', blocked: '2' });
    for (const lose of [forget, () => Promise.resolve()]) {
      await lose();
      await load();
      expect((await snapshot()).letters).toBe(`rr${'a'.repeat(98)}`);
      expect(await area()).toMatchObject({ reserved: '3', blocked: '2', held: '0' });
      await expectCountsToAddUp();
    }
    const closed = await orders.close(order.id, 'cancelled', BY, 'cancelled');
    if (closed.kind !== 'done') throw new Error(closed.kind);
    await settle(closed.effects);
    expect((await snapshot()).letters).toBe(`bb${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ reserved: '0', blocked: '5' });
    await expectCountsToAddUp();
    await load();
    expect((await snapshot()).letters).toBe(`bb${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ reserved: '0', blocked: '5' });
  });

  test('R2 a hold that went to a customer meanwhile stays the customer’s', async () => {
    const { hold } = await openOrder();
    const epoch = await world.epochOf(event.id);
    await world.store.transferHolds({
      eventId: event.id,
      epoch,
      from: 'buyer',
      to: 'cus',
      requestId: 'x',
      maxPlaces: 0,
    });
    await load();
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'reserved', subject: 'cus' });
    expect(await world.redis.exists(keys.userHolds(event.id, 'buyer'))).toBe(0);
  });
});

describe('orders that are not open', () => {
  test('R2 O3 paid, Redis not told: sold after the load, the hold gone, the effect known', async () => {
    const { hold, order } = await openOrder();
    const paid = await orders.complete(order.id, { kind: 'none' }, BY);
    if (paid.kind !== 'done') throw new Error(paid.kind);
    expect(await load()).toMatchObject({ carried: 0, dropped: 1 });
    expect((await snapshot()).letters).toBe(`ss${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ reserved: '0', sold: '3' });
    expect(await world.store.getHold(event.id, hold.token)).toBeNull();
    expect(await world.store.reservedHolds(event.id, 10)).toEqual([]);
    expect(await settle(paid.effects)).toMatchObject([{ ok: true, seq: 0, value: { result: 'known' } }]);
    await expectCountsToAddUp();
  });

  test('R2 O3 cancelled, Redis not told: free after the load, a tombstone for the holder, and the next buyer keeps the seat', async () => {
    const { hold, order } = await openOrder();
    const closed = await orders.close(order.id, 'cancelled', BY, 'cancelled');
    if (closed.kind !== 'done') throw new Error(closed.kind);
    expect(await load()).toMatchObject({ carried: 0, dropped: 1 });
    expect(await world.store.getHold(event.id, hold.token)).toMatchObject({ state: 'expired' });
    expect(await world.redis.exists(keys.userHolds(event.id, 'buyer'))).toBe(0);
    await world.hold(event, [0], { subject: 'next' });
    expect(await settle(closed.effects)).toMatchObject([{ ok: true, value: { result: 'known' } }]);
    expect((await snapshot()).letters).toBe(`h${'a'.repeat(99)}`);
    expect(await area()).toMatchObject({ held: '0', reserved: '0', sold: '0' });
    await expectCountsToAddUp();
  });

  test('R2 O2 reserved, its order never came: it stays reserved until it is given up', async () => {
    const hold = await world.hold(event, [0, 1], { areas: [{ areaNo: 0, quantity: 3 }] });
    const orderId = await reserve(hold);
    await load();
    expect(await world.store.reservedHolds(event.id, 10)).toMatchObject([
      { token: hold.token, orderId, subject: 'buyer' },
    ]);
    expect((await snapshot()).letters).toBe(`rr${'a'.repeat(98)}`);
    expect(await area()).toMatchObject({ held: '0', reserved: '3' });
    await expectCountsToAddUp();
    const epoch = await world.epochOf(event.id);
    const effects = await orders.tombstone({ orderId, eventId: event.id, epoch, token: hold.token, subject: 'buyer' });
    expect(await settle(effects)).toMatchObject([{ ok: true, value: { result: 'applied' } }]);
    expect((await snapshot()).letters).toBe('a'.repeat(100));
    await expect(place(hold, orderId)).rejects.toThrow('expired');
  });

  test('R2 O2 reserved, its order never came, and another has the seat by now: that seat is not carried', async () => {
    const lost = await world.hold(event, [0, 1]);
    await reserve(lost);
    await world.redis.setrange(keys.map(event.id), 1, 'a');
    await world.redis.del(keys.seat(event.id, 1));
    const other = await world.hold(event, [1], { subject: 'other' });
    await place(other, await reserve(other));
    expect(await load()).toMatchObject({ carried: 2, shrunk: 1 });
    expect((await world.store.getHold(event.id, lost.token))?.seats.map(({ seatNo }) => seatNo)).toEqual([0]);
    expect(await world.redis.hget(keys.seat(event.id, 1), 'token')).toBe(other.token);
  });

  test('R2 O3 a step committed while the event is loaded is applied after it, once', async () => {
    const { order } = await openOrder();
    await world.redis.hset(keys.event(event.id), 'loading', 2);
    const paid = await orders.complete(order.id, { kind: 'none' }, BY);
    if (paid.kind !== 'done') throw new Error(paid.kind);
    expect(await settle(paid.effects)).toMatchObject([
      { ok: false, refusal: { code: 'UNAVAILABLE', reason: 'loading' } },
    ]);
    await world.redis.hdel(keys.event(event.id), 'loading');
    expect(await settle([...paid.effects, ...paid.effects])).toMatchObject([
      { ok: true, value: { result: 'applied' } },
      { ok: true, value: { result: 'known' } },
    ]);
    expect((await snapshot()).letters).toBe(`ss${'a'.repeat(98)}`);
  });
});
