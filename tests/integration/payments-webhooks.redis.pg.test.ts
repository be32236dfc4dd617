import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signedHeaders } from '../../sandbox/src/webhooks.js';
import { waitFor } from '../helpers/wait.js';
import type { Answer } from './support/http-world.js';
import { everything } from './support/order-world.js';
import { answered, fault, SANDBOX_SECRET, startPaymentWorld, type PaymentWorld } from './support/payment-world.js';

/** The provider's messages: as often and in whatever order they come, and from whomever. */

const DUE = 2 * 4500;
let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => {
  world.sandbox.sandbox.webhooks.enabled = true;
});

const nowS = (): number => Math.floor(Date.now() / 1000);
const event = (charge: { id: string; attemptId?: string }, type = 'charge.succeeded'): string =>
  JSON.stringify({
    ...{ id: `evt_${randomUUID()}`, type, createdAt: new Date().toISOString() },
    data: { id: charge.id, metadata: charge.attemptId === undefined ? {} : { attemptId: charge.attemptId } },
  });
const send = (raw: string, headers: Record<string, string>, provider = 'sandbox'): Promise<Answer> =>
  world.http.call('POST', `/v1/payments/${provider}/webhook`, { token: null, raw, headers });
const sendSigned = (raw: string, { secret = SANDBOX_SECRET, ageS = 0 } = {}): Promise<Answer> =>
  send(raw, signedHeaders(secret, 'evt_1', nowS() - ageS, raw));

/** An order whose charge waits for a card at the provider; its messages are lost. */
async function openCharge() {
  world.sandbox.sandbox.webhooks.enabled = false;
  const answer = await world.checkout();
  expect(answer.status).toBe(201);
  const { order, payment } = answered(answer);
  const charge = world.sandbox.sandbox.ledger.charges().find(({ metadata }) => metadata.orderId === order.id);
  if (charge === undefined) throw new Error('the provider has no charge');
  return { order, payment, charge };
}
const confirmInBrowser = (charge: { id: string; clientSecret: string }, paymentToken: string) =>
  world.sandbox.sandbox.app.request(`/v1/charges/${charge.id}/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${charge.clientSecret}`, 'idempotency-key': randomUUID() },
    body: JSON.stringify({ paymentToken }),
  });

describe('genuine messages', () => {
  test.each(['tok_duplicate_webhooks', 'tok_webhooks_out_of_order'])(
    'O4 I6 %s: five times each, shuffled: one effect',
    async (token) => {
      const order = await world.order();
      const before = world.sandbox.sandbox.webhooks.delivered;
      expect((await world.pay(order, token)).status).toBe(200);
      await waitFor(() => world.sandbox.sandbox.webhooks.delivered >= before + 5, { what: 'the messages' });
      expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 2 });
      expect(await world.books(order.id)).toEqual([{ kind: 'payment', amountMinor: DUE }]);
      expect(world.moved(order.id)).toEqual({ captured: DUE, refunded: 0, refunds: 0 });
    },
  );

  test('O4 a checkout confirmed in the browser completes by the message alone, ten of them at once', async () => {
    const { order, payment, charge } = await openCharge();
    expect(payment).toMatchObject({ status: 'open', clientSecret: charge.clientSecret });
    expect((await confirmInBrowser(charge, 'tok_ok')).status).toBe(200);
    const raw = event({ id: charge.id, attemptId: payment.id });
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendSigned(raw)));
    for (const { status, body } of answers)
      expect({ status, body }).toEqual({ status: 200, body: { received: true, known: true } });
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 1 });
    expect(await world.books(order.id)).toHaveLength(1);
  });

  test('O4 a declined card in the browser leaves the same payment open for the next', async () => {
    const { order, payment, charge } = await openCharge();
    expect((await confirmInBrowser(charge, 'tok_declined')).status).toBe(402);
    expect((await sendSigned(event({ id: charge.id, attemptId: payment.id }, 'charge.declined'))).status).toBe(200);
    expect((await world.attempts(order.id)).map(({ status }) => status)).toEqual(['open']);
    expect((await confirmInBrowser(charge, 'tok_ok')).status).toBe(200);
    await world.untilSettled();
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 1 });
  });

  test('O4 its content is never trusted: a message that says paid of a charge that is not moves nothing', async () => {
    const { order, payment, charge } = await openCharge();
    expect((await sendSigned(event({ id: charge.id, attemptId: payment.id }))).status).toBe(200);
    expect(await world.statusOf(order.id)).toEqual({ status: 'pending', tickets: 0 });
    expect(await world.books(order.id)).toEqual([]);
  });

  test('O4 of a payment that is not ours: taken, said to be unknown, so that it does not come for ever', async () => {
    const answer = await sendSigned(event({ id: 'sbx_ch_nobody', attemptId: 'pay_nobody_of_ours' }));
    expect(answer).toMatchObject({ status: 200, body: { received: true, known: false } });
    expect(await sendSigned(event({ id: 'sbx_ch_nobody' }))).toMatchObject({ status: 200, body: { known: false } });
  });

  test('O4 the provider away while its message is read: the worker asks, and a message of an ended attempt comes again', async () => {
    const { order, payment, charge } = await openCharge();
    await confirmInBrowser(charge, 'tok_ok');
    const raw = event({ id: charge.id, attemptId: payment.id });
    await world.sandbox.sandbox.app.request('/v1/controls', {
      method: 'PUT',
      headers: { authorization: `Bearer ${SANDBOX_SECRET}` },
      body: JSON.stringify({ down: true }),
    });
    try {
      expect((await sendSigned(raw)).status).toBe(200);
      const { sql } = world.http.store;
      await sql`UPDATE payment_attempts SET status = 'failed' WHERE id = ${payment.id}`;
      expect(fault(await sendSigned(raw))).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      await sql`UPDATE payment_attempts SET status = 'open' WHERE id = ${payment.id}`;
    } finally {
      await world.sandbox.sandbox.app.request('/v1/controls', {
        method: 'PUT',
        headers: { authorization: `Bearer ${SANDBOX_SECRET}` },
        body: JSON.stringify({ down: false }),
      });
    }
    await world.work();
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 1 });
  });
});

describe('messages that are not the provider’s', () => {
  test('O4 forged and stale are refused, and nothing moves', async () => {
    const { order, payment, charge } = await openCharge();
    await confirmInBrowser(charge, 'tok_ok');
    const before = await everything(world.http, { id: order.eventId });
    const raw = event({ id: charge.id, attemptId: payment.id });
    const genuine = signedHeaders(SANDBOX_SECRET, 'evt_1', nowS(), raw);
    const forged: [string, string, Record<string, string>][] = [
      ['unsigned', raw, {}],
      ['signed with another secret', raw, signedHeaders('another secret of somebody', 'evt_1', nowS(), raw)],
      ['another body', raw.replace('charge.succeeded', 'charge.succeedeD'), genuine],
      ['another id', raw, { ...genuine, 'webhook-id': 'evt_2' }],
      ['a younger time than was signed', raw, { ...genuine, 'webhook-timestamp': String(nowS() + 1) }],
      ['no scheme', raw, { ...genuine, 'webhook-signature': (genuine['webhook-signature'] ?? '').slice(3) }],
      ['an empty signature', raw, { ...genuine, 'webhook-signature': 'v1,' }],
      ['a time that is no number', raw, { ...genuine, 'webhook-timestamp': '1e9' }],
    ];
    for (const [what, body, headers] of forged) {
      expect({ what, ...fault(await send(body, headers)) }).toMatchObject({ what, status: 403, code: 'FORBIDDEN' });
    }
    for (const ageS of [301, 3600, -301]) {
      expect(fault(await sendSigned(raw, { ageS }))).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    }
    expect(fault(await sendSigned('{"id":"evt_1"}')).code).toBe('INVALID_REQUEST');
    expect(fault(await sendSigned('not json')).code).toBe('INVALID_REQUEST');
    expect(fault(await send(raw, genuine, 'stripe')).code).toBe('INVALID_REQUEST');
    expect(await everything(world.http, { id: order.eventId })).toEqual(before);
    expect((await world.attempts(order.id)).map(({ status }) => status)).toEqual(['open']);
    // The one it was all about is still good.
    expect((await sendSigned(raw, { ageS: 299 })).status).toBe(200);
    expect(await world.statusOf(order.id)).toEqual({ status: 'completed', tickets: 1 });
  });

  test('G5 a body above the limit is not read', async () => {
    const raw = 'x'.repeat(513 * 1024);
    expect(fault(await sendSigned(raw))).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
  });
});
