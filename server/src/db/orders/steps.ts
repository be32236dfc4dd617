import type { OutboxType } from '../../domain/outbox.js';
import type { ChangeBy, PaidBy, StepResult, StoredOrder, StoredTicket } from '../../domain/ports/orders.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { lockEpochShared } from '../loading/claims.js';
import { ORDER_DEADLINE_MS, transaction, type Sql, type Transaction } from '../client.js';
import { insertEffects, openEffectsOf } from './effects.js';
import { readOrder, rereadOrder } from './rows.js';
import { dropReservedClaims, giveToBlocks, sellClaims, type TakenBlock } from './claims.js';
import { announceOrder, appendChange, orderEntry, ticketEntries } from './history.js';
import { addToOutbox } from '../log/outbox.js';
import { insertTickets } from './tickets.js';
import { isOtherRequest, rememberRequest } from './requests.js';

/** An order locked for a step, and the epoch its effects are made under. */
export interface OpenStep {
  readonly order: StoredOrder;
  readonly epoch: number;
  /** Its time to pay is over by Postgres's clock. */
  readonly overdue: boolean;
}

/**
 * How every step begins. The epoch's lock comes before the order's row, as where orders are placed: a load that waits for the
 * first never stands between the two. null: no such order.
 */
export async function openStep(tx: Transaction, orderId: string): Promise<OpenStep | null> {
  const [named] = await tx<{ eventId: string }[]>`SELECT event_id AS "eventId" FROM orders WHERE id = ${orderId}`;
  if (named === undefined) return null;
  await lockEpochShared(tx, named.eventId);
  const [row] = await tx<{ epoch: number; overdue: boolean }[]>`
    SELECT e.epoch, coalesce(o.expires_at <= now(), false) AS overdue
    FROM orders o JOIN events e ON e.id = o.event_id WHERE o.id = ${orderId} FOR UPDATE OF o`;
  // By a statement of its own: one that waited for the lock would show the new row beside the old tickets.
  const order = await readOrder(tx, orderId);
  if (order === null || row === undefined) return null;
  return { order, epoch: row.epoch, overdue: row.overdue };
}

/** pending → completed (SPEC O3): tickets, claims, the money's row, history, outbox and the effect, or nothing. */
export function completeOrder(sql: Sql, orderId: string, paid: PaidBy, by: ChangeBy): Promise<StepResult> {
  return transaction(
    sql,
    async (tx): Promise<StepResult> => {
      const step = await openStep(tx, orderId);
      if (step === null) return { kind: 'not_found' };
      const { order } = step;
      if (await isOtherRequest(tx, by)) return { kind: 'mismatch' };
      if (order.status !== 'pending') return alreadyPaid(tx, order, paid);
      if (step.overdue) {
        const closed = await closeIn(tx, step, 'expired', by, 'expired');
        return { kind: 'conflict', ...closed };
      }
      if (paid.kind !== 'none' && (paid.amountMinor !== order.totalMinor || paid.currency !== order.currency)) {
        return { kind: 'amount', order };
      }
      const result = await completeIn(tx, step, paid, by);
      await orderFailpoint('confirm-before-commit');
      return { kind: 'done', ...result };
    },
    ORDER_DEADLINE_MS,
  );
}

async function completeIn(tx: Transaction, { order, epoch }: OpenStep, paid: PaidBy, by: ChangeBy) {
  const [moved] = await tx<{ version: number; updatedAt: Date; completedAt: Date }[]>`
    UPDATE orders SET status = 'completed', version = version + 1, payment_kind = ${paid.kind}, completed_at = now(),
      updated_at = now() WHERE id = ${order.id} AND status = 'pending'
    RETURNING version, updated_at AS "updatedAt", completed_at AS "completedAt"`;
  if (moved === undefined) throw new Error(`order ${order.id} changed under its lock`);
  await orderFailpoint('confirm-in-transaction');
  await sellClaims(tx, order.eventId, order.id);
  const items = order.items.map((item, itemNo) => ({ ...item, itemNo }));
  const tickets: StoredTicket[] = await insertTickets(tx, order, items);
  await insertMoney(tx, order, paid);
  await rememberRequest(tx, by);
  const stored: StoredOrder = {
    ...order,
    ...moved,
    status: 'completed',
    paymentKind: paid.kind,
    tickets,
    settled: false,
  };
  await appendChange(tx, stored, 'completed', by, { payment: { ...paid } });
  await addToOutbox(tx, [orderEntry('order.completed', stored), ...ticketEntries('ticket.issued', tickets)]);
  const effects = await insertEffects(tx, [
    {
      ...{ orderId: order.id, eventId: order.eventId, epoch, kind: 'sold', holdToken: order.holdToken },
      ...{ take: order.items, give: [], cause: 'completed', subject: order.subject },
      ...{ actor: by.actor, requestId: by.requestId },
    },
  ]);
  return { order: stored, effects };
}

async function insertMoney(tx: Transaction, order: StoredOrder, paid: PaidBy): Promise<void> {
  if (paid.kind === 'none') return;
  const [kind, reference] =
    paid.kind === 'external' ? ['external_payment', paid.reference] : ['payment', paid.attemptId];
  await tx`
    INSERT INTO transactions (order_id, event_id, kind, amount_minor, currency, reference)
    VALUES (${order.id}, ${order.eventId}, ${kind}, ${paid.amountMinor}, ${paid.currency}, ${reference})`;
}

const PAID = new Set<string>(['completed', 'partially_refunded', 'refunded']);

/** The same payment told again is the same answer; another one for an order that is paid is a conflict. */
async function alreadyPaid(tx: Transaction, order: StoredOrder, paid: PaidBy): Promise<StepResult> {
  if (!PAID.has(order.status)) return { kind: 'conflict', order };
  const effects = await openEffectsOf(tx, order.id);
  if (paid.kind === 'none') {
    return order.paymentKind === 'none' ? { kind: 'already', order, effects } : { kind: 'conflict', order };
  }
  const [kind, reference] =
    paid.kind === 'external' ? ['external_payment', paid.reference] : ['payment', paid.attemptId];
  const [row] = await tx<{ amountMinor: number; currency: string }[]>`
    SELECT amount_minor AS "amountMinor", currency FROM transactions
    WHERE order_id = ${order.id} AND kind = ${kind} AND reference = ${reference}`;
  if (row === undefined) return { kind: 'conflict', order };
  const same = row.amountMinor === paid.amountMinor && row.currency === paid.currency;
  return same ? { kind: 'already', order, effects } : { kind: 'amount', order };
}

export type Ending = 'expired' | 'cancelled' | 'failed';

/** pending → expired | cancelled | failed; the places go back. */
export function closeOrder(
  sql: Sql,
  orderId: string,
  to: Ending,
  by: ChangeBy,
  cause: string,
  force: boolean,
): Promise<StepResult> {
  return transaction(
    sql,
    async (tx): Promise<StepResult> => {
      const step = await openStep(tx, orderId);
      if (step === null) return { kind: 'not_found' };
      const { order } = step;
      if (await isOtherRequest(tx, by)) return { kind: 'mismatch' };
      if (order.status === to) return { kind: 'already', order, effects: await openEffectsOf(tx, orderId) };
      if (order.status !== 'pending') return { kind: 'conflict', order };
      if (to === 'expired' && !step.overdue && !force) return { kind: 'conflict', order };
      await rememberRequest(tx, by);
      return { kind: 'done', ...(await closeIn(tx, step, to, by, cause)) };
    },
    ORDER_DEADLINE_MS,
  );
}

async function closeIn(tx: Transaction, { order, epoch }: OpenStep, to: Ending, by: ChangeBy, cause: string) {
  const moved = await tx`
    UPDATE orders SET status = ${to}, version = version + 1, updated_at = now()
    WHERE id = ${order.id} AND status = 'pending' RETURNING id`;
  if (moved.length !== 1) throw new Error(`order ${order.id} changed under its lock`);
  await dropReservedClaims(tx, order.eventId, order.id);
  await giveToBlocks(tx, order.eventId, await takenBlocks(tx, order.id));
  const stored = await rereadOrder(tx, order.id);
  await appendChange(tx, stored, to, by, { cause });
  const type: OutboxType = `order.${to}`;
  await announceOrder(tx, type, stored, { cause });
  const effects = await insertEffects(tx, [released(stored, epoch, cause, by)]);
  return { order: { ...stored, settled: false }, effects };
}

export const released = (
  order: { id: string; eventId: string; holdToken: string; subject: string },
  epoch: number,
  cause: string,
  by: ChangeBy,
) => ({
  ...{ orderId: order.id, eventId: order.eventId, epoch, holdToken: order.holdToken },
  ...{ kind: 'released' as const, take: [], give: [], cause, subject: order.subject },
  ...{ actor: by.actor, requestId: by.requestId },
});

/** What the order took out of blocks of areas the last time it claimed its places. */
export async function takenBlocks(tx: Transaction, orderId: string): Promise<TakenBlock[]> {
  const [row] = await tx<{ blocks: TakenBlock[] }[]>`
    SELECT changes -> 'blocks' AS blocks FROM order_changes
    WHERE order_id = ${orderId} AND changes ? 'blocks' ORDER BY version DESC LIMIT 1`;
  return row?.blocks ?? [];
}
