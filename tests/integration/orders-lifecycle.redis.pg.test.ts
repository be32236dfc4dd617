import { randomUUID } from 'node:crypto';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sleep } from '../helpers/wait.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { letters, newHold, openEffects, orderOf, place, tablesOf } from './support/order-world.js';

/** From hold to ticket over REST, on real Redis and Postgres. */

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});

const pay = (order: Order, reference: string = randomUUID(), changes = {}) => ({
  payment: { reference, amountMinor: order.totalMinor, currency: order.currency, ...changes },
});
const confirm = (order: Order, body: unknown, options = {}): Promise<Answer> =>
  world.call('POST', `/v1/orders/${order.id}/confirm`, { body, ...options });

describe('a shop with its own checkout', () => {
  test('O1 O3 L3 a hold becomes an order, the order tickets; Redis, Postgres and history agree at every step', async () => {
    const token = await world.guest();
    const hold = await newHold(world, event, { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 3 }] }, token);
    const buyer = { name: 'Ann', email: 'ann@shop.example' };
    const order = await place(world, hold, { buyer }, token);
    expect(order).toMatchObject({ status: 'pending', version: 1, buyer, totalMinor: 2 * 4500 + 3 * 3000, tickets: [] });
    expect(Date.parse(order.expiresAt ?? '') - Date.now()).toBeGreaterThan(800_000);
    expect(await letters(world, event)).toBe('rraaaaaaaa');
    expect(await tablesOf(world, order)).toMatchObject({ seats: 'reserved reserved', area: { claimed: 3, sold: 0 } });

    const answer = await confirm(order, pay(order));
    expect(answer.status).toBe(200);
    const paid = answer.body as Order;
    expect(paid).toMatchObject({ status: 'completed', version: 2, totalMinor: order.totalMinor });
    expect(paid.expiresAt).toBeUndefined();
    expect(paid.tickets.map(({ seat, area }) => seat ?? area)).toEqual(['r0-0', 'r0-1', 'floor', 'floor', 'floor']);
    expect(new Set(paid.tickets.map(({ code }) => code)).size).toBe(5);
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    expect(await tablesOf(world, order)).toMatchObject({
      seats: 'sold sold',
      area: { claimed: 3, sold: 3 },
      money: [{ kind: 'external_payment', amountMinor: order.totalMinor }],
      changes: ['created', 'completed'],
      settled: true,
    });
    expect(await openEffects(world)).toBe(0);
    expect(await orderOf(world, order.id, token)).toEqual(paid);
  });

  test('O1 a shop’s numbers are the shop’s: a buyer who gives one is refused, and the hold is still a hold', async () => {
    const token = await world.guest();
    const hold = await newHold(world, event, { seats: ['r0-2'] }, token);
    const body = { eventId: event.id, holdToken: hold.token, externalId: 'S-1' };
    expect(refusal(await world.call('POST', '/v1/orders', { token, body }))).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect((await letters(world, event)).charAt(2)).toBe('h');
  });

  test('O5 the same reference again is the same answer; another one for a paid order goes back', async () => {
    const order = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
    const body = pay(order, 'receipt 1');
    const first = await confirm(order, body);
    const again = await confirm(order, body);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await confirm(order, pay(order, 'receipt 2'));
    expect(refusal(other)).toEqual({ status: 409, code: 'ORDER_STATE_CONFLICT' });
    expect(other.body).toMatchObject({ error: { details: { status: 'completed', refundRequired: true } } });
    expect((await tablesOf(world, order)).money).toHaveLength(1);
  });

  test('O5 late: ORDER_EXPIRED with refundRequired, places free again at once', async () => {
    const order = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
    await world.deps.sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
    const answer = await confirm(order, pay(order));
    expect(refusal(answer)).toEqual({ status: 410, code: 'ORDER_EXPIRED' });
    expect(answer.body).toMatchObject({ error: { details: { refundRequired: true } } });
    expect(await letters(world, event)).toBe('aaaaaaaaaa');
    expect(await tablesOf(world, order)).toMatchObject({ seats: '', money: [], changes: ['created', 'expired'] });
  });

  test('O5 late with reacquire: sold after all while the places are free; refused when somebody has one', async () => {
    const hold = await newHold(world, event, { seats: ['r0-0', 'r0-1'], areas: [{ id: 'floor', quantity: 2 }] });
    const order = await place(world, hold);
    await world.deps.sql`UPDATE orders SET expires_at = now() WHERE id = ${order.id}`;
    const answer = await confirm(order, { ...pay(order), ifExpired: 'reacquire' });
    expect(answer.body).toMatchObject({ status: 'completed', totalMinor: order.totalMinor });
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
    expect(await tablesOf(world, order)).toMatchObject({
      seats: 'sold sold',
      area: { claimed: 2, sold: 2 },
      changes: ['created', 'expired', 'reopened', 'completed'],
    });

    const late = await place(world, await newHold(world, event, { seats: ['r1-0', 'r1-1'] }));
    await world.deps.sql`UPDATE orders SET expires_at = now() WHERE id = ${late.id}`;
    expect(refusal(await confirm(late, pay(late))).code).toBe('ORDER_EXPIRED');
    await newHold(world, event, { seats: ['r1-1'] });
    const refused = await confirm(late, { ...pay(late), ifExpired: 'reacquire' });
    expect(refusal(refused)).toEqual({ status: 410, code: 'ORDER_EXPIRED' });
    expect(await letters(world, event)).toBe('ssaaaahaaa');
  });

  test('I6 an Idempotency-Key gives the same order, after Redis lost everything too', async () => {
    const hold = await newHold(world, event, { seats: ['r0-0'] });
    const headers = { 'idempotency-key': randomUUID() };
    const body = { eventId: event.id, holdToken: hold.token };
    const first = await world.call('POST', '/v1/orders', { body, headers });
    expect(first.status).toBe(201);
    const second = await world.call('POST', '/v1/orders', { body, headers });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    await world.store.redis.flushall();
    await world.store.rebuilder.loadEvent(event.id, 'redis_lost');
    await world.deps.directory.refresh(event.id);
    const third = await world.call('POST', '/v1/orders', { body, headers });
    expect(third.body).toEqual(first.body);
    expect(await letters(world, event)).toBe('raaaaaaaaa');
    const order = first.body as Order;
    expect((await confirm(order, pay(order))).body).toMatchObject({ status: 'completed' });
    expect(await letters(world, event)).toBe('saaaaaaaaa');
  });

  test('a list is paged by the last change; a buyer sees their own alone', async () => {
    const ann = await world.guest();
    const mine = await place(world, await newHold(world, event, { seats: ['r0-0'] }, ann), {}, ann);
    const theirs = await place(world, await newHold(world, event, { seats: ['r0-1'] }));
    await sleep(5);
    await confirm(mine, pay(mine));
    const ids = async (query: string, token?: string) => {
      const answer = await world.call(
        'GET',
        `/v1/orders?eventId=${event.id}${query}`,
        token === undefined ? {} : { token },
      );
      const { items, nextCursor } = answer.body as { items: Order[]; nextCursor?: string };
      return { ids: items.map(({ id }) => id), nextCursor };
    };
    expect(await ids('')).toEqual({ ids: [theirs.id, mine.id] });
    expect((await ids('', ann)).ids).toEqual([mine.id]);
    const first = await ids('&limit=1');
    expect(first.ids).toEqual([theirs.id]);
    expect(await ids(`&limit=1&cursor=${first.nextCursor ?? ''}`)).toEqual({ ids: [mine.id] });
    expect((await ids('&status=completed')).ids).toEqual([mine.id]);
    expect(refusal(await world.call('GET', '/v1/orders?cursor=x'))).toMatchObject({ status: 400, paths: ['cursor'] });
  });
});

describe('POST /bookings', () => {
  const book = (body: object, headers = {}): Promise<Answer> =>
    world.call('POST', '/v1/bookings', { body: { eventId: event.id, ...body }, headers });

  test('O1 sells places that are free in one step, and a hold that is there', async () => {
    const payment = { reference: 'till 7', amountMinor: 4500, currency: 'EUR' };
    const sold = await book({ seats: ['r0-0'], payment });
    expect(sold.status).toBe(201);
    expect(sold.body).toMatchObject({ status: 'completed', totalMinor: 4500, tickets: [{ seat: 'r0-0' }] });
    const hold = await newHold(world, event, { seats: ['r0-1'] });
    expect((await book({ holdToken: hold.token })).body).toMatchObject({ status: 'completed' });
    expect(await letters(world, event)).toBe('ssaaaaaaaa');
  });

  test('H8 O6 house seats are sold from their block, areas too, never on sale in between', async () => {
    const block = { seats: ['r0-0'], areas: [{ id: 'floor', quantity: 5 }], label: 'Press' };
    await world.call('POST', `/v1/events/${event.id}/block`, { body: block });
    const sold = await book({ seats: ['r0-0'], areas: [{ id: 'floor', quantity: 2 }], fromBlock: true });
    expect(sold.body).toMatchObject({ status: 'completed' });
    expect(await letters(world, event)).toBe('saaaaaaaaa');
    const rows = await world.deps.sql<{ kind: string; quantity: number }[]>`
      SELECT kind, quantity FROM seat_blocks WHERE event_id = ${event.id} ORDER BY kind`;
    expect(rows).toEqual([
      { kind: 'area', quantity: 3 },
      { kind: 'seat', quantity: 1 },
    ]);
  });

  test.each([
    ['another amount', { payment: { reference: 'x', amountMinor: 4499, currency: 'EUR' } }, 'AMOUNT_MISMATCH'],
    ['another currency', { payment: { reference: 'x', amountMinor: 4500, currency: 'USD' } }, 'AMOUNT_MISMATCH'],
    ['an externalId that is taken', { externalId: 'taken' }, 'INVALID_REQUEST'],
  ])('O1 %s: refused, and the seat is free again', async (_what, changes, code) => {
    await world.deps.sql`UPDATE orders SET external_id = NULL WHERE external_id = 'taken'`;
    await place(world, await newHold(world, event, { seats: ['r1-4'] }), { externalId: 'taken' });
    const answer = await book({ seats: ['r0-0'], ...changes });
    expect(refusal(answer).code).toBe(code);
    expect(await letters(world, event)).toBe('aaaaaaaaar');
    const hold: Hold = await newHold(world, event, { seats: ['r0-1'] });
    expect(refusal(await book({ holdToken: hold.token, ...changes })).code).toBe(code);
    expect(await letters(world, event)).toBe('ahaaaaaaar');
  });

  test('I6 a replay is the same booking', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await book({ seats: ['r0-0'] }, headers);
    const again = await book({ seats: ['r0-0'] }, headers);
    expect(again.body).toEqual(first.body);
    expect(refusal(await book({ seats: ['r0-1'] }, headers)).code).toBe('IDEMPOTENCY_MISMATCH');
    expect(await letters(world, event)).toBe('saaaaaaaaa');
  });
});
