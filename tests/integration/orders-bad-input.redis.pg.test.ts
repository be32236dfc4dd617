import { randomUUID } from 'node:crypto';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sleep } from '../helpers/wait.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { everything, letters, newHold, orderOf, place } from './support/order-world.js';

/** What a hostile or mistaken caller sends: a clear error, and nothing has moved. */

let world: HttpWorld;
let event: SeatEvent;
let guest: string;
let hold: Hold;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
  guest = await world.guest();
  hold = await newHold(world, event, { seats: ['r0-0'], areas: [{ id: 'floor', quantity: 2 }] }, guest);
});

const order = (body: object, token = guest, headers = {}): Promise<Answer> =>
  world.call('POST', '/v1/orders', { token, headers, body: { eventId: event.id, holdToken: hold.token, ...body } });
const payment = (of: Order, changes = {}) => ({
  payment: { reference: randomUUID(), amountMinor: of.totalMinor, currency: of.currency, ...changes },
});
const confirm = (id: string, body: object, options = {}): Promise<Answer> =>
  world.call('POST', `/v1/orders/${id}/confirm`, { body, ...options });

/** Runs `call`, expects that refusal, and that nothing has moved. */
async function refused(call: () => Promise<Answer>, status: number, code: string): Promise<Answer> {
  const before = await everything(world, event);
  const answer = await call();
  expect(refusal(answer)).toMatchObject({ status, code });
  expect(await everything(world, event)).toEqual(before);
  return answer;
}

describe('placing an order', () => {
  test('O1 an amount edited by the client is PRICE_CHANGED; the hold stays the buyer’s', async () => {
    const answer = await refused(() => order({ totalMinor: 1 }), 409, 'PRICE_CHANGED');
    expect(answer.body).toMatchObject({ error: { details: { totalMinor: 10_500, currency: 'EUR' } } });
    expect((await order({ totalMinor: 10_500 })).status).toBe(201);
  });

  test('O1 a price that changed during the checkout: PRICE_CHANGED, and what was placed before keeps its price', async () => {
    const before = await place(world, await newHold(world, event, { seats: ['r1-0'] }));
    const prices = {
      A: 5000,
      GA: { ticketTypes: [{ key: 'full', label: 'Full', minor: 3000, feeMinor: 100, taxMinor: 20 }] },
    };
    const body = { version: event.version, prices };
    expect((await world.call('PATCH', `/v1/events/${event.id}`, { body })).status).toBe(200);
    const answer = await refused(() => order({ totalMinor: 10_500 }), 409, 'PRICE_CHANGED');
    const totalMinor = 5000 + 2 * 3120;
    expect(answer.body).toMatchObject({ error: { details: { totalMinor } } });
    const placed = (await order({ totalMinor })).body as Order;
    expect(placed.items).toMatchObject([{ unitMinor: 5000 }, { unitMinor: 3000, feeMinor: 100, taxMinor: 20 }]);
    expect((await confirm(before.id, payment(before))).body).toMatchObject({ status: 'completed', totalMinor: 4500 });
  });

  test('O1 a ticket type that is no longer sold: PRICE_CHANGED that names it, not another type’s price', async () => {
    const places = { eventId: event.id, seats: [], areas: [{ id: 'floor', quantity: 1, ticketType: 'full' }] };
    const made = await world.call('POST', '/v1/inventory/holds', { body: places, token: guest });
    const holdToken = (made.body as Hold).token;
    const prices = { A: 4500, GA: { ticketTypes: [{ key: 'child', label: 'Child', minor: 1 }] } };
    const body = { version: event.version, prices };
    expect((await world.call('PATCH', `/v1/events/${event.id}`, { body })).status).toBe(200);
    const details = { category: 'GA', ticketType: 'full' };
    const answer = await refused(() => order({ holdToken }), 409, 'PRICE_CHANGED');
    expect(answer.body).toMatchObject({ error: { details } });
    const booked = await refused(
      () =>
        world.call('POST', '/v1/bookings', {
          body: { eventId: event.id, holdToken, payment: { reference: 'till', amountMinor: 1, currency: 'EUR' } },
        }),
      409,
      'PRICE_CHANGED',
    );
    expect(booked.body).toMatchObject({ error: { details } });
  });

  test('H6 a hold of somebody else, of nobody, and one that was given back', async () => {
    const other = await world.guest();
    await refused(() => order({}, other), 404, 'HOLD_NOT_FOUND');
    await refused(() => order({ holdToken: `${event.id}.AAAAAAAAAAAAAAAAAAAAAA` }), 404, 'HOLD_NOT_FOUND');
    await world.call('DELETE', `/v1/inventory/holds/${hold.token}`, { token: guest });
    const gone = await order({});
    expect(['HOLD_NOT_FOUND', 'HOLD_EXPIRED']).toContain(refusal(gone).code);
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
  });

  test('H1 a hold past its deadline is HOLD_EXPIRED', async () => {
    event = await world.onSale({ holdSeconds: 5, maxHoldSeconds: 5 });
    hold = await newHold(world, event, { seats: ['r0-0'] }, guest);
    await sleep(5100);
    expect(refusal(await order({}))).toMatchObject({ status: 410, code: 'HOLD_EXPIRED' });
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
  });

  test('I6 S7 an Idempotency-Key with other content, over any call of orders', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const placed = (await order({}, guest, headers)).body as Order;
    await refused(() => order({ totalMinor: 10_500 }, guest, headers), 409, 'IDEMPOTENCY_MISMATCH');
    const second = await newHold(world, event, { seats: ['r1-1'] }, guest);
    await refused(() => order({ holdToken: second.token }, guest, headers), 409, 'IDEMPOTENCY_MISMATCH');
    const another = await place(world, await newHold(world, event, { seats: ['r1-2'] }));
    const paying = { 'idempotency-key': randomUUID() };
    const body = payment(placed);
    expect((await confirm(placed.id, body, { headers: paying })).status).toBe(200);
    await refused(() => confirm(another.id, payment(another), { headers: paying }), 409, 'IDEMPOTENCY_MISMATCH');
    expect((await confirm(placed.id, body, { headers: paying })).status).toBe(200);
  });

  test('an externalId that another order has, of another event too', async () => {
    const externalId = `shop-${randomUUID()}`;
    expect((await order({ externalId }, world.adminKey)).status).toBe(201);
    hold = await newHold(world, event, { seats: ['r0-1'] }, guest);
    const answer = await refused(() => order({ externalId }, world.adminKey), 400, 'INVALID_REQUEST');
    expect(refusal(answer).paths).toEqual(['externalId']);
    expect((await order({ externalId: `${externalId}-b` }, world.adminKey)).status).toBe(201);
  });

  test('a buyer without a whole name and e-mail, unknown fields, amounts that are none', async () => {
    const partly = await refused(() => order({ buyer: { name: 'Ann' } }), 400, 'INVALID_REQUEST');
    expect(refusal(partly).paths).toEqual(['buyer.email']);
    await refused(() => order({ items: [] }), 400, 'INVALID_REQUEST');
    await refused(() => order({ totalMinor: -1 }), 400, 'INVALID_REQUEST');
    await refused(() => order({ totalMinor: 10_500.5 }), 400, 'INVALID_REQUEST');
  });

  test('places of open and paid orders count against the cap of a subject and of an e-mail, whatever the name', async () => {
    event = await world.onSale({ maxSeatsPerSubject: 3 });
    const buyer = { name: 'Ann', email: 'Ann@shop.example' };
    const first = await newHold(world, event, { seats: ['r0-0', 'r0-1'] }, guest);
    const paid = await place(world, first, { buyer }, guest);
    await confirm(paid.id, payment(paid));
    hold = await newHold(world, event, { seats: ['r0-2', 'r0-3'] }, guest);
    const own = await refused(() => order({}), 422, 'LIMIT_EXCEEDED');
    expect(own.body).toMatchObject({ error: { details: { limit: 3, holding: 2, path: 'subject' } } });
    const other = await world.guest();
    hold = await newHold(world, event, { seats: ['r1-0', 'r1-1'] }, other);
    const again = { ...buyer, email: 'ann@SHOP.example' };
    const theirs = await refused(() => order({ buyer: again }, other), 422, 'LIMIT_EXCEEDED');
    expect(theirs.body).toMatchObject({ error: { details: { limit: 3, holding: 2, path: 'buyer.email' } } });
    expect((await order({ buyer: { ...buyer, email: 'bob@shop.example' } }, other)).status).toBe(201);
  });

  test('V1 a closed event takes no order, a paused one does', async () => {
    await world.call('POST', `/v1/events/${event.id}/pause`, { body: {} });
    expect((await order({})).status).toBe(201);
    hold = await newHold(world, await world.onSale(), { seats: ['r0-0'] }, guest);
    await world.call('POST', `/v1/events/${hold.eventId}/close`, { body: {} });
    event = { ...event, id: hold.eventId };
    await refused(() => order({}), 409, 'EVENT_NOT_ON_SALE');
  });
});

describe('confirming an order', () => {
  let placed: Order;
  beforeEach(async () => {
    placed = (await order({})).body as Order;
  });

  test('O5 another amount, another currency: AMOUNT_MISMATCH with what it must be', async () => {
    for (const changes of [{ amountMinor: 10_499 }, { amountMinor: 10_501 }, { currency: 'USD' }]) {
      const answer = await refused(() => confirm(placed.id, payment(placed, changes)), 422, 'AMOUNT_MISMATCH');
      expect(answer.body).toMatchObject({ error: { details: { amountMinor: 10_500, currency: 'EUR' } } });
    }
  });

  test('A8 H6 is for the shop: a buyer may not call their own order paid, nor see another’s', async () => {
    await refused(() => confirm(placed.id, payment(placed), { token: guest }), 403, 'FORBIDDEN');
    const other = await world.guest();
    await refused(() => world.call('GET', `/v1/orders/${placed.id}`, { token: other }), 404, 'ORDER_NOT_FOUND');
    await refused(() => world.call('GET', `/v1/orders/${placed.id}`, { token: null }), 401, 'UNAUTHENTICATED');
    const list = await world.call('GET', '/v1/orders', { token: other });
    expect(list.body).toEqual({ items: [] });
    expect((await orderOf(world, placed.id, guest)).id).toBe(placed.id);
  });

  test('an order that there is not, and ids that are none', async () => {
    await refused(() => confirm('ord_AAAAAAAAAAAAAAAAAAAAAA', payment(placed)), 404, 'ORDER_NOT_FOUND');
    await refused(() => confirm("ord_'; DROP TABLE orders", payment(placed)), 400, 'INVALID_REQUEST');
    await refused(() => world.call('GET', '/v1/orders/x'), 400, 'INVALID_REQUEST');
  });

  test('O5 I2 money for an order that was cancelled must go back: refundRequired', async () => {
    const { sql } = world.deps;
    await sql`UPDATE orders SET status = 'cancelled' WHERE id = ${placed.id}`;
    const answer = await refused(() => confirm(placed.id, payment(placed)), 409, 'ORDER_STATE_CONFLICT');
    expect(answer.body).toMatchObject({ error: { details: { status: 'cancelled', refundRequired: true } } });
  });
});
