import type { SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createOrderChanges } from '../../server/src/db/orders/change-book.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import type { OrderBook } from '../../server/src/domain/ports/orders.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { refundCancelled } from '../../worker/src/processors/orders-cancelled.js';
import { expireOrders } from '../../worker/src/processors/orders-end.js';
import { sold } from './support/change-world.js';
import { startHttpWorld, type HttpWorld } from './support/http-world.js';
import { newHold, orderOf, place } from './support/order-world.js';
import { silent } from './support/store-world.js';

/** The worker's rounds over very many orders, some of which always fail. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const metrics = createMetrics('test');
const FAILING = 5;
const ORDERS = 2000;

function round(book: OrderBook, stopping = () => false): Promise<void> {
  return expireOrders({
    ...{ store: world.store.store, book, events: () => [], logger: silent, metrics, stopping },
  });
}

/** Copies of an order without its places, all overdue since the same moment. */
async function overdue(event: SeatEvent): Promise<void> {
  const { sql } = world.deps;
  const order = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
  await sql`
    INSERT INTO orders (id, event_id, status, subject, actor, hold_token, currency, total_minor, chart_version,
      request_subject, request_id, fingerprint, expires_at, settled_at)
    SELECT 'ord_copy' || lpad(n::text, 6, '0'), event_id, 'pending', subject, actor, hold_token || n, currency, total_minor,
      chart_version, request_subject, 'copy ' || n, 'copy', now() - interval '1 minute', now()
    FROM orders, generate_series(1, ${ORDERS}) AS n WHERE id = ${order.id}`;
}

const pending = async (): Promise<string[]> =>
  (
    await world.deps.sql<
      { id: string }[]
    >`SELECT id FROM orders WHERE id LIKE 'ord_copy%' AND status = 'pending' ORDER BY id`
  ).map(({ id }) => id);

describe('expire-orders', () => {
  test(
    'O2 two thousand overdue at once, the first five always failing: one round ends all the others',
    { timeout: 120_000 },
    async () => {
      await overdue(await world.onSale());
      const book = createOrderBook(world.deps.sql);
      const first = (await pending()).slice(0, FAILING);
      let tries = 0;
      const failing: OrderBook = {
        ...book,
        close: (id, ...rest) => {
          tries++;
          return first.includes(id) ? Promise.reject(new Error('always')) : book.close(id, ...rest);
        },
      };
      let calls = 0;
      await round(failing, () => ++calls > 10);
      expect(tries).toBeLessThanOrEqual(10);
      await round(failing);
      expect(await pending()).toEqual(first);
      await round(book);
      expect(await pending()).toEqual([]);
    },
  );

  test('O2 a page of nothing but failures does not hide what is behind it', async () => {
    const event = await world.onSale();
    const order = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
    await world.deps.sql`UPDATE orders SET expires_at = now() - interval '1 hour' WHERE id = ${order.id}`;
    await world.deps
      .sql`UPDATE orders SET status = 'pending', expires_at = now() - interval '1 day' WHERE id LIKE 'ord_copy%'`;
    const book = createOrderBook(world.deps.sql);
    await round({
      ...book,
      close: (id, ...rest) =>
        id.startsWith('ord_copy') ? Promise.reject(new Error('always')) : book.close(id, ...rest),
    });
    expect((await orderOf(world, order.id)).status).toBe('expired');
  });
});

describe('refund-cancelled', () => {
  test('O7 an order that cannot be given back is told in the log, and keeps no other from its money', async () => {
    const event = await world.onSale();
    const orders = await Promise.all(
      [0, 1, 2].map((n) => sold(world, event, { seats: [`r0-${n}`], areas: [{ id: 'floor', quantity: 2 }] })),
    );
    await world.call('POST', `/v1/events/${event.id}/cancel`, { body: {} });
    const [odd, ...others] = orders;
    const changes = createOrderChanges(world.deps.sql);
    const warn = vi.spyOn(silent, 'warn');
    await refundCancelled({
      ...{ store: world.store.store, book: createOrderBook(world.deps.sql), logger: silent, stopping: () => false },
      changes: {
        paidOfCancelled: (limit, after) => changes.paidOfCancelled(limit, after),
        refund: (input) => (input.orderId === odd?.id ? Promise.resolve({ kind: 'mismatch' }) : changes.refund(input)),
      },
    });
    expect(warn.mock.calls.map(([what]) => what)).toEqual([
      { result: 'mismatch', orderId: odd?.id, eventId: event.id },
    ]);
    warn.mockRestore();
    for (const { id } of others) expect((await orderOf(world, id)).status).toBe('refunded');
  });
});
