import { AisleError, wireError, type WireError } from '@aisle/client/protocol';
import { isStaff, type Actor } from '../../domain/actor.js';
import type { ChangeRefusal, OrderChanges, ReturnTo } from '../../domain/ports/order-changes.js';
import type { StoredOrder } from '../../domain/ports/orders.js';
import { openCall, type Call, type CommandDeps } from '../context.js';
import { ownOrder, type OrderDeps } from './deps.js';

/** What commands that change paid orders work with. */
export interface ChangeDeps extends OrderDeps {
  readonly changes: OrderChanges;
}

const RETRY_AFTER_MS = 200;

export interface ChangeCall extends Call {
  readonly order: StoredOrder;
}

/** The order a staff call is about. Throws ORDER_NOT_FOUND, and what openCall throws. */
export async function openChange(
  deps: ChangeDeps,
  actor: Actor,
  name: string,
  orderId: string,
  payload: { readonly requestId?: string | undefined },
): Promise<ChangeCall> {
  if (actor.subject !== null && !isStaff(actor)) throw AisleError.of('FORBIDDEN');
  const order = await ownOrder(deps, actor, orderId);
  const addressed = { ...payload, orderId, eventId: order.eventId };
  const call = await openCall(deps, actor, name, addressed);
  return { ...call, order };
}

/**
 * What gives places back is written only while Redis is seen to have the event's epoch: a load under way may have read
 * Postgres before. Runs `step` again once where the epoch moved in between. Throws UNAVAILABLE.
 */
export async function underEpoch<T extends { readonly kind: string }>(
  deps: Pick<CommandDeps, 'store'>,
  eventId: string,
  step: (epoch: number) => Promise<T>,
): Promise<Exclude<T, { kind: 'epoch' }>> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const [position] = await deps.store.positions([eventId]);
    if (position === null || position === undefined) break;
    const result = await step(position.epoch);
    if (isSettled(result)) return result;
  }
  throw AisleError.of('UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS, details: { reason: 'loading' } });
}

const isSettled = <T extends { readonly kind: string }>(result: T): result is Exclude<T, { kind: 'epoch' }> =>
  result.kind !== 'epoch';

/** Where places that come back go; the block says what for. */
export const returnTo = (seats: 'release' | 'block', label: string, reason: string | undefined): ReturnTo =>
  seats === 'release' ? { to: 'a' } : { to: 'b', label, reason: reason ?? '' };

/** Refusals that refund and exchange share. */
export function presentChangeRefusal(orderId: string, refusal: ChangeRefusal): WireError {
  switch (refusal.kind) {
    case 'not_found':
      return wireError('ORDER_NOT_FOUND', { details: { orderId } });
    case 'mismatch':
      return wireError('IDEMPOTENCY_MISMATCH');
    case 'conflict':
      return wireError('ORDER_STATE_CONFLICT', { details: { orderId, status: refusal.order.status } });
    case 'unknown_tickets':
      return wireError('TICKET_NOT_FOUND', {
        message: 'The order has no such ticket.',
        remediation: 'Name tickets of this order; GET /v1/orders/{id} lists them.',
        details: { orderId, ticketIds: refusal.ticketIds },
      });
    case 'tickets': {
      const { scanned, cancelled, order } = refusal;
      return wireError('ORDER_STATE_CONFLICT', {
        message: scanned.length > 0 ? 'Tickets were scanned: somebody was let in.' : 'Tickets are cancelled already.',
        remediation: 'Name only tickets that are valid.',
        details: { orderId, status: order.status, scanned, cancelled },
      });
    }
  }
}
