import { randomUUID } from 'node:crypto';
import type { Hold, Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainChart } from '../helpers/buyers.js';
import { sleep } from '../helpers/wait.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { letters, newHold, openEffects, place, tablesOf } from './support/order-world.js';

/** The same thing asked for at the same moment, and many different things. */

let world: HttpWorld;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());

const order = (hold: Hold, body: object = {}, options = {}): Promise<Answer> =>
  world.call('POST', '/v1/orders', { body: { eventId: hold.eventId, holdToken: hold.token, ...body }, ...options });
const confirm = ({ id, totalMinor: amountMinor, currency }: Order, reference: string, headers = {}): Promise<Answer> =>
  world.call('POST', `/v1/orders/${id}/confirm`, { body: { payment: { reference, amountMinor, currency } }, headers });
const times = <T>(count: number, what: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => what(index)));
/** As clients do: UNAVAILABLE is asked again, with the same request id. */
async function persist(call: (headers: Record<string, string>) => Promise<Answer>): Promise<Answer> {
  const headers = { 'idempotency-key': randomUUID() };
  for (let left = 10; ; left--) {
    const answer = await call(headers);
    if (answer.status !== 503 || left === 0) return answer;
    await sleep(200);
  }
}
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort((a, b) => a - b);

describe('at the same moment', () => {
  test('I6 one request sent ten times is one order', async () => {
    const event = await world.onSale();
    const hold = await newHold(world, event, { seats: ['r0-0'] });
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await times(10, () => order(hold, {}, { headers }));
    expect(statuses(answers)).toEqual(Array.from({ length: 10 }, () => 201));
    expect(new Set(answers.map(({ body }) => (body as Order).id)).size).toBe(1);
    expect(await letters(world, event)).toBe('raaaaaaaaa');
  });

  test('O1 two orders of one hold: one is placed, the other hears which', async () => {
    const event = await world.onSale();
    const hold = await newHold(world, event, { seats: ['r0-0'] });
    const answers = await times(4, () => order(hold));
    const placed = answers.filter(({ status }) => status === 201).map(({ body }) => body as Order);
    expect(placed).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.body).toMatchObject({ error: { code: 'HOLD_RESERVED', details: { orderId: placed[0]?.id } } });
    }
  });

  test('O5 O3 I2 a payment told twice at once is one payment; two different ones are one sale and one to give back', async () => {
    const event = await world.onSale();
    const same = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
    expect(statuses(await times(6, () => confirm(same, 'one')))).toEqual([200, 200, 200, 200, 200, 200]);
    expect((await tablesOf(world, same)).money).toHaveLength(1);
    const two = await place(world, await newHold(world, event, { seats: ['r0-1'] }));
    const answers = await times(2, (index) => confirm(two, `tab ${index}`));
    expect(statuses(answers)).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      error: { details: { refundRequired: true } },
    });
    expect(await tablesOf(world, two)).toMatchObject({ money: [{ kind: 'external_payment' }], seats: 'sold' });
  });

  test('an externalId goes to one of those who ask for it, the others keep their holds', async () => {
    const event = await world.onSale();
    const holds = await times(5, (index) => newHold(world, event, { seats: [`r0-${index}`] }));
    const externalId = randomUUID();
    const answers = await times(5, (index) => order(holds[index] as Hold, { externalId }));
    expect(statuses(answers)).toEqual([201, 400, 400, 400, 400]);
    expect([...(await letters(world, event))].sort().join('')).toBe('aaaaahhhhr');
  });

  test('the cap of a buyer holds when all their tabs order at once', async () => {
    const event = await world.onSale({ maxSeatsPerSubject: 2 });
    const buyer = { name: 'Ann', email: `${randomUUID()}@shop.example` };
    const guests = await times(5, () => world.guest());
    const holds = await times(5, (index) => newHold(world, event, { seats: [`r0-${index}`] }, guests[index]));
    const answers = await times(5, (index) => order(holds[index] as Hold, { buyer }, { token: guests[index] }));
    expect(statuses(answers)).toEqual([201, 201, 422, 422, 422]);
    expect(refusal(answers.find(({ status }) => status === 422) as Answer).code).toBe('LIMIT_EXCEEDED');
  });

  test('I1 500 orders at once, all paid at once: each seat one ticket', { timeout: 120_000 }, async () => {
    const event: SeatEvent = await world.onSale({ chart: plainChart(25, 20), prices: { A: 1000 } });
    const holds: Hold[] = [];
    for (let row = 0; row < 25; row++) {
      holds.push(...(await times(20, (seat) => newHold(world, event, { seats: [`r${row}-${seat}`] }))));
    }
    const placed = await Promise.all(holds.map((hold) => persist((headers) => order(hold, {}, { headers }))));
    expect(statuses(placed).filter((status) => status !== 201)).toEqual([]);
    const paid = await Promise.all(
      placed.map(({ body }) => persist((headers) => confirm(body as Order, (body as Order).id, headers))),
    );
    expect(statuses(paid).filter((status) => status !== 200)).toEqual([]);
    expect(await letters(world, event)).toBe('s'.repeat(500));
    expect(await openEffects(world)).toBe(0);
    const [row] = await world.deps.sql<{ tickets: number; money: number }[]>`
      SELECT (SELECT count(*)::integer FROM tickets WHERE event_id = ${event.id}) AS tickets,
        (SELECT sum(amount_minor)::integer FROM transactions WHERE event_id = ${event.id}) AS money`;
    expect(row).toEqual({ tickets: 500, money: 500_000 });
  });
});
