import type { OrderBook } from '../../domain/ports/orders.js';
import type { OrderEffect, SeatStore } from '../../domain/ports/seat-store.js';
import { orderFailpoint } from '../../platform/order-failpoints.js';

/**
 * Tells Redis of steps that Postgres has committed, in their order, and marks them done (SPEC O3). Never throws: whatever
 * does not get through is replayed by the worker. Resolves with how many were marked.
 */
export async function applyEffects(
  store: Pick<SeatStore, 'settle'>,
  book: Pick<OrderBook, 'effectDone'>,
  effects: readonly OrderEffect[],
): Promise<number> {
  let done = 0;
  for (const effect of effects) {
    try {
      await orderFailpoint('settle-before-lua');
      const outcome = await store.settle(effect);
      // Being loaded, or behind: the effects after this one wait with it.
      if (!outcome.ok) return done;
      await orderFailpoint('settle-after-lua');
      await book.effectDone(effect);
      await orderFailpoint('settle-after-done');
      done++;
    } catch {
      return done;
    }
  }
  return done;
}
