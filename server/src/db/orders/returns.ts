import { randomBytes } from 'node:crypto';
import type { MoneyBack, ReturnTo } from '../../domain/ports/order-changes.js';
import type { StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import type { OrderEffect } from '../../domain/ports/seat-store.js';
import type { Transaction } from '../client.js';
import { giveToBlocks } from './claims.js';

/**
 * The places of these tickets are no longer the order's: claims go, and blocks follow. A house seat that goes on sale
 * leaves its block; one that goes back keeps the row it has. Answers what Redis must give.
 */
export async function returnPlaces(
  tx: Transaction,
  order: { readonly id: string; readonly eventId: string },
  tickets: readonly StoredTicket[],
  target: ReturnTo,
  actor: string,
): Promise<OrderEffect['give']> {
  const seats = tickets.filter(({ kind }) => kind === 'seat');
  const areas = byArea(tickets);
  await returnSeats(
    tx,
    order,
    seats.map(({ placeNo }) => placeNo),
    target,
    actor,
  );
  for (const { placeNo, quantity } of areas) await returnArea(tx, order, placeNo, quantity);
  if (target.to === 'b') {
    const { label, reason } = target;
    const blocks = areas.map(({ placeNo: areaNo, quantity }) => ({ areaNo, quantity, label, reason, actor }));
    await giveToBlocks(tx, order.eventId, blocks);
  }
  const { to } = target;
  return [
    ...seats.map(({ placeNo, catNo }) => ({ kind: 'seat' as const, placeNo, catNo, quantity: 1, to })),
    ...areas.map(({ placeNo, catNo, quantity }) => ({ kind: 'area' as const, placeNo, catNo, quantity, to })),
  ];
}

async function returnSeats(
  tx: Transaction,
  { id, eventId }: { readonly id: string; readonly eventId: string },
  seats: readonly number[],
  target: ReturnTo,
  actor: string,
): Promise<void> {
  if (seats.length === 0) return;
  const numbers = [...seats].sort((a, b) => a - b);
  const gone = await tx`
    DELETE FROM seat_claims WHERE event_id = ${eventId} AND order_id = ${id} AND seat_no = ANY (${numbers}::integer[])
    RETURNING seat_no`;
  if (gone.length !== seats.length) throw new Error(`order ${id} has tickets for seats that it does not claim`);
  await (target.to === 'a'
    ? tx`DELETE FROM seat_blocks WHERE event_id = ${eventId} AND kind = 'seat' AND place_no = ANY (${numbers}::integer[])`
    : tx`
      INSERT INTO seat_blocks (event_id, kind, place_no, quantity, label, reason, actor)
      SELECT ${eventId}, 'seat', s, 1, ${target.label}, ${target.reason}, ${actor} FROM unnest(${numbers}::integer[]) AS s
      ON CONFLICT (event_id, kind, place_no) DO NOTHING`);
}

async function returnArea(
  tx: Transaction,
  { id, eventId }: { readonly id: string; readonly eventId: string },
  areaNo: number,
  quantity: number,
): Promise<void> {
  const [before] = await tx<{ quantity: number }[]>`
    SELECT quantity FROM area_order_claims
    WHERE event_id = ${eventId} AND area_no = ${areaNo} AND order_id = ${id} AND state = 'sold' FOR UPDATE`;
  if ((before?.quantity ?? 0) < quantity) throw new Error(`order ${id} has more tickets of an area than it claims`);
  await (before?.quantity === quantity
    ? tx`DELETE FROM area_order_claims
         WHERE event_id = ${eventId} AND area_no = ${areaNo} AND order_id = ${id} AND state = 'sold'`
    : tx`UPDATE area_order_claims SET quantity = quantity - ${quantity}
         WHERE event_id = ${eventId} AND area_no = ${areaNo} AND order_id = ${id} AND state = 'sold'`);
  await tx`
    UPDATE area_claims SET claimed = claimed - ${quantity}, sold = sold - ${quantity}
    WHERE event_id = ${eventId} AND area_no = ${areaNo}`;
}

function byArea(tickets: readonly StoredTicket[]): { placeNo: number; catNo: number; quantity: number }[] {
  const sums = new Map<number, { placeNo: number; catNo: number; quantity: number }>();
  for (const { kind, placeNo, catNo } of tickets) {
    if (kind !== 'area') continue;
    const sum = sums.get(placeNo);
    if (sum === undefined) sums.set(placeNo, { placeNo, catNo, quantity: 1 });
    else sum.quantity++;
  }
  return [...sums.values()].sort((a, b) => a.placeNo - b.placeNo);
}

const REFUND_ID_BYTES = 16;

/**
 * Money for places that went back. What the provider charged is given back by the provider: one open attempt a cause, which
 * the worker executes. The rest was taken by the shop; it is put into the books, and Aisle moves nothing.
 */
export async function giveMoneyBack(
  tx: Transaction,
  order: StoredOrder,
  money: { readonly amountMinor: number; readonly cause: string; readonly reference: string },
): Promise<MoneyBack> {
  const { amountMinor, cause, reference } = money;
  const charge = order.paymentKind === 'provider' ? await chargeOf(tx, order.id) : undefined;
  const providerMinor = Math.min(amountMinor, charge?.left ?? 0);
  const externalMinor = amountMinor - providerMinor;
  if (charge !== undefined && providerMinor > 0) {
    await tx`
      INSERT INTO payment_attempts
        (id, order_id, kind, provider, amount_minor, currency, status, refund_of, cause, next_check_at)
      VALUES (${`rfd_${randomBytes(REFUND_ID_BYTES).toString('base64url')}`}, ${order.id}, 'refund', ${charge.provider},
        ${providerMinor}, ${order.currency}, 'open', ${charge.id}, ${cause}, now())
      ON CONFLICT (refund_of, cause) WHERE kind = 'refund' DO NOTHING`;
  }
  if (externalMinor > 0) await bookExternal(tx, order, 'external_refund', externalMinor, reference);
  return { providerMinor, externalMinor };
}

/** One line of the books. A reference that was used for this order before is made another by the version. */
export async function bookExternal(
  tx: Transaction,
  order: StoredOrder,
  kind: 'external_payment' | 'external_refund',
  amountMinor: number,
  reference: string,
): Promise<void> {
  const insert = (text: string) => tx`
    INSERT INTO transactions (order_id, event_id, kind, amount_minor, currency, reference)
    VALUES (${order.id}, ${order.eventId}, ${kind}, ${amountMinor}, ${order.currency}, ${text})
    ON CONFLICT ON CONSTRAINT transactions_once DO NOTHING RETURNING id`;
  if ((await insert(reference)).length > 0) return;
  if ((await insert(`${reference} (v${order.version + 1})`)).length === 0) {
    throw new Error(`the books of order ${order.id} have version ${order.version + 1} already`);
  }
}

/**
 * The charge that paid for the order, and how much of it was not given back yet. The books say which it was: its own row may
 * not be final yet; money that came late or in another amount is in the books too and goes back by itself.
 */
async function chargeOf(
  tx: Transaction,
  orderId: string,
): Promise<{ id: string; provider: string; left: number } | undefined> {
  const rows = await tx<{ id: string; provider: string; left: number }[]>`
    SELECT p.id, p.provider, (p.amount_minor - coalesce((
      SELECT sum(r.amount_minor) FROM payment_attempts r
      WHERE r.refund_of = p.id AND r.kind = 'refund' AND r.status IN ('open', 'succeeded')), 0))::bigint AS left
    FROM payment_attempts p
    JOIN transactions t ON t.order_id = p.order_id AND t.kind = 'payment' AND t.reference = p.id
    WHERE p.order_id = ${orderId} AND p.kind = 'charge' AND NOT EXISTS (
      SELECT 1 FROM payment_attempts r
      WHERE r.kind = 'refund' AND r.refund_of = p.id AND r.cause IN ('late', 'amount'))
    ORDER BY t.id LIMIT 1`;
  return rows[0];
}
