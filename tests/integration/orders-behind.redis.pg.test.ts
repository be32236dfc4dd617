import { randomUUID } from 'node:crypto';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { transition } from '../../server/src/db/events/events.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { keys } from '../../server/src/redis/keys.js';
import { endOrphans } from '../../worker/src/processors/orders-end.js';
import { settleOrders } from '../../worker/src/processors/orders-settle.js';
import { plainChart } from '../helpers/buyers.js';
import { sold, step } from './support/change-world.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { letters, newHold, place, tablesOf } from './support/order-world.js';
import { silent } from './support/store-world.js';

/** What stands at the head of a queue, or comes twice, must not be in the way of what comes behind it. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const metrics = createMetrics('test');
const settle = (): Promise<void> =>
  settleOrders({
    ...{ store: world.store.store, book: createOrderBook(world.deps.sql), logger: silent, metrics },
    backlog: () => Promise.resolve({ open: 0, oldestSeconds: 0 }),
  });
const isOpen = async (orderId: string): Promise<boolean> => !(await tablesOf(world, { id: orderId })).settled;

/** Open effects of an order that change nothing, as old as given. */
async function addEffects(order: Order, count: number, ageSeconds: number, kind = 'released'): Promise<void> {
  const { sql } = world.deps;
  const detail = { take: [], give: [], cause: 'test', subject: order.subject, actor: 'test', requestId: 'test' };
  await sql`
    INSERT INTO order_effects (order_id, event_id, epoch, kind, hold_token, detail, created_at)
    SELECT ${order.id}, ${order.eventId}, e.epoch, ${kind}, '', ${sql.json(detail)},
      clock_timestamp() - ${ageSeconds} * interval '1 second'
    FROM events e, generate_series(1, ${count}) WHERE e.id = ${order.eventId}`;
  await sql`UPDATE orders SET settled_at = NULL WHERE id = ${order.id}`;
}

describe('a request that comes again while the first is under way', () => {
  test('I6 O1 a buyer at the cap sends one request ten times at once: one order, and its hold stays reserved', async () => {
    const event = await world.onSale({ maxSeatsPerSubject: 1 });
    const token = await world.guest();
    const hold = await newHold(world, event, { seats: ['r0-0'] }, token);
    const headers = { 'idempotency-key': randomUUID() };
    const send = (): Promise<Answer> =>
      world.call('POST', '/v1/orders', { body: { eventId: event.id, holdToken: hold.token }, token, headers });
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    expect(
      answers.map(({ status, body }) =>
        status === 201 ? (body as Order).status : refusal({ status, body } as Answer).code,
      ),
    ).toEqual(Array.from({ length: 10 }, () => 'pending'));
    expect(await letters(world, event)).toBe('raaaaaaaaa');
  });
});

describe('the head of a queue', () => {
  test('O3 more effects than a page, of an event that is being loaded, hold up no other', async () => {
    const loading = await world.onSale();
    const sound = await world.onSale();
    const order = await place(world, await newHold(world, loading, { seats: ['r0-0'] }));
    const behind = await place(world, await newHold(world, sound, { seats: ['r0-0'] }));
    await addEffects(order, 600, 60);
    await addEffects(behind, 1, 30);
    const { redis } = world.store;
    await redis.hset(keys.event(loading.id), 'loading', '99');
    await settle();
    expect(await isOpen(behind.id)).toBe(false);
    expect(await isOpen(order.id)).toBe(true);
    await redis.hdel(keys.event(loading.id), 'loading');
    await settle();
    expect(await isOpen(order.id)).toBe(false);
  });

  test('O2 a reserved hold that no tombstone can be written for does not keep the others from theirs', async () => {
    const event: SeatEvent = await world.onSale();
    const { store } = world.store;
    const [row] = await world.deps.sql<{ epoch: number }[]>`SELECT epoch FROM events WHERE id = ${event.id}`;
    const epoch = row?.epoch ?? 0;
    const subject = 'buyer';
    const orphan = (orderId: string, token: string) => ({
      ...{ orderId, token, subject, reservedAtMs: 0, expiresAtMs: 0, nowMs: 60_000 },
    });
    const sound = `ord_${'x'.repeat(22)}`;
    await endOrphans({
      store: {
        settle: (effect) => store.settle(effect),
        reservedHolds: () => Promise.resolve([orphan('not an order id', 'one'), orphan(sound, 'two')]),
      },
      book: createOrderBook(world.deps.sql),
      events: () => [{ id: event.id, epoch }],
      ...{ logger: silent, metrics },
    });
    expect((await tablesOf(world, { id: sound })).status).toBe('expired');
  });
});

describe('locks', () => {
  test('an event is paused while orders of it are being written', async () => {
    const event = await world.onSale();
    const { sql } = world.deps;
    // As every insert into orders, claims and tickets does for as long as its transaction lasts.
    await sql.begin(async (tx) => {
      await tx`SELECT 1 FROM events WHERE id = ${event.id} FOR KEY SHARE`;
      expect(await transition(sql, event.id, 'pause', { actor: 'test' })).toMatchObject({ kind: 'moved' });
    });
  });

  test('O8 exchanges from one area to another and back, all at once: none waits for the other in a ring', async () => {
    const chart = plainChart(1, 5, [
      { id: 'pit', capacity: 100 },
      { id: 'lawn', capacity: 100 },
    ]);
    const event = await world.onSale({ chart });
    const orders: { order: Order; to: string }[] = [];
    for (let i = 0; i < 16; i++) {
      const [from, to] = i % 2 === 0 ? (['pit', 'lawn'] as const) : (['lawn', 'pit'] as const);
      orders.push({ order: await sold(world, event, { areas: [{ id: from, quantity: 2 }] }), to });
    }
    const answers = await Promise.all(
      orders.map(({ order, to }) =>
        step(world, order, 'exchange', {
          ticketIds: order.tickets.map(({ id }) => id),
          areas: [{ id: to, quantity: 2 }],
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });
});
