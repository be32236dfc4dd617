import { randomUUID } from 'node:crypto';
import { AisleError, type ConfirmOrder, type Order } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { PaidBy, StepResult, StoredOrder } from '../../domain/ports/orders.js';
import { requireRight } from '../../domain/rights.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';
import { failed } from '../answer.js';
import { fingerprintOf } from '../context.js';
import { orderNotFound, ownOrder, type OrderDeps } from './deps.js';
import { applyEffects } from './effects.js';
import { orderAnswer } from './present.js';
import { reacquire } from './reacquire.js';

const RETRY_AFTER_MS = 250;

/**
 * The shop has the money (SPEC O5). Told again with the same reference: the same answer. Late: ORDER_EXPIRED with
 * refundRequired, unless the places may be taken anew and still can be.
 */
export async function confirmOrder(
  deps: OrderDeps,
  actor: Actor,
  orderId: string,
  payload: ConfirmOrder & { readonly requestId?: string | undefined },
): Promise<CommandResult<{ order: Order }>> {
  try {
    requireRight(actor, 'order.confirm');
    await ownOrder(deps, actor, orderId);
    const by = {
      actor: actor.subject ?? '',
      requestId: payload.requestId ?? randomUUID(),
      fingerprint: fingerprintOf('confirm', { ...payload, orderId }),
    };
    const paid: PaidBy = { kind: 'external', ...payload.payment };
    let result = await deps.book.complete(orderId, paid, by);
    if (payload.ifExpired === 'reacquire' && result.kind === 'conflict' && result.order.status === 'expired') {
      await applyEffects(deps.store, deps.book, result.effects ?? []);
      if (await reacquire(deps, actor, result.order, by)) result = await deps.book.complete(orderId, paid, by);
    }
    const { order, replayed } = await completed(deps, orderId, paid, result);
    return orderAnswer(order, deps.codes, { replayed });
  } catch (error) {
    return failed(error);
  }
}

/** What a try to complete an order comes to. Redis is told at once; the answer does not wait for it to hear. Throws AisleError. */
export async function completed(
  deps: OrderDeps,
  orderId: string,
  paid: PaidBy,
  result: StepResult,
): Promise<{ order: StoredOrder; replayed: boolean }> {
  switch (result.kind) {
    case 'done':
    case 'already':
      await orderFailpoint('confirm-after-commit');
      await applyEffects(deps.store, deps.book, result.effects);
      return { order: result.order, replayed: result.kind === 'already' };
    case 'not_found':
      throw orderNotFound(orderId);
    case 'mismatch':
      throw AisleError.of('IDEMPOTENCY_MISMATCH');
    case 'epoch':
      throw AisleError.of('UNAVAILABLE', { details: { reason: 'epoch' }, retryAfterMs: RETRY_AFTER_MS });
    case 'amount': {
      const { totalMinor: amountMinor, currency } = result.order;
      throw AisleError.of('AMOUNT_MISMATCH', { details: { amountMinor, currency } });
    }
    case 'conflict':
      await applyEffects(deps.store, deps.book, result.effects ?? []);
      throw tooLate(result.order, paid);
  }
}

/** Money that came for an order that cannot take it goes back, and Aisle, which did not take it, cannot give it (SPEC O5). */
function tooLate({ id: orderId, status }: StoredOrder, paid: PaidBy): AisleError {
  const details = { orderId, status, refundRequired: paid.kind === 'external' };
  return AisleError.of(status === 'expired' ? 'ORDER_EXPIRED' : 'ORDER_STATE_CONFLICT', { details });
}
