import type { OrderStatus } from '@aisle/client/protocol';
import type { EffectPlace } from '../../domain/ports/seat-store.js';
import { begin } from '../begin.js';
import type { BlockedPlace } from '../events/blocks.js';
import { listBlocks } from '../events/blocks.js';
import { lockEpochExclusive } from './epoch-lock.js';
import { bumpEpoch, findEvent, type EventRecord } from '../events/events.js';
import { guarded, LONG_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import { readUnsettled, type Unsettled } from './unsettled.js';

export { lockEpochExclusive, lockEpochShared } from './epoch-lock.js';

/** A seat that an open order (reserved) or a live ticket (sold) has for good. */
export interface SeatClaim {
  readonly seatNo: number;
  readonly orderId: string;
  readonly state: 'reserved' | 'sold';
}
/** Totals of an area: `claimed` counts open orders and live tickets, `sold` the tickets alone. */
export interface AreaClaim {
  readonly areaNo: number;
  readonly claimed: number;
  readonly sold: number;
}
/** One order's part of an area's claims. */
export interface AreaOrderClaim {
  readonly areaNo: number;
  readonly orderId: string;
  readonly quantity: number;
  readonly state: 'reserved' | 'sold';
}
/** An order that waits for its money: Redis is to have its places reserved under its hold's token. */
export interface PendingOrder {
  readonly orderId: string;
  readonly holdToken: string;
  readonly subject: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly items: readonly PendingItem[];
}
export interface PendingItem extends EffectPlace {
  readonly ticketType: string | null;
  readonly origin: 'a' | 'b';
}
/** An order that is in Postgres, in whatever status. */
export interface KnownOrder {
  readonly holdToken: string;
  readonly status: OrderStatus;
}
/** Everything Postgres knows of who may not have a place: what Redis is loaded from (SPEC R2). */
export interface EventTruth {
  readonly record: EventRecord;
  readonly blocks: readonly BlockedPlace[];
  readonly seatClaims: readonly SeatClaim[];
  readonly areaClaims: readonly AreaClaim[];
  readonly areaOrderClaims: readonly AreaOrderClaim[];
  readonly pendingOrders: readonly PendingOrder[];
  readonly snapshotAt: Date;
}

/** A new epoch: claims under the one before are refused from the commit on. null: no such event, or a draft. */
export function nextEpoch(sql: Sql, eventId: string): Promise<number | null> {
  return transaction(sql, async (tx) => {
    await lockEpochExclusive(tx, eventId);
    const record = await findEvent(tx, eventId);
    if (record === null || record.event.status === 'draft') return null;
    return bumpEpoch(tx, eventId);
  });
}

/** What else may be asked of the same snapshot. */
export interface TruthLook {
  /** Those of the orders that Postgres has, by id. */
  readonly findOrders: (orderIds: readonly string[]) => Promise<Map<string, KnownOrder>>;
  /** What Redis may not have been told of yet. */
  readonly unsettled: () => Promise<Unsettled>;
}

/**
 * Runs `body` inside one repeatable-read snapshot, which stays open until `body` is done: as long as it is, others can see
 * by `isBeingLoaded` that a loader lives. null: no such event.
 */
export async function withTruth<T>(
  sql: Sql,
  eventId: string,
  body: (truth: EventTruth, look: TruthLook) => Promise<T>,
): Promise<T | null> {
  return begin(sql, 'isolation level repeatable read read only', async (tx) => {
    // Sent ahead of the rest, not waited for: sales stand still. The snapshot is taken with it.
    const lock = tx`SELECT pg_advisory_xact_lock_shared(hashtextextended(${`aisle:loading:${eventId}`}, 0))`.execute();
    const [loaded] = await Promise.all([snapshot(tx, eventId, body), lock]);
    return loaded;
  });
}

/** The same for whoever only compares: nobody takes it for a loader. Throws UNAVAILABLE where Postgres is away. */
export async function readTruthOnce<T>(
  sql: Sql,
  eventId: string,
  body: (truth: EventTruth, look: TruthLook) => Promise<T>,
): Promise<T | null> {
  const read = (): Promise<T | null> =>
    begin(sql, 'isolation level repeatable read read only', (tx) => snapshot(tx, eventId, body));
  return guarded(sql, read, LONG_DEADLINE_MS);
}

async function snapshot<T>(
  tx: Transaction,
  eventId: string,
  body: (truth: EventTruth, look: TruthLook) => Promise<T>,
): Promise<T | null> {
  const truth = await readTruth(tx, eventId);
  if (truth === null) return null;
  return body(truth, {
    findOrders: (orderIds) => findOrders(tx, orderIds),
    unsettled: () => readUnsettled(tx, eventId),
  });
}

/** False: whoever set `loading` in Redis is gone and the load must be done again. */
export async function isBeingLoaded(sql: Sql, eventId: string): Promise<boolean> {
  return transaction(sql, async (tx) => {
    const rows = await tx<
      { free: boolean }[]
    >`SELECT pg_try_advisory_xact_lock(hashtextextended(${`aisle:loading:${eventId}`}, 0)) AS free`;
    return rows[0]?.free === false;
  });
}

/** All at once: the connection takes them one after the other, and nobody waits for a round trip in between. */
async function readTruth(tx: Transaction, eventId: string): Promise<EventTruth | null> {
  const [record, clock, blocks, seatClaims, areaClaims, areaOrderClaims, pendingOrders] = await Promise.all([
    findEvent(tx, eventId),
    tx<{ at: Date }[]>`SELECT transaction_timestamp() AS at`,
    listBlocks(tx, eventId),
    readSeatClaims(tx, eventId),
    tx<AreaClaim[]>`
      SELECT area_no AS "areaNo", claimed, sold FROM area_claims WHERE event_id = ${eventId} ORDER BY area_no`,
    tx<AreaOrderClaim[]>`
      SELECT area_no AS "areaNo", order_id AS "orderId", quantity, state FROM area_order_claims
      WHERE event_id = ${eventId} ORDER BY area_no, order_id`,
    readPending(tx, eventId),
  ]);
  if (record === null) return null;
  const claims = { seatClaims, areaClaims, areaOrderClaims };
  return { record, blocks, ...claims, pendingOrders, snapshotAt: clock[0]?.at ?? new Date() };
}

/** As one text a column: 50,000 rows of their own take the driver several times as long, while sales stand still. */
async function readSeatClaims(tx: Transaction, eventId: string): Promise<SeatClaim[]> {
  const rows = await tx<{ state: SeatClaim['state']; seats: string; orders: string }[]>`
    SELECT state, string_agg(seat_no::text, ',') AS seats, string_agg(order_id, ',') AS orders
    FROM seat_claims WHERE event_id = ${eventId} GROUP BY state`;
  return rows.flatMap(({ state, seats, orders }) => {
    const orderIds = orders.split(',');
    return seats.split(',').map((seatNo, i) => ({ seatNo: Number(seatNo), state, orderId: orderIds[i] ?? '' }));
  });
}

async function readPending(tx: Transaction, eventId: string): Promise<PendingOrder[]> {
  return tx<PendingOrder[]>`
    SELECT o.id AS "orderId", o.hold_token AS "holdToken", o.subject, o.created_at AS "createdAt",
      coalesce(o.expires_at, o.created_at) AS "expiresAt",
      jsonb_agg(jsonb_build_object('kind', i.place_kind, 'placeNo', i.place_no, 'catNo', i.cat_no, 'quantity', i.quantity,
        'ticketType', i.ticket_type, 'origin', i.origin) ORDER BY i.item_no) AS items
    FROM orders o JOIN order_items i ON i.order_id = o.id
    WHERE o.event_id = ${eventId} AND o.status = 'pending' AND o.hold_token <> ''
    GROUP BY o.id ORDER BY o.created_at, o.id`;
}

async function findOrders(tx: Transaction, orderIds: readonly string[]): Promise<Map<string, KnownOrder>> {
  const rows = await tx<(KnownOrder & { id: string })[]>`
    SELECT id, hold_token AS "holdToken", status FROM orders WHERE id = ANY (${[...orderIds]}::text[])`;
  return new Map(rows.map(({ id, holdToken, status }) => [id, { holdToken, status }]));
}
