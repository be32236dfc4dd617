import type { EventStatus, Prices } from '@aisle/client/protocol';
import { isRemovedType, totalMinor, unitPrice } from '../../domain/prices.js';
import type { PlaceOrder, PlaceResult, StoredItem, StoredOrder } from '../../domain/ports/orders.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { lockEpochShared } from '../loading/claims.js';
import { ORDER_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import { rereadOrder } from './rows.js';
import { lockRequest } from './requests.js';
import { claimPlaces, type Claims, type TakenBlock } from './claims.js';
import { announceOrder, appendChange } from './history.js';

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
  // Both in one round trip. Without the second, the same request on another node could be refused for what this one is about
  // to commit (the buyer's cap counts it), and its refusal would take the order's hold away.
  await Promise.all([lockEpochShared(tx, order.eventId), lockRequest(tx, order)]);
  const there = await known(tx, order);
  if (there !== null) return there;
  const event = await eventOf(tx, order.eventId);
  if (event.epoch !== order.epoch) throw new Refused({ kind: 'epoch' });
  // Closed: also no reserve (architecture §11). Paused: who has a hold may buy.
  if (event.status !== 'on_sale' && event.status !== 'paused') {
    throw new Refused({ kind: 'not_on_sale', status: event.status });
  }
  for (const { category, ticketType } of order.items) {
    if (ticketType !== null && isRemovedType(event.prices, category, ticketType)) {
      throw new Refused({ kind: 'type_removed', category, ticketType });
    }
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

/** What is there already under this id, request or externalId. One look: as a rule there is nothing. */
async function known(tx: Transaction, order: PlaceOrder): Promise<PlaceResult | null> {
  const rows = await tx<{ id: string; asked: boolean; fingerprint: string }[]>`
    SELECT id, request_subject = ${order.actor} AND request_id = ${order.requestId} AS asked, fingerprint FROM orders
    WHERE id = ${order.id} OR (request_subject = ${order.actor} AND request_id = ${order.requestId})
      OR external_id = ${order.externalId}`;
  if (rows.length === 0) return null;
  if (rows.some(({ id }) => id === order.id)) {
    const stored = await rereadOrder(tx, order.id);
    return isTombstone(stored) ? { kind: 'expired' } : { kind: 'placed', order: stored, replayed: true };
  }
  const asked = rows.find((row) => row.asked);
  if (asked === undefined) return { kind: 'external_id_taken' };
  if (asked.fingerprint !== order.fingerprint) return { kind: 'request_mismatch' };
  return { kind: 'placed', order: await rereadOrder(tx, asked.id), replayed: true };
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
  const { eventId, subject } = order;
  const asked = order.items.reduce((sum, { quantity }) => sum + quantity, 0);
  const email = order.buyer?.email?.toLowerCase() ?? null;
  const locks = [`subject ${subject}`, ...(email === null ? [] : [`email ${email}`])];
  // One by one, subjects before e-mails: two buyers never wait for each other in a ring.
  await tx`
    SELECT pg_advisory_xact_lock(hashtextextended('aisle:buyer:' || ${eventId} || ':' || who, 0))
    FROM unnest(${locks}::text[]) WITH ORDINALITY AS l (who, n) ORDER BY n`;
  const [held] = await tx<{ own: number; theirs: number }[]>`
    SELECT coalesce(sum(places) FILTER (WHERE subject = ${subject}), 0)::integer AS own,
      coalesce(sum(places) FILTER (WHERE email = ${email}), 0)::integer AS theirs
    FROM (
      SELECT o.subject, lower(o.buyer ->> 'email') AS email, CASE WHEN o.status = 'pending'
        THEN (SELECT coalesce(sum(i.quantity), 0) FROM order_items i WHERE i.order_id = o.id)
        ELSE (SELECT count(*) FROM tickets t WHERE t.order_id = o.id AND t.status <> 'cancelled') END AS places
      FROM orders o WHERE o.event_id = ${eventId} AND o.status IN ('pending', 'completed', 'partially_refunded')
        AND (o.subject = ${subject} OR (o.buyer IS NOT NULL AND lower(o.buyer ->> 'email') = ${email}))
    ) AS placed`;
  const { own, theirs } = held ?? { own: 0, theirs: 0 };
  if (own + asked > limit) throw new Refused({ kind: 'too_many', limit, holding: own, path: 'subject' });
  if (theirs + asked > limit) throw new Refused({ kind: 'too_many', limit, holding: theirs, path: 'buyer.email' });
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
