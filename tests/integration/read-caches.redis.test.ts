import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderSummary, OrderTickets, ReadCaches } from '../../server/src/domain/ports/read-caches.js';
import { createReadCaches } from '../../server/src/redis/caches.js';
import { openCommandConnection } from '../../server/src/redis/connection.js';
import { keys } from '../../server/src/redis/keys.js';
import { startRedis, type TestRedis } from '../helpers/redis.js';
import { waitFor } from '../helpers/wait.js';

let server: TestRedis;
let redis: Redis;
let caches: ReadCaches;
beforeAll(async () => {
  server = await startRedis();
  redis = openCommandConnection(server.url);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  caches = createReadCaches(redis);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const order = (version: number, status: OrderSummary['status']): OrderSummary => ({
  ...{ id: 'ord_12345678', eventId: 'e', subject: 'ann', status, version },
});
const tickets = (orderId: string, version: number, ...ids: string[]): OrderTickets => ({
  ...{ orderId, eventId: 'e', version },
  tickets: ids.map((id) => ({
    id,
    placeKind: 'seat',
    placeId: 'A-1',
    category: 'A',
    ticketType: null,
    status: 'valid',
  })),
});

describe('L6 caches are copies that never go back', () => {
  test('L6 a later version replaces, an earlier one does not', async () => {
    await caches.putOrders([order(2, 'completed')]);
    await caches.putOrders([order(1, 'pending')]);
    expect(await caches.order('ord_12345678')).toEqual(order(2, 'completed'));
    await caches.putOrders([order(3, 'refunded')]);
    expect(await caches.order('ord_12345678')).toEqual(order(3, 'refunded'));
  });

  test('L6 what was never read is unknown, not empty; a change alone does not make it known', async () => {
    await caches.updateTickets('bob', [tickets('ord_b', 1, 't1')]);
    expect(await caches.tickets('bob')).toBeNull();
    await caches.fillTickets('bob', []);
    expect(await caches.tickets('bob')).toEqual([]);
    await caches.updateTickets('bob', [tickets('ord_b', 2, 't1', 't2')]);
    await caches.updateTickets('bob', [tickets('ord_b', 1, 't1')]);
    expect(await caches.tickets('bob')).toEqual([tickets('ord_b', 2, 't1', 't2')]);
  });

  test('L6 a copy that cannot be read counts as none', async () => {
    await redis.hset(keys.transaction('ord_broken00'), 'order', '1 {"id":');
    expect(await caches.order('ord_broken00')).toBeNull();
  });

  test('L6 a session remembers where its subject held something, the latest first; forgotten it is gone', async () => {
    const crowd = Array.from({ length: 600 }, (_, i) => ({ subject: `one-of-many-${i}`, atMs: i }));
    await caches.seen('e1', [{ subject: 'cy', atMs: 1000 }, ...crowd]);
    await caches.seen('e2', [{ subject: 'cy', atMs: 2000 }]);
    expect(await caches.sessionEvents('one-of-many-599')).toEqual([{ eventId: 'e1', atMs: 599 }]);
    expect(await caches.sessionEvents('cy')).toEqual([
      { eventId: 'e2', atMs: 2000 },
      { eventId: 'e1', atMs: 1000 },
    ]);
    expect(await redis.ttl(keys.session('cy'))).toBeGreaterThan(3600);
    await caches.forget(['ord_12345678'], ['cy']);
    expect(await caches.sessionEvents('cy')).toEqual([]);
    expect(await caches.order('ord_12345678')).toBeNull();
  });
});
