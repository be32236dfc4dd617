import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { createOrderChanges } from '../../server/src/db/orders/change-book.js';
import { refundCancelled } from '../../worker/src/processors/orders-cancelled.js';
import { booksOf, ok, step } from './support/change-world.js';
import { orderOf } from './support/order-world.js';
import { startPaymentWorld, type PaymentWorld } from './support/payment-world.js';
import { silent } from './support/store-world.js';

/** What Aisle's own provider took, given back by it: to the cent, and once. */

let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld();
}, 90_000);
afterAll(() => world.stop());

async function paid() {
  const order = await world.order();
  const answer = await world.pay(order, 'tok_ok');
  expect(answer.status).toBe(200);
  return orderOf(world.http, order.id);
}

test('O7 O4 a ticket, then the rest, each asked for twice: the provider gives back what it took', async () => {
  const order = await paid();
  const [first] = order.tickets;
  const headers = { 'idempotency-key': randomUUID() };
  for (let i = 0; i < 2; i++) {
    const part = ok(await step(world.http, order, 'refund', { ticketIds: [first?.id] }, { headers }));
    expect(part).toMatchObject({ status: 'partially_refunded', refund: { providerMinor: 4500, externalMinor: 0 } });
  }
  await world.untilSettled();
  expect(world.moved(order.id)).toEqual({ captured: 9000, refunded: 4500, refunds: 1 });
  ok(await step(world.http, order, 'cancel', {}));
  await world.untilSettled();
  await world.untilSettled();
  expect(world.moved(order.id)).toEqual({ captured: 9000, refunded: 9000, refunds: 2 });
  expect(await booksOf(world.http, order.eventId)).toEqual({ cash: 0, orders: 0, tickets: 0 });
});

test('O7 O8 a dearer place paid at the till, then all given back: the provider’s part by it, the rest by the till', async () => {
  const order = await paid();
  const standing = [{ id: 'floor', quantity: 1 }];
  const payment = (amountMinor: number) => ({ reference: randomUUID(), amountMinor, currency: 'EUR' });
  const valid = async () => (await orderOf(world.http, order.id)).tickets.filter(({ status }) => status === 'valid');
  const [seat] = await valid();
  ok(await step(world.http, order, 'exchange', { ticketIds: [seat?.id], areas: standing, payment: payment(-1500) }));
  const floor = (await valid()).find(({ area }) => area === 'floor');
  ok(await step(world.http, order, 'exchange', { ticketIds: [floor?.id], seats: ['r1-0'], payment: payment(1500) }));
  await world.http.deps.sql`UPDATE events SET prices = prices || '{"A": 5000}' WHERE id = ${order.eventId}`;
  const ticketIds = (await valid()).map(({ id }) => id);
  ok(await step(world.http, order, 'exchange', { ticketIds, seats: ['r1-1', 'r1-2'], payment: payment(1000) }));
  const refunded = ok(await step(world.http, order, 'refund', {}));
  expect(refunded.refund).toMatchObject({ amountMinor: 10_000, providerMinor: 9000, externalMinor: 1000 });
  await world.untilSettled();
  expect(world.moved(order.id)).toEqual({ captured: 9000, refunded: 9000, refunds: 1 });
  expect(await booksOf(world.http, order.eventId)).toEqual({ cash: 0, orders: 0, tickets: 0 });
});

test('O7 O4 a cancelled event: the provider gives all of it back, once', async () => {
  const order = await paid();
  await world.http.call('POST', `/v1/events/${order.eventId}/cancel`, { body: {} });
  const { sql, store } = world.http.store;
  const deps = { store, book: createOrderBook(sql), changes: createOrderChanges(sql), logger: silent };
  await Promise.all([1, 2].map(() => refundCancelled({ ...deps, stopping: () => false })));
  await world.untilSettled();
  expect(world.moved(order.id)).toEqual({ captured: 9000, refunded: 9000, refunds: 1 });
  expect(await booksOf(world.http, order.eventId)).toEqual({ cash: 0, orders: 0, tickets: 0 });
});
