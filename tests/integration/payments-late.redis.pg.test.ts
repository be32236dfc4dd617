import { randomUUID } from 'node:crypto';
import type { Order } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPaymentBook } from '../../server/src/db/payments/payment-book.js';
import { warnOfLeftOpen } from '../../server/src/payments/left-open.js';
import { sleep } from '../helpers/wait.js';
import { newHold, place } from './support/order-world.js';
import { answered, fault, startPaymentWorld, type PaymentWorld } from './support/payment-world.js';
import { silent } from './support/store-world.js';

/** Money that comes late or twice goes back exactly once, by Aisle's own provider. */

const DUE = 2 * 4500;
/** The sandbox takes the money of tok_webhook_only this long after its answer. */
const LATER_MS = 350;
let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => {
  world.sandbox.sandbox.webhooks.enabled = false;
});

const backOnce = { captured: DUE, refunded: DUE, refunds: 1 };
const inAndOut = [
  { kind: 'payment', amountMinor: DUE },
  { kind: 'refund', amountMinor: DUE },
];
/** Money that is on its way when this resolves. */
async function payLater(order: Order): Promise<void> {
  expect((await world.pay(order, 'tok_webhook_only')).status).toBe(202);
}
const expire = (order: Order) =>
  world.http.store.sql`UPDATE orders SET expires_at = now() - interval '1 s' WHERE id = ${order.id}`;
const staff = (order: Order, step: string, body: object) =>
  world.http.call('POST', `/v1/orders/${order.id}/${step}`, { body });

/** Ends in the given status, its money back; a second look changes nothing. */
async function expectBack(order: Order, status: string): Promise<void> {
  await world.untilSettled();
  await world.untilSettled();
  expect(await world.statusOf(order.id)).toMatchObject({ status });
  expect(world.moved(order.id)).toEqual(backOnce);
  expect(await world.books(order.id)).toEqual(inAndOut);
}

describe('another provider in the configuration', () => {
  test('O4 what is open with the one before is told in the log at the start, with counts', async () => {
    await payLater(await world.order());
    const book = createPaymentBook(world.http.deps.sql);
    const error = vi.spyOn(silent, 'error');
    try {
      await warnOfLeftOpen(book, 'sandbox', silent);
      expect(error).not.toHaveBeenCalled();
      await warnOfLeftOpen(book, 'stripe', silent);
      await warnOfLeftOpen(book, null, silent);
      const left = { provider: 'sandbox', charges: 1, refunds: 0 };
      expect(error.mock.calls.map(([what]) => what)).toEqual([
        { ...left, configured: 'stripe' },
        { ...left, configured: 'none' },
      ]);
    } finally {
      error.mockRestore();
    }
    await world.untilSettled();
  });
});

describe('late money', () => {
  test('I2 O4 after the order’s time: expired, and given back once', async () => {
    const order = await world.order();
    await payLater(order);
    await expire(order);
    await sleep(LATER_MS);
    await expectBack(order, 'expired');
  });

  test('I2 the answer itself comes too late: ORDER_EXPIRED, nothing for the shop to refund', async () => {
    const order = await world.order();
    const paying = world.pay(order, 'tok_ok');
    await expire(order);
    const answer = await paying;
    if (answer.status === 200) return;
    expect(fault(answer)).toMatchObject({ code: 'ORDER_EXPIRED', details: { refundRequired: false } });
    await world.untilSettled();
    const { captured, refunded } = world.moved(order.id);
    expect(captured).toBe(refunded);
  });

  test('I2 after the buyer cancelled', async () => {
    const order = await world.order();
    await payLater(order);
    expect((await staff(order, 'cancel', {})).status).toBe(200);
    await sleep(LATER_MS);
    await expectBack(order, 'cancelled');
  });

  test('I2 the seats were sold to somebody else meanwhile: theirs they stay', async () => {
    const event = await world.event();
    const seats = ['r0-0', 'r0-1'];
    const late = await place(world.http, await newHold(world.http, event, { seats }));
    await payLater(late);
    await expire(late);
    expect(fault(await staff(late, 'confirm', { payment: money(late) })).code).toBe('ORDER_EXPIRED');
    const quick = await place(world.http, await newHold(world.http, event, { seats }));
    expect((await world.pay(quick, 'tok_ok')).status).toBe(200);
    await sleep(LATER_MS);
    await expectBack(late, 'expired');
    expect(await world.statusOf(quick.id)).toEqual({ status: 'completed', tickets: 2 });
    expect(world.moved(quick.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
  });

  test('I2 O5 paid at the counter while the provider was still at it', async () => {
    const order = await world.order();
    await payLater(order);
    expect((await staff(order, 'confirm', { payment: money(order) })).status).toBe(200);
    await sleep(LATER_MS);
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 2 });
    expect(world.moved(order.id)).toEqual(backOnce);
    expect(await world.books(order.id)).toEqual([{ kind: 'external_payment', amountMinor: DUE }, ...inAndOut]);
  });

  test('I2 a charge nobody paid is called off at the provider once its order is over: later money is refused there', async () => {
    const { order } = answered(await world.checkout());
    await world.http.store.sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
    await staff(order, 'cancel', {});
    await world.untilSettled();
    const charge = world.sandbox.sandbox.ledger.charges().find(({ metadata }) => metadata.orderId === order.id);
    expect(charge?.status).toBe('cancelled');
  });
});

const money = (order: Order) => ({
  ...{ reference: randomUUID(), amountMinor: order.totalMinor, currency: order.currency },
});

describe('doubled money', () => {
  test('I2 O4 a card that was declined here is tried again in the other tab, after the order was paid', async () => {
    const { order } = answered(await world.checkout());
    expect(fault(await world.pay(order, 'tok_declined')).code).toBe('PAYMENT_DECLINED');
    expect((await world.pay(order, 'tok_ok')).status).toBe(200);
    const first = world.sandbox.sandbox.ledger.charges().find((charge) => charge.metadata.orderId === order.id);
    if (first === undefined) throw new Error('no charge');
    world.sandbox.sandbox.webhooks.enabled = true;
    const paidAgain = await world.sandbox.sandbox.app.request(`/v1/charges/${first.id}/confirm`, {
      method: 'POST',
      headers: { authorization: `Bearer ${first.clientSecret}`, 'idempotency-key': randomUUID() },
      body: JSON.stringify({ paymentToken: 'tok_duplicate_webhooks' }),
    });
    expect(paidAgain.status).toBe(200);
    await sleep(500);
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 1 });
    expect(world.moved(order.id)).toEqual({ captured: 9000, refunded: 4500, refunds: 1 });
  });
});

describe('giving back', () => {
  test.each([
    ['tok_refund_error_once', 'an error'],
    ['tok_refund_timeout_once', 'no answer, though the money went'],
    ['tok_refund_pending', 'a bank that takes its time'],
  ])('I2 %s: %s; once in the end', async (token) => {
    const order = await world.order();
    expect((await world.pay(order, token)).status).toBe(200);
    expect((await staff(order, 'refund', {})).status).toBe(200);
    await world.untilSettled();
    expect(world.moved(order.id)).toEqual(backOnce);
    expect(await world.books(order.id)).toEqual(inAndOut);
    expect(await world.statusOf(order.id)).toEqual({ status: 'refunded', tickets: 0 });
  });

  test('I2 refused for good: the outside is told that somebody must', async () => {
    const order = await world.order();
    expect((await world.pay(order, 'tok_refund_refused')).status).toBe(200);
    await staff(order, 'refund', {});
    await world.untilSettled();
    const { sql } = world.http.store;
    const told = await sql<{ data: Record<string, unknown> }[]>`
      SELECT data FROM outbox WHERE order_id = ${order.id} AND type = 'order.refund_required'`;
    expect(told.map(({ data }) => data)).toMatchObject([{ amountMinor: DUE, currency: 'EUR', orderId: order.id }]);
    expect(await world.books(order.id)).toEqual([{ kind: 'payment', amountMinor: DUE }]);
  });

  test('I2 two workers and twenty rounds give it back once', async () => {
    const order = await world.order();
    await world.pay(order, 'tok_ok');
    await staff(order, 'refund', {});
    await Promise.all(Array.from({ length: 20 }, () => world.work()));
    await world.untilSettled();
    expect(world.moved(order.id)).toEqual(backOnce);
    expect(await world.books(order.id)).toEqual(inAndOut);
  });

  test('I2 ticket by ticket: never above what was taken', async () => {
    const order = await world.order();
    const { tickets } = answered(await world.pay(order, 'tok_ok')).order;
    for (const { id } of tickets) expect((await staff(order, 'refund', { ticketIds: [id] })).status).toBe(200);
    await world.untilSettled();
    expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: DUE, refunds: 2 });
  });
});
