import type { Hold, LogItem, Order, SeatsFrame } from '@aisle/client/protocol';
import { describe, expect, test } from 'vitest';
import { keys } from '../../server/src/redis/keys.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { connectClient, next } from '../helpers/raw-client.js';
import { useSystem } from '../helpers/system.js';
import { waitFor } from '../helpers/wait.js';

/** Another ticket type for seats that are on hold already, over real sockets. */

const system = useSystem({ nodes: 2, workers: 1 });

const TYPES = {
  ticketTypes: [
    { key: 'full', label: 'Full', minor: 3000, feeMinor: 100 },
    { key: 'child', label: 'Child', minor: 1500 },
    { key: 'half, price:1', label: 'Half', minor: 1000 },
  ],
};
async function sale(): Promise<string> {
  const { id } = await sellEvent(system.aisle, plainChart(2, 10), { prices: { A: TYPES } });
  return id;
}
const buyer = (name: string, node = 0): Promise<Buyer> =>
  Buyer.connect(system.aisle.urls[node] ?? '', name, system.aisle.authSecret);
async function holdOf(who: Buyer, payload: Parameters<typeof who.send<'hold'>>[1]): Promise<Hold> {
  const answer = await who.send('hold', payload);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.hold;
}
const pricesOf = ({ items }: Hold): string[] =>
  items.map(({ seat = '', ticketType = '', unitMinor, feeMinor }) => `${seat} ${ticketType} ${unitMinor}+${feeMinor}`);

describe('H4 another ticket type', () => {
  test('H4 changes type and price of a seat on hold, keeps deadline, token and place; the order is at the new price', async () => {
    const eventId = await sale();
    const ann = await buyer('ann');
    const first = await holdOf(ann, { eventId, seats: ['r0-0', { id: 'r0-1', ticketType: 'child' }] });
    expect(pricesOf(first)).toEqual(['r0-0  3000+100', 'r0-1 child 1500+0']);
    const seats = [{ id: 'r0-0', ticketType: 'half, price:1' }, 'r0-1', { id: 'r0-2', ticketType: 'child' }];
    const second = await holdOf(ann, { eventId, holdToken: first.token, seats, requestId: 'change' });
    expect(pricesOf(second)).toEqual(['r0-0 half, price:1 1000+0', 'r0-1 child 1500+0', 'r0-2 child 1500+0']);
    expect({ token: second.token, expiresAt: second.expiresAt }).toEqual({
      ...{ token: first.token, expiresAt: first.expiresAt },
    });
    // The same request again is the same answer; another one with the same wish changes nothing.
    expect(pricesOf(await holdOf(ann, { eventId, holdToken: first.token, seats, requestId: 'change' }))).toEqual(
      pricesOf(second),
    );
    const before = await system.redis.hget(keys.event(eventId), 'seq');
    await holdOf(ann, { eventId, holdToken: first.token, seats });
    expect(await system.redis.hget(keys.event(eventId), 'seq')).toBe(before);
    const order = await adminCall<Order>(system.aisle, 'POST', '/orders', {
      ...{ eventId, holdToken: first.token, onBehalfOf: 'ann' },
    });
    expect(order.totalMinor).toBe(1000 + 1500 + 1500);
    expect(order.items.map(({ ticketType }) => ticketType)).toEqual(['half, price:1', 'child', 'child']);
    ann.close();
  });

  test('H4 F6 L1 the holder’s other tab, on another node, is told; the log names the seat; nobody else sees anything', async () => {
    const eventId = await sale();
    const ann = await buyer('ann');
    const hold = await holdOf(ann, { eventId, seats: ['r0-3'] });
    const otherTab = await buyer('ann', 1);
    const watcher = await connectClient(system.aisle.urls[1] ?? '');
    const seen: SeatsFrame['changes'] = [];
    watcher.socket.on('seats', ({ changes }: SeatsFrame) => seen.push(...changes));
    await otherTab.send('subscribe', { eventId });
    await new Promise((resolve) => watcher.socket.emit('subscribe', { eventId }, resolve));
    const told = next(otherTab.socket, 'hold');
    await holdOf(ann, { eventId, holdToken: hold.token, seats: [{ id: 'r0-3', ticketType: 'child' }] });
    expect((await told)[0]).toEqual({ kind: 'changed', token: hold.token, eventId });
    await holdOf(ann, { eventId, holdToken: hold.token, seats: ['r0-4'] });
    // r0-3 is seat 3, r0-4 seat 4: the change of a type touched no place that others see.
    await waitFor(() => seen.length > 0, { what: 'the frame of the next change' });
    expect(seen).toEqual([4, 'h']);

    const items = await waitFor(
      async () => {
        const log = await adminCall<{ items: LogItem[] }>(system.aisle, 'GET', `/events/${eventId}/log?seat=r0-3`);
        return log.items.length === 2 ? log.items : null;
      },
      { what: 'the log' },
    );
    expect(items[1]).toMatchObject({ kind: 'hold', from: 'h', to: 'h', subject: 'ann', actor: 'ann', quantity: 1 });
    expect(items[1]?.cause).toMatchObject({ ticketTypes: { 3: 'child' } });
    const { categories } = await adminCall<{ categories: { held: number }[] }>(
      ...([system.aisle, 'GET', `/events/${eventId}/statistics`] as const),
    );
    expect(categories[0]?.held).toBeLessThanOrEqual(2);
    for (const { socket } of [ann, otherTab, watcher]) socket.close();
  });

  test('H4 S4 H5 H6 all or nothing; not for others, not once it is reserved, not of a type that the category does not have', async () => {
    const eventId = await sale();
    const [ann, bob] = [await buyer('ann'), await buyer('bob')];
    const hold = await holdOf(ann, { eventId, seats: ['r0-5'] });
    await holdOf(bob, { eventId, seats: ['r0-6'] });
    const child = { id: 'r0-5', ticketType: 'child' };
    const refused = async (who: Buyer, seats: (typeof child | string)[]) => {
      const answer = await who.send('hold', { eventId, holdToken: hold.token, seats });
      return answer.ok ? 'ok' : answer.error.code;
    };
    expect(await refused(ann, [child, 'r0-6'])).toBe('SEAT_UNAVAILABLE');
    expect(await refused(bob, [child])).toBe('HOLD_NOT_FOUND');
    expect(await refused(ann, [{ id: 'r0-5', ticketType: 'senior' }])).toBe('INVALID_REQUEST');
    // Without naming the hold it is somebody's seat like any other.
    const loose = await ann.send('hold', { eventId, seats: [child] });
    expect(loose.ok ? 'ok' : loose.error.code).toBe('SEAT_UNAVAILABLE');
    const now = await ann.send('holds', { eventId });
    expect(now.ok && now.holds.map(pricesOf)).toEqual([['r0-5  3000+100']]);
    await adminCall(system.aisle, 'POST', '/orders', { eventId, holdToken: hold.token, onBehalfOf: 'ann' });
    expect(await refused(ann, [child])).toBe('HOLD_RESERVED');
    for (const { socket } of [ann, bob]) socket.close();
  });
});
