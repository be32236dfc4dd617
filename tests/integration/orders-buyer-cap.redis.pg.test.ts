import type { SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { newHold } from './support/order-world.js';

/** Places a buyer may have, counted by e-mail over all its subjects, in the order's own transaction. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const CAP = 4;
const buyer = (email: string) => ({ name: 'Ann', email });
async function held(event: SeatEvent, quantity: number): Promise<(email: string) => Promise<Answer>> {
  const token = await world.guest();
  const hold = await newHold(world, event, { areas: [{ id: 'floor', quantity }] }, token);
  return (email) =>
    world.call('POST', '/v1/orders', {
      token,
      body: { eventId: event.id, holdToken: hold.token, buyer: buyer(email) },
    });
}
async function placesOf(event: SeatEvent, email: string): Promise<number> {
  const [row] = await world.deps.sql<{ places: number }[]>`
    SELECT coalesce(sum(i.quantity), 0)::integer AS places FROM orders o JOIN order_items i ON i.order_id = o.id
    WHERE o.event_id = ${event.id} AND lower(o.buyer ->> 'email') = ${email}`;
  return row?.places ?? 0;
}

test('O1 two subjects with one e-mail at the same instant: never above the cap, and one of them is served', async () => {
  for (let round = 0; round < 20; round++) {
    const event = await world.onSale({ maxSeatsPerSubject: CAP });
    const orders = await Promise.all([held(event, 3), held(event, 3)]);
    const answers = await Promise.all(
      orders.map((order, i) => order(i === 0 ? 'ann@shop.example' : 'ANN@Shop.example')),
    );
    expect(answers.map(({ status }) => status).sort(), `round ${round}`).toEqual([201, 422]);
    const refused = answers.find(({ status }) => status === 422);
    if (refused === undefined) throw new Error('nobody was refused');
    expect(refusal(refused)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(refused.body).toMatchObject({ error: { details: { limit: CAP, holding: 3, path: 'buyer.email' } } });
    expect(await placesOf(event, 'ann@shop.example')).toBe(3);
  }
}, 60_000);

test('O1 ten subjects with one e-mail, one place each: exactly the cap', async () => {
  const event = await world.onSale({ maxSeatsPerSubject: CAP });
  const orders = await Promise.all(Array.from({ length: 10 }, () => held(event, 1)));
  const answers = await Promise.all(orders.map((order) => order('bob@shop.example')));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(CAP);
  expect(await placesOf(event, 'bob@shop.example')).toBe(CAP);
  // Another event, another buyer: none the worse.
  const elsewhere = await world.onSale({ maxSeatsPerSubject: CAP });
  expect((await (await held(elsewhere, 4))('bob@shop.example')).status).toBe(201);
  expect((await (await held(event, 4))('eve@shop.example')).status).toBe(201);
}, 60_000);

test('O1 a shop that sells for its buyers is bound by their cap; the counter, which sells in its own name, is not', async () => {
  const event = await world.onSale({ maxSeatsPerSubject: CAP });
  const forBuyer = async (subject: string, quantity: number): Promise<Answer> => {
    const hold = await world.call('POST', '/v1/inventory/holds', {
      token: world.adminKey,
      body: { eventId: event.id, areas: [{ id: 'floor', quantity }], onBehalfOf: subject },
    });
    const { token } = hold.body as { token: string };
    return world.call('POST', '/v1/orders', {
      token: world.adminKey,
      body: { eventId: event.id, holdToken: token, onBehalfOf: subject, buyer: { email: 'cy@shop.example' } },
    });
  };
  expect((await forBuyer('shop-1', 3)).status).toBe(201);
  const refused = await forBuyer('shop-2', 2);
  expect(refusal(refused)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  const counter = await world.call('POST', '/v1/bookings', {
    token: world.adminKey,
    body: { eventId: event.id, areas: [{ id: 'floor', quantity: CAP + 3 }], buyer: { email: 'cy@shop.example' } },
  });
  expect(counter.status).toBe(201);
});
