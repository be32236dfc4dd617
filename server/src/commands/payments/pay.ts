import { hash, randomUUID } from 'node:crypto';
import { AisleError, type CheckoutAnswer, type PayOrder } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import { canonicalJson } from '../../domain/chart/canonical.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { BeginResult } from '../../domain/ports/payments.js';
import { requireRight } from '../../domain/rights.js';
import { failed, found } from '../answer.js';
import { completeFree, noProvider, notPending, orderOf, RETRY_AFTER_MS, type PaymentCommandDeps } from './deps.js';
import { freePayment, presentSettled, standing } from './present.js';

/**
 * POST /orders/{id}/pay: by a token that the buyer's browser got from the provider. The attempt is committed first, then the
 * provider is called under its id (SPEC O4); the same request id drives the same attempt again.
 */
export async function pay(
  deps: PaymentCommandDeps,
  actor: Actor,
  orderId: string,
  payload: PayOrder,
): Promise<CommandResult<CheckoutAnswer>> {
  try {
    requireRight(actor, 'order.pay');
    const order = await orderOf(deps, actor, orderId);
    const by = { actor: actor.subject ?? '', requestId: payload.requestId ?? randomUUID() };
    const provider = deps.desk.provider?.name;
    if (provider === undefined && order.totalMinor > 0) throw noProvider();
    const fingerprint = hash('sha256', canonicalJson(['pay', orderId, payload.paymentToken]), 'base64url');
    const request = { subject: by.actor, id: by.requestId, fingerprint };
    const begun = await deps.payments.begin({ orderId, provider: provider ?? 'none', request });
    return await proceed(deps, actor, payload.paymentToken, by, orderId, begun);
  } catch (error) {
    return failed(error);
  }
}

async function proceed(
  deps: PaymentCommandDeps,
  actor: Actor,
  paymentToken: string,
  by: { readonly actor: string; readonly requestId: string },
  orderId: string,
  begun: BeginResult,
): Promise<CommandResult<CheckoutAnswer>> {
  switch (begun.kind) {
    case 'begun':
      return presentSettled(deps, actor, begun.attempt, await deps.desk.charge(begun.attempt, paymentToken), false);
    case 'replay': {
      const { attempt } = begun;
      const open = attempt.status === 'open';
      const settled = open ? await deps.desk.charge(attempt, paymentToken) : await standing(deps, attempt);
      return presentSettled(deps, actor, attempt, settled, true);
    }
    case 'busy':
      throw underWay(orderId, begun.attempt.id);
    case 'free':
      await completeFree(deps, orderId, by);
      return found({ order: await orderOf(deps, actor, orderId), payment: freePayment(begun.currency) });
    case 'mismatch':
      throw AisleError.of('IDEMPOTENCY_MISMATCH');
    case 'not_found':
      throw AisleError.of('ORDER_NOT_FOUND', { details: { orderId } });
    case 'not_pending':
      throw notPending(orderId, begun.status);
  }
}

/** Another tab: never a second charge. Its end shows when the same call is sent again. */
const underWay = (orderId: string, paymentId: string): AisleError =>
  AisleError.of('UNAVAILABLE', {
    message: 'Another payment of this order is under way.',
    remediation: 'Wait retryAfterMs, then read the order; where it is still pending, send the same call again.',
    retryAfterMs: RETRY_AFTER_MS,
    details: { reason: 'payment_under_way', orderId, paymentId },
  });
