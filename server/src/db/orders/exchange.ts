import type { Prices } from '@aisle/client/protocol';
import type { JSONValue } from 'postgres';
import { placeMinor, totalMinor, unitPrice } from '../../domain/prices.js';
import type { ExchangeInput, ExchangeResult } from '../../domain/ports/order-changes.js';
import type { StoredItem, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import { failpoint } from '../../platform/failpoint.js';
import { LONG_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import { cancelTickets, CHANGEABLE, earlierChange, TicketsMoved } from './changes.js';
import { insertEffects, openEffectsOf } from './effects.js';
import { rereadOrder } from './rows.js';
import { bookExternal, returnPlaces } from './returns.js';
import { claimPlaces, lockAreas, sellClaims } from './claims.js';
import { announceOrder, announceTickets, appendChange } from './history.js';
import { isOtherRequest, rememberRequest } from './requests.js';
import { openStep } from './steps.js';
import { insertTickets } from './tickets.js';

/** A definite refusal: the transaction rolls back and answers this. */
class Refused extends Error {
  readonly result: ExchangeResult;
  constructor(result: ExchangeResult) {
    super(result.kind);
    this.result = result;
  }
}

/**
 * New places for old ones, in one transaction (SPEC O8): whoever reads finds the buyer with the one or the other, never with
 * both or neither. `holdToken` is the reserved hold of the new places.
 */
export async function exchangeOrder(sql: Sql, input: ExchangeInput): Promise<ExchangeResult> {
  try {
    return await transaction(
      sql,
      async (tx) => {
        const result = await exchangeIn(tx, input);
        await failpoint('exchange-before-commit');
        return result;
      },
      LONG_DEADLINE_MS,
    );
  } catch (error) {
    if (error instanceof Refused) return error.result;
    if (error instanceof TicketsMoved)
      return { kind: 'tickets', order: error.order, scanned: error.scanned, cancelled: [] };
    throw error;
  }
}

async function exchangeIn(tx: Transaction, input: ExchangeInput): Promise<ExchangeResult> {
  const step = await openStep(tx, input.orderId);
  if (step === null) return { kind: 'not_found' };
  const { order } = step;
  const earlier = await earlierChange(tx, order.id, input);
  if (earlier !== null) {
    if (earlier.kind !== 'exchanged' || earlier.changes.fingerprint !== input.fingerprint) return { kind: 'mismatch' };
    return { kind: 'already', order, effects: await openEffectsOf(tx, order.id) };
  }
  if (await isOtherRequest(tx, input)) return { kind: 'mismatch' };
  if (!CHANGEABLE.has(order.status)) return { kind: 'conflict', order };
  const old = ticketsOf(order, input.ticketIds);
  if (await givenUp(tx, order.id, input.holdToken)) return { kind: 'gone' };
  if (step.epoch !== input.epoch) return { kind: 'epoch' };
  const items = await priced(tx, order, input);
  const differenceMinor = totalMinor(items) - old.reduce((sum, { paidMinor }) => sum + paidMinor, 0);
  const paid = input.payment;
  if (differenceMinor !== (paid?.amountMinor ?? 0) || (paid !== null && paid.currency !== order.currency)) {
    return { kind: 'amount', differenceMinor, currency: order.currency };
  }
  return apply(tx, order, old, items, input, differenceMinor);
}

function ticketsOf(order: StoredOrder, ticketIds: readonly string[]): StoredTicket[] {
  const byId = new Map(order.tickets.map((ticket) => [ticket.id, ticket]));
  const unknown = ticketIds.filter((id) => !byId.has(id));
  if (unknown.length > 0) throw new Refused({ kind: 'unknown_tickets', ticketIds: unknown });
  const tickets = [...new Set(ticketIds)].flatMap((id) => byId.get(id) ?? []);
  const ids = (status: StoredTicket['status']): string[] =>
    tickets.filter((ticket) => ticket.status === status).map(({ id }) => id);
  const [scanned, cancelled] = [ids('scanned'), ids('cancelled')];
  if (scanned.length + cancelled.length > 0) throw new Refused({ kind: 'tickets', order, scanned, cancelled });
  return tickets;
}

/** As prices are now; frozen with the exchange. */
async function priced(
  tx: Transaction,
  order: StoredOrder,
  input: ExchangeInput,
): Promise<(StoredItem & { itemNo: number })[]> {
  const [event] = await tx<{ status: string; prices: Prices; next: number }[]>`
    SELECT status, prices, (SELECT coalesce(max(item_no), -1) + 1 FROM order_items WHERE order_id = ${order.id}) AS next
    FROM events WHERE id = ${order.eventId}`;
  if (event === undefined) throw new Error(`no event ${order.eventId}`);
  if (event.status === 'cancelled') throw new Refused({ kind: 'not_on_sale', status: event.status });
  return input.items.map((item, index) => ({
    ...item,
    ...unitPrice(event.prices, item.category, item.ticketType),
    itemNo: event.next + index,
  }));
}

async function apply(
  tx: Transaction,
  order: StoredOrder,
  old: readonly StoredTicket[],
  items: readonly (StoredItem & { itemNo: number })[],
  input: ExchangeInput,
  differenceMinor: number,
): Promise<ExchangeResult> {
  const { id, eventId } = order;
  const cancelled = await cancelTickets(tx, order, old, 'refuse');
  await lockAreas(tx, eventId, [...old, ...items]);
  const give = await returnPlaces(tx, order, cancelled, input.to, input.actor);
  await claimAndSell(tx, order, input);
  await removeItems(tx, id, old);
  await insertItems(tx, id, items);
  const issued = await insertTickets(tx, order, items);
  const booked = await bookDifference(tx, order, input, differenceMinor);
  const moved = await tx`
    UPDATE orders SET version = version + 1, total_minor = total_minor + ${differenceMinor},
      payment_kind = ${booked ? 'external' : order.paymentKind}, updated_at = now()
    WHERE id = ${id} AND version = ${order.version} RETURNING id`;
  if (moved.length !== 1) throw new Error(`order ${id} changed under its lock`);
  await rememberRequest(tx, input);
  const stored = await rereadOrder(tx, id);
  const told = { cancelledTicketIds: idsOf(cancelled), issuedTicketIds: idsOf(issued), differenceMinor };
  const history: Record<string, JSONValue> = {
    ...{ ...told, fingerprint: input.fingerprint, reason: input.reason, holdToken: input.holdToken },
    ...{ from: old.map(sold), to: items.map(bought) },
    payment: input.payment === null ? null : { ...input.payment },
  };
  await appendChange(tx, stored, 'exchanged', input, history);
  await announceOrder(tx, 'order.exchanged', stored, told);
  await announceTickets(tx, 'ticket.cancelled', cancelled);
  await announceTickets(tx, 'ticket.issued', issued);
  await insertEffects(tx, [
    {
      ...{ orderId: id, eventId, epoch: input.epoch, kind: 'exchanged', holdToken: input.holdToken, take: items, give },
      ...{ cause: 'exchange', subject: order.subject, actor: input.actor, requestId: input.requestId },
    },
  ]);
  return { kind: 'done', order: { ...stored, settled: false }, effects: await openEffectsOf(tx, id) };
}

/**
 * A booking without payment details is not in the books, and neither is what was paid for it later; one that was free enters
 * them here. True: it did.
 */
async function bookDifference(
  tx: Transaction,
  order: StoredOrder,
  { payment }: ExchangeInput,
  differenceMinor: number,
): Promise<boolean> {
  if (payment === null || differenceMinor === 0) return false;
  const wasFree = order.paymentKind === 'none' && order.totalMinor === 0;
  if (order.paymentKind === 'none' && !wasFree) return false;
  const kind = differenceMinor > 0 ? 'external_payment' : 'external_refund';
  await bookExternal(tx, order, kind, Math.abs(differenceMinor), payment.reference);
  return wasFree;
}

const idsOf = (tickets: readonly StoredTicket[]): string[] => tickets.map(({ id }) => id);
const sold = ({ kind, placeId, category, ticketType, paidMinor }: StoredTicket) => ({
  ...{ [kind]: placeId, category, ticketType, paidMinor },
});
const bought = (item: StoredItem) => ({
  ...{ [item.kind]: item.placeId, quantity: item.quantity, category: item.category, ticketType: item.ticketType },
  eachMinor: placeMinor(item),
});

/** A seat that somebody claims though it is ours in Redis is theirs: Postgres wins. */
async function claimAndSell(tx: Transaction, order: StoredOrder, input: ExchangeInput): Promise<void> {
  const claims = { eventId: order.eventId, orderId: order.id, places: input.items, capacity: input.capacity };
  const result = await claimPlaces(tx, claims);
  if (!result.ok) {
    const taken = input.items.filter(({ kind, placeNo }) =>
      (kind === 'seat' ? result.seats : result.areas).includes(placeNo),
    );
    throw new Refused({ kind: 'claimed', placeIds: [...new Set(taken.map(({ placeId }) => placeId))] });
  }
  await sellClaims(tx, order.eventId, order.id);
}

/** What the order is made of now; what it was is in its history. */
async function removeItems(tx: Transaction, orderId: string, tickets: readonly StoredTicket[]): Promise<void> {
  const counts = new Map<number, number>();
  for (const { itemNo } of tickets) counts.set(itemNo, (counts.get(itemNo) ?? 0) + 1);
  for (const [itemNo, count] of counts) {
    const gone = await tx`
      DELETE FROM order_items WHERE order_id = ${orderId} AND item_no = ${itemNo} AND quantity = ${count} RETURNING item_no`;
    if (gone.length === 1) continue;
    await tx`
      UPDATE order_items SET quantity = quantity - ${count} WHERE order_id = ${orderId} AND item_no = ${itemNo}`;
  }
}

async function insertItems(
  tx: Transaction,
  orderId: string,
  items: readonly (StoredItem & { itemNo: number })[],
): Promise<void> {
  const rows = items.map((item) => ({ ...item }));
  await tx`
    INSERT INTO order_items (order_id, item_no, place_kind, place_no, place_id, quantity, cat_no, category, ticket_type,
      origin, unit_minor, fee_minor, tax_minor)
    SELECT ${orderId}, r."itemNo", r.kind, r."placeNo", r."placeId", r.quantity, r."catNo", r.category, r."ticketType",
      r.origin, r."unitMinor", r."feeMinor", r."taxMinor"
    FROM jsonb_to_recordset(${tx.json(rows)}) AS r ("itemNo" integer, kind text, "placeNo" integer, "placeId" text,
      quantity integer, "catNo" integer, category text, "ticketType" text, origin text, "unitMinor" bigint,
      "feeMinor" bigint, "taxMinor" bigint)`;
}

/** The worker gave its reserved hold up (orders-orphans.ts): then nothing may be sold on it. Under the order's lock. */
async function givenUp(tx: Transaction, orderId: string, token: string): Promise<boolean> {
  const rows = await tx`
    SELECT 1 FROM order_effects WHERE order_id = ${orderId} AND hold_token = ${token} AND kind = 'released'`;
  return rows.length > 0;
}
