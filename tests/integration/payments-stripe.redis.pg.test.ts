import { randomUUID } from 'node:crypto';
import type { Order } from '@aisle/client/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createStripeProvider } from '../../server/src/payments/stripe.js';
import { StripeStandIn } from '../helpers/stripe-stand-in.js';
import { waitFor } from '../helpers/wait.js';
import { startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { newHold, place } from './support/order-world.js';
import { answered, fault, withProvider, worker } from './support/payment-world.js';

/** Stripe by its own package, against a stand-in built from pinned fixtures; docs/PAYMENTS.md says what this does not prove. */

const DUE = 4500;
const BUYER = { name: 'Ann', email: 'ann@shop.example' };
let stripe: StripeStandIn;
let plain: HttpWorld;
let world: HttpWorld;
let work: ReturnType<typeof worker>;
beforeAll(async () => {
  stripe = await new StripeStandIn().start();
  plain = await startHttpWorld();
  const { secretKey, webhookSecret, url: apiUrl } = stripe;
  const provider = createStripeProvider({ secretKey, webhookSecret, apiUrl, deadlineMs: 500 });
  world = withProvider(plain, provider);
  work = worker(plain, provider);
  await waitFor(() => world.onSale(), { what: 'Postgres', timeoutMs: 20_000, intervalMs: 500 });
}, 60_000);
afterAll(async () => {
  await plain.stop();
  stripe.stop();
});
afterEach(() => {
  stripe.faults.length = 0;
  stripe.searchable = true;
});

const newOrder = async (): Promise<Order> =>
  place(world, await newHold(world, await world.onSale(), { seats: ['r0-0'] }), { buyer: BUYER });
const pay = (order: Order, paymentToken: string, key: string = randomUUID()): Promise<Answer> =>
  world.call('POST', `/v1/orders/${order.id}/pay`, { body: { paymentToken }, headers: { 'idempotency-key': key } });
const checkout = async (): Promise<Answer> => {
  const { eventId, token: holdToken } = await newHold(world, await world.onSale(), { seats: ['r0-0'] });
  return world.call('POST', '/v1/checkout', { body: { eventId, holdToken, buyer: BUYER } });
};
const webhook = ({ payload, headers }: { payload: string; headers: Record<string, string> }): Promise<Answer> =>
  world.call('POST', '/v1/payments/stripe/webhook', { token: null, raw: payload, headers });
const statusOf = async (order: { id: string }): Promise<string> =>
  ((await world.call('GET', `/v1/orders/${order.id}`)).body as Order).status;
const books = (order: { id: string }) => world.store.sql<{ kind: string; amountMinor: number }[]>`
  SELECT kind, amount_minor AS "amountMinor" FROM transactions WHERE order_id = ${order.id} ORDER BY id`;
const intentsOf = (order: { id: string }) =>
  [...stripe.intents.values()].filter(({ metadata }) => metadata.orderId === order.id);
async function settle(): Promise<void> {
  await waitFor(async () => {
    await work({ aged: true });
    const [open] = await world.store.sql`SELECT 1 FROM payment_attempts WHERE status = 'open' LIMIT 1`;
    return open === undefined;
  });
}

describe('a PaymentIntent', () => {
  test('O4 is made and confirmed under our attempt’s id, with amount, currency and both ids in its metadata', async () => {
    const order = await newOrder();
    const from = stripe.requests.length;
    const answer = await pay(order, 'pm_card_visa');
    expect(answer.status).toBe(200);
    const { payment } = answered(answer);
    expect(intentsOf(order)).toMatchObject([
      { amount: DUE, currency: 'eur', status: 'succeeded', metadata: { attemptId: payment.id, orderId: order.id } },
    ]);
    const posts = stripe.requests.slice(from).filter(({ method }) => method === 'POST');
    expect(posts.map(({ key }) => key)).toEqual([payment.id, `${payment.id}:confirm`]);
    expect(new Set(posts.map(({ version }) => version))).toEqual(new Set(['2026-10-28.endive']));
    expect(await statusOf(order)).toBe('completed');
  });

  test('O4 a confirmation token pays too', async () => {
    const order = await newOrder();
    expect((await pay(order, 'ctoken_visa')).status).toBe(200);
  });

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_of_nobody', 'resource_missing'],
  ])('O4 %s is declined as %s; another card pays', async (means, declineCode) => {
    const order = await newOrder();
    expect(fault(await pay(order, means))).toMatchObject({
      status: 402,
      code: 'PAYMENT_DECLINED',
      details: { declineCode },
    });
    expect(await statusOf(order)).toBe('pending');
    expect((await pay(order, 'pm_card_visa')).status).toBe(200);
    expect(await books(order)).toEqual([{ kind: 'payment', amountMinor: DUE }]);
  });

  test('O4 3-D Secure: open with the client secret, then completed by the event', async () => {
    const order = await newOrder();
    const answer = await pay(order, 'pm_card_authenticationRequired');
    expect(answer.status).toBe(202);
    const { payment } = answered(answer);
    const [intent] = intentsOf(order);
    if (intent === undefined) throw new Error('no intent');
    expect(payment).toMatchObject({ status: 'open', clientSecret: intent.client_secret });
    stripe.confirmed(intent.id, 'succeeded');
    const event = stripe.event('payment_intent.succeeded', intent);
    for (const { status } of await Promise.all(Array.from({ length: 5 }, () => webhook(event))))
      expect(status).toBe(200);
    expect(await statusOf(order)).toBe('completed');
    expect(await books(order)).toHaveLength(1);
  });

  test('O4 checkout: confirmed in the browser, a declined card first', async () => {
    const answer = await checkout();
    expect(answer.status).toBe(201);
    const { order, payment } = answered(answer);
    const intent = stripe.intentOf(payment.id);
    if (intent === undefined) throw new Error('no intent');
    expect(payment.clientSecret).toBe(intent.client_secret);
    stripe.confirmed(intent.id, 'declined');
    expect((await webhook(stripe.event('payment_intent.payment_failed', intent))).body).toEqual({
      received: true,
      known: true,
    });
    expect(await statusOf(order)).toBe('pending');
    stripe.confirmed(intent.id, 'succeeded');
    await webhook(stripe.event('payment_intent.succeeded', intent));
    expect(await statusOf(order)).toBe('completed');
    expect(intentsOf(order)).toHaveLength(1);
  });

  test('I2 of another amount does not complete the order and is refunded', async () => {
    const order = await newOrder();
    expect(fault(await pay(order, 'pm_wrong_amount')).code).toBe('AMOUNT_MISMATCH');
    await settle();
    expect(await books(order)).toEqual([
      { kind: 'payment', amountMinor: DUE - 1 },
      { kind: 'refund', amountMinor: DUE - 1 },
    ]);
    expect(await statusOf(order)).toBe('pending');
  });
});

describe('no answer', () => {
  test.each(['lost', 'hang', '500', '503', '429'] as const)(
    'O4 %s at the confirmation: settled by asking, one charge at the most',
    async (how) => {
      const order = await newOrder();
      stripe.faults.push({ path: /\/confirm$/, how });
      // A connection that breaks is tried once more by the package itself, under the same key.
      const answer = await pay(order, 'pm_card_visa');
      expect(fault(answer)).toMatchObject({ code: 'UNAVAILABLE' });
      await settle();
      const charged = intentsOf(order).filter(({ status }) => status === 'succeeded').length;
      expect(charged).toBe(how === 'lost' ? 1 : 0);
      expect(await statusOf(order)).toBe(how === 'lost' ? 'completed' : 'pending');
      if (how !== 'lost') expect((await pay(order, 'pm_card_visa')).status).toBe(200);
      expect(await books(order)).toEqual([{ kind: 'payment', amountMinor: DUE }]);
    },
  );

  test('O4 S7 the creation lost: the same call again finds the intent by its key, and pays it', async () => {
    const order = await newOrder();
    const key = randomUUID();
    stripe.faults.push({ path: /payment_intents$/, how: 'lost' });
    expect(fault(await pay(order, 'pm_card_visa', key)).code).toBe('UNAVAILABLE');
    const again = await pay(order, 'pm_card_visa', key);
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(intentsOf(order)).toHaveLength(1);
  });

  test('O4 search does not find it yet: the attempt is closed by its key, so that a late confirmation meets a cancelled intent', async () => {
    const order = await newOrder();
    stripe.searchable = false;
    stripe.faults.push({ path: /payment_intents$/, how: 'lost' });
    expect(fault(await pay(order, 'pm_card_visa')).code).toBe('UNAVAILABLE');
    await settle();
    expect(intentsOf(order)).toMatchObject([{ status: 'canceled' }]);
    expect((await pay(order, 'pm_card_visa')).status).toBe(200);
  });
});

describe('refunds', () => {
  test.each(['none', 'lost', '500', 'hang'] as const)('I2 exactly one, the answer to it: %s', async (how) => {
    const order = await newOrder();
    await pay(order, 'pm_card_visa');
    if (how !== 'none') stripe.faults.push({ path: /refunds$/, how });
    expect((await world.call('POST', `/v1/orders/${order.id}/refund`, { body: {} })).status).toBe(200);
    await settle();
    const [intent] = intentsOf(order);
    const refunds = [...stripe.refunds.values()].filter(({ payment_intent }) => payment_intent === intent?.id);
    expect(refunds.map(({ amount }) => amount)).toEqual([DUE]);
    expect(await books(order)).toEqual([
      { kind: 'payment', amountMinor: DUE },
      { kind: 'refund', amountMinor: DUE },
    ]);
  });
});

describe('events', () => {
  test('O4 forged and stale are refused; of other objects, and of other shops, taken and left', async () => {
    const order = await newOrder();
    await pay(order, 'pm_card_authenticationRequired');
    const [intent] = intentsOf(order);
    if (intent === undefined) throw new Error('no intent');
    stripe.confirmed(intent.id, 'succeeded');
    const genuine = stripe.event('payment_intent.succeeded', intent);
    const forged = [
      stripe.event('payment_intent.succeeded', intent, { secret: 'whsec_of_somebody' }),
      { payload: genuine.payload.replace('"livemode":false', '"livemode":true'), headers: genuine.headers },
      { payload: genuine.payload, headers: { 'stripe-signature': '' } },
      { payload: genuine.payload, headers: { 'stripe-signature': 't=1,v1=00' } },
    ];
    for (const one of forged) expect(fault(await webhook(one))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    const stale = stripe.event('payment_intent.succeeded', intent, { ageS: 301 });
    expect(fault(await webhook(stale))).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    const others = { ...intent, id: 'pi_of_another_system', metadata: {} };
    expect((await webhook(stripe.event('payment_intent.succeeded', others))).body).toEqual({
      received: true,
      known: false,
    });
    expect(await statusOf(order)).toBe('pending');
    expect((await webhook(genuine)).status).toBe(200);
    expect(await statusOf(order)).toBe('completed');
  });
});
