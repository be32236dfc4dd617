import { createClient, type AisleClient, type HoldNote, type Order, type SeatEvent } from '@aisle/client';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { adminCall, buyerToken, plainChart, sellEvent } from '../helpers/buyers.js';
import { lettersOf, useSystem } from '../helpers/system.js';
import { waitFor } from '../helpers/wait.js';

/** The buyer's own browser reserves over its socket; what the worker and other nodes make of it. */

const system = useSystem({ nodes: 2, workers: 1 });
const clients: AisleClient[] = [];
afterAll(() => clients.forEach((client) => client.close()));

const clientOf = (subject: string): AisleClient => {
  const url = system.aisle.urls[0] ?? '';
  const client = createClient({ url, getToken: () => buyerToken(subject, system.aisle.authSecret) });
  clients.push(client);
  return client;
};
const confirm = (order: Order): Promise<Order> =>
  adminCall<Order>(system.aisle, 'POST', `/orders/${order.id}/confirm`, {
    payment: { reference: order.id, amountMinor: order.totalMinor, currency: order.currency },
  });

describe('reserve over a socket', () => {
  let event: SeatEvent;
  beforeEach(async () => {
    event = await sellEvent(system.aisle, plainChart(1, 4), { reserveSeconds: 5 });
  });

  test('O1 O3 every screen shows r, then s; the buyer is told and finds the tickets', { timeout: 60_000 }, async () => {
    const ann = clientOf('ann');
    const notes: HoldNote[] = [];
    ann.on('hold', (note) => notes.push(note));
    const { map, close } = await system.watch(system.aisle.urls[1] ?? '', event.id);
    const { hold } = await ann.hold({ eventId: event.id, seats: ['r0-0', 'r0-1'] });
    const command = { eventId: event.id, holdToken: hold.token, buyer: { name: 'Ann', email: 'ann@shop.example' } };
    await expect(ann.reserve({ ...command, totalMinor: 1999 })).rejects.toMatchObject({
      code: 'PRICE_CHANGED',
      details: { totalMinor: 2000, currency: 'EUR' },
    });
    const { order } = await ann.reserve({ ...command, totalMinor: 2000, requestId: 'once' });
    expect(order).toMatchObject({ status: 'pending', subject: 'ann', totalMinor: 2000, buyer: command.buyer });
    expect((await ann.reserve({ ...command, totalMinor: 2000, requestId: 'once' })).order).toEqual(order);
    await waitFor(() => lettersOf(map) === 'rraa', { what: 'rr on the other node' });
    await expect(ann.release({ eventId: event.id, holdToken: hold.token })).rejects.toMatchObject({
      code: 'HOLD_RESERVED',
      details: { orderId: order.id },
    });
    const paid = await confirm(order);
    await waitFor(() => lettersOf(map) === 'ssaa', { what: 'ss on the other node' });
    await waitFor(() => notes.some(({ kind }) => kind === 'sold'), { what: 'the word that it is sold' });
    expect(notes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['changed', 'reserved', 'sold']));
    expect(await ann.order(order.id)).toEqual(paid);
    expect((await ann.orders({ eventId: event.id })).items).toEqual([paid]);
    await expect(clientOf('bob').order(order.id)).rejects.toMatchObject({ code: 'ORDER_NOT_FOUND' });
    close();
  });

  test('H6 a token that was overheard reserves nothing', { timeout: 30_000 }, async () => {
    const { hold } = await clientOf('carla').hold({ eventId: event.id, seats: ['r0-0'] });
    const stolen = clientOf('mallory').reserve({ eventId: event.id, holdToken: hold.token });
    await expect(stolen).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
  });

  test('O2 an order that nobody pays ends by itself, and its seats are free', { timeout: 60_000 }, async () => {
    const dora = clientOf('dora');
    const { map, close } = await system.watch(system.aisle.urls[1] ?? '', event.id);
    const { hold } = await dora.hold({ eventId: event.id, seats: ['r0-3'] });
    const { order } = await dora.reserve({ eventId: event.id, holdToken: hold.token });
    await waitFor(() => lettersOf(map) === 'aaar', { what: 'the reserved seat' });
    await waitFor(() => lettersOf(map) === 'aaaa', { timeoutMs: 20_000, what: 'the seat to be free' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(order.expiresAt ?? ''));
    expect(await dora.order(order.id)).toMatchObject({ status: 'expired', tickets: [] });
    close();
  });

  test('V1 O2 cancelling an event cancels what is not paid', { timeout: 60_000 }, async () => {
    const emil = clientOf('emil');
    const { hold } = await emil.hold({ eventId: event.id, seats: ['r0-3'] });
    const { order } = await emil.reserve({ eventId: event.id, holdToken: hold.token });
    await adminCall(system.aisle, 'POST', `/events/${event.id}/cancel`, {});
    await waitFor(async () => (await emil.order(order.id)).status === 'cancelled', {
      timeoutMs: 15_000,
      what: 'the order to be cancelled',
    });
  });
});
