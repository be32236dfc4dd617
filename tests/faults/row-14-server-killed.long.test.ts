import { randomBytes, randomUUID } from 'node:crypto';
import { createClient, type AisleClient } from '@aisle/client';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveSandbox, type RunningSandbox } from '../../sandbox/src/serve.js';
import type { TestNode } from '../helpers/aisle.js';
import { startBalancer, type Balancer } from '../helpers/balancer.js';
import { adminCall, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { recount, redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';
import { FAILPOINTS } from './support/failpoints.js';
import { reportRow } from './support/report.js';

/** A server killed (kill -9 of itself) at every step that has a name, with clients on it: I2, I3, and they are back on another node. */

const CLIENTS = 20;
const BACK_MS = 5000;
const SEATS = 4;
const SECRET = randomBytes(24).toString('hex');

let sandbox: RunningSandbox;
const env: Record<string, string> = { AISLE_PAYMENT_PROVIDER: 'sandbox', AISLE_SANDBOX_SECRET: SECRET };
beforeAll(async () => {
  sandbox = await serveSandbox(0, { secret: SECRET, webhookUrl: null, journal: null });
  env.AISLE_SANDBOX_URL = sandbox.url;
  await sandbox.sandbox.app.request('/v1/controls', {
    method: 'PUT',
    headers: { authorization: `Bearer ${SECRET}` },
    body: JSON.stringify({ slowMs: 1500 }),
  });
});
const system = useSystem({ nodes: 1, workers: 1, env, readyTimeoutMs: 60_000 });

let balancer: Balancer;
const clients: AisleClient[] = [];
beforeAll(async () => {
  balancer = await startBalancer(system.aisle.urls);
});
afterAll(async () => {
  for (const client of clients) client.close();
  await balancer.stop();
  await sandbox.close();
});

interface Call {
  readonly path: string;
  readonly body: object | string;
  readonly type?: string;
}
const admin = (): { urls: string[]; adminKey: string } => ({
  urls: [system.aisle.urls[0] ?? ''],
  adminKey: system.aisle.adminKey,
});

/** The status; null: the connection broke before an answer came. */
async function send(url: string, { path, body, type }: Call, key: string): Promise<number | null> {
  try {
    const response = await fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${system.aisle.adminKey}`,
        'content-type': type ?? 'application/json',
        'idempotency-key': key,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}

const on = (eventId: string, seats: readonly string[]): Promise<Hold> =>
  adminCall<Hold>(admin(), 'POST', '/inventory/holds', { eventId, seats });
const ordered = async (eventId: string, seats: readonly string[]): Promise<Order> =>
  adminCall<Order>(admin(), 'POST', '/orders', { eventId, holdToken: (await on(eventId, seats)).token });
const booked = (eventId: string): Promise<Order> =>
  adminCall<Order>(admin(), 'POST', '/bookings', { eventId, seats: ['r0-0'] });
const paymentOf = (order: Order): object => ({
  payment: { reference: `receipt ${order.id}`, amountMinor: order.totalMinor, currency: order.currency },
});

/** The call that comes by the failpoint, all before it being done through the node that lives. */
async function callFor(point: string, event: SeatEvent): Promise<Call> {
  const { id } = event;
  if (point.startsWith('load-')) return { path: `/events/${id}/publish`, body: {} };
  if (point === 'block-after-ledger') return { path: `/events/${id}/block`, body: { seats: ['r0-1'] } };
  if (point === 'book-after-hold') return { path: '/bookings', body: { eventId: id, seats: ['r0-0'] } };
  if (point.startsWith('import')) {
    return { path: `/events/${id}/bookings/import`, body: `externalId,seat\n${id},r0-1\n`, type: 'text/csv' };
  }
  if (point.startsWith('exchange')) {
    const order = await booked(id);
    return {
      path: `/orders/${order.id}/exchange`,
      body: { ticketIds: order.tickets.map((one) => one.id), seats: ['r0-2'] },
    };
  }
  if (point === 'refund-before-commit' || point === 'refund-after-commit') {
    return { path: `/orders/${(await booked(id)).id}/refund`, body: {} };
  }
  if (point.startsWith('pay-') || point.startsWith('refund-after-')) {
    const order = await ordered(id, ['r0-0']);
    if (point.startsWith('refund'))
      await system.sql`UPDATE orders SET expires_at = now() + interval '700 ms' WHERE id = ${order.id}`;
    return {
      path: `/orders/${order.id}/pay`,
      body: { paymentToken: point.startsWith('refund') ? 'tok_slow' : 'tok_ok' },
    };
  }
  if (point.startsWith('reserve') || point.startsWith('unreserve')) {
    const { token } = await on(id, ['r0-0', 'r0-1']);
    return {
      path: '/orders',
      body: { eventId: id, holdToken: token, ...(point.startsWith('un') && { totalMinor: 1 }) },
    };
  }
  const order = await ordered(id, ['r0-0', 'r0-1']);
  return { path: `/orders/${order.id}/confirm`, body: paymentOf(order) };
}

/** Nothing open, nothing stuck, every seat as Postgres implies it, the counts a recount, the provider's books right. */
async function settled(eventId: string): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await system.sql<{ orders: number; effects: number; payments: number }[]>`
        SELECT (SELECT count(*)::integer FROM orders WHERE event_id = ${eventId} AND (status = 'pending' OR settled_at IS NULL)) AS orders,
          (SELECT count(*)::integer FROM order_effects WHERE event_id = ${eventId} AND done_at IS NULL) AS effects,
          (SELECT count(*)::integer FROM payment_attempts a JOIN orders o ON o.id = a.order_id
            WHERE o.event_id = ${eventId} AND a.status = 'open') AS payments`;
      const letters = await redisLetters(system.redis, eventId);
      const live = await system.sql<{ no: number }[]>`
        SELECT place_no AS no FROM tickets WHERE event_id = ${eventId} AND status = 'valid'`;
      const blocks = await system.sql<
        { no: number }[]
      >`SELECT place_no AS no FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'seat'`;
      expect(new Set(live.map(({ no }) => no)).size, 'I1').toBe(live.length);
      const implied = Array.from({ length: SEATS }, () => 'a');
      for (const { no } of blocks) implied[no] = 'b';
      for (const { no } of live) implied[no] = 's';
      const state = { ...row, letters, implied: implied.join('') };
      if (row?.orders !== 0 || row.effects !== 0 || row.payments !== 0 || letters !== state.implied)
        throw new Error(JSON.stringify(state));
      return true;
    },
    { what: 'a settled event', timeoutMs: 45_000, intervalMs: 150 },
  );
  const { stored, counted } = await recount(system.redis, eventId, 'A');
  expect(stored, 'I4').toEqual(counted);
  const orders = await system.sql<{ id: string; live: number }[]>`
    SELECT o.id, (SELECT coalesce(sum(paid_minor), 0)::integer FROM tickets t WHERE t.order_id = o.id AND t.status = 'valid') AS live
    FROM orders o WHERE event_id = ${eventId} AND payment_kind = 'provider'`;
  for (const { id, live } of orders) {
    const charges = sandbox.sandbox.ledger.charges().filter(({ metadata }) => metadata.orderId === id);
    const kept = charges.reduce((sum, one) => sum + one.capturedMinor - one.refundedMinor, 0);
    expect({ id, kept }, 'I2').toEqual({ id, kept: live });
  }
}

/** Clients on both nodes by turns; how long those of the dead one are away, ms. */
async function board(node: TestNode, hall: string): Promise<{ back: () => Promise<number> }> {
  balancer.use([system.aisle.urls[0] ?? '', node.url]);
  for (const client of clients.splice(0)) client.close();
  for (let n = 0; n < CLIENTS; n++) {
    const client = createClient({ url: balancer.url, getToken: () => buyerToken(`c${n}`, system.aisle.authSecret) });
    clients.push(client);
    client.watch(hall);
  }
  const allReady = (): boolean => clients.every(({ connection }) => connection.state === 'ready');
  await waitFor(allReady, { what: 'clients', timeoutMs: 20_000 });
  let cut = 0;
  for (const client of clients) client.on('connection', ({ state }) => void (state === 'waiting' && cut++));
  return {
    back: async () => {
      const since = performance.now();
      await waitFor(() => cut > 0, { what: 'cut clients', timeoutMs: 10_000 });
      await waitFor(allReady, { what: 'clients that are back', timeoutMs: 20_000 });
      return Math.round(performance.now() - since);
    },
  };
}

const POINTS = Object.entries(FAILPOINTS).flatMap(([name, { taker }]) => (taker === 'server' ? [name] : []));
const fired: string[] = [];
const away: number[] = [];
const left: { point: string; eventId: string }[] = [];
let hall = '';

test.each(POINTS)('I2 I3 killed at %s, with clients on it', { timeout: 120_000 }, async (point) => {
  if (hall === '') hall = (await sellEvent(admin(), plainChart(2, 20))).id;
  const node = await system.aisle.addNode({ AISLE_FAILPOINTS: `${point}=exit` });
  const fields = { holdSeconds: 8, maxHoldSeconds: 8, reserveSeconds: 8 };
  const event = point.startsWith('load-')
    ? await adminCall<SeatEvent>(admin(), 'POST', '/events', {
        ...{ name: point, startsAt: '2030-01-01T20:00:00Z', currency: 'EUR', prices: { A: 1000 } },
        ...{ chart: plainChart(1, SEATS), ...fields },
      })
    : await sellEvent(admin(), plainChart(1, SEATS), fields);
  const { back } = await board(node, hall);
  const call = await callFor(point, event);
  const key = randomUUID();
  const returning = back();
  expect(await send(node.url, call, key)).toBeNull();
  expect(await node.ended).toBe('SIGKILL');
  expect(node.logs()).toContain(`failpoint ${point}: exit`);
  fired.push(point);
  away.push(await returning);
  // The same call again, to the one that lives: done once, or refused for good; never a server error.
  const again = await send(system.aisle.urls[0] ?? '', call, key);
  expect(again === null || again >= 500 ? again : 'answered').toBe('answered');
  if (point.startsWith('load-')) expect(again).toBe(200);
  left.push({ point, eventId: event.id });
});

test('I1 I2 I3 I4 whatever they left is settled, and nothing is open', { timeout: 240_000 }, async () => {
  for (const { eventId } of left) await settled(eventId);
  expect(fired.toSorted()).toEqual(POINTS.toSorted());
  const worst = Math.max(...away);
  expect(worst).toBeLessThan(BACK_MS);
  reportRow({
    row: 14,
    what: `server killed at each of its ${POINTS.length} failpoints, ${CLIENTS} clients on it and another node`,
    ran: `${fired.length} of ${POINTS.length} failpoints fired: ${fired.join(' ')}`,
    result: `all orders settled, money right; clients back within ${worst} ms (median ${away.toSorted((a, b) => a - b)[away.length >> 1] ?? 0} ms)`,
  });
});
