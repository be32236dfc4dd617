import { randomUUID } from 'node:crypto';
import type { Order, SeatEvent } from '@aisle/client/protocol';
import { expect, test } from 'vitest';
import { adminCall, plainChart, sellEvent } from '../helpers/buyers.js';
import { useSystem } from '../helpers/system.js';
import { redisLetters } from '../helpers/truth.js';
import { waitFor } from '../helpers/wait.js';

/** A server killed in the middle of a refund, an exchange or an import, with the worker running: one state within 30 s. */

const system = useSystem({ nodes: 1, workers: 1 });
const SETTLED_MS = 30_000;

interface Case {
  readonly point: string;
  /** Letters of the four seats once it has settled; the order sits on the first. */
  readonly before: string;
  readonly after: string;
  readonly committed: boolean;
}
const CASES: readonly Case[] = [
  { point: 'refund-before-commit', before: 'saaa', after: 'aaaa', committed: false },
  { point: 'refund-after-commit', before: 'saaa', after: 'aaaa', committed: true },
  { point: 'exchange-after-reserve', before: 'saaa', after: 'aasa', committed: false },
  { point: 'exchange-before-commit', before: 'saaa', after: 'aasa', committed: false },
  { point: 'exchange-after-commit', before: 'saaa', after: 'aasa', committed: true },
  { point: 'import-before-commit', before: 'saaa', after: 'sssa', committed: false },
  { point: 'import-after-commit', before: 'saaa', after: 'sssa', committed: true },
];

const send = async (url: string, path: string, init: { type: string; body: string; key: string }): Promise<number> => {
  const response = await fetch(`${url}/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.aisle.adminKey}`,
      'content-type': init.type,
      'idempotency-key': init.key,
    },
    body: init.body,
  });
  await response.arrayBuffer();
  return response.status;
};

function callOf(point: string, event: SeatEvent, order: Order): { path: string; type: string; body: string } {
  const json = (path: string, body: object) => ({ path, type: 'application/json', body: JSON.stringify(body) });
  if (point.startsWith('refund')) return json(`/orders/${order.id}/refund`, {});
  if (point.startsWith('exchange')) {
    return json(`/orders/${order.id}/exchange`, { ticketIds: order.tickets.map(({ id }) => id), seats: ['r0-2'] });
  }
  const body = `externalId,seat\n${event.id}-1,r0-1\n${event.id}-2,r0-2\n`;
  return { path: `/events/${event.id}/bookings/import`, type: 'text/csv', body };
}

async function unsettled(eventId: string): Promise<number> {
  const [row] = await system.sql<{ n: number }[]>`
    SELECT count(*)::integer AS n FROM orders WHERE event_id = ${eventId} AND settled_at IS NULL`;
  return row?.n ?? -1;
}

test.each(CASES)(
  'O7 O8 O9 O3 killed at $point',
  async ({ point, before, after, committed }) => {
    const node = await system.aisle.addNode({ AISLE_FAILPOINTS: `${point}=exit` });
    const event = await sellEvent(system.aisle, plainChart(1, 4));
    const order = await adminCall<Order>(system.aisle, 'POST', '/bookings', { eventId: event.id, seats: ['r0-0'] });
    const { path, ...call } = callOf(point, event, order);
    const init = { ...call, key: randomUUID() };
    await expect(send(node.url, path, init)).rejects.toThrow();
    expect(await node.ended).toBe('SIGKILL');
    expect(node.logs()).toContain(`failpoint ${point}: exit`);
    const settled = async (letters: string): Promise<void> => {
      await waitFor(
        async () => (await redisLetters(system.redis, event.id)) === letters && (await unsettled(event.id)) === 0,
        {
          timeoutMs: SETTLED_MS,
          what: `${letters}, settled`,
        },
      );
    };
    await settled(committed ? after : before);
    // Sent again to a server that lives: the answer that was lost, or the step itself; once in all.
    expect(await send(system.aisle.urls[0] ?? '', path, init)).toBeLessThan(300);
    await settled(after);
    const live = await system.sql<{ seat: string }[]>`
    SELECT place_id AS seat FROM tickets WHERE event_id = ${event.id} AND status = 'valid' ORDER BY place_no`;
    expect(live.map(({ seat }) => seat)).toEqual(
      [...after].flatMap((letter, seatNo) => (letter === 's' ? [`r0-${seatNo}`] : [])),
    );
  },
  90_000,
);
