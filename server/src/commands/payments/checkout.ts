import { AisleError, type Checkout, type CheckoutAnswer, type Order } from '@aisle/client/protocol';
import { randomUUID } from 'node:crypto';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import { requireRight } from '../../domain/rights.js';
import { failed, found } from '../answer.js';
import { completeFree, noProvider, notPending, orderOf, type PaymentCommandDeps } from './deps.js';
import { freePayment, presentSettled, standing } from './present.js';

/**
 * POST /checkout: hold → order → a payment for the browser to confirm with the provider, or for POST /orders/{id}/pay to take
 * over with a token. Sent again it finds the order that it made and the payment as it stands.
 */
export async function checkout(
  deps: PaymentCommandDeps,
  actor: Actor,
  payload: Checkout,
): Promise<CommandResult<CheckoutAnswer>> {
  try {
    requireRight(actor, 'order.checkout');
    const requestId = payload.requestId ?? randomUUID();
    if (deps.desk.provider === null) await refuseUnlessFree(deps, actor, payload.holdToken);
    const reserved = await deps.sales.reserve(actor, { ...payload, requestId });
    if (!reserved.ok) return reserved;
    const { order } = reserved.value;
    const answer = await payFor(deps, actor, order, { actor: actor.subject ?? '', requestId });
    const { epoch, seq, replayed } = reserved;
    return answer.ok ? { ...answer, epoch, seq, replayed } : answer;
  } catch (error) {
    return failed(error);
  }
}

async function payFor(
  deps: PaymentCommandDeps,
  actor: Actor,
  order: Order,
  by: { readonly actor: string; readonly requestId: string },
): Promise<CommandResult<CheckoutAnswer>> {
  const { id: orderId } = order;
  const provider = deps.desk.provider?.name ?? 'none';
  const begun = await deps.payments.begin({ orderId, provider, request: null });
  switch (begun.kind) {
    case 'free':
      await completeFree(deps, orderId, by);
      return found({ order: await orderOf(deps, actor, orderId), payment: freePayment(begun.currency) });
    case 'begun':
    case 'replay':
    case 'busy': {
      const { attempt } = begun;
      const open = attempt.status === 'open';
      const settled = open ? await deps.desk.charge(attempt) : await standing(deps, attempt);
      return presentSettled(deps, actor, attempt, settled, begun.kind !== 'begun');
    }
    case 'not_pending':
      return ended(deps, actor, order, begun.status);
    case 'mismatch':
    case 'not_found':
      throw AisleError.of('ORDER_NOT_FOUND', { details: { orderId } });
  }
}

/** The checkout was sent again after its order had come to an end. */
async function ended(
  deps: PaymentCommandDeps,
  actor: Actor,
  order: Order,
  status: string,
): Promise<CommandResult<CheckoutAnswer>> {
  const latest = await deps.payments.latestCharge(order.id);
  if (latest !== null && latest.status === 'succeeded') {
    return presentSettled(deps, actor, latest, await standing(deps, latest), true);
  }
  if (status === 'completed' && order.totalMinor === 0) {
    return found({ order: await orderOf(deps, actor, order.id), payment: freePayment(order.currency) });
  }
  throw notPending(order.id, status);
}

/** Before anything is reserved: what costs something cannot be paid here. */
async function refuseUnlessFree(deps: PaymentCommandDeps, actor: Actor, holdToken: string): Promise<void> {
  const read = await deps.seats.getHold(actor, holdToken);
  if (!read.ok) throw new AisleError(read.error, { cause: read.cause });
  const costs = read.value.hold.items.some(({ unitMinor, feeMinor, taxMinor }) => unitMinor + feeMinor + taxMinor > 0);
  if (costs) throw noProvider();
}
