import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImportAnswer } from '@aisle/client/protocol';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import { configureFailpoints, failpointHits } from '../../server/src/platform/failpoint.js';
import { createMetrics } from '../../server/src/platform/metrics.js';
import { createDriftCheck } from '../../worker/src/processors/drift.js';
import { settleAll } from '../../worker/src/processors/orders-settle.js';
import { waitFor } from '../helpers/wait.js';
import { startHttpWorld, type HttpWorld } from './support/http-world.js';
import { newHold } from './support/order-world.js';
import { silent } from './support/store-world.js';

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

test('L5 O9 places of an area held while a file with all of them is written: sold in Redis too once the hold is gone', async () => {
  const event = await world.onSale();
  const { sql } = world.deps;
  const { store, redis } = world.store;
  const free = async (): Promise<readonly number[]> => (await store.snapshot(event.id)).areaAvailable;
  const { rebuilder } = world.store;
  const check = createDriftCheck({
    ...{ sql, redis, rebuilder, logger: silent, metrics: createMetrics('test'), operator: 'test', repair: 'sold' },
    every: { busyMs: 0, quietMs: 0 },
  });
  const round = async (): Promise<void> => {
    // As if nothing had changed of late: what has is not judged.
    await sql`UPDATE orders SET updated_at = now() - interval '1 minute' WHERE event_id = ${event.id}`;
    await check();
    const book = createOrderBook(sql);
    await settleAll({ store, book, logger: silent }, await book.openEffects(100, 0));
  };
  configureFailpoints('import-before-commit=delay:1500');
  const sent = world.call('POST', `/v1/events/${event.id}/bookings/import`, {
    raw: 'externalId,area,quantity,amountMinor,currency,reference\nE1,floor,20,60000,EUR,r1\n',
    headers: { 'content-type': 'text/csv' },
  });
  await waitFor(() => failpointHits('import-before-commit') === 1, { what: 'the import' });
  const token = await world.guest();
  const hold = await newHold(world, event, { areas: [{ id: 'floor', quantity: 8 }] }, token);
  expect((await sent).body as ImportAnswer).toMatchObject({ tickets: 20 });
  configureFailpoints('');
  // The holder's places are not taken away.
  for (let i = 0; i < 3; i++) await round();
  expect(await free()).toEqual([0]);
  await world.call('DELETE', `/v1/inventory/holds/${hold.token}`, { token });
  expect(await free()).toEqual([8]);
  for (let i = 0; i < 3; i++) await round();
  expect(await free()).toEqual([0]);
  expect(await redis.hget(`area:{${event.id}}:0`, 'sold')).toBe('20');
  for (let i = 0; i < 3; i++) await round();
  const [row] = await sql<{ repairs: number }[]>`
    SELECT count(*)::integer AS repairs FROM maintenance_log WHERE event_id = ${event.id} AND kind = 'repair'`;
  expect(row).toEqual({ repairs: 1 });
}, 60_000);
