import { AisleError, type CancelOrder, type RefundedOrder } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import { failed } from '../answer.js';
import { openCall } from '../context.js';
import type { ChangeDeps } from './change.js';
import { ownOrder } from './deps.js';
import { applyEffects } from './effects.js';
import { orderAnswer } from './present.js';
import { cancelPaidOrder } from './refund.js';

const PAID: ReadonlySet<string> = new Set(['completed', 'partially_refunded', 'refunded']);

/** cancel: an order that waits for its money, by its buyer or staff; one that is paid, by staff, which gives all of it back. */
export async function cancelOrder(
  deps: ChangeDeps,
  actor: Actor,
  orderId: string,
  payload: CancelOrder,
): Promise<CommandResult<{ order: RefundedOrder }>> {
  try {
    const order = await ownOrder(deps, actor, orderId);
    const addressed = { ...payload, orderId, eventId: order.eventId };
    const call = await openCall(deps, actor, 'cancel', addressed);
    const refund = (status: string): Promise<CommandResult<{ order: RefundedOrder }>> => {
      if (!PAID.has(status) || !call.staff) throw conflict(orderId, status);
      return cancelPaidOrder(deps, actor, orderId, { ...payload, requestId: call.requestId });
    };
    if (PAID.has(order.status)) return await refund(order.status);
    const { self, requestId, fingerprint } = call;
    const result = await deps.book.close(orderId, 'cancelled', { actor: self, requestId, fingerprint }, 'cancelled');
    // Paid in the moment between.
    if (result.kind === 'conflict') return await refund(result.order.status);
    if (result.kind === 'mismatch') throw AisleError.of('IDEMPOTENCY_MISMATCH');
    if (result.kind !== 'done' && result.kind !== 'already') throw AisleError.of('UNAVAILABLE');
    await applyEffects(deps.store, deps.book, result.effects);
    return orderAnswer(result.order, deps.codes, { replayed: result.kind === 'already' });
  } catch (error) {
    return failed(error);
  }
}

const conflict = (orderId: string, status: string): AisleError =>
  AisleError.of('ORDER_STATE_CONFLICT', { details: { orderId, status } });
