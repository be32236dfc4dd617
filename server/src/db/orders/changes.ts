import { createHash } from 'node:crypto';
import type { JSONValue } from 'postgres';
import type { ChangeRefusal, MoneyBack, RefundInput, RefundResult } from '../../domain/ports/order-changes.js';
import type { ChangeBy, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import { failpoint } from '../../platform/failpoint.js';
import { LONG_DEADLINE_MS, transaction, type Queryable, type Sql, type Transaction } from '../client.js';
import { insertEffects, openEffectsOf } from './effects.js';
import { rereadOrder, toTicket, type TicketRow } from './rows.js';
import { giveMoneyBack, returnPlaces } from './returns.js';
import { announceOrder, announceTickets, appendChange } from './history.js';
import { isOtherRequest, rememberRequest } from './requests.js';
import { openStep } from './steps.js';

/** An order with live tickets. */
export const CHANGEABLE: ReadonlySet<string> = new Set(['completed', 'partially_refunded']);

/** What the same request did before: the change it made, or that its id was used for something else. */
export interface EarlierChange {
  readonly kind: string;
  readonly changes: Readonly<Record<string, JSONValue>>;
}

/** Under the order's lock: two calls with one request id come one after the other. */
export async function earlierChange(tx: Queryable, orderId: string, by: ChangeBy): Promise<EarlierChange | null> {
  const rows = await tx<EarlierChange[]>`
    SELECT kind, changes FROM order_changes
    WHERE order_id = ${orderId} AND actor = ${by.actor} AND request_id = ${by.requestId} ORDER BY version LIMIT 1`;
  return rows[0] ?? null;
}

/**
 * Tickets → cancelled, places and money back, in one transaction (SPEC O7). Written only under the epoch that Redis was seen
 * to have: a load under way would not know of it.
 */
export async function refundOrder(sql: Sql, input: RefundInput): Promise<RefundResult> {
  try {
    return await transaction(
      sql,
      async (tx) => {
        const result = await refundIn(tx, input);
        await failpoint('refund-before-commit');
        return result;
      },
      LONG_DEADLINE_MS,
    );
  } catch (error) {
    if (error instanceof TicketsMoved)
      return { kind: 'tickets', order: error.order, scanned: error.scanned, cancelled: [] };
    throw error;
  }
}

async function refundIn(tx: Transaction, input: RefundInput): Promise<RefundResult> {
  const step = await openStep(tx, input.orderId);
  if (step === null) return { kind: 'not_found' };
  const { order } = step;
  const earlier = await earlierChange(tx, order.id, input);
  if (earlier !== null) {
    if (earlier.kind !== 'refunded' || earlier.changes.fingerprint !== input.fingerprint) return { kind: 'mismatch' };
    return { kind: 'already', order, effects: await openEffectsOf(tx, order.id), money: moneyOf(earlier) };
  }
  if (await isOtherRequest(tx, input)) return { kind: 'mismatch' };
  if (!CHANGEABLE.has(order.status)) return { kind: 'conflict', order };
  const chosen = choose(order, input);
  if (!('tickets' in chosen)) return chosen;
  if (step.epoch !== input.epoch) return { kind: 'epoch' };
  return applyRefund(tx, order, chosen.tickets, input);
}

/** The tickets meant; or why not. */
function choose(
  order: StoredOrder,
  { ticketIds, scanned }: RefundInput,
): { readonly tickets: readonly StoredTicket[] } | ChangeRefusal {
  const byId = new Map(order.tickets.map((ticket) => [ticket.id, ticket]));
  const unknown = (ticketIds ?? []).filter((id) => !byId.has(id));
  if (unknown.length > 0) return { kind: 'unknown_tickets', ticketIds: unknown };
  const meant =
    ticketIds === null
      ? order.tickets.filter(({ status }) => status !== 'cancelled')
      : [...new Set(ticketIds)].flatMap((id) => byId.get(id) ?? []);
  const ids = (status: StoredTicket['status']): string[] =>
    meant.filter((ticket) => ticket.status === status).map(({ id }) => id);
  const refused = { scanned: scanned === 'refuse' ? ids('scanned') : [], cancelled: ids('cancelled') };
  if (refused.scanned.length + refused.cancelled.length > 0) return { kind: 'tickets', order, ...refused };
  return { tickets: meant };
}

async function applyRefund(
  tx: Transaction,
  order: StoredOrder,
  tickets: readonly StoredTicket[],
  input: RefundInput,
): Promise<RefundResult> {
  const { id, eventId } = order;
  const cancelled = await cancelTickets(tx, order, tickets, input.scanned);
  // What nobody paid, nobody gives back: a booking without payment details.
  const amountMinor = order.paymentKind === 'none' ? 0 : tickets.reduce((sum, { paidMinor }) => sum + paidMinor, 0);
  const live = order.tickets.filter(({ status }) => status !== 'cancelled').length - tickets.length;
  const status = live === 0 ? 'refunded' : 'partially_refunded';
  const give = await returnPlaces(tx, order, cancelled, input.to, input.actor);
  const cause = `tickets ${hashOf(tickets.map((ticket) => ticket.id))}`;
  const reference = `refund v${order.version + 1}${input.reason === '' ? '' : `: ${input.reason}`}`;
  const money = await giveMoneyBack(tx, order, { amountMinor, cause, reference });
  const moved = await tx`
    UPDATE orders SET status = ${status}, version = version + 1, refunded_minor = refunded_minor + ${amountMinor},
      updated_at = now() WHERE id = ${id} AND version = ${order.version} RETURNING id`;
  if (moved.length !== 1) throw new Error(`order ${id} changed under its lock`);
  await rememberRequest(tx, input);
  const stored = await rereadOrder(tx, id);
  const ticketIds = tickets.map((ticket) => ticket.id);
  const told = { ticketIds, amountMinor, ...money, seats: input.to.to === 'a' ? 'release' : 'block' };
  const { reason, fingerprint } = input;
  await appendChange(tx, stored, 'refunded', input, { ...told, reason, fingerprint });
  await announceOrder(tx, 'order.refunded', stored, told);
  await announceTickets(tx, 'ticket.cancelled', cancelled);
  await insertEffects(tx, [
    {
      ...{ orderId: id, eventId, epoch: input.epoch, kind: 'returned', holdToken: '', take: [], give },
      ...{ cause: input.cause, subject: order.subject, actor: input.actor, requestId: input.requestId },
    },
  ]);
  return { kind: 'done', order: { ...stored, settled: false }, effects: await openEffectsOf(tx, id), money };
}

/** Somebody was let in by one of them meanwhile: nothing is kept of this transaction. */
export class TicketsMoved extends Error {
  readonly order: StoredOrder;
  readonly scanned: readonly string[];
  constructor(order: StoredOrder, scanned: readonly string[]) {
    super('tickets were scanned meanwhile');
    this.order = order;
    this.scanned = scanned;
  }
}

/** Gates do not take the order's lock: whether a ticket was scanned is decided by its own row. Throws TicketsMoved. */
export async function cancelTickets(
  tx: Transaction,
  order: StoredOrder,
  tickets: readonly StoredTicket[],
  scanned: 'refuse' | 'include',
): Promise<StoredTicket[]> {
  const from = scanned === 'include' ? ['valid', 'scanned'] : ['valid'];
  const ids = tickets.map(({ id }) => id).sort();
  const rows = await tx<TicketRow[]>`
    UPDATE tickets SET status = 'cancelled', cancelled_at = now()
    WHERE order_id = ${order.id} AND id = ANY (${ids}) AND status = ANY (${from}) RETURNING *`;
  if (rows.length === ids.length) return rows.map(toTicket);
  const done = new Set(rows.map(({ id }) => id));
  throw new TicketsMoved(
    order,
    ids.filter((id) => !done.has(id)),
  );
}

const hashOf = (ids: readonly string[]): string =>
  createHash('sha256')
    .update([...ids].sort().join(' '))
    .digest('base64url')
    .slice(0, 22);

const moneyOf = ({ changes }: EarlierChange): MoneyBack => ({
  providerMinor: Number(changes.providerMinor ?? 0),
  externalMinor: Number(changes.externalMinor ?? 0),
});
