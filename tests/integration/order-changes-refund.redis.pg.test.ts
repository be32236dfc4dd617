import { randomUUID } from 'node:crypto';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { areaCounts, booksOf, codeOf, inventoryIsRight, loseRedis, ok, sold, step } from './support/change-world.js';
import { refusal, startHttpWorld, type HttpWorld } from './support/http-world.js';
import { letters, newHold, openEffects, place, tablesOf } from './support/order-world.js';

/** Orders that are paid, given back: whole or by the ticket, the money to the cent. */

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});

const ticketIds = (order: Order): string[] => order.tickets.map(({ id }) => id);
const mixed = { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 3 }] };
const consistent = async (): Promise<void> => {
  expect(await openEffects(world)).toBe(0);
  expect(await inventoryIsRight(world, event.id)).toBe(true);
  const { cash, orders, tickets } = await booksOf(world, event.id);
  expect({ cash, orders }).toEqual({ cash: tickets, orders: tickets });
};

describe('refund', () => {
  test('O7 all of an order: tickets cancelled, places on sale, money in the books, told', async () => {
    const order = await sold(world, event, mixed);
    const refunded = ok(await step(world, order, 'refund', { reason: 'the singer is ill' }));
    expect(refunded).toMatchObject({
      status: 'refunded',
      refundedMinor: order.totalMinor,
      totalMinor: order.totalMinor,
      refund: { amountMinor: order.totalMinor, providerMinor: 0, externalMinor: order.totalMinor },
    });
    expect(refunded.refund?.message).toContain('Aisle did not take this money');
    expect(refunded.tickets.map(({ status }) => status)).toEqual(order.tickets.map(() => 'cancelled'));
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    const tables = await tablesOf(world, order);
    expect(tables).toMatchObject({ seats: '', area: { claimed: 0, sold: 0 }, settled: true });
    expect(tables.money.map(({ kind, amountMinor }) => [kind, amountMinor])).toEqual([
      ['external_payment', order.totalMinor],
      ['external_refund', order.totalMinor],
    ]);
    expect(tables.money[1]?.reference).toContain('the singer is ill');
    expect(tables.changes).toEqual(['created', 'completed', 'refunded']);
    expect(tables.outbox.filter((type) => type === 'ticket.cancelled')).toHaveLength(5);
    expect(tables.outbox).toContain('order.refunded');
    await consistent();
    await loseRedis(world, event.id);
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
  });

  test('O7 a booking that nobody paid gives nothing back: not a cent is told to be returned', async () => {
    const booked = await world.call('POST', '/v1/bookings', { body: { eventId: event.id, seats: ['r1-2'] } });
    expect(booked.status).toBe(201);
    const refunded = ok(await step(world, booked.body as Order, 'refund', {}));
    expect(refunded).toMatchObject({
      status: 'refunded',
      refundedMinor: 0,
      refund: { amountMinor: 0, externalMinor: 0 },
    });
    expect(refunded.refund?.message).toBe('There is nothing to give back.');
  });

  test('O7 ticket by ticket; a cancelled or unknown one is refused and nothing moves', async () => {
    const order = await sold(world, event, mixed);
    const [first = '', second = '', third = ''] = ticketIds(order);
    const part = ok(await step(world, order, 'refund', { ticketIds: [first, third] }));
    expect(part).toMatchObject({ status: 'partially_refunded', refundedMinor: 4500 + 3000 });
    expect(await letters(world, event)).toBe('asaaaaaaaa');
    expect(await areaCounts(world, event.id)).toMatchObject({ redis: { sold: 2 }, postgres: { sold: 2 }, perOrder: 2 });
    const again = await step(world, order, 'refund', { ticketIds: [first, second] });
    expect(refusal(again).code).toBe('ORDER_STATE_CONFLICT');
    expect(again.body).toMatchObject({ error: { details: { cancelled: [first], scanned: [] } } });
    const foreign = await step(world, order, 'refund', { ticketIds: ['tkt_of_another_order'] });
    expect(refusal(foreign).code).toBe('TICKET_NOT_FOUND');
    await consistent();
    expect(ok(await step(world, order, 'refund', {}))).toMatchObject({ status: 'refunded', refundedMinor: 18_000 });
    expect(refusal(await step(world, order, 'refund', {})).code).toBe('ORDER_STATE_CONFLICT');
    await consistent();
  });

  test('O7 O6 to a block: never on sale, there after a load too, with label and reason', async () => {
    const order = await sold(world, event, mixed);
    ok(await step(world, order, 'refund', { seats: 'block', reason: 'for the press' }));
    expect(await letters(world, event)).toBe('bbaaaaaaaa');
    const counts = { redis: { sold: 0, blocked: 3 }, postgres: { sold: 0, blocked: 3 } };
    expect(await areaCounts(world, event.id)).toMatchObject(counts);
    await consistent();
    await loseRedis(world, event.id);
    expect(await letters(world, event)).toBe('bbaaaaaaaa');
    expect(await areaCounts(world, event.id)).toMatchObject(counts);
    const rows = await world.deps.sql`SELECT DISTINCT label, reason FROM seat_blocks WHERE event_id = ${event.id}`;
    expect([...rows]).toEqual([{ label: 'Returned', reason: 'for the press' }]);
  });

  test('I6 the same request again, and five at once: one refund', async () => {
    const order = await sold(world, event, mixed);
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => step(world, order, 'refund', { reason: 'once' }, { headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.filter(({ headers: h }) => h.get('idempotent-replayed') === 'true')).toHaveLength(4);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const other = await step(world, order, 'refund', { reason: 'twice' }, { headers });
    expect(refusal(other).code).toBe('IDEMPOTENCY_MISMATCH');
    expect((await tablesOf(world, order)).money).toHaveLength(2);
    await consistent();
  });

  test('O7 two different refunds at once: each ticket is given back once', async () => {
    for (let round = 0; round < 10; round++) {
      const order = await sold(world, event, { seats: ['r0-0', 'r0-1'] });
      const answers = await Promise.all(Array.from({ length: 4 }, () => step(world, order, 'refund', {})));
      expect(answers.map(codeOf).sort()).toEqual([
        'ORDER_STATE_CONFLICT',
        'ORDER_STATE_CONFLICT',
        'ORDER_STATE_CONFLICT',
        'ok',
      ]);
    }
    await consistent();
  });

  test('O7 raced by a scan: let in or paid back, never both', async () => {
    const seen = { admitted: 0, refunded: 0 };
    for (let round = 0; round < 20; round++) {
      const order = await sold(world, event, { seats: ['r0-0'] });
      const code = order.tickets[0]?.code ?? '';
      const [refund, scan] = await Promise.all([
        step(world, order, 'refund', {}),
        world.call('POST', '/v1/tickets/scan', { body: { code } }),
      ]);
      const admitted = scan.status === 200;
      expect([refund.status === 200, admitted].filter(Boolean)).toHaveLength(1);
      if (admitted) {
        seen.admitted++;
        expect(refund.body).toMatchObject({
          error: { code: 'ORDER_STATE_CONFLICT', details: { scanned: ticketIds(order) } },
        });
        await world.deps.sql`UPDATE tickets SET status = 'valid' WHERE order_id = ${order.id}`;
        ok(await step(world, order, 'refund', {}));
      } else {
        seen.refunded++;
      }
    }
    expect(seen.admitted + seen.refunded).toBe(20);
    await consistent();
  });

  test('O7 O4 money that the provider took goes back by it: one attempt, queued once', async () => {
    const order = await place(world, await newHold(world, event, { seats: ['r0-0', 'r0-1'] }));
    const { sql } = world.deps;
    const charge = `pay_${randomUUID()}`;
    await sql`INSERT INTO payment_attempts (id, order_id, kind, provider, amount_minor, currency, status, provider_ref)
      VALUES (${charge}, ${order.id}, 'charge', 'sandbox', 9000, 'EUR', 'succeeded', ${charge})`;
    const paid = { kind: 'provider' as const, attemptId: charge, amountMinor: 9000, currency: 'EUR' };
    const { createOrderBook } = await import('../../server/src/db/orders/order-book.js');
    const { applyEffects } = await import('../../server/src/commands/orders/effects.js');
    const book = createOrderBook(sql);
    const result = await book.complete(order.id, paid, { actor: 'test', requestId: randomUUID() });
    if (result.kind !== 'done') throw new Error(result.kind);
    await applyEffects(world.store.store, book, result.effects);
    const [first = '', second = ''] = ticketIds({ ...order, tickets: result.order.tickets as never });
    const headers = { 'idempotency-key': randomUUID() };
    for (let i = 0; i < 2; i++) {
      const part = ok(await step(world, order, 'refund', { ticketIds: [first] }, { headers }));
      expect(part.refund).toMatchObject({ amountMinor: 4500, providerMinor: 4500, externalMinor: 0 });
    }
    ok(await step(world, order, 'refund', { ticketIds: [second] }));
    const attempts = await sql<{ amount: number; status: string; refundOf: string }[]>`
      SELECT amount_minor AS amount, status, refund_of AS "refundOf" FROM payment_attempts
      WHERE order_id = ${order.id} AND kind = 'refund' ORDER BY created_at`;
    expect([...attempts]).toEqual([
      { amount: 4500, status: 'open', refundOf: charge },
      { amount: 4500, status: 'open', refundOf: charge },
    ]);
    expect((await tablesOf(world, order)).money.map(({ kind }) => kind)).toEqual(['payment']);
  });

  test('O7 R2 while Redis is being loaded nothing is given back', async () => {
    const order = await sold(world, event, { seats: ['r0-0'] });
    await world.deps.sql`UPDATE events SET epoch = epoch + 1 WHERE id = ${event.id}`;
    expect(refusal(await step(world, order, 'refund', {}))).toEqual({ status: 503, code: 'UNAVAILABLE' });
    expect(await tablesOf(world, order)).toMatchObject({ seats: 'sold', status: 'completed' });
  });

  test('O7 a sale that Redis has not heard of yet, then its refund: both in their order', async () => {
    const order = await sold(world, event, { seats: ['r0-0'] });
    const { sql } = world.deps;
    // As if the node had died between the sale's commit and its effect.
    await sql`UPDATE order_effects SET done_at = NULL WHERE order_id = ${order.id}`;
    await sql`UPDATE orders SET settled_at = NULL WHERE id = ${order.id}`;
    ok(await step(world, order, 'refund', {}));
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    await consistent();
  });
});

describe('cancel', () => {
  test('a buyer gives up an order that waits; a paid one is for staff, and a refund', async () => {
    const guest = await world.guest();
    const order = await place(world, await newHold(world, event, mixed, guest), {}, guest);
    const cancelled = ok(await step(world, order, 'cancel', {}, { token: guest }));
    expect(cancelled).toMatchObject({ status: 'cancelled', tickets: [] });
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    expect(ok(await step(world, order, 'cancel', {}, { token: guest })).status).toBe('cancelled');

    const paid = await sold(world, event, mixed, { onBehalfOf: 'ann' });
    expect(codeOf(await step(world, paid, 'cancel', {}, { token: guest }))).toBe('ORDER_NOT_FOUND');
    const ann = await world.call('POST', '/v1/sessions', { body: { subject: 'ann', role: 'customer' } });
    const { token } = ann.body as { token: string };
    const refused = await step(world, paid, 'cancel', {}, { token });
    expect(refused.body).toMatchObject({ error: { code: 'ORDER_STATE_CONFLICT', details: { status: 'completed' } } });
    expect(codeOf(await step(world, paid, 'refund', {}, { token }))).toBe('FORBIDDEN');
    const headers = { 'idempotency-key': randomUUID() };
    const first = ok(await step(world, paid, 'cancel', { reason: 'asked for' }, { headers }));
    expect(first).toMatchObject({ status: 'refunded', refund: { externalMinor: paid.totalMinor } });
    expect(ok(await step(world, paid, 'cancel', { reason: 'asked for' }, { headers }))).toEqual(first);
    await consistent();
  });
});
