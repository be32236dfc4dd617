import { randomUUID } from 'node:crypto';
import type { CheckoutAnswer } from '@aisle/client/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedHeaders } from '../../sandbox/src/webhooks.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { plainChart } from '../helpers/buyers.js';
import { newHold } from '../integration/support/order-world.js';
import {
  answered,
  SANDBOX_SECRET,
  startPaymentWorld,
  type PaymentWorld,
} from '../integration/support/payment-world.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/*
 * Row 20. What the provider tells of each payment comes five times, in any order, among as many messages that are forged or too
 * old. Each payment has one effect: its order is completed, or, where its time was over, the money goes back, once.
 */
const ORDERS = times(20, 1000);
const COPIES = 5;
const AT_ONCE = 10;
const DUE = 4500;
const BOTH = `payment ${DUE}, refund ${DUE}`;
/** Of the future with some room: it comes nearer while a busy machine reads it. */
const STALE_S = [301, 3600, -360];
const FORGERIES = 11;
const BY = { actor: 'system', requestId: 'worker' };

let world: PaymentWorld;
let eventId: string;
beforeAll(async () => {
  world = await startPaymentWorld();
  // The provider's own deliveries are lost: those of this test are all there are.
  world.sandbox.sandbox.webhooks.enabled = false;
  const chart = plainChart(Math.ceil(ORDERS / 20), 20);
  eventId = (await world.http.onSale({ chart, prices: { A: DUE } })).id;
}, 60_000);
afterAll(() => world.stop());

interface Message {
  readonly what: 'genuine' | 'forged' | 'stale';
  readonly raw: string;
  /** Signed as it is sent, so that it is as old as it says. */
  readonly headers: () => Record<string, string>;
}
interface Told {
  readonly orderId: string;
  /** Its time was over before the provider's word came. */
  readonly late: boolean;
  readonly messages: readonly Message[];
}

const nowS = (): number => Math.floor(Date.now() / 1000);
const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Paid in the browser, a third of them after a card that was declined; Aisle has heard nothing of it yet. */
async function paidUnheard(index: number): Promise<Told> {
  const { http, sandbox } = world;
  const onBehalfOf = `buyer-${index}`;
  const hold = await newHold(
    http,
    { id: eventId },
    { seats: [`r${Math.floor(index / 20)}-${index % 20}`], onBehalfOf },
  );
  const buyer = { name: 'Ann', email: `${onBehalfOf}@shop.example` };
  const body = { eventId, holdToken: hold.token, buyer, onBehalfOf, requestId: randomUUID() };
  const answer = await http.call('POST', '/v1/checkout', { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  const { order, payment }: CheckoutAnswer = answered(answer);
  const charge = sandbox.sandbox.ledger.charges().find(({ metadata }) => metadata.orderId === order.id);
  if (charge === undefined) throw new Error('the provider has no charge');
  for (const paymentToken of index % 3 === 0 ? ['tok_declined', 'tok_ok'] : ['tok_ok']) {
    await sandbox.sandbox.app.request(`/v1/charges/${charge.id}/confirm`, {
      method: 'POST',
      headers: { authorization: `Bearer ${charge.clientSecret}`, 'idempotency-key': randomUUID() },
      body: JSON.stringify({ paymentToken }),
    });
  }
  const late = index % 10 === 9;
  if (late) await endInTime(order.id);
  return { orderId: order.id, late, messages: messagesOf({ id: charge.id, attemptId: payment.id }) };
}

async function endInTime(orderId: string): Promise<void> {
  const { sql } = world.http.store;
  await sql`UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = ${orderId}`;
  await createOrderBook(sql).close(orderId, 'expired', BY, 'expired');
}

function messagesOf(charge: { id: string; attemptId: string }): Message[] {
  const raws = ['charge.declined', 'charge.succeeded'].map((type) =>
    JSON.stringify({
      ...{ id: `evt_${randomUUID()}`, type, createdAt: new Date().toISOString() },
      data: { id: charge.id, metadata: { attemptId: charge.attemptId } },
    }),
  );
  const genuine = raws.flatMap((raw) =>
    Array.from({ length: COPIES }, () => ({ what: 'genuine' as const, raw, headers: () => signed(raw) })),
  );
  const raw = raws[1] ?? '';
  const stale = STALE_S.map((ageS) => ({ what: 'stale' as const, raw, headers: () => signed(raw, ageS) }));
  return shuffled([...genuine, ...stale, ...forgeries(raw)]);
}

const signed = (raw: string, ageS = 0): Record<string, string> =>
  signedHeaders(SANDBOX_SECRET, 'evt_1', nowS() - ageS, raw);

function forgeries(raw: string): Message[] {
  const but = (changes: (signature: string) => Record<string, string>) => (): Record<string, string> => {
    const good = signed(raw);
    return { ...good, ...changes(good['webhook-signature'] ?? '') };
  };
  const faked: [string, () => Record<string, string>][] = [
    [raw, () => ({})],
    [raw, () => signedHeaders('another secret of somebody', 'evt_1', nowS(), raw)],
    [raw, () => signedHeaders('', 'evt_1', nowS(), raw)],
    [raw.replace('charge.succeeded', 'charge.succeedeD'), () => signed(raw)],
    [`${raw} `, () => signed(raw)],
    [raw, but(() => ({ 'webhook-id': 'evt_2' }))],
    [raw, but(() => ({ 'webhook-timestamp': String(nowS() + 1) }))],
    [raw, but((signature) => ({ 'webhook-signature': signature.slice(3) }))],
    [raw, but((signature) => ({ 'webhook-signature': signature.replace('v1,', 'v0,') }))],
    [raw, but(() => ({ 'webhook-signature': 'v1,' }))],
    [raw, but(() => ({ 'webhook-signature': Array.from({ length: 50 }, () => 'v1,AAAA').join(' ') }))],
  ];
  return faked.map(([body, headers]) => ({ what: 'forged', raw: body, headers }));
}

const EXPECTED = { genuine: 200, forged: 403, stale: 400 } as const;

/** Everything at once, as far as a provider's connections go; what was answered otherwise than it should. */
async function tell(messages: readonly Message[]): Promise<string[]> {
  const wrong: string[] = [];
  const waiting = [...messages];
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { what, raw, headers } = next;
      const send = () =>
        world.http.call('POST', '/v1/payments/sandbox/webhook', { token: null, raw, headers: headers() });
      let { status } = await send();
      // As the provider does: what is busy is told again.
      for (let again = 0; status === 503 && what === 'genuine' && again < 20; again++) ({ status } = await send());
      if (status !== EXPECTED[what]) wrong.push(`${what}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wrong;
}

/** What became of one payment: its order, its tickets, the books, the webhooks of ours that it caused, the provider's own word. */
async function endOf({ orderId, late }: Told): Promise<string> {
  const { status, tickets } = await world.statusOf(orderId);
  const { captured, refunded, refunds } = world.moved(orderId);
  const books = (await world.books(orderId)).map(({ kind, amountMinor }) => `${kind} ${amountMinor}`).join(', ');
  const [told] = await world.http.store.sql<{ n: number }[]>`
    SELECT count(*)::integer AS n FROM outbox WHERE order_id = ${orderId} AND type = 'order.completed'`;
  const seen = { status, tickets, captured, refunded, refunds, books, told: told?.n };
  const right = late
    ? { status: 'expired', tickets: 0, captured: DUE, refunded: DUE, refunds: 1, books: BOTH, told: 0 }
    : { status: 'completed', tickets: 1, captured: DUE, refunded: 0, refunds: 0, books: `payment ${DUE}`, told: 1 };
  return JSON.stringify(seen) === JSON.stringify(right) ? 'one effect' : JSON.stringify(seen);
}

test(`O4 I2 I6 the provider's messages of ${ORDERS} orders ×${COPIES}, shuffled among forged and stale ones: one effect each`, async () => {
  const told: Told[] = [];
  for (let start = 0; start < ORDERS; start += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, ORDERS - start) }, (_, i) => paidUnheard(start + i));
    told.push(...(await Promise.all(group)));
  }
  // Before anything genuine is heard: what nobody signed moves nothing.
  const messages = shuffled(told.flatMap((one) => one.messages));
  const fakes = messages.filter(({ what }) => what !== 'genuine');
  expect(await tell(fakes)).toEqual([]);
  const [moved] = await world.http.store.sql<{ n: number }[]>`SELECT count(*)::integer AS n FROM transactions`;
  expect(moved?.n).toBe(0);

  expect(await tell(messages)).toEqual([]);
  await world.untilSettled();
  const ends = await Promise.all(told.map(endOf));
  expect(ends.filter((end) => end !== 'one effect')).toEqual([]);
  expect(messages).toHaveLength(ORDERS * (2 * COPIES + STALE_S.length + FORGERIES));
  const of = (what: Message['what']): string =>
    (2 * fakes.filter((one) => one.what === what).length).toLocaleString('en');
  reportRow({
    row: 20,
    what: `provider's messages ×${COPIES}, shuffled, among forged and stale ones`,
    ran: `${ORDERS.toLocaleString('en')} orders, ${(messages.length + fakes.length).toLocaleString('en')} messages`,
    result:
      `${of('forged')} forged and ${of('stale')} stale refused, all of them; one effect each: ` +
      `${told.filter(({ late }) => !late).length} completed, ${told.filter(({ late }) => late).length} late ones given back`,
  });
}, 600_000);
