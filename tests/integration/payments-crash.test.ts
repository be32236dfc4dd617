import { randomBytes, randomUUID } from 'node:crypto';
import type { Hold, Order } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import { openDatabase, type Sql } from '../../server/src/db/client.js';
import type { PaymentFailpoint } from '../../server/src/platform/payment-failpoints.js';
import { startAisle, type TestAisle } from '../helpers/aisle.js';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { waitFor } from '../helpers/wait.js';

/** Server and worker killed at every step of a payment: settled by whoever is left, to the cent. */

const SECRET = randomBytes(24).toString('hex');
const DUE = 1000;
const SLOW_MS = 1500;
let sandbox: RunningSandbox;
let aisle: TestAisle;
let sql: Sql;
beforeAll(async () => {
  // No messages: what is found out here, the worker found out by asking.
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  await sandbox.sandbox.app.request('/v1/controls', {
    method: 'PUT',
    headers: { authorization: `Bearer ${SECRET}` },
    body: JSON.stringify({ slowMs: SLOW_MS }),
  });
  const env = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_URL: sandbox.url, AISLE_SANDBOX_SECRET: SECRET };
  aisle = await startAisle({ nodes: 1, workers: 0, env });
  sql = openDatabase(aisle.databaseUrl, { max: 2 });
}, 60_000);
afterAll(async () => {
  await sql.end();
  await aisle.stop();
  await sandbox.close();
});

async function newOrder(): Promise<Order> {
  const event = await sellEvent(aisle, plainChart(1, 2));
  const hold = await adminCall<Hold>(aisle, 'POST', '/inventory/holds', { eventId: event.id, seats: ['r0-0'] });
  return adminCall<Order>(aisle, 'POST', '/orders', { eventId: event.id, holdToken: hold.token });
}

/** The status; null: the connection broke before an answer came. */
async function pay(url: string, order: Order, paymentToken: string, key: string): Promise<number | null> {
  try {
    const headers = {
      authorization: `Bearer ${aisle.adminKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    const body = JSON.stringify({ paymentToken });
    const response = await fetch(`${url}/v1/orders/${order.id}/pay`, { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

async function stateOf(orderId: string) {
  const [row] = await sql<{ status: string; tickets: number; open: number; books: string | null }[]>`
    SELECT o.status, (SELECT count(*)::integer FROM tickets t WHERE t.order_id = o.id) AS tickets,
      (SELECT count(*)::integer FROM payment_attempts a WHERE a.order_id = o.id AND a.status = 'open') AS open,
      (SELECT string_agg(t.kind || ' ' || t.amount_minor, ', ' ORDER BY t.id) FROM transactions t WHERE t.order_id = o.id) AS books
    FROM orders o WHERE o.id = ${orderId}`;
  const charges = sandbox.sandbox.ledger.charges().filter(({ metadata }) => metadata.orderId === orderId);
  const sum = (of: 'capturedMinor' | 'refundedMinor'): number => charges.reduce((total, one) => total + one[of], 0);
  return { ...row, captured: sum('capturedMinor'), refunded: sum('refundedMinor') };
}
const PAID = { status: 'completed', tickets: 1, open: 0, books: `payment ${DUE}`, captured: DUE, refunded: 0 };
const BACK = {
  ...{ status: 'expired', tickets: 0, open: 0, books: `payment ${DUE}, refund ${DUE}`, captured: DUE, refunded: DUE },
};
const NOTHING = { status: 'pending', tickets: 0, open: 0, books: null, captured: 0, refunded: 0 };

/** The order's time ends while the provider is at work. */
const expire = (order: Order) => sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
const settled = async (order: Order, wanted: object): Promise<void> => {
  await waitFor(async () => (await stateOf(order.id)).open === 0, {
    what: order.id,
    timeoutMs: 30_000,
    intervalMs: 250,
  });
  expect(await stateOf(order.id)).toEqual(wanted);
};
const due = () => sql`UPDATE payment_attempts SET next_check_at = now() WHERE status = 'open'`;

describe('the worker killed', () => {
  const points: readonly [PaymentFailpoint, 'paid' | 'back'][] = [
    ['pay-after-provider', 'paid'],
    ['pay-before-complete', 'paid'],
    ['pay-after-complete', 'paid'],
    ['refund-after-attempt', 'back'],
    ['refund-after-provider', 'back'],
  ];
  test(
    'O4 I2 at each step, one after the other; the last worker settles what all of them left',
    { timeout: 180_000 },
    async () => {
      const orders: [Order, object][] = [];
      for (const [point, end] of points) {
        const order = await newOrder();
        orders.push([order, end === 'paid' ? PAID : BACK]);
        expect(await pay(aisle.urls[0] ?? '', order, 'tok_silent_after_charge', randomUUID())).toBe(503);
        if (end === 'back') await expire(order);
        await due();
        const doomed = aisle.addWorker({ AISLE_FAILPOINTS: `${point}=exit` });
        // Others' attempts that this one takes up first lead it to the same step or past it.
        await waitFor(
          async () => {
            await due();
            return !doomed.running;
          },
          { what: point, timeoutMs: 30_000, intervalMs: 500 },
        );
        expect(doomed.logs()).toContain(`failpoint ${point}: exit`);
      }
      aisle.addWorker();
      await due();
      for (const [order, end] of orders) await settled(order, end);
    },
  );
});

describe('the server killed', () => {
  const points: readonly [PaymentFailpoint, object][] = [
    ['pay-after-attempt', NOTHING],
    ['pay-after-provider', PAID],
    ['pay-before-complete', PAID],
    ['pay-after-complete', PAID],
    ['refund-after-attempt', BACK],
  ];
  test(
    'O4 I2 at each step: settled by the worker within 30 s, with the same answer for whoever asks again',
    { timeout: 180_000 },
    async () => {
      const left: [Order, object, string][] = [];
      for (const [point, end] of points) {
        const node = await aisle.addNode({ AISLE_FAILPOINTS: `${point}=exit` });
        const order = await newOrder();
        const key = randomUUID();
        left.push([order, end, key]);
        const paying = pay(node.url, order, end === BACK ? 'tok_slow' : 'tok_ok', key);
        if (end === BACK) {
          await waitFor(() =>
            sandbox.sandbox.ledger
              .charges()
              .some(({ metadata, status }) => metadata.orderId === order.id && status === 'processing'),
          );
          await expire(order);
        }
        expect(await paying).toBeNull();
        expect(await node.ended).toBe('SIGKILL');
        expect(node.logs()).toContain(`failpoint ${point}: exit`);
      }
      for (const [order, end, key] of left) {
        await settled(order, end);
        const again = await pay(aisle.urls[0] ?? '', order, end === BACK ? 'tok_slow' : 'tok_ok', key);
        expect(again).toBe(end === PAID ? 200 : end === BACK ? 410 : 402);
        expect(await stateOf(order.id)).toEqual(end);
      }
    },
  );
});
