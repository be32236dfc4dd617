import { randomUUID } from 'node:crypto';
import { AisleError, type SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOrderSales } from '../../server/src/commands/orders/index.js';
import { createBlockLedger } from '../../server/src/db/events/blocks.js';
import { createOrderBook } from '../../server/src/db/orders/order-book.js';
import type { OrderBook } from '../../server/src/domain/ports/orders.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { letters, newHold, place, tablesOf } from './support/order-world.js';

/** Refusals that say nothing of the places: the buyer, or the shop, asks again and has them. */

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});

const unavailable = (reason: string) => () => Promise.reject(AisleError.of('UNAVAILABLE', { details: { reason } }));

/** Another app of the same node, with another book of orders. */
function withBook(changes: Partial<OrderBook>): HttpWorld {
  const { sql, directory, tickets } = world.deps;
  const { store } = world.store;
  const orders = createOrderSales({
    ...{
      store,
      directory,
      blocks: createBlockLedger(sql),
      feed: { letters: () => Promise.reject(new Error('not asked')) },
      random: Math.random,
    },
    ...{ book: { ...createOrderBook(sql), ...changes }, codes: tickets.codes },
  });
  return world.with({ orders });
}

describe('a server that has no turn for an order', () => {
  test('O1 nothing was done: the hold is the buyer’s at once, time after time, and the same request places the order', async () => {
    const hold = await newHold(world, event, { seats: ['r0-0'] });
    const headers = { 'idempotency-key': randomUUID() };
    const body = { eventId: event.id, holdToken: hold.token };
    const busy = withBook({ place: unavailable('busy') });
    for (let round = 0; round < 2; round++) {
      expect(refusal(await busy.call('POST', '/v1/orders', { body, headers })).code).toBe('UNAVAILABLE');
      expect(await letters(world, event)).toBe('haaaaaaaaa');
    }
    expect((await world.call('POST', '/v1/orders', { body, headers })).status).toBe(201);
    expect(await letters(world, event)).toBe('raaaaaaaaa');
  });

  test('O1 an unknown outcome, and a try while an earlier one may be under way: the hold stays reserved', async () => {
    const hold = await newHold(world, event, { seats: ['r0-0'] });
    const headers = { 'idempotency-key': randomUUID() };
    const body = { eventId: event.id, holdToken: hold.token };
    for (const reason of ['postgres', 'busy']) {
      const answer = await withBook({ place: unavailable(reason) }).call('POST', '/v1/orders', { body, headers });
      expect(refusal(answer).code).toBe('UNAVAILABLE');
      expect(await letters(world, event)).toBe('raaaaaaaaa');
    }
  });
});

describe('a late payment whose places cannot be looked at', () => {
  const late = async () => {
    const order = await place(world, await newHold(world, event, { seats: ['r0-0', 'r0-1'] }));
    await world.deps.sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
    const { totalMinor: amountMinor, currency } = order;
    const body = { payment: { reference: randomUUID(), amountMinor, currency }, ifExpired: 'reacquire' };
    const confirm = (at = world): Promise<Answer> => at.call('POST', `/v1/orders/${order.id}/confirm`, { body });
    return { order, confirm };
  };

  test('O5 Redis has lost the event: UNAVAILABLE, no refund; asked again after the load they are sold', async () => {
    const { order, confirm } = await late();
    await world.store.redis.flushall();
    const answer = await confirm();
    expect(refusal(answer)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(JSON.stringify(answer.body)).not.toContain('refundRequired');
    await world.store.rebuilder.loadEvent(event.id, 'redis_lost');
    await world.deps.directory.refresh(event.id);
    expect((await confirm()).body).toMatchObject({ status: 'completed' });
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    expect((await tablesOf(world, order)).seats).toBe('sold sold');
  });

  test('O5 loaded between hold and order: UNAVAILABLE, the places are not kept, asked again they are sold', async () => {
    const { confirm } = await late();
    const answer = await confirm(withBook({ reopen: () => Promise.resolve({ kind: 'epoch' }) }));
    expect(refusal(answer)).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    expect((await confirm()).body).toMatchObject({ status: 'completed' });
  });
});
