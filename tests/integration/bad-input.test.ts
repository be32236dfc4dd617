import type { Ack, UpName } from '@aisle/client/protocol';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { sleep } from '../helpers/wait.js';

/* Nonsense over real sockets to the whole system: each its own typed error that names the field, and nothing changed. */
const system = useSystem({ nodes: 1, workers: 1 });
let eventId: string;
let ann: Buyer;
let bob: Buyer;
let bobsToken: string;
beforeAll(async () => {
  ({ id: eventId } = await sellEvent(system.aisle, plainChart(4, 20, [{ id: 'floor', capacity: 50 }])));
  const url = system.aisle.urls[0] ?? '';
  [ann, bob] = await Promise.all([
    Buyer.connect(url, 'ann', system.aisle.authSecret),
    Buyer.connect(url, 'bob', system.aisle.authSecret),
  ]);
  const held = await bob.send('hold', { eventId, seats: ['r3-0'] });
  bobsToken = held.ok ? held.hold.token : '';
}, 60_000);
afterAll(async () => {
  ann.close();
  bob.close();
});

/** Everything Redis has of the event, but for answers to request ids and what the worker drains. */
async function everything(): Promise<Record<string, string>> {
  const names = (await system.redis.keys(`*{${eventId}}*`)).filter((key) => !/^(request|log):/.test(key)).sort();
  const dumps = await Promise.all(names.map((key) => system.redis.dumpBuffer(key)));
  return Object.fromEntries(names.map((key, i) => [key, dumps[i]?.toString('base64') ?? '']));
}

const send = async (buyer: Buyer, name: string, payload: unknown): Promise<Ack<UpName>> => {
  const answer: unknown = await buyer.socket.timeout(10_000).emitWithAck(name, payload);
  return answer as Ack<UpName>;
};
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${Math.floor(i / 20)}-${i % 20}`);

describe('bad input over sockets: a typed error, nothing changed, the server alive', () => {
  const cases: [string, string, () => unknown, string, string | null][] = [
    ['an unknown seat', 'hold', () => ({ eventId, seats: ['nope'] }), 'UNKNOWN_SEAT', null],
    ['an unknown seat beside a free one', 'hold', () => ({ eventId, seats: ['r0-0', 'nope'] }), 'UNKNOWN_SEAT', null],
    ['an unknown area', 'hold', () => ({ eventId, areas: [{ id: 'nope', quantity: 1 }] }), 'UNKNOWN_SEAT', null],
    [
      'a seat twice in one call',
      'hold',
      () => ({ eventId, seats: ['r0-0', 'r0-1', 'r0-0'] }),
      'INVALID_REQUEST',
      'seats.2',
    ],
    [
      'an area twice in one call',
      'hold',
      () => ({
        eventId,
        areas: [
          { id: 'floor', quantity: 1 },
          { id: 'floor', quantity: 1 },
        ],
      }),
      'INVALID_REQUEST',
      'areas.1',
    ],
    ['too many seats for one call', 'hold', () => ({ eventId, seats: many(51) }), 'LIMIT_EXCEEDED', null],
    ['more seats than one person may hold', 'hold', () => ({ eventId, seats: many(11) }), 'LIMIT_EXCEEDED', null],
    ['no seats at all', 'hold', () => ({ eventId }), 'INVALID_REQUEST', 'seats'],
    [
      'a quantity of 0',
      'hold',
      () => ({ eventId, areas: [{ id: 'floor', quantity: 0 }] }),
      'INVALID_REQUEST',
      'areas.0.quantity',
    ],
    [
      'a negative quantity',
      'hold',
      () => ({ eventId, areas: [{ id: 'floor', quantity: -3 }] }),
      'INVALID_REQUEST',
      'areas.0.quantity',
    ],
    [
      'half a quantity',
      'hold',
      () => ({ eventId, areas: [{ id: 'floor', quantity: 1.5 }] }),
      'INVALID_REQUEST',
      'areas.0.quantity',
    ],
    ['seats that are no list', 'hold', () => ({ eventId, seats: 'r0-0' }), 'INVALID_REQUEST', 'seats'],
    ['a number for a seat', 'hold', () => ({ eventId, seats: [7] }), 'INVALID_REQUEST', 'seats.0'],
    ['a field nobody knows', 'hold', () => ({ eventId, seats: ['r0-0'], price: 1 }), 'INVALID_REQUEST', 'price'],
    ['no payload', 'hold', () => null, 'INVALID_REQUEST', ''],
    [
      'a ticket type the category does not have',
      'hold',
      () => ({ eventId, seats: [{ id: 'r0-0', ticketType: 'child' }] }),
      'INVALID_REQUEST',
      'seats.0.ticketType',
    ],
    ['somebody else’s seat', 'hold', () => ({ eventId, seats: ['r0-0', 'r3-0'] }), 'SEAT_UNAVAILABLE', null],
    [
      'adding to somebody else’s hold',
      'hold',
      () => ({ eventId, seats: ['r0-0'], holdToken: bobsToken }),
      'HOLD_NOT_FOUND',
      null,
    ],
    [
      'a token that never was',
      'hold',
      () => ({ eventId, seats: ['r0-0'], holdToken: `${eventId}.none` }),
      'HOLD_NOT_FOUND',
      null,
    ],
    [
      'a house seat without being staff',
      'hold',
      () => ({ eventId, seats: ['r0-0'], fromBlock: true }),
      'FORBIDDEN',
      null,
    ],
    [
      'on behalf of another without being staff',
      'hold',
      () => ({ eventId, seats: ['r0-0'], onBehalfOf: 'bob' }),
      'FORBIDDEN',
      null,
    ],
    ['an unknown event', 'hold', () => ({ eventId: 'evt_none', seats: ['r0-0'] }), 'EVENT_NOT_FOUND', null],
    [
      'more places than the area has',
      'hold',
      () => ({ eventId, areas: [{ id: 'floor', quantity: 50 }] }),
      'LIMIT_EXCEEDED',
      null,
    ],
    ['releasing somebody else’s hold', 'release', () => ({ eventId, holdToken: bobsToken }), 'HOLD_NOT_FOUND', null],
    [
      'releasing an empty list',
      'release',
      () => ({ eventId, holdToken: bobsToken, seats: [], areas: [] }),
      'INVALID_REQUEST',
      'seats',
    ],
    ['extending somebody else’s hold', 'extend', () => ({ eventId, holdToken: bobsToken }), 'HOLD_NOT_FOUND', null],
    ['a token of another form', 'extend', () => ({ eventId, holdToken: 'x y' }), 'INVALID_REQUEST', 'holdToken'],
    ['hold-best for none', 'hold-best', () => ({ eventId, quantity: 0 }), 'INVALID_REQUEST', 'quantity'],
    [
      'hold-best in an unknown category',
      'hold-best',
      () => ({ eventId, quantity: 1, categories: ['Z'] }),
      'UNKNOWN_CATEGORY',
      null,
    ],
    [
      'hold-best in an unknown section',
      'hold-best',
      () => ({ eventId, quantity: 1, sections: ['Z'] }),
      'UNKNOWN_CATEGORY',
      null,
    ],
    [
      'hold-best for more than there are together',
      'hold-best',
      () => ({ eventId, quantity: 10, adjacent: 'required', sections: [] }),
      'INVALID_REQUEST',
      'sections',
    ],
    ['subscribing to nothing', 'subscribe', () => ({ eventId: 'evt_none' }), 'EVENT_NOT_FOUND', null],
    ['a position that is no number', 'subscribe', () => ({ eventId, epoch: 'x', seq: 1 }), 'INVALID_REQUEST', 'epoch'],
    ['a message nobody knows', 'buy-everything', () => ({ eventId }), 'INVALID_REQUEST', null],
  ];
  test.each(cases)('%s', async (_what, name, payload, code, path) => {
    const before = await everything();
    const ack = await send(ann, name, payload());
    if (ack.ok) throw new Error('it was accepted');
    expect(ack.error.code).toBe(code);
    if (path !== null) {
      const faults = (ack.error.details?.faults ?? []) as { path: string }[];
      expect(faults.map((fault) => fault.path)).toContain(path);
    }
    expect(await everything()).toEqual(before);
  });

  test('an event that is paused, closed or cancelled sells nothing; a pause still lets go and extends', async () => {
    const { id } = await sellEvent(system.aisle, plainChart(1, 5));
    const held = await ann.send('hold', { eventId: id, seats: ['r0-0'] });
    if (!held.ok) throw new Error(held.error.code);
    await adminCall(system.aisle, 'POST', `/events/${id}/pause`, {});
    expect(await send(bob, 'hold', { eventId: id, seats: ['r0-1'] })).toMatchObject({
      error: { code: 'EVENT_NOT_ON_SALE', details: { status: 'paused' } },
    });
    expect(await send(ann, 'extend', { eventId: id, holdToken: held.hold.token })).toMatchObject({ ok: true });
    expect(await send(ann, 'release', { eventId: id, holdToken: held.hold.token })).toMatchObject({ ok: true });
    await adminCall(system.aisle, 'POST', `/events/${id}/open`, {});
    const again = await ann.send('hold', { eventId: id, seats: ['r0-0'] });
    if (!again.ok) throw new Error(again.error.code);
    await adminCall(system.aisle, 'POST', `/events/${id}/close`, {});
    expect(await send(bob, 'hold', { eventId: id, seats: ['r0-1'] })).toMatchObject({
      error: { code: 'EVENT_NOT_ON_SALE', details: { status: 'closed' } },
    });
    expect(await send(ann, 'extend', { eventId: id, holdToken: again.hold.token })).toMatchObject({
      error: { code: 'EVENT_NOT_ON_SALE' },
    });
    await adminCall(system.aisle, 'POST', `/events/${id}/cancel`, {});
    expect(await send(ann, 'holds', { eventId: id })).toMatchObject({ ok: true, holds: [] });
  });

  test('S7 I6: one request id: one effect, one answer; with other content IDEMPOTENCY_MISMATCH', async () => {
    const request = { eventId, seats: ['r1-5'], requestId: 'the-same' };
    const [first, second] = await Promise.all([send(ann, 'hold', request), send(ann, 'hold', request)]);
    const third = await send(ann, 'hold', request);
    if (!first.ok || !second.ok || !third.ok || !('hold' in first) || !('hold' in second) || !('hold' in third))
      throw new Error('refused');
    expect(second.hold?.token).toBe(first.hold?.token);
    expect(third.hold?.token).toBe(first.hold?.token);
    expect(third.hold?.expiresAt).toBe(first.hold?.expiresAt);
    expect(await send(ann, 'hold', { ...request, seats: ['r1-6'] })).toMatchObject({
      error: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    expect(await send(ann, 'release', { eventId, holdToken: first.hold?.token, requestId: 'the-same' })).toMatchObject({
      error: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    // Another subject's ids are its own.
    expect(await send(bob, 'hold', { ...request, seats: ['r1-6'] })).toMatchObject({ ok: true });
  });

  test('a viewer without a token looks and may not act; a wrong or expired token is refused at the door', async () => {
    const url = system.aisle.urls[0] ?? '';
    const viewer = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await new Promise((resolve) => viewer.once('connect', () => resolve(null)));
    expect(await viewer.timeout(5000).emitWithAck('subscribe', { eventId })).toMatchObject({ ok: true });
    expect(await viewer.timeout(5000).emitWithAck('hold', { eventId, seats: ['r0-0'] })).toMatchObject({
      error: { code: 'UNAUTHENTICATED' },
    });
    viewer.disconnect();
    const refused = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token: 'rubbish' },
    });
    const error = await new Promise<unknown>((resolve) => refused.once('connect_error', resolve));
    expect(error).toMatchObject({ data: { code: 'UNAUTHENTICATED', retryable: false } });
    refused.disconnect();
  });

  test('an oversize frame and a binary frame close that socket alone', async () => {
    const url = system.aisle.urls[0] ?? '';
    const before = await everything();
    for (const nonsense of ['x'.repeat(200_000), Buffer.alloc(1000)]) {
      const noisy = await Buyer.connect(url, 'noisy', system.aisle.authSecret);
      const gone = new Promise<string>((resolve) =>
        noisy.socket.once('disconnect', (reason: string) => resolve(reason)),
      );
      noisy.socket.emit('hold', { eventId, seats: [nonsense] }, () => undefined);
      expect(await Promise.race([gone, sleep(5000).then(() => 'still there')])).not.toBe('still there');
      noisy.close();
    }
    expect(await everything()).toEqual(before);
    expect(await send(ann, 'holds', { eventId })).toMatchObject({ ok: true });
  });
});
