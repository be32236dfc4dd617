import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait.js';
import {
  answered,
  fault,
  SANDBOX_SECRET,
  startPaymentWorld,
  withProvider,
  type PaymentWorld,
} from './support/payment-world.js';

/** Every way in which a provider may answer a payment, on real Redis and Postgres, against the sandbox behind a socket. */

const DUE = 2 * 4500;
let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => {
  world.sandbox.sandbox.webhooks.enabled = true;
});

const completed = { status: 'completed', tickets: 2 };
const paidOnce = [{ kind: 'payment', amountMinor: DUE }];

describe('paying by a token', () => {
  test('O4 I2 a payment that goes well completes the order once: tickets, books, the provider’s own ledger', async () => {
    const token = await world.http.guest();
    const order = await world.order({ token });
    const answer = await world.pay(order, 'tok_ok', { token });
    expect(answer.status).toBe(200);
    const { order: paid, payment } = answered(answer);
    expect(paid).toMatchObject({ id: order.id, status: 'completed', totalMinor: DUE });
    expect(paid.tickets).toHaveLength(2);
    expect(payment).toMatchObject({ provider: 'sandbox', status: 'succeeded', amountMinor: DUE, currency: 'EUR' });
    expect(await world.books(order.id)).toEqual(paidOnce);
    expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
  });

  test('O4 a decline leaves the order open for another card', async () => {
    const order = await world.order();
    const declined = fault(await world.pay(order, 'tok_declined'));
    expect(declined).toMatchObject({
      status: 402,
      code: 'PAYMENT_DECLINED',
      details: { declineCode: 'card_declined' },
    });
    expect(await world.statusOf(order.id)).toEqual({ status: 'pending', tickets: 0 });
    expect((await world.pay(order, 'tok_ok')).status).toBe(200);
    expect(await world.statusOf(order.id)).toEqual(completed);
    expect((await world.attempts(order.id)).map(({ status }) => status)).toEqual(['declined', 'succeeded']);
    expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
  });

  test('O4 S7 I6 the same request id is one payment, whatever came of it; other content is a mismatch', async () => {
    const order = await world.order();
    const key = randomUUID();
    const first = await world.pay(order, 'tok_ok', { key });
    const again = await world.pay(order, 'tok_ok', { key });
    expect(again.status).toBe(200);
    expect(answered(again).payment).toEqual(answered(first).payment);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(fault(await world.pay(order, 'tok_declined', { key })).code).toBe('IDEMPOTENCY_MISMATCH');
    const other = await world.order();
    const declineKey = randomUUID();
    for (let time = 0; time < 2; time++)
      expect(fault(await world.pay(other, 'tok_declined', { key: declineKey })).code).toBe('PAYMENT_DECLINED');
    expect(await world.attempts(other.id)).toHaveLength(1);
  });

  test('O4 a provider that charges and does not answer: unknown, then found out by asking', async () => {
    world.sandbox.sandbox.webhooks.enabled = false;
    const order = await world.order();
    const key = randomUUID();
    const first = fault(await world.pay(order, 'tok_silent_after_charge', { key }));
    expect(first).toMatchObject({ status: 503, code: 'UNAVAILABLE', details: { reason: 'payment_unknown' } });
    expect(await world.statusOf(order.id)).toEqual({ status: 'pending', tickets: 0 });
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual(completed);
    expect((await world.pay(order, 'tok_silent_after_charge', { key })).status).toBe(200);
    expect(await world.books(order.id)).toEqual(paidOnce);
    expect(world.moved(order.id).captured).toBe(DUE);
  });

  test('O4 the same without the worker: the webhook of the charge is enough', async () => {
    const order = await world.order();
    expect(fault(await world.pay(order, 'tok_timeout_after_charge')).code).toBe('UNAVAILABLE');
    await waitFor(async () => (await world.statusOf(order.id)).status === 'completed', { what: 'the webhook' });
    expect(await world.books(order.id)).toEqual(paidOnce);
  });

  test.each(['tok_timeout_before', 'tok_error_500'])(
    'O4 %s: nothing was taken, and the order is open again',
    async (token) => {
      const order = await world.order();
      expect(fault(await world.pay(order, token)).code).toBe('UNAVAILABLE');
      await world.untilSettled();
      expect(await world.statusOf(order.id)).toEqual({ status: 'pending', tickets: 0 });
      expect(world.moved(order.id).captured).toBe(0);
      expect((await world.pay(order, 'tok_ok')).status).toBe(200);
      expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
    },
  );

  test('O4 an error after the charge is no failure: asked, it is paid', async () => {
    const order = await world.order();
    world.sandbox.sandbox.webhooks.enabled = false;
    expect(fault(await world.pay(order, 'tok_error_500_after_charge')).code).toBe('UNAVAILABLE');
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual(completed);
  });

  test('O4 a provider that says open and then sends a webhook', async () => {
    const order = await world.order();
    const answer = await world.pay(order, 'tok_webhook_only');
    expect(answer.status).toBe(202);
    expect(answered(answer)).toMatchObject({ order: { status: 'pending' }, payment: { status: 'open' } });
    await waitFor(async () => (await world.statusOf(order.id)).status === 'completed', { what: 'the webhook' });
    expect(await world.books(order.id)).toEqual(paidOnce);
  });

  test('I2 another amount than was due does not complete the order: it is given back, once', async () => {
    const order = await world.order();
    const wrong = fault(await world.pay(order, 'tok_wrong_amount'));
    expect(wrong).toMatchObject({ code: 'AMOUNT_MISMATCH', details: { amountMinor: DUE, currency: 'EUR' } });
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual({ status: 'pending', tickets: 0 });
    expect(world.moved(order.id)).toEqual({ captured: DUE - 1, refunded: DUE - 1, refunds: 1 });
    expect((await world.pay(order, 'tok_ok')).status).toBe(200);
    expect(await world.books(order.id)).toEqual([
      { kind: 'payment', amountMinor: DUE - 1 },
      { kind: 'refund', amountMinor: DUE - 1 },
      { kind: 'payment', amountMinor: DUE },
    ]);
  });
});

describe('two tabs', () => {
  test('O4 two that pay at once: one charge; the other is told to wait, then that it is done', async () => {
    const order = await world.order();
    await world.sandbox.sandbox.app.request('/v1/controls', {
      method: 'PUT',
      headers: { authorization: `Bearer ${SANDBOX_SECRET}` },
      body: JSON.stringify({ slowMs: 200 }),
    });
    const [one, two] = await Promise.all([world.pay(order, 'tok_slow'), world.pay(order, 'tok_ok')]);
    const statuses = [one.status, two.status].sort();
    expect(statuses).toEqual([200, 503]);
    const loser = one.status === 503 ? one : two;
    expect(fault(loser).details.reason).toBe('payment_under_way');
    expect(fault(await world.pay(order, 'tok_ok'))).toMatchObject({
      code: 'ORDER_STATE_CONFLICT',
      details: { status: 'completed' },
    });
    expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
  });

  test('O4 twenty calls with one request id are one charge and one answer', async () => {
    const order = await world.order();
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.pay(order, 'tok_ok', { key })));
    for (const answer of answers) expect([200, 503]).toContain(answer.status);
    await waitFor(async () => (await world.pay(order, 'tok_ok', { key })).status === 200, { what: 'the payment' });
    expect(await world.attempts(order.id)).toHaveLength(1);
    expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
  });
});

describe('who may pay, and for what', () => {
  test('H6 another’s order is not found; without a token nobody pays', async () => {
    const order = await world.order({ token: await world.http.guest() });
    const other = await world.http.guest();
    expect(fault(await world.pay(order, 'tok_ok', { token: other }))).toMatchObject({
      status: 404,
      code: 'ORDER_NOT_FOUND',
    });
    const anonymous = await world.http.call('POST', `/v1/orders/${order.id}/pay`, {
      token: null,
      body: { paymentToken: 'tok_ok' },
    });
    expect(fault(anonymous).code).toBe('UNAUTHENTICATED');
    expect(await world.attempts(order.id)).toEqual([]);
  });

  test('G1 an amount edited by the client is no field of the call', async () => {
    const order = await world.order();
    const answer = await world.http.call('POST', `/v1/orders/${order.id}/pay`, {
      body: { paymentToken: 'tok_ok', amountMinor: 1 },
    });
    expect(fault(answer)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(await world.attempts(order.id)).toEqual([]);
  });

  test('O4 an order whose time is over is not charged', async () => {
    const order = await world.order();
    await world.http.store.sql`UPDATE orders SET expires_at = now() - interval '1 s' WHERE id = ${order.id}`;
    expect(fault(await world.pay(order, 'tok_ok'))).toMatchObject({
      code: 'ORDER_EXPIRED',
      details: { refundRequired: false },
    });
    expect(await world.attempts(order.id)).toEqual([]);
  });

  test('O5 without a provider: said before anything is reserved', async () => {
    const none = withProvider(world.http, null);
    const order = await world.order();
    const answer = await none.call('POST', `/v1/orders/${order.id}/pay`, { body: { paymentToken: 'tok_ok' } });
    expect(fault(answer)).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
