import type { Order, SeatEvent } from '@aisle/client/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ok, sold, step } from './support/change-world.js';
import { refusal, startHttpWorld, type Answer, type HttpWorld } from './support/http-world.js';
import { newHold, place } from './support/order-world.js';

/** Finding an order at the box office, on real Redis and Postgres. */

let world: HttpWorld;
let event: SeatEvent;
beforeAll(async () => {
  world = await startHttpWorld();
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  event = await world.onSale();
});

const search = (query: Readonly<Record<string, string>>, token?: string): Promise<Answer> =>
  world.call('GET', `/v1/orders?${new URLSearchParams(query)}`, token === undefined ? {} : { token });
const found = async (query: Readonly<Record<string, string>>, token?: string): Promise<string[]> => {
  const answer = await search(query, token);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return (answer.body as { items: Order[] }).items.map(({ id }) => id);
};
const byWords = (q: string): Promise<string[]> => found({ eventId: event.id, q });
const sellTo = (seat: string, name: string, email?: string, more = {}): Promise<Order> =>
  sold(world, event, { seats: [seat] }, { buyer: { name, ...(email === undefined ? {} : { email }) }, ...more });
const tokenOf = async (role: string, events?: string[]): Promise<string> => {
  const body = { subject: `${role}-1`, role, ...(events === undefined ? {} : { events }) };
  return ((await world.call('POST', '/v1/sessions', { body })).body as { token: string }).token;
};

describe('O10 looking for an order', () => {
  test('O10 by part of a name or an e-mail, whatever the case, accents and script; every word must be there', async () => {
    const muller = await sellTo('r0-0', 'Anna Müller', 'am@shop.example');
    const ivan = await sellTo('r0-1', 'Иван Петров', 'ivan@shop.example');
    const hundred = await sellTo('r0-2', '100%_sure\\', 'cent@other.example');
    expect(await byWords('müll')).toEqual([muller.id]);
    expect(await byWords('MULLER  anna')).toEqual([muller.id]);
    expect(await byWords('иван')).toEqual([ivan.id]);
    expect(await byWords('ПЕТР ivan@')).toEqual([ivan.id]);
    expect(await byWords('anna petrov')).toEqual([]);
    expect(await byWords('shop.EXAMPLE')).toEqual([ivan.id, muller.id]);
    // What LIKE would read as its own.
    expect(await byWords('%')).toEqual([hundred.id]);
    expect(await byWords('0%_s')).toEqual([hundred.id]);
    expect(await byWords('sure\\')).toEqual([hundred.id]);
    expect(await byWords('％')).toEqual([hundred.id]);
  });

  test('O10 by the whole id of an order or a ticket, or the shop’s number; never beyond the event asked about', async () => {
    const order = await sellTo('r0-0', 'Ann', undefined, { externalId: `shop-${event.id}` });
    const [ticket] = order.tickets;
    expect(await byWords(order.id)).toEqual([order.id]);
    expect(await byWords(`shop-${event.id}`)).toEqual([order.id]);
    expect(await byWords(ticket?.id ?? '')).toEqual([order.id]);
    expect(await byWords(order.id.slice(0, -1))).toEqual([]);
    const other = await world.onSale();
    for (const q of [order.id, `shop-${event.id}`, ticket?.id ?? '', 'ann'])
      expect(await found({ eventId: other.id, q })).toEqual([]);
    expect(await found({ eventId: event.id, q: 'ann', status: 'pending' })).toEqual([]);
  });

  test('O10 by a place that it has or had: waiting, given back, exchanged, standing', async () => {
    const gone = await sellTo('r0-0', 'First');
    ok(await step(world, gone, 'refund'));
    const waiting = await place(world, await newHold(world, event, { seats: ['r0-0'] }));
    const moved = await sellTo('r0-1', 'Mover');
    const [ticket] = moved.tickets;
    ok(await step(world, moved, 'exchange', { ticketIds: [ticket?.id], seats: ['r1-1'] }));
    const standing = await sold(world, event, { areas: [{ id: 'floor', quantity: 2 }] });
    const at = (seat: string): Promise<string[]> => found({ eventId: event.id, seat });
    expect(await at('r0-0')).toEqual([waiting.id, gone.id]);
    expect(await at('r0-1')).toEqual([moved.id]);
    expect(await at('r1-1')).toEqual([moved.id]);
    expect(await at('floor')).toEqual([standing.id]);
    expect(await at('r1-4')).toEqual([]);
    expect(await found({ eventId: event.id, seat: 'r0-1', q: 'mover' })).toEqual([moved.id]);
    expect(await found({ eventId: event.id, seat: 'r0-1', q: 'first' })).toEqual([]);
    expect(refusal(await search({ eventId: event.id, seat: 'Z-9' }))).toMatchObject({ code: 'UNKNOWN_SEAT' });
    expect(refusal(await search({ eventId: 'none', seat: 'r0-0' }))).toMatchObject({ code: 'EVENT_NOT_FOUND' });
  });

  test('O10 by the code of a ticket, without naming the event; what is no code finds nothing', async () => {
    const order = await sold(world, event, { seats: ['r0-0', 'r0-1'] });
    const code = order.tickets[1]?.code ?? '';
    expect(await found({ code })).toEqual([order.id]);
    expect(await found({ code: `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}` })).toEqual([]);
    expect(await found({ code: 'hello' })).toEqual([]);
    const other = await world.onSale();
    expect(await found({ code, eventId: other.id })).toEqual([]);
    expect(await found({ code }, await tokenOf('box_office', [other.id]))).toEqual([]);
    expect(await found({ code }, await tokenOf('box_office', [event.id]))).toEqual([order.id]);
  });

  test('O10 newest change first, and pages join on', async () => {
    const orders: Order[] = [];
    for (const seat of ['r0-0', 'r0-1', 'r0-2', 'r0-3', 'r0-4']) orders.push(await sellTo(seat, 'Many Smith'));
    const [first] = orders;
    if (first !== undefined) ok(await step(world, first, 'refund'));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { eventId: event.id, q: 'smith', limit: '2', ...(cursor === undefined ? {} : { cursor }) };
      const { items, nextCursor } = (await search(query)).body as { items: Order[]; nextCursor?: string };
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor;
    } while (cursor !== undefined);
    const newest = [0, 4, 3, 2, 1].map((index) => orders[index]?.id ?? '');
    expect(seen).toEqual(newest);
    expect(await found({ eventId: event.id, q: 'smith', order: 'oldest' })).toEqual(newest.toReversed());
    expect(await found({ eventId: event.id, order: 'newest', limit: '2' })).toEqual(newest.slice(0, 2));
    expect(await found({ eventId: event.id })).toEqual(newest.toReversed());
  });

  test('O10 A8 who does not serve people does not look for them; a search names its event', async () => {
    const order = await sellTo('r0-0', 'Ann Secret', 'ann@secret.example');
    const searches: Record<string, string>[] = [
      { eventId: event.id, q: 'secret' },
      { eventId: event.id, seat: 'r0-0' },
      { code: order.tickets[0]?.code ?? '' },
    ];
    for (const who of [await world.guest(), await tokenOf('customer'), await tokenOf('kiosk')]) {
      for (const query of searches)
        expect(refusal(await search(query, who))).toEqual({ status: 403, code: 'FORBIDDEN' });
    }
    const elsewhere = await tokenOf('box_office', ['another']);
    expect(refusal(await search({ eventId: event.id, q: 'secret' }, elsewhere))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await found({ eventId: event.id, q: 'secret' }, await tokenOf('box_office'))).toEqual([order.id]);
    expect(refusal(await search({ q: 'secret' }))).toMatchObject({ status: 400, paths: ['eventId'] });
    expect(refusal(await search({ seat: 'r0-0' }))).toMatchObject({ status: 400, paths: ['eventId'] });
    expect(refusal(await search({ eventId: event.id, q: '  ' }))).toMatchObject({ status: 400, paths: ['q'] });
    expect(refusal(await search({ eventId: event.id, q: 'x'.repeat(201) }))).toMatchObject({ paths: ['q'] });
  });

  test('O10 L3 an erased buyer is not found by name or e-mail any more; the order still is, by its id and its seat', async () => {
    const order = await sellTo('r0-0', 'Erasmus Vanished', 'gone@secret.example');
    expect(await byWords('vanished')).toEqual([order.id]);
    const body = { email: 'gone@secret.example', reason: 'asked by letter' };
    expect((await world.call('POST', '/v1/buyers/erase', { body })).status).toBe(200);
    for (const q of ['vanished', 'erasmus', 'gone@secret']) expect(await byWords(q)).toEqual([]);
    expect(await byWords(order.id)).toEqual([order.id]);
    expect(await found({ eventId: event.id, seat: 'r0-0' })).toEqual([order.id]);
    const [row] = await world.deps.sql`SELECT to_jsonb(o)::text AS whole FROM orders o WHERE id = ${order.id}`;
    expect(String(row?.whole).toLowerCase()).not.toMatch(/vanished|erasmus|gone@secret/);
  });
});
