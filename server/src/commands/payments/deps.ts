import { AisleError, type Order } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { Commands } from '../../domain/ports/commands.js';
import type { OrderBook, OrderSales } from '../../domain/ports/orders.js';
import type { PaymentBook, PaymentDesk, StoredAttempt } from '../../domain/ports/payments.js';
import type { OrderEffect } from '../../domain/ports/seat-store.js';
import type { Logger } from '../../platform/logger.js';

/** What the commands of payments work with: ports alone. */
export interface PaymentCommandDeps {
  readonly sales: Pick<OrderSales, 'reserve' | 'getOrder'>;
  readonly seats: Pick<Commands, 'getHold'>;
  readonly orders: Pick<OrderBook, 'complete'>;
  readonly applyEffects: (effects: readonly OrderEffect[]) => Promise<unknown>;
  readonly payments: PaymentBook;
  readonly desk: PaymentDesk;
  readonly logger: Logger;
}

/** As the caller may see it. Throws ORDER_NOT_FOUND, UNAUTHENTICATED and what the stores throw. */
export async function orderOf(deps: PaymentCommandDeps, actor: Actor, orderId: string): Promise<Order> {
  const read = await deps.sales.getOrder(actor, orderId);
  if (!read.ok) throw new AisleError(read.error, { cause: read.cause });
  return read.value.order;
}

export const noProvider = (): AisleError =>
  AisleError.of('INVALID_REQUEST', {
    message: 'This server takes no money itself.',
    remediation: 'Take the payment in your own checkout, then POST /v1/orders/{id}/confirm.',
  });

/** Free orders need no provider. Throws what `orders.complete` throws, and ORDER_STATE_CONFLICT. */
export async function completeFree(
  deps: PaymentCommandDeps,
  orderId: string,
  by: { actor: string; requestId: string },
) {
  const result = await deps.orders.complete(orderId, { kind: 'none' }, by);
  if (result.kind === 'done' || result.kind === 'already') return deps.applyEffects(result.effects);
  if (result.kind === 'conflict') throw notPending(orderId, result.order.status);
  throw AisleError.of('UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS, details: { reason: result.kind } });
}

export const RETRY_AFTER_MS = 1000;

/** Why an order cannot be paid (any more). Aisle's own provider took nothing, or what it took is going back by itself. */
export function notPending(orderId: string, status: string, refund: StoredAttempt | null = null): AisleError {
  const given = refund === null ? {} : { refundId: refund.id, paymentId: refund.refundOf };
  const message = refund === null ? {} : { message: 'The payment came too late; it is being given back.' };
  if (status === 'expired' || status === 'pending') {
    return AisleError.of('ORDER_EXPIRED', {
      ...message,
      remediation: 'Start a new order.',
      details: { orderId, refundRequired: false, ...given },
    });
  }
  return AisleError.of('ORDER_STATE_CONFLICT', { ...message, details: { orderId, status, ...given } });
}
