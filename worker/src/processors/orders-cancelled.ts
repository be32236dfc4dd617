import type { OrderChanges } from '../../../server/src/domain/ports/order-changes.js';
import type { OrderBook } from '../../../server/src/domain/ports/orders.js';
import type { SeatStore } from '../../../server/src/domain/ports/seat-store.js';
import type { Logger } from '../../../server/src/platform/logger.js';
import { inLanes } from './lanes.js';
import { settleAll } from './orders-settle.js';

export interface CancelledDeps {
  readonly store: Pick<SeatStore, 'positions' | 'settle'>;
  readonly book: Pick<OrderBook, 'effectDone'>;
  readonly changes: Pick<OrderChanges, 'paidOfCancelled' | 'refund'>;
  readonly logger: Logger;
  readonly stopping: () => boolean;
}

const ORDERS_AT_ONCE = 100;

/**
 * refund-cancelled: paid orders of cancelled events are given back, a few at a time, one transaction each (SPEC O7). What is left is what the
 * next round finds: it may be broken off anywhere. Scanned tickets too: whoever came is paid back like everybody else.
 */
export async function refundCancelled(deps: CancelledDeps): Promise<void> {
  let after = '';
  for (;;) {
    const orders = await deps.changes.paidOfCancelled(ORDERS_AT_ONCE, after);
    await inLanes(orders, deps.stopping, (order) => refundOne(deps, order));
    const last = orders.at(-1);
    if (last === undefined || orders.length < ORDERS_AT_ONCE || deps.stopping()) return;
    after = last.id;
  }
}

async function refundOne(
  deps: CancelledDeps,
  { id: orderId, eventId }: { id: string; eventId: string },
): Promise<void> {
  try {
    const [position] = await deps.store.positions([eventId]);
    // Being loaded: the next round.
    if (position === null || position === undefined) return;
    const result = await deps.changes.refund({
      ...{ orderId, epoch: position.epoch, ticketIds: null, to: { to: 'a' }, scanned: 'include' },
      ...{ actor: 'system', requestId: `event-cancelled ${orderId}`, fingerprint: 'event-cancelled' },
      ...{ reason: 'event cancelled', cause: 'event cancelled' },
    });
    if (result.kind === 'done' || result.kind === 'already') {
      await settleAll(deps, result.effects);
      return;
    }
    // Loaded meanwhile, or given back by somebody else: nothing to tell.
    if (result.kind === 'epoch' || (result.kind === 'conflict' && result.order.status === 'refunded')) return;
    deps.logger.warn(
      { result: result.kind, orderId, eventId },
      'an order was not refunded; the next round tries again',
    );
  } catch (error) {
    deps.logger.warn({ err: error, orderId, eventId }, 'an order was not refunded; the next round tries again');
  }
}
