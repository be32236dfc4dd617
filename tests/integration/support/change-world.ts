import { randomUUID } from 'node:crypto';
import { AisleError, type Order, type RefundedOrder, type SeatEvent } from '@aisle/client/protocol';
import { keys } from '../../../server/src/redis/keys.js';
import type { Answer, HttpWorld } from './http-world.js';

/** What the tests of paid orders ask of an HttpWorld. */

export interface Places {
  readonly seats?: string[];
  readonly areas?: { id: string; quantity: number }[];
}

const PRICE_OF_SEAT = 4500;
const PRICE_OF_STANDING = 3000;
export const priceOf = ({ seats = [], areas = [] }: Places): number =>
  seats.length * PRICE_OF_SEAT + areas.reduce((sum, { quantity }) => sum + quantity * PRICE_OF_STANDING, 0);

/** A completed order, paid elsewhere. */
export async function sold(
  world: HttpWorld,
  event: Pick<SeatEvent, 'id'>,
  places: Places,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Order> {
  const payment = { reference: `receipt ${randomUUID()}`, amountMinor: priceOf(places), currency: 'EUR' };
  const answer = await world.call('POST', '/v1/bookings', {
    body: { eventId: event.id, ...places, payment, ...changes },
  });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body as Order;
}

export const step = (
  world: HttpWorld,
  order: Pick<Order, 'id'>,
  name: 'cancel' | 'refund' | 'exchange',
  body: unknown = {},
  options = {},
): Promise<Answer> => world.call('POST', `/v1/orders/${order.id}/${name}`, { body, ...options });

export const ok = (answer: Answer): RefundedOrder => {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as RefundedOrder;
};
export const codeOf = (answer: Answer): string =>
  answer.status < 300 ? 'ok' : (answer.body as { error: { code: string } }).error.code;

/** Redis counts of an area, and those that Postgres's claims and blocks imply. */
export async function areaCounts({ store, deps: { sql } }: HttpWorld, eventId: string, areaNo = 0) {
  const [held, reserved, soldCount, blocked] = await store.redis.hmget(
    keys.area(eventId, areaNo),
    ...['held', 'reserved', 'sold', 'blocked'],
  );
  const [row] = await sql<{ sold: number; reserved: number; blocked: number; perOrder: number }[]>`
    SELECT coalesce((SELECT sold FROM area_claims WHERE event_id = ${eventId} AND area_no = ${areaNo}), 0) AS sold,
      coalesce((SELECT claimed - sold FROM area_claims WHERE event_id = ${eventId} AND area_no = ${areaNo}), 0) AS reserved,
      coalesce((SELECT quantity FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'area' AND place_no = ${areaNo}), 0) AS blocked,
      coalesce((SELECT sum(quantity) FROM area_order_claims WHERE event_id = ${eventId} AND area_no = ${areaNo}), 0)::integer
        AS "perOrder"`;
  return {
    redis: { held: Number(held), reserved: Number(reserved), sold: Number(soldCount), blocked: Number(blocked) },
    postgres: { reserved: row?.reserved ?? 0, sold: row?.sold ?? 0, blocked: row?.blocked ?? 0 },
    perOrder: row?.perOrder ?? 0,
  };
}

/** Every category's counts in Redis against the letters and areas there (I4). */
export async function inventoryIsRight({ store, deps: { directory } }: HttpWorld, eventId: string): Promise<boolean> {
  const { chart } = await directory.get(eventId);
  const { letters, inventory } = await store.store.snapshot(eventId);
  const counted = inventory.map(() => ({ total: 0, sold: 0, pending: 0, available: 0 }));
  const add = (catNo: number, free: number, pending: number, gone: number): void => {
    const count = counted[catNo];
    if (count === undefined) throw AisleError.of('INTERNAL');
    count.total += free + pending + gone;
    count.available += free;
    count.pending += pending;
    count.sold += gone;
  };
  for (const [seatNo, letter] of [...letters].entries()) {
    const is = (set: string): number => (set.includes(letter) ? 1 : 0);
    add(chart.seatCategory[seatNo] ?? 0, is('a'), is('hr'), is('s'));
  }
  for (let areaNo = 0; areaNo < chart.areaCount; areaNo++) {
    const fields = ['capacity', 'held', 'reserved', 'sold', 'blocked'];
    const [capacity = 0, held = 0, reserved = 0, gone = 0, blocked = 0] = (
      await store.redis.hmget(keys.area(eventId, areaNo), ...fields)
    ).map(Number);
    add(chart.areaCategory[areaNo] ?? 0, capacity - held - reserved - gone - blocked, held + reserved, gone);
  }
  return counted.every((count, catNo) => {
    const stored = inventory[catNo];
    return (['total', 'sold', 'pending', 'available'] as const).every((key) => stored?.[key] === count[key]);
  });
}

/** Money of an event to the cent: what came in less what went out is what its orders still have, and their live tickets. */
export async function booksOf({ deps: { sql } }: HttpWorld, eventId: string) {
  const [row] = await sql<{ cash: number; orders: number; tickets: number }[]>`
    SELECT coalesce((SELECT sum(CASE WHEN kind IN ('payment', 'external_payment') THEN amount_minor ELSE -amount_minor END)
        FROM transactions WHERE event_id = ${eventId}), 0)::bigint AS cash,
      coalesce((SELECT sum(total_minor - refunded_minor) FROM orders
        WHERE event_id = ${eventId} AND status IN ('completed', 'partially_refunded', 'refunded')), 0)::bigint AS orders,
      coalesce((SELECT sum(paid_minor) FROM tickets WHERE event_id = ${eventId} AND status <> 'cancelled'), 0)::bigint AS tickets`;
  return row ?? { cash: -1, orders: -1, tickets: -1 };
}

/** Redis empty, loaded from Postgres alone. */
export async function loseRedis(world: HttpWorld, eventId: string): Promise<void> {
  await world.store.redis.flushall();
  await reload(world, eventId);
}
/** Loaded again, with what Redis has. */
export async function reload(world: HttpWorld, eventId: string): Promise<void> {
  await world.store.rebuilder.loadEvent(eventId, 'redis_lost');
  await world.deps.directory.refresh(eventId);
}
