import { randomUUID } from 'node:crypto';
import type { BlockList, Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SeatChanges } from '../../server/src/domain/ports/seat-changes.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { createOrderChanges } from '../../server/src/db/orders/change-book.js';
import { configureFailpoints, failpointHits } from '../../server/src/platform/failpoint.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { openSubscriberConnection } from '../../server/src/redis/connection.js';
import { RedisSeatChangeSource } from '../../server/src/redis/subscriber.js';
import { refundCancelled } from '../../worker/src/processors/orders-cancelled.js';
import { expireOrders } from '../../worker/src/processors/orders-end.js';
import { sleep, waitFor } from '../helpers/wait.js';
import {
  areaCounts,
  booksOf,
  codeOf,
  inventoryIsRight,
  loseRedis,
  ok,
  reload,
  sold,
  step,
} from './support/change-world.js';
import { startHttpWorld, type HttpWorld } from './support/http-world.js';
import { letters, openEffects, orderOf, place } from './support/order-world.js';
import { silent } from './support/store-world.js';

/** Places kept back: held, sold and given back by staff, and at no moment on sale in between. */

let world: HttpWorld;
let event: SeatEvent;
let source: RedisSeatChangeSource;
const seen: SeatChanges[] = [];
beforeAll(async () => {
  world = await startHttpWorld();
  source = new RedisSeatChangeSource(openSubscriberConnection(world.store.server.url), silent);
  source.onChanges((changes) => void seen.push(changes));
}, 60_000);
afterAll(async () => {
  await source.close();
  await world.stop();
});

const HOUSE = { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 6 }] };
const SOME = { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 4 }] };
const FREE_STANDING = 14;

beforeEach(async () => {
  event = await world.onSale({ holdSeconds: 5 });
  await post(`/v1/events/${event.id}/block`, { ...HOUSE, label: 'Mayor', reason: 'opening night' });
  await source.subscribe(event.id);
  seen.length = 0;
});
/** Every change that was published: no house seat free, no more standing places than are on sale. */
afterEach(async () => {
  const { seq } = await world.store.store.snapshot(event.id);
  const mine = () => seen.filter(({ eventId }) => eventId === event.id);
  if (seq > 1)
    await waitFor(() => mine().some(({ to }) => to === seq) || mine().length === 0, { what: 'the last change' });
  for (const { entries } of onlyHouse ? mine() : []) {
    for (const { seats, areas } of entries) {
      expect(seats.filter(([seatNo, letter]) => seatNo < 2 && letter === 'a')).toEqual([]);
      expect(areas.filter(([, available]) => available > FREE_STANDING)).toEqual([]);
    }
  }
  onlyHouse = true;
  configureFailpoints(undefined);
  await source.unsubscribe(event.id);
});
/** False: a test that puts them on sale on purpose. */
let onlyHouse = true;

async function post<T>(path: string, body: object): Promise<T> {
  const answer = await world.call('POST', path, { body });
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}
const holdHouse = (): Promise<Hold> => post('/v1/inventory/holds', { eventId: event.id, ...SOME, fromBlock: true });
/** Redis and Postgres agree on the map, the area, the counts. */
async function state() {
  expect(await inventoryIsRight(world, event.id)).toBe(true);
  expect(await openEffects(world)).toBe(0);
  const { redis, perOrder } = await areaCounts(world, event.id);
  return { seats: (await letters(world, event)).slice(0, 2), ...redis, perOrder };
}
const BLOCKED = { seats: 'bb', held: 0, reserved: 0, sold: 0, blocked: 6, perOrder: 0 };
const HELD = { ...BLOCKED, seats: 'hh', held: 4, blocked: 2 };
const RESERVED = { ...BLOCKED, seats: 'rr', reserved: 4, blocked: 2, perOrder: 4 };
const SOLD = { ...BLOCKED, seats: 'ss', sold: 4, blocked: 2, perOrder: 4 };
const confirm = (order: Order) =>
  post<Order>(`/v1/orders/${order.id}/confirm`, {
    payment: { reference: randomUUID(), amountMinor: order.totalMinor, currency: 'EUR' },
  });
const endOverdue = async (order: Order): Promise<void> => {
  await world.deps.sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
  await expireOrders({
    ...{ store: world.store.store, book: createOrderBook(world.deps.sql), events: () => [], logger: silent },
    metrics: createMetrics('test'),
    stopping: () => false,
  });
};

describe('house seats', () => {
  test('H8 O6 block → hold → order → sold → back to the block, and each with a load in between', async () => {
    expect(await state()).toEqual(BLOCKED);
    const hold = await holdHouse();
    expect(Date.parse(hold.expiresAt) - Date.now()).toBeGreaterThan(3_600_000);
    expect(await state()).toEqual(HELD);
    await reload(world, event.id);
    expect(await state()).toEqual(HELD);
    const order = await place(world, hold);
    expect(await state()).toEqual(RESERVED);
    await reload(world, event.id);
    expect(await state()).toEqual(RESERVED);
    await loseRedis(world, event.id);
    expect(await state()).toEqual(RESERVED);
    await confirm(order);
    expect(await state()).toEqual(SOLD);
    await loseRedis(world, event.id);
    expect(await state()).toEqual(SOLD);
    ok(await step(world, order, 'refund', { seats: 'block' }));
    expect(await state()).toEqual(BLOCKED);
    await loseRedis(world, event.id);
    expect(await state()).toEqual(BLOCKED);
    expect(await booksOf(world, event.id)).toEqual({ cash: 0, orders: 0, tickets: 0 });
    // What the watch below looks at: hold, reserve, sale, return.
    const changes = seen.filter(({ eventId }) => eventId === event.id).flatMap(({ entries }) => entries);
    expect(changes.filter(({ seats }) => seats.length > 0).length).toBeGreaterThanOrEqual(4);
  });

  test('H8 released, cancelled, expired: blocked again, label and all; a load finds them so', async () => {
    const before = await world.call('GET', `/v1/events/${event.id}/blocks`);
    await post(`/v1/inventory/holds/${(await holdHouse()).token}/release`, {});
    expect(await state()).toEqual(BLOCKED);
    const cancelled = await place(world, await holdHouse());
    ok(await step(world, cancelled, 'cancel', {}));
    expect(await state()).toEqual(BLOCKED);
    const late = await place(world, await holdHouse());
    await endOverdue(late);
    expect(await state()).toEqual(BLOCKED);
    expect((await orderOf(world, late.id)).status).toBe('expired');
    await loseRedis(world, event.id);
    expect(await state()).toEqual(BLOCKED);
    const { items } = (await world.call('GET', `/v1/events/${event.id}/blocks`)).body as BlockList;
    expect(items.map(({ since: _since, ...rest }) => rest)).toEqual([
      { seat: 'r0-0', quantity: 1, label: 'Mayor', reason: 'opening night', actor: 'admin' },
      { seat: 'r0-1', quantity: 1, label: 'Mayor', reason: 'opening night', actor: 'admin' },
      { area: 'floor', quantity: 6, label: 'Mayor', reason: 'opening night', actor: 'admin' },
    ]);
    expect((before.body as BlockList).items.slice(0, 2)).toEqual(items.slice(0, 2));
  });

  test('H8 booked in one step; a guest gets neither the seats nor the standing places', async () => {
    const guest = await world.guest();
    const asGuest = (body: object) =>
      world.call('POST', '/v1/inventory/holds', { body: { eventId: event.id, ...body }, token: guest });
    expect(codeOf(await asGuest({ seats: ['r0-0'], fromBlock: true }))).toBe('FORBIDDEN');
    expect(codeOf(await asGuest({ seats: ['r0-0'] }))).toBe('SEAT_UNAVAILABLE');
    expect(codeOf(await asGuest({ areas: [{ id: 'floor', quantity: 15 }] }))).not.toBe('ok');
    await sold(world, event, SOME, { fromBlock: true });
    expect(await state()).toEqual(SOLD);
    const more = await world.call('POST', '/v1/bookings', {
      body: { eventId: event.id, areas: [{ id: 'floor', quantity: 3 }], fromBlock: true },
    });
    expect(codeOf(more)).toBe('AREA_FULL');
    expect(await state()).toEqual(SOLD);
  });

  test('H8 O7 refunded with release they are on sale: the block is gone, in Postgres too', async () => {
    onlyHouse = false;
    const order = await sold(world, event, SOME, { fromBlock: true });
    ok(await step(world, order, 'refund', {}));
    const freed = { ...BLOCKED, seats: 'aa', blocked: 2 };
    expect(await state()).toEqual(freed);
    await loseRedis(world, event.id);
    expect(await state()).toEqual(freed);
    const { items } = (await world.call('GET', `/v1/events/${event.id}/blocks`)).body as BlockList;
    expect(items.map(({ seat, area, quantity }) => [seat ?? area, quantity])).toEqual([['floor', 2]]);
  });

  test('O6 the list of blocks is staff’s, and paged', async () => {
    const guest = await world.guest();
    expect(codeOf(await world.call('GET', `/v1/events/${event.id}/blocks`, { token: guest }))).toBe('FORBIDDEN');
    const places: unknown[] = [];
    for (let cursor = ''; ;) {
      const answer = await world.call('GET', `/v1/events/${event.id}/blocks?limit=1${cursor}`);
      const { items, nextCursor } = answer.body as BlockList;
      places.push(...items.map(({ seat, area }) => seat ?? area));
      if (nextCursor === undefined) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(places).toEqual(['r0-0', 'r0-1', 'floor']);
    expect(codeOf(await world.call('GET', `/v1/events/${event.id}/blocks?cursor=x`))).toBe('INVALID_REQUEST');
  });

  test.each(['block', 'unblock'])(
    'O6 R2 a load between the ledger and the script of %s: counted once',
    async (name) => {
      onlyHouse = false;
      configureFailpoints('block-after-ledger=delay:600');
      const running = world.call('POST', `/v1/events/${event.id}/${name}`, {
        body: { seats: [name === 'block' ? 'r1-0' : 'r0-0'], areas: [{ id: 'floor', quantity: 2 }] },
      });
      await sleep(250);
      expect(failpointHits('block-after-ledger')).toBe(1);
      await reload(world, event.id);
      const seat = name === 'block' ? 'r1-0' : 'r0-0';
      expect((await running).body).toEqual({ seats: [], areas: [{ id: 'floor', quantity: 2 }] });
      const blocked = name === 'block' ? 8 : 4;
      const counts = { redis: { blocked }, postgres: { blocked } };
      expect(await areaCounts(world, event.id)).toMatchObject(counts);
      expect((await letters(world, event))[seat === 'r1-0' ? 5 : 0]).toBe(name === 'block' ? 'b' : 'a');
      expect(await inventoryIsRight(world, event.id)).toBe(true);
    },
  );

  test('O6 R2 a load between the ledger and the script, and a seat that somebody holds: refused, nothing blocked', async () => {
    onlyHouse = false;
    await post('/v1/inventory/holds', { eventId: event.id, seats: ['r1-0'] });
    configureFailpoints('block-after-ledger=delay:600');
    const body = { seats: ['r1-0'], areas: [{ id: 'floor', quantity: 2 }] };
    const running = world.call('POST', `/v1/events/${event.id}/block`, { body });
    await sleep(250);
    await reload(world, event.id);
    expect(codeOf(await running)).toBe('SEAT_UNAVAILABLE');
    const counts = { redis: { blocked: 6 }, postgres: { blocked: 6 } };
    expect(await areaCounts(world, event.id)).toMatchObject(counts);
    expect(await inventoryIsRight(world, event.id)).toBe(true);
  });

  test('O6 R2 blocked and unblocked while the event is loaded over and over: Redis counts what Postgres has', async () => {
    onlyHouse = false;
    let running = true;
    const loads = (async () => {
      while (running) await reload(world, event.id);
    })();
    const floor = { areas: [{ id: 'floor', quantity: 1 }] };
    for (let round = 0; round < 25; round++) {
      const name = round % 3 === 2 ? 'unblock' : 'block';
      await world.call('POST', `/v1/events/${event.id}/${name}`, { body: floor });
    }
    running = false;
    await loads;
    const { redis, postgres } = await areaCounts(world, event.id);
    expect(redis.blocked).toBe(postgres.blocked);
    expect(await inventoryIsRight(world, event.id)).toBe(true);
  }, 60_000);
});

describe('a cancelled event', () => {
  test('O7 paid orders are given back in chunks, scanned tickets too; broken off and begun again, each once', async () => {
    onlyHouse = false;
    const orders = [
      await sold(world, event, { seats: ['r0-2', 'r0-3'] }),
      await sold(world, event, { seats: ['r1-0'], areas: [{ id: 'floor', quantity: 2 }] }),
      await sold(world, event, SOME, { fromBlock: true }),
    ];
    await post('/v1/tickets/scan', { code: orders[0]?.tickets[0]?.code });
    ok(await step(world, orders[1] ?? { id: '' }, 'refund', { ticketIds: [orders[1]?.tickets[0]?.id] }));
    await post(`/v1/events/${event.id}/cancel`, {});
    const { sql } = world.deps;
    let calls = 0;
    const deps = {
      ...{ store: world.store.store, book: createOrderBook(sql), changes: createOrderChanges(sql), logger: silent },
      stopping: () => calls++ >= 1,
    };
    await refundCancelled(deps);
    const states = async () => Promise.all(orders.map(async ({ id }) => (await orderOf(world, id)).status));
    expect((await states()).filter((status) => status === 'refunded')).toHaveLength(1);
    await Promise.all([1, 2].map(() => refundCancelled({ ...deps, stopping: () => false })));
    expect(await states()).toEqual(['refunded', 'refunded', 'refunded']);
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    expect(await booksOf(world, event.id)).toEqual({ cash: 0, orders: 0, tickets: 0 });
    expect(await openEffects(world)).toBe(0);
    expect(await inventoryIsRight(world, event.id)).toBe(true);
    await refundCancelled({ ...deps, stopping: () => false });
    expect(await booksOf(world, event.id)).toEqual({ cash: 0, orders: 0, tickets: 0 });
  });
});
