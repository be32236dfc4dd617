import { randomUUID } from 'node:crypto';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { configureFailpoints, failpointHits } from '../../server/src/platform/failpoint.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { endOrphans } from '../../worker/src/processors/orders-end.js';
import { settleAll } from '../../worker/src/processors/orders-settle.js';
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
import { refusal, startHttpWorld, type HttpWorld } from './support/http-world.js';
import { silent } from './support/store-world.js';
import { letters, newHold, openEffects, orderOf, tablesOf } from './support/order-world.js';

/** Other places for the same tickets: the buyer always has the old ones or the new ones. */

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});
afterEach(() => configureFailpoints(undefined));

const idsOf = (order: Order): string[] => order.tickets.filter(({ status }) => status === 'valid').map(({ id }) => id);
const placesOf = (order: Order): (string | undefined)[] =>
  order.tickets.filter(({ status }) => status !== 'cancelled').map(({ seat, area }) => seat ?? area);
const exchange = (order: Order, seats: string[], changes: object = {}, options = {}) =>
  step(world, order, 'exchange', { ticketIds: idsOf(order).slice(0, seats.length), seats, ...changes }, options);
const consistent = async (): Promise<void> => {
  expect(await openEffects(world)).toBe(0);
  expect(await inventoryIsRight(world, event.id)).toBe(true);
  const { cash, orders, tickets } = await booksOf(world, event.id);
  expect({ cash, orders }).toEqual({ cash: tickets, orders: tickets });
  const claims = await world.deps.sql<{ n: number }[]>`
    SELECT count(*)::integer AS n FROM seat_claims c FULL JOIN tickets t
      ON t.event_id = c.event_id AND t.place_kind = 'seat' AND t.place_no = c.seat_no AND t.status <> 'cancelled'
    WHERE coalesce(c.event_id, t.event_id) = ${event.id} AND coalesce(t.place_kind, 'seat') = 'seat'
      AND coalesce(t.status, 'valid') <> 'cancelled' AND (c.seat_no IS NULL OR t.id IS NULL)`;
  expect(claims[0]?.n).toBe(0);
};
/** What the worker does, ten seconds later. */
async function worker(): Promise<void> {
  const book = createOrderBook(world.deps.sql);
  await settleAll({ store: world.store.store, book, logger: silent }, await book.openEffects(500, 0));
  const epoch = await world.store.epochOf(event.id);
  const later = async (...args: Parameters<typeof world.store.store.reservedHolds>) =>
    (await world.store.store.reservedHolds(...args)).map((hold) => ({ ...hold, nowMs: hold.nowMs + 11_000 }));
  await endOrphans({
    store: { settle: (effect) => world.store.store.settle(effect), reservedHolds: later },
    ...{ book, events: () => [{ id: event.id, epoch }], logger: silent, metrics: createMetrics('test') },
  });
}

describe('exchange', () => {
  test('O8 new seats sold, old ones on sale, in one published change; tickets anew, history kept', async () => {
    const order = await sold(world, event, { seats: ['r0-0', 'r0-1'] });
    const before = await world.store.store.snapshot(event.id);
    const headers = { 'idempotency-key': randomUUID() };
    const answer = ok(await exchange(order, ['r1-3', 'r1-4'], { reason: 'nearer to friends' }, { headers }));
    expect(placesOf(answer)).toEqual(['r1-3', 'r1-4']);
    expect(answer).toMatchObject({ status: 'completed', totalMinor: order.totalMinor, refundedMinor: 0 });
    expect(answer.items.map(({ seat }) => seat)).toEqual(['r1-3', 'r1-4']);
    expect(await letters(world, event)).toBe('aaaaaaaass');
    // hold, reserve, exchange: three entries, the last with all four seats.
    const entries = await world.store.redis.xrange(`log:{${event.id}}`, `${before.epoch}-${before.seq + 1}`, '+');
    expect(entries).toHaveLength(3);
    const tables = await tablesOf(world, order);
    expect(tables).toMatchObject({ seats: 'sold sold', settled: true, changes: ['created', 'completed', 'exchanged'] });
    expect(tables.outbox.slice(-5)).toEqual([
      'order.exchanged',
      ...['ticket.cancelled', 'ticket.cancelled', 'ticket.issued', 'ticket.issued'],
    ]);
    await consistent();
    const replay = await exchange(order, ['r1-3', 'r1-4'], { reason: 'nearer to friends' }, { headers });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.body).toEqual(answer);
    expect(codeOf(await exchange(order, ['r1-0', 'r1-1'], {}, { headers }))).toBe('IDEMPOTENCY_MISMATCH');
    await loseRedis(world, event.id);
    expect(await letters(world, event)).toBe('aaaaaaaass');
  });

  test('O8 a single ticket of three; standing places for seats; the difference settled to the cent', async () => {
    const order = await sold(world, event, { seats: ['r0-0'], areas: [{ id: 'floor', quantity: 2 }] });
    const floor = order.tickets.filter(({ area }) => area === 'floor').map(({ id }) => id);
    const body = { ticketIds: floor.slice(0, 1), seats: ['r1-0'] };
    const refused = await step(world, order, 'exchange', body);
    expect(refusal(refused)).toEqual({ status: 422, code: 'AMOUNT_MISMATCH' });
    expect(refused.body).toMatchObject({ error: { details: { differenceMinor: 1500, currency: 'EUR' } } });
    expect(await letters(world, event)).toBe('saaaaaaaaa');
    await consistent();
    const payment = { reference: 'till 7', amountMinor: 1500, currency: 'EUR' };
    for (const wrong of [{ amountMinor: 1499 }, { amountMinor: -1500 }, { currency: 'CHF' }]) {
      expect(codeOf(await step(world, order, 'exchange', { ...body, payment: { ...payment, ...wrong } }))).toBe(
        'AMOUNT_MISMATCH',
      );
    }
    const dearer = ok(await step(world, order, 'exchange', { ...body, payment }));
    expect(dearer.totalMinor).toBe(order.totalMinor + 1500);
    expect(await letters(world, event)).toBe('saaaasaaaa');
    expect(await areaCounts(world, event.id)).toMatchObject({ redis: { sold: 1 }, postgres: { sold: 1 }, perOrder: 1 });
    await consistent();
    const back = {
      ticketIds: [dearer.tickets.find(({ seat }) => seat === 'r1-0')?.id],
      areas: [{ id: 'floor', quantity: 1 }],
    };
    const cheaper = ok(await step(world, order, 'exchange', { ...back, payment: { ...payment, amountMinor: -1500 } }));
    expect(cheaper.totalMinor).toBe(order.totalMinor);
    expect(cheaper.items.map(({ seat, area, quantity }) => [seat ?? area, quantity])).toEqual([
      ['r0-0', 1],
      ['floor', 1],
      ['floor', 1],
    ]);
    await consistent();
    ok(await step(world, order, 'refund', {}));
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    await consistent();
  });

  test('O8 to a taken seat, an unknown one, too few, with foreign, scanned or cancelled tickets: nothing moves', async () => {
    const order = await sold(world, event, { seats: ['r0-0', 'r0-1', 'r0-2'] });
    const other = await sold(world, event, { seats: ['r1-0'] });
    await newHold(world, event, { seats: ['r1-1'] });
    expect(codeOf(await exchange(order, ['r1-0']))).toBe('SEAT_UNAVAILABLE');
    expect(codeOf(await exchange(order, ['r1-1']))).toBe('SEAT_UNAVAILABLE');
    expect(codeOf(await exchange(order, ['r9-9']))).toBe('UNKNOWN_SEAT');
    expect(codeOf(await step(world, order, 'exchange', { ticketIds: idsOf(order), seats: ['r1-2'] }))).toBe(
      'INVALID_REQUEST',
    );
    expect(codeOf(await step(world, order, 'exchange', { ticketIds: idsOf(other), seats: ['r1-2'] }))).toBe(
      'TICKET_NOT_FOUND',
    );
    const [first = '', second = ''] = idsOf(order);
    await world.call('POST', '/v1/tickets/scan', {
      body: { code: order.tickets.find(({ id }) => id === first)?.code },
    });
    ok(await step(world, order, 'refund', { ticketIds: [second] }));
    for (const ticketIds of [[first], [second]]) {
      const answer = await step(world, order, 'exchange', { ticketIds, seats: ['r1-2'] });
      expect(codeOf(answer)).toBe('ORDER_STATE_CONFLICT');
    }
    expect(
      codeOf(await step(world, { id: 'ord_unknown_order' }, 'exchange', { ticketIds: [first], seats: ['r1-2'] })),
    ).toBe('ORDER_NOT_FOUND');
    expect(await letters(world, event)).toBe('sasaashaaa');
    expect(await world.store.store.reservedHolds(event.id, 10)).toEqual([]);
    await consistent();
  });

  test('O8 O6 from a block, and the old places into one', async () => {
    await world.call('POST', `/v1/events/${event.id}/block`, {
      body: { seats: ['r1-0'], areas: [{ id: 'floor', quantity: 5 }], label: 'house' },
    });
    const order = await sold(world, event, { seats: ['r0-0'] });
    expect(codeOf(await exchange(order, ['r1-0']))).toBe('SEAT_UNAVAILABLE');
    ok(await exchange(order, ['r1-0'], { fromBlock: true, oldSeats: 'block' }));
    expect(await letters(world, event)).toBe('baaaasaaaa');
    const payment = { reference: 'till', amountMinor: -1500, currency: 'EUR' };
    const moved = await orderOf(world, order.id);
    const body = {
      ticketIds: idsOf(moved),
      areas: [{ id: 'floor', quantity: 1 }],
      fromBlock: true,
      oldSeats: 'block',
      payment,
    };
    ok(await step(world, order, 'exchange', body));
    const counts = { redis: { sold: 1, blocked: 4 }, postgres: { sold: 1, blocked: 4 } };
    expect(await areaCounts(world, event.id)).toMatchObject(counts);
    expect(await letters(world, event)).toBe('baaaabaaaa');
    await consistent();
    await loseRedis(world, event.id);
    expect(await areaCounts(world, event.id)).toMatchObject(counts);
    expect(await letters(world, event)).toBe('baaaabaaaa');
  });

  test('O8 I1 raced by 50 buyers who want the seat: one of the 51 has it, the buyer always has one seat', async () => {
    const guests = await Promise.all(Array.from({ length: 50 }, () => world.guest()));
    let won = 0;
    for (let round = 0; round < 5; round++) {
      const order = await sold(world, event, { seats: ['r0-0'] });
      const buyers = guests.map((token) =>
        world.call('POST', '/v1/inventory/holds', { body: { eventId: event.id, seats: ['r1-1'] }, token }),
      );
      const [exchanged, ...holds] = await Promise.all([exchange(order, ['r1-1']), ...buyers]);
      const held = holds.filter(({ status }) => status === 201);
      const has = exchanged.status === 200;
      if (has) won++;
      else expect(codeOf(exchanged)).toBe('SEAT_UNAVAILABLE');
      expect(held.length + (has ? 1 : 0)).toBe(1);
      expect(await letters(world, event)).toBe(has ? 'aaaaaasaaa' : 'saaaaahaaa');
      expect(placesOf(await orderOf(world, order.id))).toEqual([has ? 'r1-1' : 'r0-0']);
      await consistent();
      ok(await step(world, order, 'refund', {}));
      for (const answer of held) {
        await world.call('DELETE', `/v1/inventory/holds/${(answer.body as { token: string }).token}`);
      }
    }
    expect(won).toBeGreaterThanOrEqual(0);
  });

  test('O8 two exchanges to one seat, and one order to two places at once: each ticket moves once', async () => {
    for (let round = 0; round < 8; round++) {
      const [a, b] = await Promise.all([
        sold(world, event, { seats: ['r0-0'] }),
        sold(world, event, { seats: ['r0-1'] }),
      ]);
      const same = await Promise.all([exchange(a, ['r1-0']), exchange(b, ['r1-0'])]);
      expect(same.map(codeOf).sort()).toEqual(['SEAT_UNAVAILABLE', 'ok']);
      const winner = same[0].status === 200 ? a : b;
      const now = await orderOf(world, winner.id);
      const two = await Promise.all([exchange(now, ['r1-2']), exchange(now, ['r1-3'])]);
      expect(two.map(codeOf).sort()).toEqual(['ORDER_STATE_CONFLICT', 'ok']);
      expect(placesOf(await orderOf(world, winner.id))).toHaveLength(1);
      expect([...(await letters(world, event))].filter((letter) => letter === 's')).toHaveLength(2);
      expect(await world.store.store.reservedHolds(event.id, 10)).toEqual([]);
      await consistent();
      await Promise.all([a, b].map((order) => step(world, order, 'refund', {})));
    }
  });

  test('O8 exchange and refund of one ticket at once: the one or the other', async () => {
    for (let round = 0; round < 8; round++) {
      const order = await sold(world, event, { seats: ['r0-0'] });
      const [moved, gone] = await Promise.all([
        exchange(order, ['r1-0']),
        step(world, order, 'refund', { ticketIds: idsOf(order) }),
      ]);
      expect([moved.status, gone.status].filter((status) => status === 200)).toHaveLength(1);
      expect(await letters(world, event)).toBe(moved.status === 200 ? 'aaaaasaaaa' : 'aaaaaaaaaa');
      await consistent();
      if (moved.status === 200) ok(await step(world, order, 'refund', {}));
    }
  });

  test('O8 R2 the event loaded anew between reserve and commit: old places stay, or the call goes through after it', async () => {
    const order = await sold(world, event, { seats: ['r0-0'] });
    configureFailpoints('exchange-after-reserve=delay:300');
    const running = exchange(order, ['r1-0']);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await reload(world, event.id);
    const answer = await running;
    expect(['ok', 'UNAVAILABLE']).toContain(codeOf(answer));
    const has = answer.status === 200 ? 'r1-0' : 'r0-0';
    expect(placesOf(await orderOf(world, order.id))).toEqual([has]);
    await worker();
    expect(await letters(world, event)).toBe(has === 'r1-0' ? 'aaaaasaaaa' : 'saaaaaaaaa');
    await consistent();
  });
});

describe('a crash on the way', () => {
  test.each(['exchange-after-reserve', 'exchange-before-commit', 'exchange-after-commit'])(
    'O8 O3 at %s: the worker brings it to one state, and the request sent again finds it',
    async (name) => {
      const order = await sold(world, event, { seats: ['r0-0'], areas: [{ id: 'floor', quantity: 1 }] });
      const headers = { 'idempotency-key': randomUUID() };
      const body = { ticketIds: idsOf(order), seats: ['r1-0'], areas: [{ id: 'floor', quantity: 1 }] };
      configureFailpoints(`${name}=error`);
      expect((await step(world, order, 'exchange', body, { headers })).status).toBe(500);
      expect(failpointHits(name)).toBe(1);
      configureFailpoints(undefined);
      const committed = name === 'exchange-after-commit';
      // Sold to nobody else meanwhile: the places are still reserved.
      expect((await letters(world, event))[5]).toBe('r');
      await worker();
      expect(await letters(world, event)).toBe(committed ? 'aaaaasaaaa' : 'saaaaaaaaa');
      expect(placesOf(await orderOf(world, order.id))).toEqual(committed ? ['r1-0', 'floor'] : ['r0-0', 'floor']);
      await consistent();
      const again = ok(await step(world, order, 'exchange', body, { headers }));
      expect(placesOf(again)).toEqual(['r1-0', 'floor']);
      expect(await letters(world, event)).toBe('aaaaasaaaa');
      expect(await areaCounts(world, event.id)).toMatchObject({
        redis: { sold: 1, reserved: 0 },
        postgres: { sold: 1 },
      });
      await consistent();
    },
  );

  test.each(['exchange-after-reserve', 'exchange-before-commit'])(
    'O8 S7 at %s, and the same request at once again: it goes on with its own places',
    async (name) => {
      const order = await sold(world, event, { seats: ['r0-0'] });
      const headers = { 'idempotency-key': randomUUID() };
      configureFailpoints(`${name}=error`);
      expect((await exchange(order, ['r1-0'], {}, { headers })).status).toBe(500);
      configureFailpoints(undefined);
      expect(placesOf(ok(await exchange(order, ['r1-0'], {}, { headers })))).toEqual(['r1-0']);
      expect(await letters(world, event)).toBe('aaaaasaaaa');
      await consistent();
    },
  );

  test('O8 given up by the worker while its transaction is on the way: gone, and tried anew', async () => {
    const order = await sold(world, event, { seats: ['r0-0'] });
    configureFailpoints('exchange-after-reserve=delay:400');
    const running = exchange(order, ['r1-0']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await worker();
    configureFailpoints(undefined);
    // Free again, and somebody took it: it is theirs.
    const { token } = await newHold(world, event, { seats: ['r1-0'] });
    expect(codeOf(await running)).toBe('SEAT_UNAVAILABLE');
    expect(await letters(world, event)).toBe('saaaahaaaa');
    expect((await tablesOf(world, order)).changes.at(-1)).toBe('abandoned');
    await world.call('DELETE', `/v1/inventory/holds/${token}`);
    expect(placesOf(ok(await exchange(order, ['r1-0'])))).toEqual(['r1-0']);
    expect(await letters(world, event)).toBe('aaaaasaaaa');
    expect(await world.store.store.reservedHolds(event.id, 10)).toEqual([]);
    await consistent();
  });
});
