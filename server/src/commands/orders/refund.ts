import type { CancelOrder, RefundedOrder, RefundOrder } from '@aisle/client/protocol';
import type { Actor } from '../../domain/actor.js';
import type { CommandResult } from '../../domain/ports/commands.js';
import type { MoneyBack } from '../../domain/ports/order-changes.js';
import type { StoredOrder } from '../../domain/ports/orders.js';
import { failpoint } from '../../platform/failpoint.js';
import { failed } from '../answer.js';
import { openChange, presentChangeRefusal, returnTo, underEpoch, type ChangeDeps } from './change.js';
import { applyEffects } from './effects.js';
import { presentOrder } from './present.js';

/** refund: whole orders or single tickets; their places on sale at once, or blocked. Staff. */
export const refundOrder = (
  deps: ChangeDeps,
  actor: Actor,
  orderId: string,
  payload: RefundOrder,
): Promise<CommandResult<{ order: RefundedOrder }>> => refund(deps, actor, 'refund', orderId, payload);

/** cancel of an order that is paid: all of it is given back. Staff. */
export const cancelPaidOrder = (
  deps: ChangeDeps,
  actor: Actor,
  orderId: string,
  payload: CancelOrder,
): Promise<CommandResult<{ order: RefundedOrder }>> =>
  refund(deps, actor, 'cancel', orderId, { ...payload, seats: 'release' });

async function refund(
  deps: ChangeDeps,
  actor: Actor,
  name: 'refund' | 'cancel',
  orderId: string,
  payload: RefundOrder,
): Promise<CommandResult<{ order: RefundedOrder }>> {
  try {
    const { order, self, requestId, fingerprint } = await openChange(deps, actor, name, orderId, payload);
    const result = await underEpoch(deps, order.eventId, (epoch) =>
      deps.changes.refund({
        ...{ orderId, epoch, actor: self, requestId, fingerprint, cause: name, scanned: 'refuse' },
        ticketIds: payload.ticketIds ?? null,
        to: returnTo(payload.seats, 'Returned', payload.reason),
        reason: payload.reason ?? '',
      }),
    );
    if (result.kind !== 'done' && result.kind !== 'already') {
      return { ok: false, replayed: false, error: presentChangeRefusal(orderId, result) };
    }
    await failpoint('refund-after-commit');
    await applyEffects(deps.store, deps.book, result.effects);
    const replayed = result.kind === 'already';
    return { ok: true, epoch: 0, seq: 0, replayed, value: { order: presentRefund(deps, result) } };
  } catch (error) {
    return failed(error);
  }
}

function presentRefund(
  { codes }: ChangeDeps,
  { order, money }: { order: StoredOrder; money: MoneyBack },
): RefundedOrder {
  const { providerMinor, externalMinor } = money;
  return {
    ...presentOrder(order, codes),
    refund: { amountMinor: providerMinor + externalMinor, providerMinor, externalMinor, message: whoPays(money) },
  };
}

/** SPEC O5: nobody is to think that Aisle gave back money that it never had. */
function whoPays({ providerMinor, externalMinor }: MoneyBack): string {
  if (externalMinor === 0)
    return providerMinor === 0 ? 'There is nothing to give back.' : 'The provider gives it back.';
  const own = 'Aisle did not take this money and gives nothing back itself: return externalMinor where it was taken.';
  return providerMinor === 0 ? own : `The provider gives back providerMinor. For the rest: ${own}`;
}
