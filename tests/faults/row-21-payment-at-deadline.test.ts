import { AisleError } from '@aisle/client/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { plainChart } from '../helpers/buyers.js';
import { sleep } from '../helpers/wait.js';
import { newHold, place } from '../integration/support/order-world.js';
import { startPaymentWorld, type PaymentWorld } from '../integration/support/payment-world.js';
import { reportRow } from './support/report.js';
import { times } from './support/scale.js';

/**
 * Row 21. Payments within 50 ms of their order's deadline, while the deadline itself is being enforced: each is confirmed or
 * given back, never both, never neither. A quarter of them are charged without an answer.
 */
const PAYMENTS = times(30, 1000);
const AT_ONCE = 5;
const WINDOW_MS = 50;
const DUE = 4500;
const BY = { actor: 'system', requestId: 'worker' };

let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld();
}, 60_000);
afterAll(() => world.stop());

interface Paid {
  readonly orderId: string;
  readonly status: number;
}

/** One order, paid so that the provider's answer meets the deadline; `typicalMs` is how long paying takes just now. */
async function payAtDeadline(eventId: string, seat: string, index: number, typicalMs: number): Promise<Paid> {
  const { http } = world;
  const onBehalfOf = `buyer-${index}`;
  const hold = await newHold(http, { id: eventId }, { seats: [seat], onBehalfOf });
  const order = await place(http, hold, { onBehalfOf });
  const leadMs = 30 + typicalMs;
  await http.store.sql`
    UPDATE orders SET expires_at = clock_timestamp() + ${leadMs} * interval '1 millisecond' WHERE id = ${order.id}`;
  await sleep(leadMs - typicalMs + (Math.random() * 2 - 1) * WINDOW_MS);
  const { status } = await world.pay(order, index % 4 === 3 ? 'tok_silent_after_charge' : 'tok_ok');
  return { orderId: order.id, status };
}

/** How long a payment takes on this machine, ms. */
async function timeToPay(eventId: string, seat: string): Promise<number> {
  const onBehalfOf = 'buyer-first';
  const hold = await newHold(world.http, { id: eventId }, { seats: [seat], onBehalfOf });
  const order = await place(world.http, hold, { onBehalfOf });
  const began = performance.now();
  await world.pay(order, 'tok_ok');
  return performance.now() - began;
}

/** What the worker does meanwhile: orders whose time is over end, payments are settled. */
function enforce(): { stop(): Promise<void> } {
  const book = createOrderBook(world.http.store.sql);
  const round = async (): Promise<void> => {
    for (const { id } of await book.overdue(200)) await book.close(id, 'expired', BY, 'expired');
    await world.work();
  };
  let stopping = false;
  const rounds = (async () => {
    while (!stopping) {
      await round().catch((error: unknown) => {
        // As the worker's queue does: what could not be done now is done in the next round.
        if (!(error instanceof AisleError) || !error.retryable) throw error;
      });
      await sleep(10);
    }
  })();
  return {
    stop: async () => {
      stopping = true;
      await rounds;
    },
  };
}

test(`I2 O4 ${PAYMENTS} payments at the deadline ± ${WINDOW_MS} ms: each confirmed or given back, never both, never neither`, async () => {
  const chart = plainChart(Math.floor(PAYMENTS / 10) + 1, 10);
  const { id: eventId } = await world.http.onSale({ chart, prices: { A: DUE }, maxSeatsPerSubject: 10 });
  const worker = enforce();
  const paid: Paid[] = [];
  let typicalMs = await timeToPay(eventId, `r${Math.floor(PAYMENTS / 10)}-0`);
  for (let start = 0; start < PAYMENTS; start += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, PAYMENTS - start) }, async (_, i) => {
      const index = start + i;
      return payAtDeadline(eventId, `r${Math.floor(index / 10)}-${index % 10}`, index, typicalMs);
    });
    paid.push(...(await Promise.all(group)));
    typicalMs = typicalOf(typicalMs, paid.slice(-AT_ONCE));
  }
  await worker.stop();
  await world.untilSettled();

  const ends = await Promise.all(paid.map(async ({ orderId }) => endOf(orderId)));
  const count = (end: string): number => ends.filter((one) => one === end).length;
  const seen = { confirmed: count('confirmed'), refunded: count('refunded'), 'not charged': count('not charged') };
  expect(ends.filter((end) => !Object.keys(seen).includes(end))).toEqual([]);
  reportRow({
    row: 21,
    what: `payments answered within ${WINDOW_MS} ms of the deadline`,
    ran: `${PAYMENTS.toLocaleString('en')} orders`,
    result: `${seen.confirmed} confirmed, ${seen.refunded} given back, ${seen['not charged']} never charged; 0 both, 0 neither`,
  });
  expect(seen.confirmed).toBeGreaterThan(0);
  expect(seen.refunded + seen['not charged']).toBeGreaterThan(0);
}, 600_000);

/** Steered so that about half of them are in time: whatever the machine, both sides of the deadline are met. */
function typicalOf(typicalMs: number, last: readonly Paid[]): number {
  const inTime = last.filter(({ status }) => status === 200).length / last.length;
  return Math.min(2000, Math.max(5, typicalMs + (0.5 - inTime) * Math.max(40, typicalMs / 2)));
}

async function endOf(orderId: string): Promise<string> {
  const { status, tickets } = await world.statusOf(orderId);
  const { captured, refunded, refunds } = world.moved(orderId);
  const books = (await world.books(orderId)).map(({ kind, amountMinor }) => `${kind} ${amountMinor}`).join(', ');
  if (status === 'completed' && tickets === 1 && captured === DUE && refunded === 0) {
    return books === `payment ${DUE}` ? 'confirmed' : `confirmed, but books ${books}`;
  }
  if (status === 'expired' && tickets === 0 && captured === 0 && books === '') return 'not charged';
  if (status === 'expired' && tickets === 0 && captured === DUE && refunded === DUE && refunds === 1) {
    return books === `payment ${DUE}, refund ${DUE}` ? 'refunded' : `refunded, but books ${books}`;
  }
  return `${status}, ${tickets} tickets, captured ${captured}, refunded ${refunded}, ${books}`;
}
