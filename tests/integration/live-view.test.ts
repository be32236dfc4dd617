import { describe, expect, test } from 'vitest';
import type { Hold, LiveView } from '@aisle/client/protocol';
import { keys } from '../../server/src/redis/keys.js';
import { adminCall, Buyer, plainChart, sellEvent } from '../helpers/buyers.js';
import { ask, connectClient, type Client } from '../helpers/raw-client.js';
import { useSystem } from '../helpers/system.js';
import { waitFor } from '../helpers/wait.js';

/** The sale as the operator's screen has it, from real nodes. */

const system = useSystem({ nodes: 2, workers: 1 });

const hall = () => {
  const chart = plainChart(4, 10, [{ id: 'floor', capacity: 50 }]);
  return {
    ...chart,
    sections: [
      { key: 'left', label: 'Left' },
      { key: 'right', label: 'Right' },
    ],
    seats: chart.seats.map((seat, index) => ({ ...seat, section: index % 10 < 5 ? 'left' : 'right' })),
  };
};
async function liveOf(eventId: string, node = 0): Promise<LiveView> {
  const response = await fetch(`${system.aisle.urls[node] ?? ''}/v1/events/${eventId}/live`, {
    headers: { authorization: `Bearer ${system.aisle.adminKey}` },
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as LiveView;
}
const until = (eventId: string, what: string, fits: (view: LiveView) => boolean, node = 0): Promise<LiveView> =>
  waitFor(
    async () => {
      const view = await liveOf(eventId, node);
      return fits(view) ? view : null;
    },
    { what, timeoutMs: 20_000 },
  );
async function watching(node: number, eventId: string): Promise<Client> {
  const { socket } = await connectClient(system.aisle.urls[node] ?? '');
  const answer = await ask(socket, 'subscribe', { eventId });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return socket;
}
async function held(
  buyer: Buyer,
  payload: { eventId: string; seats?: string[]; areas?: { id: string; quantity: number }[] },
): Promise<Hold> {
  const answer = await buyer.send('hold', payload);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.hold;
}

describe('F10 the sale as it is now', () => {
  test('F10 every place is counted where it is, by section, and who has most on hold comes first', async () => {
    const { id } = await sellEvent(system.aisle, hall());
    const [url = ''] = system.aisle.urls;
    const ann = await Buyer.connect(url, 'ann', system.aisle.authSecret);
    const bob = await Buyer.connect(url, 'bob', system.aisle.authSecret);
    await held(ann, { eventId: id, seats: ['r0-0', 'r0-5'] });
    await held(ann, { eventId: id, areas: [{ id: 'floor', quantity: 3 }] });
    const bobs = await held(bob, { eventId: id, seats: ['r0-6', 'r0-7', 'r0-8'] });
    await adminCall(system.aisle, 'POST', '/orders', { eventId: id, holdToken: bobs.token, onBehalfOf: 'bob' });
    await adminCall(system.aisle, 'POST', '/bookings', { eventId: id, seats: ['r1-0'] });
    await adminCall(system.aisle, 'POST', `/events/${id}/block`, {
      seats: ['r2-0', 'r2-1'],
      areas: [{ id: 'floor', quantity: 10 }],
    });
    const view = await until(
      id,
      'what was held, reserved, sold and blocked',
      ({ sections, topHolders, holdToSale }) => {
        const blocked = sections.reduce((sum, section) => sum + section.blocked, 0);
        return blocked === 12 && topHolders.length === 2 && holdToSale !== null && holdToSale > 0.1;
      },
    );
    expect(view).toMatchObject({ eventId: id, holds: 3, heldPlaces: 5, reservedPlaces: 3 });
    expect(view.sections).toEqual([
      { key: 'left', total: 20, available: 16, held: 1, reserved: 0, sold: 1, blocked: 2 },
      { key: 'right', total: 20, available: 16, held: 1, reserved: 3, sold: 0, blocked: 0 },
      { key: '', total: 50, available: 37, held: 3, reserved: 0, sold: 0, blocked: 10 },
    ]);
    expect(view.topHolders).toMatchObject([
      { subject: 'ann', holds: 2, places: 5 },
      { subject: 'bob', holds: 1, places: 3 },
    ]);
    // 9 places were ever held, the booking's own too; one of them was sold.
    expect(view.holdToSale).toBeCloseTo(1 / 9, 5);
    expect(Date.now() - Date.parse(view.topHolders[0]?.since ?? '')).toBeLessThan(60_000);
    expect(JSON.stringify(view)).not.toContain(bobs.token);
    for (const buyer of [ann, bob]) buyer.close();
  });

  test('F10 viewers are counted over all nodes, and are gone with them: by leaving, and by the death of a node', async () => {
    const { id } = await sellEvent(system.aisle, hall());
    const sockets = [await watching(0, id), await watching(0, id), await watching(1, id)];
    await until(id, 'three viewers on the first node', ({ viewers }) => viewers === 3);
    await until(id, 'three viewers on the second node', ({ viewers }) => viewers === 3, 1);
    sockets[0]?.close();
    await until(id, 'one fewer', ({ viewers }) => viewers === 2);
    const third = await system.aisle.addNode();
    const far = await watching(system.aisle.urls.length - 1, id);
    await until(id, 'one more on a new node', ({ viewers }) => viewers === 3);
    await third.kill('SIGKILL');
    await until(id, 'the dead node’s viewer not counted', ({ viewers }) => viewers === 2);
    far.close();
    // What a node says ends by itself; nothing is left that only it could take away.
    for (const node of await system.redis.zrange(keys.viewerNodes, '0', '-1'))
      expect(await system.redis.pttl(keys.viewers(node))).not.toBe(-1);
    for (const socket of sockets) socket.close();
  }, 60_000);

  test('F10 a Redis that was emptied learns the viewers again', async () => {
    const { id } = await sellEvent(system.aisle, hall());
    const socket = await watching(1, id);
    await until(id, 'one viewer', ({ viewers }) => viewers === 1);
    for (const node of await system.redis.zrange(keys.viewerNodes, '0', '-1'))
      await system.redis.del(keys.viewers(node));
    await system.redis.del(keys.viewerNodes);
    await until(id, 'one viewer again', ({ viewers }) => viewers === 1);
    socket.close();
  });
});
