import type { EventStatus, Prices } from '@aisle/client/protocol';
import { totalMinor, unitPrice } from '../domain/prices.js';
import type { PlaceOrder, PlaceResult, StoredItem, StoredOrder } from '../domain/ports/orders.js';
import { orderFailpoint } from '../platform/order-failpoints.js';
import { lockEpochShared } from './claims.js';
import { ORDER_DEADLINE_MS, transaction, type Sql, type Transaction } from './client.js';
import { readOrder, rereadOrder, selectOrders, toOrder, type OrderRow } from './order-rows.js';
import { claimPlaces, type Claims, type TakenBlock } from './orders-claims.js';
import { announceOrder, appendChange } from './orders-history.js';

/** A definite refusal: the transaction rolls back and answers this. */
class Refused extends Error {
  readonly result: PlaceResult;
  constructor(result: PlaceResult) {
    super(result.kind);
    this.result = result;
  }
}

interface EventRow {
  status: EventStatus;
  epoch: number;
  prices: Prices;
  currency: string;
  chart_version: number;
  max_seats_per_subject: number;
}

/**
 * The order and its claims in one transaction (SPEC O1): all of it or nothing. Thrown UNAVAILABLE says nothing about which;
 * every value says.
 */
export async function placeOrder(sql: Sql, order: PlaceOrder): Promise<PlaceResult> {
  try {
    return await transaction(
      sql,
      async (tx) => {
        const result = await placeIn(tx, order);
        await orderFailpoint('reserve-before-commit');
        return result;
      },
      ORDER_DEADLINE_MS,
    );
  } catch (error) {
    if (error instanceof Refused) return error.result;
    throw error;
  }
}

async function placeIn(tx: Transaction, order: PlaceOrder): Promise<PlaceResult> {
  await lockEpochShared(tx, order.eventId);
  const there = await known(tx, order);
  if (there !== null) return there;
  const event = await eventOf(tx, order.eventId);
  if (event.epoch !== order.epoch) throw new Refused({ kind: 'epoch' });
  // Closed: also no reserve (architecture §11). Paused: who has a hold may buy.
  if (event.status !== 'on_sale' && event.status !== 'paused') {
    throw new Refused({ kind: 'not_on_sale', status: event.status });
  }
  const items = order.items.map((item) => ({ ...item, ...unitPrice(event.prices, item.category, item.ticketType) }));
  const total = totalMinor(items);
  if (order.shownTotalMinor !== null && order.shownTotalMinor !== total) {
    throw new Refused({ kind: 'price_changed', totalMinor: total, currency: event.currency });
  }
  await refuseTooMany(tx, order, order.maxPlaces === 0 ? event.max_seats_per_subject : order.maxPlaces);
  if (!(await insertOrder(tx, order, event, total))) {
    // Somebody inserted it while we looked: the same request on another node, a tombstone, or an order of this externalId.
    const result = await known(tx, order);
    if (result === null) throw new Error(`order ${order.id} was refused without a reason`);
    throw new Refused(result);
  }
  await insertItems(tx, order.id, items);
  await orderFailpoint('reserve-in-transaction');
  const blocks = await claim(tx, order);
  const stored = await rereadOrder(tx, order.id);
  await appendChange(tx, stored, 'created', order, {
    totalMinor: total,
    blocks: blocks.map((block) => ({ ...block })),
  });
  await announceOrder(tx, 'order.created', stored);
  return { kind: 'placed', order: stored, replayed: false };
}

/** What is there already under this id, request or externalId. */
async function known(tx: Transaction, order: PlaceOrder): Promise<PlaceResult | null> {
  const byId = await readOrder(tx, order.id);
  if (byId !== null) return isTombstone(byId) ? { kind: 'expired' } : { kind: 'placed', order: byId, replayed: true };
  const [asked] = await tx<OrderRow[]>`
    ${selectOrders(tx)} WHERE o.request_subject = ${order.actor} AND o.request_id = ${order.requestId}`;
  if (asked !== undefined) {
    if (asked.fingerprint !== order.fingerprint) return { kind: 'request_mismatch' };
    return { kind: 'placed', order: toOrder(asked), replayed: true };
  }
  if (order.externalId === null) return null;
  const taken = await tx`SELECT 1 FROM orders WHERE external_id = ${order.externalId}`;
  return taken.length === 0 ? null : { kind: 'external_id_taken' };
}

/** An order that never was has no items (SPEC O2). */
const isTombstone = (order: StoredOrder): boolean => order.status === 'expired' && order.items.length === 0;

async function eventOf(tx: Transaction, eventId: string): Promise<EventRow> {
  const [event] = await tx<EventRow[]>`
    SELECT status, epoch, prices, currency, chart_version, max_seats_per_subject FROM events WHERE id = ${eventId}`;
  if (event === undefined) throw new Error(`no event ${eventId}`);
  return event;
}

/**
 * Places of open orders and live tickets count, by subject and by e-mail: who comes back under another name stays one buyer.
 * Two orders of one buyer at the same moment go one after the other.
 */
async function refuseTooMany(tx: Transaction, order: PlaceOrder, limit: number | null): Promise<void> {
  if (limit === null) return;
  const asked = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
  const email = order.buyer?.email?.toLowerCase();
  const { eventId, subject } = order;
  await lockBuyer(tx, eventId, `subject ${subject}`);
  const own = await placesOf(tx, eventId, tx`o.subject = ${subject}`);
  if (own + asked > limit) throw new Refused({ kind: 'too_many', limit, holding: own, path: 'subject' });
  if (email === undefined) return;
  await lockBuyer(tx, eventId, `email ${email}`);
  const theirs = await placesOf(tx, eventId, tx`lower(o.buyer ->> 'email') = ${email} AND o.buyer IS NOT NULL`);
  if (theirs + asked > limit) throw new Refused({ kind: 'too_many', limit, holding: theirs, path: 'buyer.email' });
}

async function lockBuyer(tx: Transaction, eventId: string, who: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`aisle:buyer:${eventId}:${who}`}, 0))`;
}

async function placesOf(tx: Transaction, eventId: string, whose: ReturnType<Transaction>): Promise<number> {
  const [row] = await tx<{ places: number }[]>`
    SELECT coalesce(sum(CASE WHEN o.status = 'pending'
        THEN (SELECT coalesce(sum(i.quantity), 0) FROM order_items i WHERE i.order_id = o.id)
        ELSE (SELECT count(*) FROM tickets t WHERE t.order_id = o.id AND t.status <> 'cancelled') END), 0)::integer AS places
    FROM orders o WHERE o.event_id = ${eventId} AND o.status IN ('pending', 'completed', 'partially_refunded') AND ${whose}`;
  return row?.places ?? 0;
}

/** False: id, request or externalId is there already. Without an effect on Redis it counts as settled. */
async function insertOrder(tx: Transaction, order: PlaceOrder, event: EventRow, total: number): Promise<boolean> {
  const rows = await tx`
    INSERT INTO orders (id, event_id, status, external_id, subject, actor, hold_token, buyer, currency, total_minor,
      chart_version, request_subject, request_id, fingerprint, expires_at, settled_at)
    VALUES (${order.id}, ${order.eventId}, 'pending', ${order.externalId}, ${order.subject}, ${order.actor},
      ${order.holdToken}, ${order.buyer === null ? null : tx.json(order.buyer)}, ${event.currency}, ${total},
      ${event.chart_version}, ${order.actor}, ${order.requestId}, ${order.fingerprint},
      now() + ${order.reserveSeconds} * interval '1 second', now())
    ON CONFLICT DO NOTHING RETURNING id`;
  return rows.length === 1;
}

async function insertItems(tx: Transaction, orderId: string, items: readonly StoredItem[]): Promise<void> {
  const rows = items.map((item, index) => ({ ...item, itemNo: index }));
  await tx`
    INSERT INTO order_items (order_id, item_no, place_kind, place_no, place_id, quantity, cat_no, category, ticket_type,
      origin, unit_minor, fee_minor, tax_minor)
    SELECT ${orderId}, r."itemNo", r.kind, r."placeNo", r."placeId", r.quantity, r."catNo", r.category, r."ticketType",
      r.origin, r."unitMinor", r."feeMinor", r."taxMinor"
    FROM jsonb_to_recordset(${tx.json(rows)}) AS r ("itemNo" integer, kind text, "placeNo" integer, "placeId" text,
      quantity integer, "catNo" integer, category text, "ticketType" text, origin text, "unitMinor" bigint,
      "feeMinor" bigint, "taxMinor" bigint)`;
}

async function claim(tx: Transaction, order: PlaceOrder): Promise<readonly TakenBlock[]> {
  const claims: Claims = { eventId: order.eventId, orderId: order.id, places: order.items, capacity: order.capacity };
  const result = await claimPlaces(tx, claims);
  if (result.ok) return result.blocks;
  const taken = order.items.filter(({ kind, placeNo }) =>
    (kind === 'seat' ? result.seats : result.areas).includes(placeNo),
  );
  throw new Refused({ kind: 'claimed', placeIds: [...new Set(taken.map(({ placeId }) => placeId))] });
}
