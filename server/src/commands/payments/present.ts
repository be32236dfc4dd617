import { AisleError, type CheckoutAnswer, type Payment } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { Settled, StoredAttempt } from '../../domain/ports/payments.js';
import { found } from '../answer.js';
import { notPending, orderOf, RETRY_AFTER_MS, type PaymentCommandDeps } from './deps.js';

/** The attempt in the public's words. Its id is Aisle's own; the provider's is for the back office. */
export const presentPayment = (
  { id, provider, amountMinor, currency }: StoredAttempt,
  status: Payment['status'],
  extra: { readonly clientSecret?: string } = {},
): Payment => ({ id, provider, status, amountMinor, currency, ...extra });

export const freePayment = (currency: string): Payment => ({
  ...{ id: 'free', provider: 'none', status: 'succeeded', amountMinor: 0, currency },
});

/** How the attempt stands, read from Postgres alone; open: the provider has to be asked. */
export async function standing(deps: PaymentCommandDeps, attempt: StoredAttempt): Promise<Settled> {
  const { status, declineCode } = attempt;
  switch (status) {
    case 'open':
      return { kind: 'open' };
    case 'declined':
    case 'failed':
      return { kind: status, ...(declineCode === null ? {} : { declineCode }) };
    case 'succeeded': {
      const refund = await deps.payments.refundOf(attempt.id);
      if (refund === null) return { kind: 'paid' };
      return { kind: 'refunding', cause: refund.cause === 'amount' ? 'amount' : 'late', refundId: refund.id };
    }
  }
}

/** Throws what is a refusal: PAYMENT_DECLINED, ORDER_EXPIRED, ORDER_STATE_CONFLICT, AMOUNT_MISMATCH, UNAVAILABLE. */
export async function presentSettled(
  deps: PaymentCommandDeps,
  actor: Actor,
  attempt: StoredAttempt,
  settled: Settled,
  replayed: boolean,
): Promise<CommandResult<CheckoutAnswer>> {
  const { orderId, id: paymentId } = attempt;
  switch (settled.kind) {
    case 'paid':
    case 'open': {
      const order = await orderOf(deps, actor, orderId);
      const { kind } = settled;
      const secret =
        kind === 'open' && settled.clientSecret !== undefined ? { clientSecret: settled.clientSecret } : {};
      const payment = presentPayment(attempt, kind === 'paid' ? 'succeeded' : 'open', secret);
      return { ...found({ order, payment }), replayed };
    }
    case 'declined':
    case 'failed': {
      const declineCode = settled.declineCode ?? 'not_processed';
      throw AisleError.of('PAYMENT_DECLINED', { details: { orderId, paymentId, declineCode } });
    }
    case 'refunding':
      throw await misfit(deps, actor, attempt, settled.cause);
    case 'unknown':
    case 'refunded':
      throw AisleError.of('UNAVAILABLE', {
        message: 'It is not known yet whether the payment went through.',
        remediation: 'Send the same call with the same request id, or read the order: it is found out.',
        retryAfterMs: RETRY_AFTER_MS,
        details: { reason: 'payment_unknown', orderId, paymentId },
      });
  }
}

/** Money was taken and goes back by itself. */
async function misfit(
  deps: PaymentCommandDeps,
  actor: Actor,
  attempt: StoredAttempt,
  cause: 'late' | 'amount',
): Promise<AisleError> {
  const refund = await deps.payments.refundOf(attempt.id);
  if (cause === 'late')
    return notPending(attempt.orderId, (await orderOf(deps, actor, attempt.orderId)).status, refund);
  return AisleError.of('AMOUNT_MISMATCH', {
    message: 'The provider took another amount than was due; it is being given back.',
    details: {
      ...{ orderId: attempt.orderId, amountMinor: attempt.amountMinor, currency: attempt.currency },
      ...(refund === null ? {} : { refundId: refund.id, paymentId: attempt.id }),
    },
  });
}
